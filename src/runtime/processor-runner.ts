/**
 * Runs users' processors a step at a time, as a node asks for them. A step gives one record, one piece of a file, or an end;
 * the node asks for the next one when it wants it, and that is all the back-pressure there is.
 *
 * Owns the tasks under way and the processor objects of each instance. Knows nothing of jobs, messages or bundles.
 */
import { messageOf, UsageError } from '../base/errors.js';
import type { Platform } from '../base/platform.js';
import { PROCESSOR_SHAPES, type ProcessorCatalogue } from '../processors/catalogue.js';
import type {
  CollectPayload,
  MapPayload,
  ProcessorKind,
  ProcessorKinds,
  ReducePayload,
} from '../processors/contract.js';
import {
  closeQuietly,
  encodeRecord,
  fileOf,
  isPromiseLike,
  iteratorOf,
  type StepIterator,
  valueBesideFile,
} from '../processors/output.js';
import type { CombineArgument, OutcomeFile, StepBegin, StepOutcome, StepRequest } from '../processors/step.js';
import { FileChunker } from './file-chunker.js';

export type { CombineArgument, OutcomeFile, StepBegin, StepOutcome, StepRequest };

const NO_FILES: readonly OutcomeFile[] = [];
const ENDED: StepOutcome = { kind: 'ended' };
const CANCELLED: StepOutcome = { kind: 'failed', message: 'the task was cancelled' };

/** Steps processors of a catalogue on a platform. */
export class ProcessorRunner {
  readonly #catalogue: ProcessorCatalogue;
  readonly #platform: Platform;
  readonly #tasks = new Map<number, Task>();
  /** Processor objects by kind and instance. */
  readonly #processors = new Map<string, ProcessorKinds[ProcessorKind]>();

  constructor(catalogue: ProcessorCatalogue, platform: Platform) {
    this.#catalogue = catalogue;
    this.#platform = platform;
  }

  /** How many tasks are under way. */
  get taskCount(): number {
    return this.#tasks.size;
  }

  /** How many processor objects are kept. */
  get instanceCount(): number {
    return this.#processors.size;
  }

  /**
   * Takes the next step of a task: at once where the processor answers at once, else as a promise, which never rejects. One
   * step of a task at a time. A file comes as its chunks of {@link FILE_CHUNK_BYTES} and then its record. Whatever the processor does wrong is a `failed` outcome; so is a task that is not under way.
   */
  step(request: StepRequest): StepOutcome | Promise<StepOutcome> {
    const { task: number, begin } = request;
    if (begin !== undefined) {
      this.cancel(number);
      this.#tasks.set(number, new Task(begin.instance, `${PROCESSOR_SHAPES[begin.kind].noun} ${begin.name}`));
    }
    const task = this.#tasks.get(number);
    if (task === undefined) return { kind: 'failed', message: `task ${number} is not under way` };
    let outcome: StepOutcome | Promise<StepOutcome>;
    try {
      if (begin !== undefined) task.outputs = this.#begin(begin);
      outcome = task.step();
    } catch (thrown) {
      outcome = task.fail(thrown);
    }
    if (outcome instanceof Promise) {
      return outcome.then(
        (later) => this.#settle(number, task, later),
        (thrown: unknown) => this.#settle(number, task, task.fail(thrown)),
      );
    }
    return this.#settle(number, task, outcome);
  }

  /** Drops a task and closes its iterators; its outstanding step, if any, comes out as failed. Unknown tasks are passed over. */
  cancel(task: number): void {
    this.#tasks.get(task)?.cancel();
    this.#tasks.delete(task);
  }

  /** Drops the processor objects of all instances that start with the prefix (`${job}/`), and cancels their tasks. */
  forgetJob(instanceKeyPrefix: string): void {
    for (const [number, task] of this.#tasks) if (task.instance.startsWith(instanceKeyPrefix)) this.cancel(number);
    for (const key of this.#processors.keys()) {
      if (key.slice(key.indexOf(':') + 1).startsWith(instanceKeyPrefix)) this.#processors.delete(key);
    }
  }

  #settle(number: number, task: Task, outcome: StepOutcome): StepOutcome {
    if (task.isCancelled) return CANCELLED;
    if (outcome.kind === 'ended' || outcome.kind === 'failed') this.#tasks.delete(number);
    return outcome;
  }

  /** Calls the processor; what it gives is iterated over, a single output as one. */
  #begin(begin: StepBegin): StepIterator<unknown> {
    const { argument } = begin;
    switch (begin.kind) {
      case 'collect':
        return iteratorOf(this.#processor('collect', begin).collect(argument as CollectPayload), 'collect()');
      case 'map':
        return iteratorOf(this.#processor('map', begin).run_map(argument as MapPayload), 'run_map()');
      case 'combine': {
        const { data, payload } = argument as CombineArgument;
        return new SingleOutput(this.#processor('combine', begin).combine(data, payload));
      }
      case 'reduce':
        return new SingleOutput(this.#processor('reduce', begin).reduce(argument as ReducePayload[]));
    }
  }

  #processor<K extends ProcessorKind>(kind: K, begin: StepBegin): ProcessorKinds[K] {
    const key = `${kind}:${begin.instance}`;
    const kept = this.#processors.get(key) as ProcessorKinds[K] | undefined;
    if (kept !== undefined) return kept;
    const made = this.#catalogue.create(kind, begin.name, this.#platform);
    this.#processors.set(key, made);
    return made;
  }
}

/** One call of a processor under way. */
class Task {
  /** Set by the first step. */
  outputs: StepIterator<unknown> | undefined;
  isCancelled = false;
  /** The file whose pieces are being given out, and the record that follows them. */
  #file: { readonly chunker: FileChunker; readonly record: StepOutcome } | undefined;
  #isStepping = false;

  constructor(
    readonly instance: string,
    /** For error messages. */
    readonly label: string,
  ) {}

  step(): StepOutcome | Promise<StepOutcome> {
    if (this.#isStepping) throw new UsageError('step-outstanding', 'the step before has not come back yet');
    this.#isStepping = true;
    const outcome = this.#file === undefined ? this.#nextOutput() : this.#nextChunk(this.#file);
    if (!(outcome instanceof Promise)) this.#isStepping = false;
    return outcome;
  }

  /** Closes everything and says why. */
  fail(thrown: unknown): StepOutcome {
    this.#close();
    return { kind: 'failed', message: `${this.label}: ${messageOf(thrown)}` };
  }

  cancel(): void {
    this.isCancelled = true;
    this.#close();
  }

  async #await<T>(
    promise: PromiseLike<T>,
    then: (value: T) => StepOutcome | Promise<StepOutcome>,
  ): Promise<StepOutcome> {
    const value = await promise;
    if (this.isCancelled) return CANCELLED;
    const outcome = await then(value);
    this.#isStepping = false;
    return outcome;
  }

  #nextOutput(): StepOutcome | Promise<StepOutcome> {
    const answer = (this.outputs as StepIterator<unknown>).next();
    if (isPromiseLike(answer)) return this.#await(answer, (result) => this.#takeOutput(result));
    return this.#takeOutput(answer);
  }

  #takeOutput(result: IteratorResult<unknown>): StepOutcome | Promise<StepOutcome> {
    if (result.done) {
      this.outputs = undefined;
      return ENDED;
    }
    const file = fileOf(result.value);
    if (file === undefined) return { kind: 'record', json: encodeRecord(result.value), files: NO_FILES };
    const record = {
      kind: 'record',
      json: encodeRecord(valueBesideFile(result.value)),
      files: [{ name: file.name }],
    } as const;
    this.#file = { chunker: new FileChunker(file), record };
    return this.#nextChunk(this.#file);
  }

  /** The file's next chunk, or the record after the last one. */
  #nextChunk(file: {
    readonly chunker: FileChunker;
    readonly record: StepOutcome;
  }): StepOutcome | Promise<StepOutcome> {
    const { chunker, record } = file;
    if (chunker.isEmpty) {
      this.#file = undefined;
      return record;
    }
    const filled = chunker.fill();
    if (filled !== undefined) return this.#await(filled, () => chunker.take());
    return chunker.take();
  }

  #close(): void {
    closeQuietly(this.outputs);
    this.outputs = undefined;
    this.#file?.chunker.close();
    this.#file = undefined;
  }
}

/** The one output of a combiner or reducer, as an iterator. */
class SingleOutput implements StepIterator<unknown> {
  #output: unknown;
  #isGiven = false;

  constructor(output: unknown) {
    this.#output = output;
  }

  next(): IteratorResult<unknown> | PromiseLike<IteratorResult<unknown>> {
    if (this.#isGiven) return { done: true, value: undefined };
    this.#isGiven = true;
    const output = this.#output;
    this.#output = undefined;
    if (isPromiseLike(output)) return output.then((value) => ({ done: false, value }));
    return { done: false, value: output };
  }
}

/** Takes the next step of a task on a runner, perhaps with limits of its own. Never rejects. */
export type Stepper = (runner: ProcessorRunner, request: StepRequest) => StepOutcome | Promise<StepOutcome>;
