/** The thread in which a target runs. The supervisor sees the input under way in shared memory, whatever becomes of the thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { runCampaign } from './campaign.js';
import { vectorCorpus } from './corpus.js';
import { Coverage } from './coverage.js';
import { PLANTED } from './planted.js';
import { type Assignment, InputSlot } from './supervisor.js';
import { TARGETS } from './targets.js';

// Findings are told by their messages; a trace for each of millions of faults would take most of the time.
Error.stackTraceLimit = 0;

const { targetName, seed, cases, milliseconds, slot } = workerData as Assignment;
const target = [...TARGETS.map((each) => each.target), ...PLANTED].find(({ name }) => name === targetName);
if (target === undefined) throw new Error(`no target ${targetName}`);
const input = new InputSlot(slot);
const endMs = performance.now() + milliseconds;
parentPort?.postMessage(
  runCampaign({
    target,
    seed,
    cases,
    isOver: () => performance.now() >= endMs,
    corpus: vectorCorpus(),
    coverage: new Coverage(),
    before: (bytes) => input.put(bytes),
  }),
);
