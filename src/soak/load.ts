/** What a case of a soak asks the network to carry: flows of bundles, and jobs over small texts. */
import type { Random } from '../base/random.js';
import { COMPRESSED_REPORT_EVENTS, REPORT_EVENTS } from '../simulator/scenario.js';
import type { ScenarioFileForm } from '../simulator/scenario-schema.js';
import { between, pick } from './draw.js';
import type { SoakNetwork } from './network.js';
import type { SoakProfile } from './profiles.js';

type FlowForm = NonNullable<ScenarioFileForm['traffic']>[number];
type JobForm = NonNullable<ScenarioFileForm['jobs']>[number];

/** What is to be carried, with the texts that the jobs read. */
export interface SoakLoad {
  readonly traffic: FlowForm[];
  readonly jobs: JobForm[];
  readonly texts: { readonly [name: string]: string };
}

/** Bytes that blocks add to a payload, for what fits into a contact. */
const BLOCKS_BYTES = 500;

/** The largest payload takes this long on the slowest contact, in seconds. */
const LARGEST_SECONDS = 3;

/** Words of the texts; a job counts them. */
const WORDS =
  'apogee beacon crosslink downlink epoch field ground horizon ion joule keel limb mast nadir orbit perigee'.split(' ');

/** Draws flows, and jobs in about two cases of three. There is always something to carry. */
export function drawLoad(random: Random, network: SoakNetwork): SoakLoad {
  const jobs: JobForm[] = [];
  const texts: { [name: string]: string } = {};
  const wanted = pick(random, [0, 1, 1, 1, 2]);
  for (let at = 0; at < wanted; at++) {
    const name = `text-${at + 1}.txt`;
    texts[name] = drawText(random.fork(name));
    jobs.push(drawJob(random, network, name));
  }
  const flows = wanted === 0 ? between(random, 3, 8) : between(random, 0, 5);
  return { traffic: Array.from({ length: flows }, () => drawFlow(random, network)), jobs, texts };
}

/** Lets some flows ask for reports of both kinds, and the nodes send them; or none of it. */
export function drawReports(
  random: Random,
  { reportChance }: SoakProfile,
  traffic: readonly FlowForm[],
): { readonly traffic: FlowForm[]; readonly nodes: NonNullable<ScenarioFileForm['nodes']> } {
  if (!random.chance(reportChance)) return { traffic: [...traffic], nodes: {} };
  const some = <T>(events: readonly T[]) => events.filter(() => random.chance(0.5));
  return {
    traffic: traffic.map((flow) => ({
      ...flow,
      ...(random.chance(0.5) ? { reports: some(REPORT_EVENTS) } : {}),
      ...(random.chance(0.5) ? { compressedReports: some(COMPRESSED_REPORT_EVENTS) } : {}),
    })),
    nodes: {
      statusReports: true,
      compressedReports: { limit: pick(random, [1, 10, 100]), delaySeconds: pick(random, [0, 1, 5]) },
    },
  };
}

function drawFlow(random: Random, { nodes, healSeconds, endSeconds, leastRate }: SoakNetwork): FlowForm {
  const [from, to] = random.shuffled(nodes) as [number, number];
  const largest = Math.min(60_000, leastRate * LARGEST_SECONDS) - BLOCKS_BYTES;
  const sizeBytes = Math.min(largest, pick(random, [10, 200, 1_000, 1_000, 4_000, 20_000, 60_000]));
  const count = between(random, 1, sizeBytes > 4_000 ? 10 : 40);
  const at = random.below(Math.ceil(healSeconds * 0.8));
  const custody = random.chance(0.8);
  const isShort = random.chance(0.15);
  const lifetimeSeconds = isShort ? between(random, 5, healSeconds) : 2 * endSeconds;
  return {
    at,
    from,
    to,
    count,
    sizeBytes,
    intervalSeconds: pick(random, [0, 0.05, 0.5, 1, 3]),
    custody,
    lifetimeSeconds,
    ...(custody && isShort ? { mayExpire: true } : {}),
    ...(random.chance(0.3) ? { priority: pick(random, ['bulk', 'standard', 'expedited'] as const) } : {}),
    ...(!custody && random.chance(0.3) ? { fragment: true } : {}),
  };
}

function drawJob(random: Random, { nodes, healSeconds, endSeconds }: SoakNetwork, filename: string): JobForm {
  const skipsMap = nodes.length < 4 || random.chance(0.35);
  const most = Math.min(4, skipsMap ? nodes.length : Math.floor(nodes.length / 2));
  const collectors = between(random, 1, most);
  const needed = skipsMap ? collectors : 2 * collectors;
  const aoi = random
    .shuffled(nodes)
    .slice(0, between(random, needed, nodes.length))
    .sort((a, b) => a - b);
  const at = random.below(Math.ceil(healSeconds / 2));
  return {
    at,
    los: pick(random, nodes),
    aoi,
    collectors,
    ...(skipsMap ? { collect: 'wordcountcollector' } : {}),
    maxCollectRecords: pick(random, [1, 4, 16, 64]),
    data: { filename },
    allocator: pick(random, ['bipartite', 'greedy', 'random'] as const),
    reducer: random.chance(0.3) ? pick(random, nodes) : pick(random, ['auto', 'auto', 'los', 'center'] as const),
    deadlineSeconds: endSeconds - at,
  };
}

function drawText(random: Random): string {
  const lines = pick(random, [3, 20, 60, 200, 400]);
  let text = '';
  for (let line = 0; line < lines; line++) {
    const words = Array.from({ length: between(random, 1, 12) }, () => pick(random, WORDS));
    text += `${words.join(' ')}\n`;
  }
  return text;
}
