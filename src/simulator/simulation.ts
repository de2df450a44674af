/**
 * The simulator: drives satellite nodes on a virtual clock. Events happen in order of time, and at one time in order of their
 * making, so a seed replays a run exactly. While a user's processor works, virtual time stands still; what a step costs is the
 * scenario's to say.
 */
import type { Delivery } from '../agent/index.js';
import { PriorityQueue } from '../base/priority-queue.js';
import type { Random } from '../base/random.js';
import { secondsToUs, US_PER_MS, usToSeconds } from '../base/time.js';
import type { StepRequest } from '../processors/step.js';
import type { NodeInput, NodeOutput } from '../runtime/node-io.js';
import type { Stepper } from '../runtime/processor-runner.js';
import type { RunCounters } from './counters.js';
import { CrashableStore } from './crashable-store.js';
import type { CustodyChecker, RunClock } from './custody-checker.js';
import type { DeliveryChecker } from './delivery-checker.js';
import type { Forger } from './forger.js';
import type { JobBook } from './job-book.js';
import type { Flight, LinkLayer } from './links.js';
import type { RunProgress } from './report.js';
import type { ReportBook } from './report-book.js';
import { type NewSatellite, Satellite } from './satellite.js';
import type { ScenarioCrash, ScenarioForgery } from './scenario-faults.js';
import type { SignalChecker } from './signal-checker.js';
import { Sky } from './sky.js';
import { StepCosts } from './step-costs.js';
import type { TraceHub } from './trace-hub.js';
import type { TrafficBook } from './traffic.js';
import type { World } from './world.js';

/** After the last job and flow, the run goes on for this long so that what is under way can settle, in microseconds. */
const SETTLING_US = 120 * 1_000_000;

/** Events between two looks at the wall clock. */
const EVENTS_PER_BREATH = 1024;

/** A traffic bundle that found no room is offered again after this long, in microseconds. */
const OFFER_AGAIN_US = 1_000_000;

/** A node that is to crash with its next batch crashes at the latest after this long, in microseconds. */
const CRASH_WITHIN_US = 1_000_000;

type SimulatorEvent =
  | { readonly kind: 'arrival'; readonly flight: Flight }
  | { readonly kind: 'wake'; readonly node: number }
  /** `incarnation` where the input means nothing to a node that has started again since. */
  | { readonly kind: 'input'; readonly node: number; readonly input: NodeInput; readonly incarnation?: number }
  | { readonly kind: 'offer'; readonly node: number; readonly input: NodeInput }
  | { readonly kind: 'flushed'; readonly node: number; readonly incarnation: number }
  /** A crash is due that nothing has come before. */
  | { readonly kind: 'crash'; readonly fault: ScenarioCrash }
  | { readonly kind: 'traffic'; readonly flow: number }
  /** A job's deadline has passed: whoever asked for it learns that, even from a dark LOS satellite. */
  | { readonly kind: 'deadline'; readonly job: number };

/** What a simulation is built from. */
export interface SimulationParts {
  readonly world: World;
  readonly links: LinkLayer;
  readonly counters: RunCounters;
  readonly jobs: JobBook;
  readonly traffic: TrafficBook;
  readonly reports: ReportBook;
  readonly trace: TraceHub;
  readonly custody: CustodyChecker;
  readonly delivery: DeliveryChecker;
  readonly signals: SignalChecker | undefined;
  readonly forger: Forger;
  readonly random: Random;
  /** Kept at the time of the run. */
  readonly clock: RunClock;
  readonly newSatellite: NewSatellite;
  /** A node has started again from its store. */
  restarted(satellite: Satellite): void;
  /** Bundles in all stores together. */
  storedBundles(): number;
  /** Takes a step of a processor; never rejects. */
  readonly step: Stepper;
  /** True once the run is to end with what it has. */
  isStopped(): boolean;
  /** Called now and then: may pause for signals and progress; true to end the run early. */
  breathe(progress: () => RunProgress): Promise<boolean>;
}

/** One run on virtual time. */
export class Simulation {
  readonly #parts: SimulationParts;
  readonly #satellites = new Map<number, Satellite>();
  readonly #events = new PriorityQueue<SimulatorEvent>();
  readonly #steps: { node: number; request: StepRequest }[] = [];
  readonly #sky: Sky;
  readonly #flushDelayUs: number;
  readonly #crashes: Random;
  #nowUs = 0;
  #stopUs: number;
  #isSettling = false;
  /** Datagrams under way. */
  #flights = 0;
  /** Flushes under way, bundles that are to be offered again, and nodes that have crashed and not started again. */
  #unflushed = 0;
  #offers = 0;
  #gone = 0;

  constructor(parts: SimulationParts) {
    this.#parts = parts;
    const { world } = parts;
    this.#stopUs = secondsToUs(world.scenario.endSeconds);
    this.#flushDelayUs = Math.round(world.scenario.store.flushDelayMs * US_PER_MS);
    this.#crashes = parts.random.fork('crashes');
    const surroundings = {
      perform: (satellite: Satellite, output: NodeOutput) => this.#perform(satellite, output),
      committed: (node: number) => parts.trace.committed(node),
      rolledBack: (node: number) => parts.trace.rolledBack(node),
    };
    for (const node of world.nodes) {
      const made = { ...parts.newSatellite(node, undefined, 0), costs: new StepCosts(world.scenario.processing, node) };
      this.#satellites.set(node, new Satellite(node, made, surroundings));
    }
    const tell = (node: number, input: NodeInput) => this.#handle(this.#of(node), input);
    this.#sky = new Sky(world, parts.links, parts.counters, tell, {
      crash: (fault) => this.#arm(fault),
      restart: (node) => this.#restart(node),
      storeFull: (node, isFull) => {
        this.#of(node).store.isFull = isFull;
      },
      forge: (fault) => this.#forge(fault),
      heal: () => this.#heal(),
    });
    for (const job of world.scenario.jobs) {
      const atUs = secondsToUs(job.at);
      const input: NodeInput = { kind: 'job-submitted', spec: world.jobSpec(job), requestedUs: atUs };
      this.#events.push(atUs, { kind: 'input', node: job.los, input });
    }
    // Made after the submissions, so that a LOS satellite that is up speaks first.
    parts.jobs.entries.forEach((_, at) => {
      this.#events.push(parts.jobs.deadlineUs(at) + 1, { kind: 'deadline', job: at });
    });
    parts.traffic.flows.forEach((flow, at) => {
      this.#events.push(secondsToUs(flow.at), { kind: 'traffic', flow: at });
    });
  }

  /** Virtual time so far, in microseconds. */
  get nowUs(): number {
    return this.#nowUs;
  }

  /**
   * Runs until everything asked for has ended and settled, or the scenario's end. True where it was stopped from outside. Processors that
   * are at work then are closed, with the files that they read.
   */
  async run(): Promise<boolean> {
    try {
      return await this.#run();
    } finally {
      for (const { runner } of this.#satellites.values()) runner.forgetJob('');
    }
  }

  async #run(): Promise<boolean> {
    const { counters, clock } = this.#parts;
    clock.nowUs = 0;
    for (const satellite of this.#satellites.values()) this.#handle(satellite, { kind: 'started' });
    for (;;) {
      const nextUs = this.#nextEventUs();
      if (nextUs > this.#stopUs) break;
      this.#nowUs = nextUs;
      clock.nowUs = nextUs;
      counters.simulatorEvents++;
      this.#happen();
      while (this.#steps.length > 0 && !this.#parts.isStopped()) await this.#runSteps();
      if (this.#parts.isStopped()) return true;
      if (counters.simulatorEvents % EVENTS_PER_BREATH === 0) {
        if (await this.#parts.breathe(() => this.#progress())) return true;
      }
      if (this.#hasSettled()) return false;
    }
    this.#nowUs = Math.max(this.#nowUs, Math.min(this.#stopUs, secondsToUs(this.#parts.world.scenario.endSeconds)));
    return false;
  }

  // --- events ---------------------------------------------------------------------------------------------------------

  #nextEventUs(): number {
    return Math.min(this.#sky.nextUs(), this.#events.peekKey() ?? Number.POSITIVE_INFINITY);
  }

  /** Handles the next event. At one time the sky changes before anything else happens. */
  #happen(): void {
    if (this.#sky.nextUs() <= this.#nowUs) {
      this.#sky.change(this.#nowUs);
      return;
    }
    const event = this.#events.pop();
    switch (event?.kind) {
      case 'arrival':
        this.#flights--;
        this.#arrive(event.flight);
        break;
      case 'wake':
        this.#wake(event.node);
        break;
      case 'input':
        if ((event.incarnation ?? this.#of(event.node).incarnation) === this.#of(event.node).incarnation) {
          this.#sky.inside(event.node, event.input);
        }
        break;
      case 'offer':
        this.#offers--;
        this.#sky.inside(event.node, event.input);
        break;
      case 'flushed':
        this.#flushed(event.node, event.incarnation);
        break;
      case 'crash':
        if (this.#of(event.fault.node).armed === event.fault) this.#crash(event.fault);
        break;
      case 'traffic':
        this.#sendTraffic(event.flow);
        break;
      case 'deadline':
        this.#deadline(event.job);
    }
  }

  #deadline(at: number): void {
    const { jobs, world } = this.#parts;
    const { los } = world.scenario.jobs[at] as World['scenario']['jobs'][number];
    if (this.#sky.isDark(los)) jobs.lostAtDarkLos(at, this.#nowUs, world.nameOf(los));
  }

  #arrive(flight: Flight): void {
    const { link, datagram } = flight;
    // A dark satellite hears nothing.
    if (link.cutOff(flight) || this.#sky.isDark(link.to)) {
      this.#parts.counters.lost++;
      return;
    }
    this.#handle(this.#of(link.to), { kind: 'datagram-received', from: link.from, datagram });
  }

  #wake(number: number): void {
    const satellite = this.#of(number);
    if (satellite.wakeUs > this.#nowUs) return; // an older alarm
    satellite.wakeUs = Number.POSITIVE_INFINITY;
    if (!this.#sky.isDark(number)) this.#handle(satellite, { kind: 'timeout' });
  }

  #sendTraffic(index: number): void {
    const { traffic } = this.#parts;
    const next = traffic.next(index, this.#nowUs);
    if (next === undefined) return;
    this.#sky.inside(next.from, { kind: 'bundle-submitted', request: next.request });
    if (next.againUs !== undefined) this.#events.push(next.againUs, { kind: 'traffic', flow: index });
  }

  // --- nodes ----------------------------------------------------------------------------------------------------------

  #of(node: number): Satellite {
    return this.#satellites.get(node) as Satellite;
  }

  #handle(satellite: Satellite, input: NodeInput): void {
    const { number } = satellite;
    satellite.handle(input, this.#parts.world.instantOf(number, this.#nowUs));
    if (satellite.isGone) return;
    const wakeUs = satellite.node.nextTimeout() ?? Number.POSITIVE_INFINITY;
    if (wakeUs < satellite.wakeUs) {
      satellite.wakeUs = Math.max(wakeUs, this.#nowUs);
      this.#events.push(satellite.wakeUs, { kind: 'wake', node: number });
    }
    if (!satellite.isUnflushed || satellite.isFlushing) return;
    if (this.#flushDelayUs === 0) this.#flush(satellite);
    else {
      satellite.isFlushing = true;
      this.#unflushed++;
      this.#events.push(this.#nowUs + this.#flushDelayUs, {
        kind: 'flushed',
        node: number,
        incarnation: satellite.incarnation,
      });
    }
  }

  /** A flush that took its time is over: it covers all that was handled until now. */
  #flushed(node: number, incarnation: number): void {
    this.#unflushed--;
    const satellite = this.#of(node);
    if (satellite.incarnation === incarnation && !satellite.isGone) this.#flush(satellite);
  }

  #flush(satellite: Satellite): void {
    if (satellite.armed === undefined) satellite.flush();
    else this.#crash(satellite.armed);
  }

  #perform(satellite: Satellite, output: NodeOutput): void {
    const { number, runner } = satellite;
    switch (output.kind) {
      case 'transmit':
        this.#parts.signals?.sent(number, output.datagram);
        this.#parts.forger.hear(number, output.to, output.datagram);
        this.#parts.links.transmit(number, output.to, output.datagram, this.#nowUs, (flight, atUs) => {
          this.#flights++;
          this.#events.push(atUs, { kind: 'arrival', flight });
        });
        break;
      case 'step-processor':
        this.#steps.push({ node: number, request: output.request });
        break;
      case 'cancel-processor':
        this.#dropSteps(number, output.task);
        runner.cancel(output.task);
        satellite.costs.cancel(output.task);
        break;
      case 'forget-processors':
        runner.forgetJob(`${output.job}/`);
        break;
      case 'deliver':
        this.#deliver(satellite, output.delivery);
        break;
      case 'status-report':
        this.#parts.reports.arrived(output.received, number);
        break;
      case 'compressed-report':
        this.#parts.reports.arrivedCompressed(output.received, number);
        break;
      case 'bundle-refused': {
        const input: NodeInput = { kind: 'bundle-submitted', request: output.request };
        this.#offers++;
        this.#events.push(this.#nowUs + OFFER_AGAIN_US, { kind: 'offer', node: number, input });
        break;
      }
      case 'job-changed':
        this.#parts.jobs.changed(output.status);
    }
  }

  /** An application gets a bundle, keeps it, and says so where that is awaited. */
  #deliver({ number, incarnation }: Satellite, delivery: Delivery): void {
    const { traffic, delivery: checker, signals } = this.#parts;
    checker.received(delivery);
    signals?.taken(number, delivery.bundle);
    traffic.delivered(delivery, number, this.#nowUs);
    if (delivery.receipt === 0) return;
    const input: NodeInput = { kind: 'delivery-taken', receipt: delivery.receipt };
    this.#events.push(this.#nowUs, { kind: 'input', node: number, input, incarnation });
  }

  /** Forgets steps of a task that were asked for in the same breath as its end. */
  #dropSteps(node: number, task: number): void {
    for (let at = this.#steps.length - 1; at >= 0; at--) {
      const step = this.#steps[at];
      if (step?.node === node && step.request.task === task) this.#steps.splice(at, 1);
    }
  }

  /** Runs the steps that were asked for, in the order of asking; each answer comes after the time that the step costs. */
  async #runSteps(): Promise<void> {
    const steps = this.#steps.splice(0).map(({ node, request }) => {
      const satellite = this.#of(node);
      const { incarnation, costs } = satellite;
      return { node, request, incarnation, costs, stepped: this.#parts.step(satellite.runner, request) };
    });
    // All have begun, so slow ones work side by side; they answer in the order of asking all the same.
    for (const { node, request, incarnation, costs, stepped } of steps) {
      const outcome = stepped instanceof Promise ? await stepped : stepped;
      const input: NodeInput = { kind: 'processor-stepped', task: request.task, outcome };
      this.#events.push(this.#nowUs + costs.of(request, outcome), { kind: 'input', node, input, incarnation });
    }
  }

  // --- faults inside of satellites ------------------------------------------------------------------------------------

  /** A node is to crash with its next batch: the one that waits for its flush now, or the next that needs one. */
  #arm(fault: ScenarioCrash): void {
    const satellite = this.#of(fault.node);
    if (satellite.isGone) return;
    satellite.armed = fault;
    if (satellite.isFlushing) this.#crash(fault);
    else this.#events.push(this.#nowUs + CRASH_WITHIN_US, { kind: 'crash', fault });
  }

  #crash(fault: ScenarioCrash): void {
    const { counters, trace, custody, traffic } = this.#parts;
    const satellite = this.#of(fault.node);
    const setAside = satellite.crash(fault, this.#crashes);
    this.#gone++;
    counters.crashes++;
    trace.node('crashed', this.#nowUs, fault.node, setAside.length, fault.when);
    for (let at = this.#steps.length - 1; at >= 0; at--) {
      if (this.#steps[at]?.node === fault.node) this.#steps.splice(at, 1);
    }
    for (const { bundle, inCustody, isDamaged } of setAside) {
      counters.setAside++;
      if (!inCustody) continue;
      custody.setAside(fault.node, bundle, isDamaged);
      if (isDamaged) traffic.allowLoss();
    }
    this.#sky.crashed(fault.node, this.#nowUs, this.#nowUs + secondsToUs(fault.downSeconds));
  }

  /** A node starts again from what its store kept; then its applications ask once more for what was not accepted. */
  #restart(node: number): void {
    const { counters, trace, newSatellite, restarted, world, reports } = this.#parts;
    const satellite = this.#of(node);
    const { store } = satellite;
    if (!(store instanceof CrashableStore)) return;
    satellite.incarnation++;
    this.#gone--;
    counters.restarts++;
    const costs = new StepCosts(world.scenario.processing, node);
    const submissions = satellite.restart({ ...newSatellite(node, store, satellite.incarnation), costs });
    trace.node('restarted', this.#nowUs, node, store.bundles);
    reports.restarted(node);
    restarted(satellite);
    this.#handle(satellite, { kind: 'started' });
    for (const input of submissions) this.#sky.inside(node, input);
  }

  /** An attacker's datagrams arrive now, whatever the link does. */
  #forge(fault: ScenarioForgery): void {
    const { forger, counters, trace, world } = this.#parts;
    const satellite = this.#of(fault.to);
    if (this.#sky.isDark(fault.to)) return;
    const datagrams = forger.datagrams(fault, satellite.store, world.instantOf(fault.to, this.#nowUs));
    counters.forged += datagrams.length;
    trace.node('attacked', this.#nowUs, fault.to, datagrams.length, fault.what);
    for (const datagram of datagrams) {
      if (satellite.isGone) return;
      this.#handle(satellite, { kind: 'datagram-received', from: fault.from, datagram });
    }
  }

  #heal(): void {
    for (const satellite of this.#satellites.values()) {
      satellite.armed = undefined;
      satellite.store.isFull = false;
    }
  }

  // --- the end --------------------------------------------------------------------------------------------------------

  /** True when all that was asked for has ended and nothing is held or under way that could still arrive. */
  #hasSettled(): boolean {
    const { jobs, traffic } = this.#parts;
    if (!jobs.allEnded || !traffic.isSent) return false;
    const { released } = this.#parts.world.scenario.expect;
    if (!this.#isSettling && traffic.hasArrived && !released) {
      this.#isSettling = true;
      this.#stopUs = Math.min(this.#stopUs, this.#nowUs + SETTLING_US);
    }
    const isUnderWay = this.#flights > 0 || this.#unflushed > 0 || this.#offers > 0 || this.#gone > 0;
    return !isUnderWay && this.#parts.storedBundles() === 0 && !this.#sky.isAwaited;
  }

  #progress(): RunProgress {
    const { jobs, counters, world } = this.#parts;
    return {
      virtualSeconds: usToSeconds(this.#nowUs),
      endSeconds: world.scenario.endSeconds,
      jobsDone: jobs.ended,
      jobs: world.scenario.jobs.length,
      phase: jobs.phase,
      transmissions: counters.transmissions,
      lost: counters.lost,
    };
  }
}
