/**
 * What has arrived at a satellite and cannot be used yet: messages whose files are still on their way, files that no message has
 * asked for, and messages for a role that has not been told of its job. Nothing stays longer than the bundle that brought it
 * would have lived, since what it waits for lives no longer.
 */
import type { ReceivedStream } from '../streams/index.js';
import type { FileReference, JobMessage } from './messages.js';
import type { ArrivedFile } from './role-host.js';

/** Messages kept for roles whose first message is still on its way, over all roles of a node. */
const MAX_EARLY_MESSAGES = 65_536;

/** Messages that wait for their files, over all jobs of a node. */
const MAX_WAITING_MESSAGES = 16_384;

/** Files that arrived whole before the message that refers to them. */
const MAX_UNCLAIMED_FILES = 4096;

/** A message for a mapper or a reducer. */
export type RoleMessage = Extract<JobMessage, { type: 'map' | 'reduce' }>;

/** A message with where it came from, and when the lifetime of its bundle ends. */
export interface Arrival<M extends JobMessage = JobMessage> {
  readonly message: M;
  readonly source: number;
  readonly expiryUs: number;
  /** Its number among the arrivals that a durable store keeps; 0 where none does. */
  readonly id: number;
}

/** A message for a role, with its files. */
export interface RoleArrival extends Arrival<RoleMessage> {
  readonly files: readonly ArrivedFile[];
}

/** What the inbox tells of what it lets go of unused. */
export interface InboxParts {
  /** A message with its files, which were taken or may still be here. */
  dropped(arrival: Arrival): void;
  /** A file that no message has asked for. */
  releaseFile(source: number, stream: number): void;
}

/** See the head of this file. */
export class Inbox {
  readonly #parts: InboxParts;
  readonly #early = new Map<string, RoleArrival[]>();
  #earlyCount = 0;
  #waiting: Arrival[] = [];
  /** Whole files by `source:stream`. */
  readonly #files = new Map<string, { readonly file: ReceivedStream; readonly expiryUs: number }>();
  #sweepUs = Number.POSITIVE_INFINITY;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  /** How much is kept. */
  get size(): number {
    return this.#earlyCount + this.#waiting.length + this.#files.size;
  }

  /** When the first of what is kept may have outlived its job; Infinity for never. */
  nextUs(): number {
    return this.#sweepUs;
  }

  /** Whether all files of a message are here. */
  hasFiles({ message, source }: Arrival): boolean {
    return !('files' in message) || message.files.every((file) => this.#files.has(`${source}:${file.stream}`));
  }

  /** The files of a message, which are its own from now on. */
  takeFiles(files: readonly FileReference[], source: number): ArrivedFile[] {
    return files.map(({ name, stream }) => {
      const key = `${source}:${stream}`;
      const { pieces = [], bytes: size = 0 } = this.#files.get(key)?.file ?? {};
      this.#files.delete(key);
      return { name, size, pieces };
    });
  }

  /** Keeps a message until its files are here; false where there is no room for more. */
  awaitFiles(arrival: Arrival): boolean {
    if (this.#waiting.length >= MAX_WAITING_MESSAGES) return false;
    this.#waiting.push(arrival);
    this.#sweepUs = Math.min(this.#sweepUs, arrival.expiryUs);
    return true;
  }

  /** Keeps a whole file; the messages that have all their files now. */
  fileArrived(stream: ReceivedStream, expiryUs: number): readonly Arrival[] {
    if (this.#files.size >= MAX_UNCLAIMED_FILES) this.#dropFile(this.#files.keys().next().value as string);
    this.#files.set(`${stream.source}:${stream.stream}`, { file: stream, expiryUs });
    this.#sweepUs = Math.min(this.#sweepUs, expiryUs);
    const ready = this.#waiting.filter((arrival) => this.hasFiles(arrival));
    if (ready.length > 0) this.#waiting = this.#waiting.filter((each) => !ready.includes(each));
    return ready;
  }

  /** Keeps a message for a role that has not begun; false where there is no room for more. */
  keepEarly(role: string, arrival: RoleArrival): boolean {
    if (this.#earlyCount >= MAX_EARLY_MESSAGES) return false;
    const early = this.#early.get(role);
    if (early === undefined) this.#early.set(role, [arrival]);
    else early.push(arrival);
    this.#earlyCount++;
    this.#sweepUs = Math.min(this.#sweepUs, arrival.expiryUs);
    return true;
  }

  /** What came early for a role, in order of arrival. */
  takeEarly(role: string): readonly RoleArrival[] {
    const early = this.#early.get(role) ?? [];
    this.#early.delete(role);
    this.#earlyCount -= early.length;
    return early;
  }

  /** Lets go of what was kept for something that can come no more. */
  sweep(nowUs: number): void {
    this.#waiting = this.#waiting.filter((each) => this.#lives(each, nowUs));
    for (const [key, file] of this.#files) if (file.expiryUs <= nowUs) this.#dropFile(key);
    for (const [role, arrivals] of this.#early) {
      const kept = arrivals.filter((each) => this.#lives(each, nowUs));
      this.#earlyCount -= arrivals.length - kept.length;
      if (kept.length === 0) this.#early.delete(role);
      else this.#early.set(role, kept);
    }
    this.#sweepUs = Number.POSITIVE_INFINITY;
    for (const kept of [this.#waiting, this.#files.values(), ...this.#early.values()]) {
      for (const { expiryUs } of kept) this.#sweepUs = Math.min(this.#sweepUs, expiryUs);
    }
  }

  /** Lets go of what belongs to a job. */
  dropJob(job: string): void {
    for (const role of [...this.#early.keys()]) {
      if (role.startsWith(`${job}/`)) for (const arrival of this.takeEarly(role)) this.#parts.dropped(arrival);
    }
    const isOfJob = ({ message }: Arrival) => 'job' in message && message.job === job;
    for (const arrival of this.#waiting.filter(isOfJob)) this.#dropWaiting(arrival);
    this.#waiting = this.#waiting.filter((arrival) => !isOfJob(arrival));
  }

  #lives(arrival: Arrival, nowUs: number): boolean {
    if (arrival.expiryUs > nowUs) return true;
    this.#dropWaiting(arrival);
    return false;
  }

  /** Lets go of a message, and of those of its files that are here. */
  #dropWaiting(arrival: Arrival): void {
    if ('files' in arrival.message) this.takeFiles(arrival.message.files, arrival.source);
    this.#parts.dropped(arrival);
  }

  #dropFile(key: string): void {
    const { file } = this.#files.get(key) as { file: ReceivedStream };
    this.#files.delete(key);
    this.#parts.releaseFile(file.source, file.stream);
  }
}
