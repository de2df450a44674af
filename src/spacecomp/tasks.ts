/**
 * The processors' tasks under way on a satellite: who owns them, the files that they give out, and the steps that wait because
 * too much still waits here to be sent where their output goes. That wait is the back-pressure of a job: a collector is not asked
 * for its next record before the ones it gave have left.
 */
import type { StepBegin, StepOutcome, StepRequest } from '../processors/step.js';
import type { GivenFile, TaskFile, TaskFiles, TaskOwner } from './role-host.js';

interface Task {
  readonly owner: TaskOwner;
  readonly files: TaskFiles;
  /** Files under way by name, then those that are whole. */
  readonly open: Map<string, { readonly file: TaskFile; bytes: number }>;
  readonly closed: Map<string, GivenFile>;
}

/** What tasks need of the engine. */
export interface TaskParts {
  /** Whether too much for a destination waits here already. */
  isCongested(destination: number): boolean;
  /** Asks the driver for a step. */
  step(request: StepRequest): void;
  /** Tells the driver that a task is over. */
  cancel(task: number): void;
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

  /** Starts a task, whose files go to `files`; its number. */
  start(owner: TaskOwner, files: TaskFiles, begin: StepBegin): number {
    const task = this.#next++;
    this.#tasks.set(task, { owner, files, open: new Map(), closed: new Map() });
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
        const files = outcome.files.map(({ name }) => task.closed.get(name) ?? { name, stream: 0, bytes: 0 });
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

  /** Cancels the tasks of a job, or those of one role of it where its `files` are given. */
  drop(job: string, files?: TaskFiles): void {
    for (const [number, task] of this.#tasks) {
      if (task.owner.context.job !== job || (files !== undefined && task.files !== files)) continue;
      this.#forget(number, task);
      this.#parts.cancel(number);
    }
  }

  #request(number: number): void {
    const owner = this.#tasks.get(number)?.owner;
    if (owner === undefined) return;
    if (this.#parts.isCongested(owner.outputDestination)) this.#stalled.push(number);
    else this.#parts.step({ task: number });
  }

  /** A file that a task will not finish is given up: nobody will refer to it. */
  #forget(number: number, task: Task): void {
    this.#tasks.delete(number);
    for (const { file } of task.open.values()) file.abandon();
  }

  #writeFile(task: Task, chunk: Extract<StepOutcome, { kind: 'file-chunk' }>): void {
    const { name, bytes } = chunk;
    let open = task.open.get(name);
    if (open === undefined) {
      open = { file: task.files.openFile(task.owner.outputDestination), bytes: 0 };
      task.open.set(name, open);
    }
    open.file.write(bytes);
    open.bytes += bytes.length;
    if (!chunk.last) return;
    task.open.delete(name);
    task.closed.set(name, { name, stream: open.file.close(), bytes: open.bytes });
  }
}
