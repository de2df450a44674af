/**
 * The simulator: drives satellite nodes on a virtual clock. Events happen in order of time, and at one time in order of their
 * making, so a seed replays a run exactly. While a user's processor works, virtual time stands still; what a step costs is the
 * scenario's to say.
 */
import { PriorityQueue } from '../base/priority-queue.js';
import { secondsToUs, usToSeconds } from '../base/time.js';
import type { StepRequest } from '../processors/step.js';
import type { SatelliteNode } from '../runtime/node.js';
import type { NodeInput, NodeOutput } from '../runtime/node-io.js';

import type { ProcessorRunner, Stepper } from '../runtime/processor-runner.js';
import type { RunCounters } from './counters.js';
import type { JobBook } from './job-book.js';
import type { Flight, LinkLayer } from './links.js';
import type { RunProgress } from './report.js';
import type { ReportBook } from './report-book.js';
import { Sky } from './sky.js';
import { StepCosts } from './step-costs.js';
import type { TrafficBook } from './traffic.js';
import type { World } from './world.js';

/** After the last job and flow, the run goes on for this long so that what is under way can settle, in microseconds. */
const SETTLING_US = 120 * 1_000_000;

/** Events between two looks at the wall clock. */
const EVENTS_PER_BREATH = 1024;

/** A traffic bundle that found no room is offered again after this long, in microseconds. */
const OFFER_AGAIN_US = 1_000_000;

type SimulatorEvent =
  | { readonly kind: 'arrival'; readonly flight: Flight }
  | { readonly kind: 'wake'; readonly node: number }
  | { readonly kind: 'input'; readonly node: number; readonly input: NodeInput }
  | { readonly kind: 'traffic'; readonly flow: number }
  /** A job's deadline has passed: whoever asked for it learns that, even from a dark LOS satellite. */
  | { readonly kind: 'deadline'; readonly job: number };

/** A node with what the simulator keeps beside it. */
interface Satellite {
  readonly node: SatelliteNode;
  readonly runner: ProcessorRunner;
  readonly costs: StepCosts;
  /** When it is to be woken, in microseconds; Infinity for never. */
  wakeUs: number;
}

/** What a simulation is built from. */
export interface SimulationParts {
  readonly world: World;
  readonly links: LinkLayer;
  readonly counters: RunCounters;
  readonly jobs: JobBook;
  readonly traffic: TrafficBook;
  readonly reports: ReportBook;
  newSatellite(node: number): { node: SatelliteNode; runner: ProcessorRunner };
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
  #nowUs = 0;
  #stopUs: number;
  #isSettling = false;
  /** Datagrams under way. */
  #flights = 0;

  constructor(parts: SimulationParts) {
    this.#parts = parts;
    const { world } = parts;
    this.#stopUs = secondsToUs(world.scenario.endSeconds);
    for (const node of world.nodes) {
      this.#satellites.set(node, {
        ...parts.newSatellite(node),
        costs: new StepCosts(world.scenario.processing),
        wakeUs: Number.POSITIVE_INFINITY,
      });
    }
    this.#sky = new Sky(world, parts.links, parts.counters, (node, input) => {
      this.#handle(this.#satellites.get(node) as Satellite, input);
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

  /** Runs until everything asked for has ended and settled, or the scenario's end. True where it was stopped from outside. */
  async run(): Promise<boolean> {
    const { counters } = this.#parts;
    for (;;) {
      const nextUs = this.#nextEventUs();
      if (nextUs > this.#stopUs) break;
      this.#nowUs = nextUs;
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
        this.#sky.inside(event.node, event.input);
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
    this.#handle(this.#satellites.get(link.to) as Satellite, { kind: 'datagram-received', from: link.from, datagram });
  }

  #wake(number: number): void {
    const satellite = this.#satellites.get(number) as Satellite;
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

  #handle(satellite: Satellite, input: NodeInput): void {
    const { node } = satellite;
    node.handle(input, this.#parts.world.instantOf(node.node, this.#nowUs));
    for (let output = node.poll(); output !== undefined; output = node.poll()) this.#perform(satellite, output);
    const wakeUs = node.nextTimeout() ?? Number.POSITIVE_INFINITY;
    if (wakeUs < satellite.wakeUs) {
      satellite.wakeUs = Math.max(wakeUs, this.#nowUs);
      this.#events.push(satellite.wakeUs, { kind: 'wake', node: node.node });
    }
  }

  #perform(satellite: Satellite, output: NodeOutput): void {
    const { node, runner } = satellite;
    switch (output.kind) {
      case 'transmit':
        this.#parts.links.transmit(node.node, output.to, output.datagram, this.#nowUs, (flight, atUs) => {
          this.#flights++;
          this.#events.push(atUs, { kind: 'arrival', flight });
        });
        break;
      case 'step-processor':
        this.#steps.push({ node: node.node, request: output.request });
        break;
      case 'cancel-processor':
        this.#dropSteps(node.node, output.task);
        runner.cancel(output.task);
        satellite.costs.cancel(output.task);
        break;
      case 'forget-processors':
        runner.forgetJob(`${output.job}/`);
        break;
      case 'deliver':
        this.#parts.traffic.delivered(output.delivery, node.node, this.#nowUs);
        break;
      case 'status-report':
        this.#parts.reports.arrived(output.received, node.node);
        break;
      case 'compressed-report':
        this.#parts.reports.arrivedCompressed(output.received, node.node);
        break;
      case 'bundle-refused': {
        const input: NodeInput = { kind: 'bundle-submitted', request: output.request };
        this.#events.push(this.#nowUs + OFFER_AGAIN_US, { kind: 'input', node: node.node, input });
        break;
      }
      case 'job-changed':
        this.#parts.jobs.changed(output.status);
    }
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
      const satellite = this.#satellites.get(node) as Satellite;
      return { node, request, satellite, stepped: this.#parts.step(satellite.runner, request) };
    });
    // All have begun, so slow ones work side by side; they answer in the order of asking all the same.
    for (const { node, request, satellite, stepped } of steps) {
      const outcome = stepped instanceof Promise ? await stepped : stepped;
      const input: NodeInput = { kind: 'processor-stepped', task: request.task, outcome };
      this.#events.push(this.#nowUs + satellite.costs.of(request, outcome), { kind: 'input', node, input });
    }
  }

  // --- the end --------------------------------------------------------------------------------------------------------

  /** True when all that was asked for has ended and nothing is held or under way that could still arrive. */
  #hasSettled(): boolean {
    const { jobs, traffic } = this.#parts;
    if (!jobs.allEnded || !traffic.isSent) return false;
    if (!this.#isSettling && traffic.hasArrived) {
      this.#isSettling = true;
      this.#stopUs = Math.min(this.#stopUs, this.#nowUs + SETTLING_US);
    }
    return this.#flights === 0 && this.#parts.storedBundles() === 0;
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
