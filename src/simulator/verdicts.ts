/** What a run is held against when it is over: the results of a local run, and what the scenario expects. */

import { equalBytes } from '../base/bytes.js';
import { messageOf } from '../base/errors.js';
import { canonicalJson, type JsonValue } from '../base/json.js';
import type { Platform } from '../base/platform.js';
import {
  type LocalResult,
  type LocalTelling,
  localWordCount,
  type ProcessorCatalogue,
  runLocallyWithFiles,
} from '../processors/index.js';
import { Checker } from './checkers.js';
import type { CheckReport, JobReport, NetworkCounters } from './report.js';
import type { Scenario, ScenarioJob } from './scenario.js';

/** A job as it ended, with what a local run of it needs to come to the same. */
export interface FinishedJob {
  readonly report: JobReport;
  readonly told: LocalTelling;
  /** Files that came with its result. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

/**
 * Compares every finished job, its files included, with the same job run in one place without any network, and a word count
 * with a plain count. `finished` are the scenario's jobs in its order; `limited` bounds how long a local run may take.
 */
export async function checkResults(
  scenario: Scenario,
  finished: readonly FinishedJob[],
  catalogue: ProcessorCatalogue,
  platform: Platform,
  limited: <T>(promise: Promise<T>) => Promise<T> = (promise) => promise,
): Promise<CheckReport> {
  const checker = new Checker('results: equal to a local run');
  let compared = 0;
  let counted = 0;
  for (const [at, { report, told, files }] of finished.entries()) {
    if (report.state !== 'done') continue;
    const job = scenario.jobs[at] as ScenarioJob;
    const result = canonicalJson(report.result);
    try {
      const local = await limited(runLocallyWithFiles(catalogue, platform, { ...job, told }));
      if (result !== canonicalJson(local.result)) {
        checker.violated(`job ${report.id} differs from the same job run locally`);
      }
      const changed = files.find((file) => !isFileOf(local, file));
      if (changed !== undefined) {
        checker.violated(`file ${changed.name} of job ${report.id} differs from that of the same job run locally`);
      }
      compared++;
      const filename = wordCountFile(job);
      if (filename === undefined) continue;
      counted++;
      if (result !== canonicalJson((await localWordCount(platform, filename)) as JsonValue)) {
        checker.violated(`job ${report.id} differs from a plain word count of ${filename}`);
      }
    } catch (error) {
      checker.violated(`job ${report.id} could not be run locally: ${messageOf(error)}`);
    }
  }
  const words = counted > 0 ? `, ${counted} of them also to a plain word count` : '';
  return checker.report(`${compared} of ${finished.length} jobs done and equal to a local run${words}`);
}

function isFileOf(local: LocalResult, file: FinishedJob['files'][number]): boolean {
  const expected = local.files.get(file.name);
  return expected !== undefined && equalBytes(expected.bytes(), file.bytes);
}

/** The file of a job that counts words with the built-in processors. */
function wordCountFile(job: ScenarioJob): string | undefined {
  const isPlain = job.collect === 'doccollector' && job.map === 'wordcountmapper';
  const isCombined = job.collect === 'wordcountcollector' && job.combine === 'mergecombiner';
  if ((!isPlain && !isCombined) || job.reduce !== 'sumreducer') return undefined;
  const { data } = job;
  if (data === null || typeof data !== 'object' || Array.isArray(data)) return undefined;
  return typeof data['filename'] === 'string' ? data['filename'] : undefined;
}

/**
 * The scenario's `expect` block. Bounds on counters are held against runs on virtual time only: over real sockets they depend on
 * the machine's timers.
 */
export function checkExpectations(
  scenario: Scenario,
  reports: readonly JobReport[],
  network: NetworkCounters,
  isVirtual: boolean,
): CheckReport {
  const checker = new Checker('expectations of the scenario');
  const { jobs, reason, deliveryRatio, network: bounds } = scenario.expect;
  for (const report of reports) {
    if (report.state !== jobs) {
      const why = report.reason === null ? '' : ` (${report.reason})`;
      checker.violated(`job ${report.id} is ${report.state}${why}, expected ${jobs}`);
    }
    if (reason !== undefined && report.state === 'failed' && !(report.reason ?? '').includes(reason)) {
      checker.violated(`job ${report.id} failed for another reason than one with "${reason}": ${report.reason}`);
    }
  }
  if (deliveryRatio !== undefined && network.trafficSent > 0) {
    const ratio = network.trafficDelivered / network.trafficSent;
    if (ratio < deliveryRatio)
      checker.violated(`${(100 * ratio).toFixed(2)} % of the traffic arrived, expected ${100 * deliveryRatio} %`);
  }
  for (const [name, { min, max }] of isVirtual ? Object.entries(bounds) : []) {
    const value = network[name as keyof NetworkCounters];
    if (min !== undefined && value < min) checker.violated(`${name} is ${value}, expected at least ${min}`);
    if (max !== undefined && value > max) checker.violated(`${name} is ${value}, expected at most ${max}`);
  }
  const skipped = isVirtual ? 0 : Object.keys(bounds).length;
  return checker.report(
    skipped === 0 ? 'all met' : `all met; ${skipped} bounds on counters hold for virtual time only`,
  );
}
