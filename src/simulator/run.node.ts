/** Runs a scenario from start to report: on virtual time, or over real UDP sockets. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Random } from '../base/random.js';
import { US_PER_MS, usToSeconds } from '../base/time.js';
import type { SecurityPolicy } from '../bpsec/index.js';
import { accelerateCodec } from '../bpv7/accelerate.node.js';
import { TYPE_PROFILES } from '../bpv7/index.js';
import type { ProcessorCatalogue } from '../processors/index.js';
import type { ContactPlan } from '../routing/index.js';
import { limitedStepper } from '../runtime/limited-step.node.js';
import { nodePlatform } from '../runtime/platform.node.js';
import { loadProcessors } from '../runtime/processor-loader.node.js';
import { ProcessorRunner } from '../runtime/processor-runner.js';
import { withinLimit } from '../runtime/time-limit.node.js';
import { ContactChecker } from './checkers.js';
import { newCounters, type RunCounters } from './counters.js';
import { CrashableStore } from './crashable-store.js';
import { loggingEvents, type RunLog } from './event-logging.js';
import { Forger } from './forger.js';
import { impairmentsOf, overridesOf } from './impairments.js';
import { JobBook } from './job-book.js';
import { LinkLayer, type LinkObserver } from './links.js';
import { readScenarioPlan, scenarioPlanText } from './plan-file.node.js';
import type { CheckReport, RunEvent, RunProgress, RunReport, SentDatagram } from './report.js';
import { newRunWatch, type RunWatch, verdictsOf } from './run-watch.js';
import type { Scenario } from './scenario.js';
import { readSecurity } from './security.node.js';
import { Simulation } from './simulation.js';
import { ObservedStore } from './store-watch.js';
import { TraceHash } from './trace-hash.js';
import { TraceHub } from './trace-hub.js';
import { flyOverUdp } from './udp-run.node.js';
import { checkExpectations, checkResults } from './verdicts.js';
import { unixUsAt, World } from './world.js';

/** Wall-clock time between two pauses for signals and progress, in milliseconds. */
const BREATH_MS = 100;

/** The run of a job in one place, which its result is compared with, may take as long as this many of the longest steps. */
const REFERENCE_LIMIT_STEPS = 10;

export type { RunLog };

/** How a scenario is run. */
export interface RunOptions {
  /** Real UDP sockets on 127.0.0.1 and wall-clock time in place of the simulator. */
  readonly udp?: boolean;
  /** Folder that user processors given as paths are looked up in; default: the current one. */
  readonly baseDir?: string;
  readonly onProgress?: (progress: RunProgress) => void;
  readonly onEvent?: (event: RunEvent) => void;
  /** Called for every datagram that a node sends, when it is sent. */
  readonly onDatagram?: (sent: SentDatagram) => void;
  /** Ends the run with what it has. */
  readonly signal?: AbortSignal;
  readonly log?: RunLog;
}

/** What a run leaves behind: its report, and what a picture of it needs. */
export interface RunOutcome {
  readonly report: RunReport;
  /** The contact plan as used, in ION's text form or, where that cannot say it, in JSON of our own. */
  readonly planText: string;
  readonly planFormat: 'ion' | 'leodtn';
  readonly grid: { readonly planes: number; readonly satellitesPerPlane: number } | undefined;
  readonly contacts: readonly RunContact[];
  /** Files that came with results. */
  readonly files: readonly { readonly job: string; readonly name: string; readonly bytes: Uint8Array }[];
}

/** A contact of the plan, for a picture. */
export interface RunContact {
  readonly from: number;
  readonly to: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly interPlane: boolean;
}

/** Everything around the nodes of a run; both drivers use it. */
export interface RunParts extends RunWatch {
  readonly world: World;
  readonly random: Random;
  readonly catalogue: ProcessorCatalogue;
  readonly counters: RunCounters;
  readonly jobs: JobBook;
  readonly trace: TraceHub;
  readonly linkObserver: LinkObserver | undefined;
  /** The security policy of a node. */
  securityOf(node: number): SecurityPolicy | undefined;
  /** Bundles in all stores together. */
  storedBundles(): number;
  readonly options: RunOptions;
}

/** Runs a scenario. Throws UsageError for what cannot be run as asked; whatever goes wrong in flight is in the report. */
export async function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<RunOutcome> {
  const startedMs = performance.now();
  await accelerateCodec();
  const baseDir = options.baseDir ?? process.cwd();
  const catalogue = await loadProcessors(processorNames(scenario), baseDir);
  const planFromFile = scenario.plan && (await readScenarioPlan(scenario.plan.filename)).plan;
  const world = new World(scenario, catalogue, planFromFile, await readLaterPlans(scenario));
  const securityOf = await readSecurity(scenario.security, world.nodes);
  const random = new Random(scenario.seed);
  world.checkJobs(random.fork('check'));

  const counters = newCounters(world.nodes.length);
  const watch = newRunWatch(scenario, counters);
  const hash = new TraceHash();
  const jobs = new JobBook(scenario.jobs);
  const { log, onEvent: listener } = options;
  const onEvent = log === undefined ? listener : loggingEvents(log, listener);
  const isDurable = scenario.store.kind === 'durable';
  const trace = new TraceHub({ ...watch, hash, counters, onEvent, isDurable });
  const parts: RunParts = {
    ...watch,
    world,
    random,
    catalogue,
    counters,
    jobs,
    trace,
    linkObserver: options.onDatagram && tellingDatagrams(options.onDatagram),
    securityOf,
    storedBundles: () => watch.stores.bundles,
    options,
  };
  options.log?.info({ scenario: scenario.name, seed: scenario.seed, satellites: world.nodes.length }, 'run started');
  const { contacts, nowUs, interrupted } = options.udp ? await flyOverUdp(parts) : await simulate(parts);

  const unfinished = interrupted
    ? 'the run was stopped before the job ended'
    : `the run ended at ${scenario.endSeconds} s before the job did`;
  const nameOf = (node: number) => world.nameOf(node);
  const reports = jobs.reports(nowUs, unfinished, nameOf);
  const files = jobs.files().map(({ job, name, pieces }) => ({ job, name, bytes: Buffer.concat([...pieces]) }));
  const finished = reports.map((report, at) => ({
    report,
    told: jobs.told(at, nameOf, (node, us) => world.instantOf(node, us)),
    files: files.filter(({ job }) => job === report.id),
  }));
  const atHome = { ...scenario, jobs: scenario.jobs.map((job) => ({ ...job, data: world.localData(job.data) })) };
  const checks: CheckReport[] = [
    await checkResults(atHome, finished, catalogue, nodePlatform, (local) => {
      const limitSeconds = REFERENCE_LIMIT_STEPS * scenario.processing.stepLimitSeconds;
      return withinLimit(local, limitSeconds, `it did not end within ${limitSeconds} s`, options.signal);
    }),
    ...verdictsOf(watch, contacts, scenario, interrupted),
  ];
  if (!interrupted) checks.push(checkExpectations(scenario, reports, counters, !options.udp));
  const report: RunReport = {
    scenario: scenario.name,
    seed: scenario.seed,
    virtualSeconds: usToSeconds(nowUs),
    wallSeconds: (performance.now() - startedMs) / 1000,
    jobs: reports,
    network: counters,
    checks,
    // A run that was stopped from outside stopped where it happened to be.
    traceHash: options.udp || interrupted ? null : hash.value,
    interrupted,
  };
  options.log?.info({ virtualSeconds: report.virtualSeconds, wallSeconds: report.wallSeconds }, 'run ended');
  const { text: planText, format: planFormat } = scenarioPlanText(world.initialPlan);
  return {
    report,
    planText,
    planFormat,
    grid: world.grid,
    contacts: runContacts(world),
    files,
  };
}

function runContacts(world: World): RunContact[] {
  return world.initialPlan.contacts.map((contact) => ({
    from: contact.from,
    to: contact.to,
    startSeconds: usToSeconds(contact.startUs),
    endSeconds: usToSeconds(contact.endUs),
    interPlane: world.isInterPlane(contact),
  }));
}

async function simulate(parts: RunParts): Promise<{ contacts: ContactChecker; nowUs: number; interrupted: boolean }> {
  const { world, random, counters, options } = parts;
  // What was paced while a flush was under way leaves when it is over.
  const contacts = new ContactChecker(Math.round(world.scenario.store.flushDelayMs * US_PER_MS));
  const { links, store, faults, nodes } = world.scenario;
  const flightLinks = new LinkLayer(impairmentsOf(links), random.fork('links'), counters, contacts, parts.linkObserver);
  flightLinks.setApart(overridesOf(links));
  let lastBreathMs = performance.now();
  const simulation = new Simulation({
    world,
    counters,
    jobs: parts.jobs,
    traffic: parts.traffic,
    reports: parts.reports,
    trace: parts.trace,
    custody: parts.custody,
    delivery: parts.delivery,
    signals: parts.signals,
    forger: new Forger(faults, TYPE_PROFILES[nodes.types], (world.nodes.at(-1) ?? 0) + 1, random.fork('forger')),
    random,
    clock: parts.clock,
    links: flightLinks,
    newSatellite: (node, kept, incarnation) => {
      const inMemory = store.kind === 'memory' ? new ObservedStore(node, parts.stores) : undefined;
      const opened = kept ?? inMemory ?? new CrashableStore(node, store.bytes, parts.stores);
      parts.liveStores.set(node, opened);
      return {
        node: world.newNode(node, {
          random,
          platform: nodePlatform,
          trace: parts.trace,
          store: opened,
          security: parts.securityOf(node),
          incarnation,
        }),
        store: opened,
        runner: new ProcessorRunner(parts.catalogue, nodePlatform),
      };
    },
    restarted: ({ number, store: kept }) => parts.stores.restarted(number, kept.records()),
    storedBundles: parts.storedBundles,
    step: limitedStepper(world.scenario.processing.stepLimitSeconds, options.signal),
    isStopped: () => options.signal?.aborted ?? false,
    breathe: async (progress) => {
      const nowMs = performance.now();
      if (nowMs - lastBreathMs < BREATH_MS) return false;
      options.onProgress?.(progress());
      await nextTurn();
      lastBreathMs = performance.now();
      return options.signal?.aborted ?? false;
    },
  });
  const interrupted = await simulation.run();
  return { contacts, nowUs: simulation.nowUs, interrupted };
}

/** What a link sees, as a run tells it. */
function tellingDatagrams(tell: (sent: SentDatagram) => void): LinkObserver {
  return ({ from, to, sentUs, datagram, fate }) => {
    const sent = { from, to, unixUs: unixUsAt(sentUs), bytes: datagram };
    if (fate === undefined || fate.isLost) {
      const outcome = fate === undefined ? 'no-contact' : 'lost';
      tell({ ...sent, outcome, isCorrupted: false, delayUs: 0, copyDelayUs: undefined });
      return;
    }
    const { isCorrupted, delayUs, copyDelayUs } = fate;
    tell({ ...sent, outcome: 'carried', isCorrupted, delayUs, copyDelayUs: copyDelayUs < 0 ? undefined : copyDelayUs });
  };
}

function processorNames(scenario: Scenario): { kind: 'collect' | 'map' | 'combine' | 'reduce'; name: string }[] {
  return scenario.jobs.flatMap(({ collect, map, combine, reduce }) => [
    { kind: 'collect' as const, name: collect },
    { kind: 'map' as const, name: map },
    { kind: 'combine' as const, name: combine },
    { kind: 'reduce' as const, name: reduce },
  ]);
}

/** The plans that faults put in force, by their files. */
async function readLaterPlans({ faults }: Scenario): Promise<ReadonlyMap<string, ContactPlan>> {
  const plans = new Map<string, ContactPlan>();
  for (const fault of faults) {
    if (fault.kind === 'plan-update') plans.set(fault.plan, (await readScenarioPlan(fault.plan)).plan);
  }
  return plans;
}
