/**
 * A satellite as the simulator flies it: its node with what stands around it, and what is under way between handling an input and
 * having performed the outputs. Where the store is durable, outputs wait for a flush, and a crash takes what was not flushed. It
 * knows no links and no other satellites.
 */
import type { Random } from '../base/random.js';
import type { Instant } from '../base/time.js';
import type { SatelliteNode } from '../runtime/node.js';
import type { NodeInput, NodeOutput } from '../runtime/node-io.js';
import type { ProcessorRunner } from '../runtime/processor-runner.js';
import { CrashableStore, type SetAsideRecord } from './crashable-store.js';
import type { ScenarioCrash } from './scenario-faults.js';
import type { StepCosts } from './step-costs.js';
import type { ObservedStore } from './store-watch.js';

/** A node, its processors and its store. */
export interface SatelliteParts {
  readonly node: SatelliteNode;
  readonly runner: ProcessorRunner;
  readonly costs: StepCosts;
  readonly store: CrashableStore | ObservedStore;
}

/** Makes the parts of a satellite: at first without a store, and after a crash with the one that it left. */
export type NewSatellite = (
  node: number,
  store: CrashableStore | undefined,
  incarnation: number,
) => Omit<SatelliteParts, 'costs'>;

/** What the world around a satellite does with what comes out of it. */
export interface SatelliteSurroundings {
  perform(satellite: Satellite, output: NodeOutput): void;
  /** All that it has told so far is durable, or is as if it had not happened. */
  committed(node: number): void;
  rolledBack(node: number): void;
}

/** One satellite between its crashes. */
export class Satellite {
  readonly number: number;
  #parts: SatelliteParts;
  readonly #surroundings: SatelliteSurroundings;
  /** When it is to be woken, in microseconds; Infinity for never. */
  wakeUs = Number.POSITIVE_INFINITY;
  /** How often it has started again; what was meant for an earlier life is dropped. */
  incarnation = 0;
  /** It has crashed and has not started again. */
  isGone = false;
  /** Whether a flush is under way. */
  isFlushing = false;
  /** It crashes with the next batch, as that fault says. */
  armed: ScenarioCrash | undefined;
  /** Outputs that wait for the flush. */
  #held: NodeOutput[] = [];
  /** What applications asked for and does not count as accepted yet: they ask again after a crash. */
  #submissions: NodeInput[] = [];

  constructor(number: number, parts: SatelliteParts, surroundings: SatelliteSurroundings) {
    this.number = number;
    this.#parts = parts;
    this.#surroundings = surroundings;
  }

  get node(): SatelliteNode {
    return this.#parts.node;
  }

  get runner(): ProcessorRunner {
    return this.#parts.runner;
  }

  get costs(): StepCosts {
    return this.#parts.costs;
  }

  get store(): CrashableStore | ObservedStore {
    return this.#parts.store;
  }

  /** Whether something waits for a flush. */
  get isUnflushed(): boolean {
    return this.#held.length > 0 || this.#submissions.length > 0 || this.#isDirty;
  }

  get #isDirty(): boolean {
    const { store } = this.#parts;
    return store instanceof CrashableStore && store.isDirty;
  }

  /** Takes an input. What comes out is performed at once, or waits for a flush; a satellite that is gone only keeps what applications ask for. */
  handle(input: NodeInput, now: Instant): void {
    const { node, store } = this.#parts;
    const isDurable = store instanceof CrashableStore;
    if (isDurable && isSubmission(input)) this.#submissions.push(input);
    if (this.isGone) return;
    node.handle(input, now);
    for (let output = node.poll(); output !== undefined; output = node.poll()) {
      if (isDurable) this.#held.push(output);
      else this.#surroundings.perform(this, output);
    }
  }

  /** Makes durable what it handled, then performs what came out. */
  flush(): void {
    this.#commit();
    for (const output of this.#take()) this.#surroundings.perform(this, output);
  }

  /** Crashes as the fault says; the store is then as the crash left it. Returns the records that could not be read any more. */
  crash({ when, damaged }: ScenarioCrash, random: Random): readonly SetAsideRecord[] {
    const { store, runner } = this.#parts;
    if (!(store instanceof CrashableStore)) return [];
    if (when !== 'before-flush') this.#commit();
    const outputs = this.#take();
    const performed = when === 'between-outputs' ? random.below(outputs.length + 1) : 0;
    for (const output of outputs.slice(0, performed)) this.#surroundings.perform(this, output);
    // Whoever was to hear of a refusal has heard of nothing, and asks again.
    if (when !== 'before-flush') {
      for (const output of outputs.slice(performed)) {
        if (output.kind === 'bundle-refused') {
          this.#submissions.push({ kind: 'bundle-submitted', request: output.request });
        }
      }
    }
    this.#surroundings.rolledBack(this.number);
    runner.forgetJob('');
    const reopened = store.crash(damaged, random);
    this.#parts = { ...this.#parts, store: reopened.store };
    this.isGone = true;
    this.isFlushing = false;
    this.armed = undefined;
    this.wakeUs = Number.POSITIVE_INFINITY;
    return reopened.setAside;
  }

  /** Is another node from now on; returns what its applications ask for once more. */
  restart(parts: SatelliteParts): readonly NodeInput[] {
    this.#parts = parts;
    this.isGone = false;
    const submissions = this.#submissions;
    this.#submissions = [];
    return submissions;
  }

  #commit(): void {
    const { store } = this.#parts;
    this.isFlushing = false;
    this.#submissions = [];
    if (!(store instanceof CrashableStore)) return;
    this.#surroundings.committed(this.number);
    store.commit();
  }

  #take(): NodeOutput[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }
}

/** Whether an input comes from an application, which outlives the node. */
export function isSubmission({ kind }: NodeInput): boolean {
  return kind === 'job-submitted' || kind === 'bundle-submitted';
}
