/**
 * One role's outputs, counted. A role that a restart interrupts is run again from its inputs, and what it had sent before is not sent
 * again: its messages and files carry ordinals, the number of those sent is kept with them in the node's durable store, and a role that runs
 * again has that many passed over. A file that was half sent goes on where it was.
 *
 * That needs processors whose output depends on their input alone. A digest of what was sent tells one that is not: its job fails, and a
 * result made of two halves that do not belong together never comes out.
 */
import { crc32c } from '../bpv7/index.js';
import type { SatelliteName } from '../processors/contract.js';
import type { StepBegin } from '../processors/step.js';
import type { StateTable, StreamHandle, StreamPosition, Streams } from '../streams/index.js';
import { isCount } from '../streams/index.js';
import { encodeMessage, type JobContext, type JobMessage, type Role } from './messages.js';
import type { RoleHost, TaskFile, TaskFiles, TaskOwner } from './role-host.js';
import { reportFailure } from './role-reports.js';

/** What is kept of a role. */
export interface KeptRole {
  /** Its number in the table. */
  readonly id: number;
  /** `job/role/index`. */
  readonly key: string;
  /** Messages and files that were sent. */
  readonly sent: number;
  readonly digest: number;
  /** Streams of files that were sent, with no message yet that refers to them, by ordinal. */
  readonly unclaimed: ReadonlyMap<number, number>;
  /** The file that was being sent. */
  readonly open: StreamPosition | undefined;
  readonly isDone: boolean;
}

/** Items of a kept role in its table. */
export const KEPT_ROLE_ITEMS = 6;

/** What a run needs of the engine beside what it hands through. */
export interface RunParts extends Omit<RoleHost, 'startTask'> {
  readonly streams: Streams;
  readonly table: StateTable;
  startTask(owner: TaskOwner, files: TaskFiles, begin: StepBegin): number;
  /** When a job ends here, in monotonic microseconds. */
  untilUs(context: JobContext): number;
  /** The role is over before its time, and its job was told so. */
  brokenOff(key: string): void;
}

/** Which role a run is of. */
export interface RoleName {
  readonly key: string;
  readonly role: Role;
  readonly index: number;
}

/** See the head of this file. */
export class RoleRun implements RoleHost, TaskFiles {
  readonly node: number;
  readonly #parts: RunParts;
  readonly #name: RoleName;
  readonly #context: JobContext;
  readonly #before: KeptRole | undefined;
  readonly #id: number;
  /** Outputs of this life, sent or passed over; the digest of them, and the same with what there is of the next one. */
  #made = 0;
  #madeDigest = 0;
  #digest = 0;
  readonly #unclaimed: Map<number, number>;
  #open: StreamHandle | undefined;
  #isDone = false;

  /** `before` is what was kept of the role, where it runs again. */
  constructor(parts: RunParts, name: RoleName, context: JobContext, before: KeptRole | undefined) {
    this.node = parts.node;
    this.#parts = parts;
    this.#name = name;
    this.#context = context;
    this.#before = before;
    this.#unclaimed = new Map(before?.unclaimed);
    this.#id = before?.id ?? parts.table.add(() => this.#items());
  }

  /** The role is over: it is known as such until {@link forget}, and never run again. */
  finish(): void {
    if (this.#isDone) return;
    if (this.#isBehind) this.#breakOff();
    this.#isDone = true;
    this.#keep();
  }

  /** Nothing of the role is kept any longer. */
  forget(): void {
    this.#isDone = true;
    this.#parts.table.delete(this.#id);
  }

  // --- what the role asks for (RoleHost) ------------------------------------------------------------------------------

  nameOf(node: number): SatelliteName {
    return this.#parts.nameOf(node);
  }

  localData(jobData: Parameters<RoleHost['localData']>[0]): ReturnType<RoleHost['localData']> {
    return this.#parts.localData(jobData);
  }

  skipsMap(collector: string): boolean {
    return this.#parts.skipsMap(collector);
  }

  send(destination: number, message: JobMessage, context: JobContext): void {
    if (this.#isDone) return;
    const { table } = this.#parts;
    if (!table.isKept) {
      this.#parts.send(destination, message, context);
      return;
    }
    this.#note(encodeMessage(withoutStreams(message)));
    if (this.#counted()) return;
    this.#parts.send(destination, message, context);
    if ('files' in message) this.#claim(message.files.map(({ stream }) => stream));
    this.#keep();
  }

  startTask(owner: TaskOwner, begin: StepBegin): number {
    return this.#parts.startTask(owner, this, begin);
  }

  continueTask(task: number): void {
    this.#parts.continueTask(task);
  }

  trace(...[event, context, role, index, detail]: Parameters<RoleHost['trace']>): void {
    // What a role says of itself comes just before it sends the same: what was sent before a restart was said before it.
    if (this.#isDone || (event !== 'role-input' && this.#isBehind)) return;
    this.#parts.trace(event, context, role, index, detail);
  }

  // --- files (TaskFiles) ----------------------------------------------------------------------------------------------

  openFile(destination: number): TaskFile {
    const { streams, table } = this.#parts;
    const ordinal = this.#made;
    if (this.#isDone || this.#isBehind) {
      return {
        write: (bytes) => this.#note(bytes),
        close: () => {
          this.#counted();
          return this.#unclaimed.get(ordinal) ?? 0;
        },
        abandon: () => {},
      };
    }
    const before = this.#before;
    const from = ordinal === (before?.sent ?? 0) ? before?.open : undefined;
    const handle = streams.open(destination, 'file', this.#parts.untilUs(this.#context), from);
    this.#open = handle;
    return {
      write: (bytes) => {
        streams.write(handle, bytes);
        if (!table.isKept) return;
        this.#note(bytes);
        this.#keep();
      },
      close: () => {
        streams.close(handle);
        this.#open = undefined;
        if (table.isKept) {
          this.#counted();
          this.#unclaimed.set(ordinal, handle.stream);
          this.#keep();
        }
        return handle.stream;
      },
      abandon: () => {
        streams.abandon(handle);
        this.#open = undefined;
      },
    };
  }

  // --- what is kept ---------------------------------------------------------------------------------------------------

  /** Whether the next output was sent before a restart. */
  get #isBehind(): boolean {
    return this.#before !== undefined && this.#made < this.#before.sent;
  }

  #note(bytes: Uint8Array): void {
    this.#digest = (Math.imul(this.#digest, DIGEST_FACTOR) ^ crc32c(bytes)) >>> 0;
  }

  /** Counts an output; true where it was sent before a restart. With the last of those a role must have given the same as then. */
  #counted(): boolean {
    const wasBehind = this.#isBehind;
    this.#made++;
    this.#madeDigest = this.#digest;
    if (wasBehind && !this.#isBehind && this.#digest !== this.#before?.digest) this.#breakOff();
    return wasBehind;
  }

  #breakOff(): void {
    if (this.#isDone) return;
    const { role, index, key } = this.#name;
    this.#made = Math.max(this.#made, this.#before?.sent ?? 0);
    reportFailure(this, this.#context, role, index, NOT_DETERMINISTIC);
    this.#isDone = true;
    this.#keep();
    this.#parts.brokenOff(key);
  }

  #claim(streams: readonly number[]): void {
    for (const [ordinal, stream] of this.#unclaimed) if (streams.includes(stream)) this.#unclaimed.delete(ordinal);
  }

  #keep(): void {
    this.#parts.table.set(this.#id, () => this.#items());
  }

  #items(): unknown[] {
    const { key } = this.#name;
    if (this.#isDone) return [key, 0, 0, [], null, true];
    // While it catches up, what is kept is still that of its earlier life.
    const { sent, digest } = this.#isBehind
      ? (this.#before as KeptRole)
      : { sent: this.#made, digest: this.#madeDigest };
    return [key, sent, digest, [...this.#unclaimed], this.#openItems(), false];
  }

  #openItems(): unknown {
    const before = this.#before;
    const isUntouched = this.#open === undefined && before !== undefined && this.#made <= before.sent;
    const position = isUntouched
      ? before.open
      : this.#open === undefined
        ? undefined
        : this.#parts.streams.position(this.#open);
    return position === undefined ? null : [position.stream, position.pieces, position.bytes];
  }
}

/** What is kept of a role, from its items in the table; undefined where they are none. */
export function keptRole(items: readonly unknown[], id: number): KeptRole | undefined {
  const [key, sent, digest, unclaimed, open, isDone] = items;
  if (typeof key !== 'string' || !isCount(sent) || !isCount(digest) || typeof isDone !== 'boolean') return undefined;
  if (!Array.isArray(unclaimed) || !unclaimed.every((each) => isCounts(each, 2))) return undefined;
  if (open !== null && !isCounts(open, 3)) return undefined;
  const [stream = 0, pieces = 0, bytes = 0] = open ?? [];
  const position = open === null ? undefined : { stream, pieces, bytes };
  return { id, key, sent, digest, unclaimed: new Map(unclaimed as [number, number][]), open: position, isDone };
}

/** Odd, so that no bit of what came before is lost. */
const DIGEST_FACTOR = 0x9e3779b1;

const NOT_DETERMINISTIC =
  'after a restart its processor gave other output than before; output must depend on input alone, so that a role can be run again';

/** Numbers of streams differ from life to life where a crash came between a file and its message. */
function withoutStreams(message: JobMessage): JobMessage {
  if (!('files' in message) || message.files.length === 0) return message;
  return { ...message, files: message.files.map(({ name }) => ({ name, stream: 0 })) };
}

function isCounts(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every(isCount);
}
