/** A stand-in for the simulator: makes up a run that fits the scenario, events and all, without any network. */

import { Random } from '../../src/base/random.js';
import type { Engine } from '../../src/cli/engine.js';
import type { SatelliteName } from '../../src/processors/contract.js';
import type { NetworkCounters, RunEvent, RunReport } from '../../src/simulator/report.js';
import type { RunContact, RunOutcome } from '../../src/simulator/run.node.js';
import type { Scenario } from '../../src/simulator/scenario.js';
import { NETWORK_COUNTERS } from '../../src/simulator/scenario-schema.js';

/** What a made-up run comes to where it should differ from a good one. */
export interface FakeOptions {
  readonly failedJobs?: boolean;
  readonly brokenCheck?: boolean;
  readonly result?: RunReport['jobs'][number]['result'];
  readonly files?: RunOutcome['files'];
  /** Runs before the outcome is made; may wait for the signal. */
  readonly during?: (signal: AbortSignal | undefined) => Promise<void>;
  /** Transmissions on each link. */
  readonly busy?: number;
}

/** An engine that keeps the scenarios it was given. */
export function fakeEngine(options: FakeOptions = {}): { engine: Engine; seen: Scenario[] } {
  const seen: Scenario[] = [];
  const engine: Engine = async (scenario, run = {}) => {
    seen.push(scenario);
    run.log?.info({ seed: scenario.seed }, 'run begins');
    run.onProgress?.({
      virtualSeconds: 1,
      endSeconds: scenario.endSeconds,
      jobsDone: 0,
      jobs: scenario.jobs.length,
      phase: 'mapping',
      transmissions: 12,
      lost: 3,
    });
    await options.during?.(run.signal);
    const world = makeWorld(scenario);
    const events = makeEvents(scenario, world, options);
    for (const event of events) run.onEvent?.(event);
    return {
      report: makeReport(scenario, world, options, run.signal?.aborted === true, run.udp === true),
      planText: '# plan\n',
      planFormat: 'ion',
      grid: world.grid,
      contacts: world.contacts,
      files: options.files ?? [],
    };
  };
  return { engine, seen };
}

interface World {
  readonly grid: { planes: number; satellitesPerPlane: number } | undefined;
  readonly contacts: RunContact[];
  readonly end: number;
  name(node: number): SatelliteName;
}

function makeWorld(scenario: Scenario): World {
  const end = 60;
  const { constellation } = scenario;
  const contacts: RunContact[] = [];
  const both = (a: number, b: number, startSeconds: number, endSeconds: number, interPlane: boolean) => {
    contacts.push(
      { from: a, to: b, startSeconds, endSeconds, interPlane },
      { from: b, to: a, startSeconds, endSeconds, interPlane },
    );
  };
  if (constellation === undefined) {
    for (let a = 1; a < 8; a++) both(a, a + 1, a * 2, a * 2 + 20, false);
    return { grid: undefined, contacts, end, name: (node) => node };
  }
  const { planes, satellitesPerPlane: size } = constellation;
  for (let orb = 1; orb <= planes; orb++) {
    for (let sat = 1; sat <= size; sat++) {
      const node = (orb - 1) * size + sat;
      both(node, sat === size ? node - size + 1 : node + 1, 0, 1e4, false);
      if (orb < planes) both(node, node + size, (sat * 5) % 30, 30 + ((sat * 7) % 40), true);
    }
  }
  const name = (node: number): SatelliteName => [((node - 1) % size) + 1, Math.floor((node - 1) / size) + 1];
  return { grid: { planes, satellitesPerPlane: size }, contacts, end, name };
}

function makeEvents(scenario: Scenario, world: World, options: FakeOptions): RunEvent[] {
  const random = new Random(scenario.seed);
  const events: RunEvent[] = [];
  for (const { from, to, startSeconds, endSeconds } of world.contacts) {
    events.push({ atSeconds: startSeconds, type: 'contact', event: 'started', node: from, peer: to });
    if (endSeconds < world.end) {
      const event = random.chance(0.2) ? 'failed' : 'ended';
      events.push({ atSeconds: endSeconds, type: 'contact', event, node: from, peer: to });
    }
    const bundles = random.below(options.busy ?? 6) ** 2;
    for (let i = 0; i < bundles; i++) {
      const at = startSeconds + random.next() * (Math.min(world.end, endSeconds) - startSeconds);
      const bundle = `${from}.1-800000000000-${i}`;
      if (startSeconds > 0 && random.chance(0.5)) {
        events.push({
          atSeconds: startSeconds * random.next(),
          type: 'bundle',
          event: 'waiting',
          node: from,
          peer: to,
          bundle,
        });
      }
      const event = random.chance(0.2) ? 'retransmitted' : 'transmitted';
      events.push({ atSeconds: at, type: 'bundle', event, node: from, peer: to, bundle, bytes: 1100 });
    }
  }
  scenario.jobs.forEach((job, i) => {
    const id = `${job.los}-${i + 1}`;
    const step = (atSeconds: number, event: string, node: number, role: string, index: number, detail?: string) =>
      events.push({
        atSeconds,
        type: 'job',
        event,
        node,
        job: id,
        role,
        index,
        ...(detail === undefined ? {} : { detail }),
      });
    step(1, 'submitted', job.los, 'coordinator', 0);
    step(1.2, 'planned', job.los, 'coordinator', 0);
    for (let k = 1; k <= job.collectors; k++) {
      step(2 + k / 10, 'role-started', 10 + k, 'collector', k);
      step(20 + 2 * k, 'role-done', 10 + k, 'collector', k);
      step(3 + k / 10, 'role-started', 40 + k, 'mapper', k);
      for (let n = 0; n < 9; n++) step(4 + n, 'role-input', 40 + k, 'mapper', k, `${k}/${n}`);
      if (k === 3) step(31, 'role-failed', 40 + k, 'mapper', k, 'no </script> luck');
      else if (k !== 4) step(25 + 2 * k, 'role-done', 40 + k, 'mapper', k);
    }
    step(5, 'role-started', 30, 'reducer', 1);
    step(54, 'role-done', 30, 'reducer', 1);
    step(55, options.failedJobs === true ? 'failed' : 'done', job.los, 'coordinator', 0);
  });
  return events.sort((a, b) => a.atSeconds - b.atSeconds);
}

function makeReport(
  scenario: Scenario,
  world: World,
  options: FakeOptions,
  interrupted: boolean,
  udp: boolean,
): RunReport {
  const { loss } = scenario.links;
  const network = Object.fromEntries(NETWORK_COUNTERS.map((name, i) => [name, i * 37])) as unknown as NetworkCounters;
  const countOf = (flows: Scenario['traffic']) => flows.reduce((sum, flow) => sum + flow.count, 0);
  const custody = countOf(scenario.traffic.filter((flow) => flow.custody));
  const plain = countOf(scenario.traffic) - custody;
  return {
    scenario: scenario.name,
    seed: scenario.seed,
    virtualSeconds: world.end,
    wallSeconds: 0.5,
    jobs: scenario.jobs.map((job, i) => ({
      id: `${job.los}-${i + 1}`,
      state: options.failedJobs === true ? ('failed' as const) : ('done' as const),
      reason: options.failedJobs === true ? 'deadline: mapper 3 on [4, 4] is missing' : null,
      result: options.failedJobs === true ? null : (options.result ?? { the: 13721, of: 6536, '': 4, __proto_: 1 }),
      jobTimeSeconds: 54 * (1 + loss) + scenario.seed / 1000,
      collectors: Array.from({ length: job.collectors }, (_, k) => world.name(11 + k)),
      mappers: Array.from({ length: job.collectors }, (_, k) => world.name(41 + k)),
      reducer: world.name(30),
      los: world.name(job.los),
      tasks: { collect: job.collect, map: job.map, combine: job.combine, reduce: job.reduce },
    })),
    network: {
      ...network,
      transmissions: 10_000,
      lost: Math.round(10_000 * loss),
      bundlesDelivered: Math.round(4_000 * (1 - loss)),
      trafficSent: custody + plain,
      trafficDelivered: custody + Math.round(plain * (1 - loss)),
      custodyTrafficSent: custody,
      custodyTrafficDelivered: custody,
    },
    checks: [
      { name: 'custody', ok: true, detail: 'no bundle under custody was lost' },
      { name: 'result', ok: options.brokenCheck !== true, detail: 'equal to a local count' },
    ],
    traceHash: udp ? null : `hash-${scenario.seed}-${loss}`,
    interrupted,
  };
}
