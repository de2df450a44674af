/** What a role needs of the engine, and what the engine needs of a role that has a processor running. */
import type { JsonValue } from '../base/json.js';
import type { JobEvent } from '../base/trace.js';
import type { SatelliteName } from '../processors/contract.js';
import type { StepBegin } from '../processors/step.js';
import type { FileReference, JobContext, JobMessage } from './messages.js';

/** Runs tasks and sends messages on behalf of roles. Everything happens at the engine's present instant. */
export interface RoleHost {
  readonly node: number;
  /** The name of a satellite in payloads. */
  nameOf(node: number): SatelliteName;
  /** A job's data as processors on this satellite see it: files named by where they lie here. */
  localData(jobData: JsonValue): JsonValue;
  /** Sends a message of the job; it lives until the job's deadline. */
  send(destination: number, message: JobMessage, context: JobContext): void;
  /** Starts a task of a processor for `owner`; its number. */
  startTask(owner: TaskOwner, begin: StepBegin): number;
  /** Asks for the next step of a task whose owner had it wait. */
  continueTask(task: number): void;
  /** Whether a collector sends past the mappers (COMP_SKIP_MAP). */
  skipsMap(collector: string): boolean;
  trace(event: JobEvent, context: JobContext, role: string, index: number, detail?: string): void;
}

/** Takes what a running processor gives. */
export interface TaskOwner {
  readonly context: JobContext;
  /** Where what the processor gives out is sent, its files included. */
  readonly outputDestination: number;
  /** One record; false to be asked no further until `continueTask`. */
  onRecord(json: string, files: readonly GivenFile[]): boolean;
  onEnded(): void;
  onFailed(message: string): void;
}

/** A file that a task has given out, whole. */
export interface GivenFile extends FileReference {
  readonly bytes: number;
}

/** Where the files go that a role's tasks give out. */
export interface TaskFiles {
  /** Begins a file for a destination. */
  openFile(destination: number): TaskFile;
}

/** A file that a task is giving out. */
export interface TaskFile {
  write(bytes: Uint8Array): void;
  /** Ends the file; the number of its stream. */
  close(): number;
  /** Gives it up unfinished. */
  abandon(): void;
}

/** A file that came with a message, whole. */
export interface ArrivedFile {
  readonly name: string;
  readonly size: number;
  /**
   * The bytes in order; may be gone through again. Where the node's store is durable they are read from there as they are asked for, and
   * are there until the job's deadline.
   */
  readonly pieces: Iterable<Uint8Array>;
}
