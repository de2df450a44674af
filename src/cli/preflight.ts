/**
 * Checks of a scenario that need more than the scenario: the contact plan's lines, the processors' names, and whether the area
 * of interest has satellites enough. What is wrong is told with its place, before anything runs.
 */
import { dirname, resolve } from 'node:path';
import { type FilePosition, formatPosition, InputFileError, UsageError } from '../base/errors.js';
import { secondsToUs } from '../base/time.js';
import { constellationPlan, satellitesOverBox } from '../orbit/index.js';
import type { ProcessorKind } from '../processors/contract.js';
import type { ContactPlan } from '../routing/index.js';
import { loadProcessors } from '../runtime/processor-loader.node.js';
import { readScenarioPlan } from '../simulator/plan-file.node.js';
import type { Scenario, ScenarioJob } from '../simulator/scenario.js';
import type { LoadedScenario } from '../simulator/scenario-file.node.js';
import { type FieldPath, inWords } from '../simulator/scenario-problem.js';

/** Something in a scenario's files that has no effect, though the scenario can be run. */
export interface FileWarning {
  readonly file: string;
  /** 1-based; undefined where it is about the whole file. */
  readonly line?: number | undefined;
  readonly message: string;
}

/** Throws an InputFileError at the first field that cannot be run as asked; hands back what has no effect. */
export async function preflight(loaded: LoadedScenario, file: string): Promise<readonly FileWarning[]> {
  const { scenario, place } = loaded;
  checkConstellation(loaded);
  const fromFile = await planFromFile(scenario);
  if (fromFile !== undefined) {
    const nodes = new Set(fromFile.plan.nodes);
    for (const { path, node } of namedNodes(scenario)) {
      if (nodes.has(node)) continue;
      throw new InputFileError(
        place(path),
        `found node ${node}; expected one of the plan's ${nodes.size} nodes: ${few([...nodes])}`,
      );
    }
  }
  checkFaults(loaded, fromFile?.plan);
  for (const [i, job] of scenario.jobs.entries()) await checkJob(job, i, scenario, loaded, dirname(resolve(file)));
  return fromFile?.warnings ?? [];
}

/** A warning as one line for standard error. */
export function warningText({ file, line, message }: FileWarning): string {
  return `leodtn: warning: ${formatPosition({ file, line })}: ${message}\n`;
}

/** A constellation that cannot be, such as one whose neighbours are hidden from each other by the Earth. */
function checkConstellation({ scenario, place }: LoadedScenario): void {
  if (scenario.constellation === undefined) return;
  const { rateBytesPerSecond } = scenario.links;
  const { crossoverLatitudeDeg } = scenario.constellation;
  try {
    constellationPlan(scenario.constellation, { crossoverLatitudeDeg, rateBytesPerSecond, horizonUs: secondsToUs(1) });
  } catch (error) {
    if (error instanceof UsageError) throw new InputFileError(place(['constellation']), error.message);
    throw error;
  }
}

/** The scenario's contact plan and what has no effect in it; undefined for a constellation. */
async function planFromFile(
  scenario: Scenario,
): Promise<{ readonly plan: ContactPlan; readonly warnings: readonly FileWarning[] } | undefined> {
  if (scenario.plan === undefined) return undefined;
  const { filename: file } = scenario.plan;
  const { plan, notes } = await readScenarioPlan(file);
  return {
    plan,
    warnings: notes.map(({ line, message }) => (line === undefined ? { file, message } : { file, line, message })),
  };
}

/** Faults that can do nothing: after the run, or on a link that never is. */
function checkFaults({ scenario, place }: LoadedScenario, planned: ContactPlan | undefined): void {
  const { faults, endSeconds } = scenario;
  let links: ReadonlySet<string> | undefined;
  for (const [i, fault] of faults.entries()) {
    if (fault.at > endSeconds) {
      throw new InputFileError(
        place(['faults', i, 'at']),
        `found ${fault.at}, after the end of the scenario; expected at most ${endSeconds}, or a later endSeconds`,
      );
    }
    if (!('from' in fault)) continue;
    links ??= linksOf(planned ?? planOf(scenario), endSeconds);
    if (links.has(`${fault.from} ${fault.to}`) || links.has(`${fault.to} ${fault.from}`)) continue;
    throw new InputFileError(
      place(['faults', i, 'to']),
      `found node ${fault.to}, which never has a contact with node ${fault.from} in the ${endSeconds} s of the scenario; expected two satellites with a link`,
    );
  }
}

/** Pairs of nodes with a contact before the end. */
function linksOf(plan: ContactPlan, endSeconds: number): Set<string> {
  const endUs = secondsToUs(endSeconds);
  return new Set(plan.contacts.filter((contact) => contact.startUs < endUs).map(({ from, to }) => `${from} ${to}`));
}

/** The contact plan of a constellation up to the end of the scenario. */
function planOf({ constellation, links, endSeconds }: Scenario): ContactPlan {
  const { crossoverLatitudeDeg } = constellation!;
  const { rateBytesPerSecond } = links;
  return constellationPlan(constellation!, {
    crossoverLatitudeDeg,
    rateBytesPerSecond,
    horizonUs: secondsToUs(endSeconds),
  });
}

function namedNodes(scenario: Scenario): { path: FieldPath; node: number }[] {
  const named: { path: FieldPath; node: number }[] = [];
  const add = (node: number, ...path: FieldPath) => named.push({ path, node });
  scenario.faults.forEach((fault, i) => {
    if ('node' in fault) add(fault.node, 'faults', i, 'node');
    else if ('from' in fault) {
      add(fault.from, 'faults', i, 'from');
      add(fault.to, 'faults', i, 'to');
    }
  });
  scenario.traffic.forEach((flow, i) => {
    add(flow.from, 'traffic', i, 'from');
    add(flow.to, 'traffic', i, 'to');
  });
  scenario.jobs.forEach((job, i) => {
    add(job.los, 'jobs', i, 'los');
    if (typeof job.reducer === 'number') add(job.reducer, 'jobs', i, 'reducer');
    if (job.aoi.kind === 'nodes') {
      job.aoi.nodes.forEach((node, k) => {
        add(node, 'jobs', i, 'aoi', k);
      });
    }
  });
  return named;
}

async function checkJob(
  job: ScenarioJob,
  i: number,
  scenario: Scenario,
  { place }: LoadedScenario,
  baseDir: string,
): Promise<void> {
  const check = async (kind: ProcessorKind, name: string) => {
    try {
      return await loadProcessors([{ kind, name }], baseDir);
    } catch (error) {
      if (error instanceof UsageError) throw new InputFileError(place(['jobs', i, kind]), error.message);
      throw error;
    }
  };
  checkInput(job, place(['jobs', i, 'data', 'filename']));
  const skipsMap = (await check('collect', job.collect)).skipsMap(job.collect);
  await check('map', job.map);
  await check('combine', job.combine);
  await check('reduce', job.reduce);
  const size = areaSize(job, scenario);
  const needed = skipsMap ? job.collectors : 2 * job.collectors;
  if (size !== undefined && size < needed) {
    const why = skipsMap ? '' : ', as each collector has a mapper of its own';
    throw new InputFileError(
      place(['jobs', i, 'collectors']),
      `found ${job.collectors}, which need ${needed} satellites${why}, but the area of interest has ${size}; expected at most ${Math.floor(size / (skipsMap ? 1 : 2))}, or a larger aoi`,
    );
  }
}

/** The collectors of this package read a file, and fail in flight without one. */
const READS_A_FILE: readonly string[] = ['doccollector', 'wordcountcollector'];

function checkInput({ collect, data }: ScenarioJob, place: FilePosition): void {
  if (!READS_A_FILE.includes(collect)) return;
  const isMapping = data !== null && typeof data === 'object' && !Array.isArray(data);
  const filename = isMapping ? data['filename'] : undefined;
  if (typeof filename === 'string' && filename !== '') return;
  const found = filename === undefined ? 'missing' : `found ${inWords(filename)}`;
  throw new InputFileError(place, `${found}; expected the name of a text file, which the ${collect} reads`);
}

/** How many satellites the area has at the start of the job. */
function areaSize({ aoi, at }: ScenarioJob, { constellation }: Scenario): number | undefined {
  if (aoi.kind === 'nodes') return aoi.nodes.length;
  if (aoi.kind === 'grid') return (aoi.sats[1] - aoi.sats[0] + 1) * (aoi.orbs[1] - aoi.orbs[0] + 1);
  if (constellation === undefined) return undefined;
  return satellitesOverBox(constellation, aoi, secondsToUs(at)).length;
}

function few(nodes: readonly number[]): string {
  return nodes.length <= 12 ? nodes.join(', ') : `${nodes.slice(0, 12).join(', ')} and so on`;
}
