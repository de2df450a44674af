/**
 * Checks of a scenario that need more than the scenario: the contact plan's lines, the processors' names, and whether the area
 * of interest has satellites enough. What is wrong is told with its place, before anything runs.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InputFileError, UsageError } from '../base/errors.js';
import { secondsToUs } from '../base/time.js';
import { constellationPlan, satellitesOverBox } from '../orbit/index.js';
import type { ProcessorKind } from '../processors/contract.js';
import { parseIonPlan } from '../routing/index.js';
import { loadProcessors } from '../runtime/processor-loader.node.js';
import type { Scenario, ScenarioJob } from '../simulator/scenario.js';
import type { LoadedScenario } from '../simulator/scenario-file.node.js';
import type { FieldPath } from '../simulator/scenario-problem.js';

/** Throws an InputFileError at the first field that cannot be run as asked. */
export async function preflight(loaded: LoadedScenario, file: string): Promise<void> {
  const { scenario, place } = loaded;
  checkConstellation(loaded);
  const nodes = await plannedNodes(scenario);
  if (nodes !== undefined) {
    for (const { path, node } of namedNodes(scenario)) {
      if (nodes.has(node)) continue;
      throw new InputFileError(
        place(path),
        `found node ${node}; expected one of the plan's ${nodes.size} nodes: ${few([...nodes])}`,
      );
    }
  }
  for (const [i, job] of scenario.jobs.entries()) await checkJob(job, i, scenario, loaded, dirname(resolve(file)));
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

/** The nodes of the scenario's contact plan; undefined for a constellation. */
async function plannedNodes(scenario: Scenario): Promise<Set<number> | undefined> {
  if (scenario.plan === undefined) return undefined;
  const { filename } = scenario.plan;
  const { plan } = parseIonPlan(await readFile(filename, 'utf8'), filename);
  if (plan.contacts.length === 0)
    throw new InputFileError({ file: filename }, 'found no contacts; expected at least one usable contact');
  return new Set(plan.contacts.flatMap((contact) => [contact.from, contact.to]).sort((a, b) => a - b));
}

function namedNodes(scenario: Scenario): { path: FieldPath; node: number }[] {
  const named: { path: FieldPath; node: number }[] = [];
  const add = (node: number, ...path: FieldPath) => named.push({ path, node });
  scenario.faults.forEach((fault, i) => {
    if ('node' in fault) add(fault.node, 'faults', i, 'node');
    else {
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
