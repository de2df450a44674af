/**
 * The processors' tasks under way on a satellite: who owns them, the files that they give out, and the steps that wait because
 * too much still waits here to be sent where their output goes. That wait is the back-pressure of a job: a collector is not asked
 * for its next record before the ones it gave have left.
 */
import type { StepBegin, StepOutcome, StepRequest } from '../processors/step.js';
import type { StreamHandle, Streams } from '../streams/index.js';
import type { TaskOwner } from './role-host.js';

interface Task {
  readonly owner: TaskOwner;
  /** Files under way: open streams by name, then their numbers. */
  readonly open: Map<string, StreamHandle>;
  readonly closed: Map<string, number>;
}

/** What tasks need of the engine. */
export interface TaskParts {
  readonly streams: Streams;
  /** Asks the driver for a step. */
  step(request: StepRequest): void;
  /** Tells the driver that a task is over. */
  cancel(task: number): void;
  /** When the job of a task ends here, in monotonic microseconds. */
  untilUs(owner: TaskOwner): number;
}

/** See the head of this file. */
export class Tasks {
  readonly #parts: TaskParts;
  readonly #tasks = new Map<number, Task>();
  /** Tasks whose next step waits for room to send. */
  #stalled: number[] = [];
  #next = 1;

  constructor(parts: TaskParts) {
    this.#parts = parts;
  }

  /** Starts a task; its number. */
  start(owner: TaskOwner, begin: StepBegin): number {
    const task = this.#next++;
    this.#tasks.set(task, { owner, open: new Map(), closed: new Map() });
    this.#parts.step({ task, begin });
    return task;
  }

  /** Asks for the next step of a task that its owner had wait. */
  goOn(task: number): void {
    this.#request(task);
  }

  /** Takes what a step gave; nothing where the task was cancelled meanwhile. */
  stepped(number: number, outcome: StepOutcome): void {
    const task = this.#tasks.get(number);
    if (task === undefined) return;
    switch (outcome.kind) {
      case 'file-chunk':
        this.#writeFile(task, outcome);
        this.#request(number);
        break;
      case 'record': {
        const files = outcome.files.map(({ name }) => ({ name, stream: task.closed.get(name) ?? 0 }));
        task.closed.clear();
        if (task.owner.onRecord(outcome.json, files)) this.#request(number);
        break;
      }
      case 'ended':
        this.#tasks.delete(number);
        task.owner.onEnded();
        break;
      case 'failed':
        this.#forget(number, task);
        task.owner.onFailed(outcome.message);
    }
  }

  /** Asks for the steps that waited for room, as far as there is room now. */
  resume(): void {
    if (this.#stalled.length === 0) return;
    const stalled = this.#stalled;
    this.#stalled = [];
    for (const task of stalled) this.goOn(task);
  }

  /** Cancels all tasks of a job. */
  dropJob(job: string): void {
    for (const [number, task] of this.#tasks) {
      if (task.owner.context.job !== job) continue;
      this.#forget(number, task);
      this.#parts.cancel(number);
    }
  }

  #request(number: number): void {
    const owner = this.#tasks.get(number)?.owner;
    if (owner === undefined) return;
    if (this.#parts.streams.isCongested(owner.outputDestination)) this.#stalled.push(number);
    else this.#parts.step({ task: number });
  }

  /** A file that a task will not finish is given up: nobody will refer to it. */
  #forget(number: number, task: Task): void {
    this.#tasks.delete(number);
    for (const handle of task.open.values()) this.#parts.streams.abandon(handle);
  }

  #writeFile(task: Task, chunk: Extract<StepOutcome, { kind: 'file-chunk' }>): void {
    const { streams } = this.#parts;
    let handle = task.open.get(chunk.name);
    if (handle === undefined) {
      handle = streams.open(task.owner.outputDestination, 'file', this.#parts.untilUs(task.owner));
      task.open.set(chunk.name, handle);
    }
    streams.write(handle, chunk.bytes);
    if (!chunk.last) return;
    streams.close(handle);
    task.open.delete(chunk.name);
    task.closed.set(chunk.name, handle.stream);
  }
}
