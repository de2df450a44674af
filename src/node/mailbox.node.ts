/**
 * The mailbox of a node: what is delivered for applications lies there in files until they take it. A file is there whole or not at all,
 * it is durable before the node lets go of its bundle, and what is delivered again after a restart is not put down twice. What finds no
 * room waits in the node's store, which fills, and refuses custody in the end: that is the back-pressure of a slow application.
 *
 * One folder for each service, one file for each data unit, named by its bundle: `2/7.1-852076800000-12` came from `ipn:7.1`. Byte streams
 * are files in `streams`, with `.part` behind the name while they are not whole.
 */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Delivery, UnreadableBundleError } from '../agent/index.js';
import { messageOf, UsageError } from '../base/errors.js';
import { fileNameOf, PARTIAL, syncFolder, UNFINISHED, writeDurably } from './mailbox-files.node.js';

/** Data units that are written side by side, and bytes of them: their files are synchronised together. */
const MAX_WRITES = 64;
const MAX_WRITE_BYTES = 4 * 1024 * 1024;

/**
 * Bytes of deliveries that are no longer in the store and have not been written: those without custody, which nobody keeps. Beyond it they
 * are dropped and counted.
 */
const MAX_UNKEPT_BYTES = 4 * 1024 * 1024;

/** Time between two looks at a mailbox that is full, in milliseconds: an application may take files without a word. */
const FULL_POLL_MS = 2_000;

/** Folder of byte streams beside those of the services. */
export const STREAM_FOLDER = 'streams';

/** What a mailbox may hold. */
export interface MailboxLimits {
  readonly files: number;
  readonly bytes: number;
}

/** One data unit in the mailbox. */
export interface MailboxEntry {
  /** Name below the mailbox folder, such as `2/7.1-852076800000-12`. */
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  readonly arrivedUnixMs: number;
}

/** What a mailbox says of itself. */
export interface MailboxState {
  readonly files: number;
  readonly bytes: number;
  /** Deliveries that wait for room, or to be written. */
  readonly waiting: number;
  readonly isFull: boolean;
  /** Deliveries without custody that found no room. */
  readonly dropped: number;
  /** Deliveries after a restart that had been put down before. */
  readonly repeated: number;
}

/** What a mailbox tells the node. */
export interface MailboxParts {
  readonly folder: string;
  readonly services: readonly number[];
  readonly limits: MailboxLimits;
  /** The file of a delivery with that receipt is durable. Resolves when the node has let go of the bundle durably. */
  taken(receipt: number): Promise<void>;
  /** The store has lost the bundle of the delivery with that receipt. */
  unreadable(receipt: number): void;
  /** A data unit came that is longer than the whole mailbox may be: it waits until nothing else is in there. */
  tooLong(delivery: Delivery): void;
  /** A file could not be written; it is tried again. */
  onTrouble(error: Error): void;
}

/** The mailbox of a running node. */
export class Mailbox {
  readonly #parts: MailboxParts;
  #waiting: Delivery[] = [];
  #unkeptBytes = 0;
  #files = 0;
  #bytes = 0;
  #isFull = false;
  #dropped = 0;
  #repeated = 0;
  #isClosed = false;
  #working: Promise<void> | undefined;
  #poll: NodeJS.Timeout | undefined;
  /** Files that would be delivered again after a crash: an application must not take them away before. */
  readonly #unsettled = new Set<string>();
  /** What lay there when the mailbox was opened, and those of the deliveries since whose file is among it: they take no more room. */
  readonly #found = new Set<string>();
  readonly #downBefore = new WeakSet<Delivery>();
  readonly #listeners = new Set<() => void>();
  readonly #roomListeners = new Set<() => void>();
  readonly #folders: readonly string[];

  private constructor(parts: MailboxParts) {
    this.#parts = parts;
    this.#folders = [...parts.services.map(String), STREAM_FOLDER];
  }

  /** Opens the mailbox in its folder, which is made where there is none; what a crash left unfinished is removed. Rejects with a UsageError `mailbox-folder`. */
  static async open(parts: MailboxParts): Promise<Mailbox> {
    const mailbox = new Mailbox(parts);
    try {
      for (const each of mailbox.#folders) {
        const folder = join(parts.folder, each);
        await mkdir(folder, { recursive: true });
        for (const name of await readdir(folder)) {
          if (name.endsWith(UNFINISHED)) await rm(join(folder, name), { force: true });
        }
      }
      for (const { name } of await mailbox.recount()) mailbox.#found.add(name);
    } catch (error) {
      throw new UsageError('mailbox-folder', `cannot keep a mailbox in ${parts.folder}: ${messageOf(error)}`);
    }
    return mailbox;
  }

  get state(): MailboxState {
    return {
      files: this.#files,
      bytes: this.#bytes,
      waiting: this.#waiting.length,
      isFull: this.#isFull,
      dropped: this.#dropped,
      repeated: this.#repeated,
    };
  }

  /** Takes a delivery, to be put down as soon as there is room. */
  add(delivery: Delivery): void {
    if (this.#isClosed) return;
    if (delivery.receipt === 0) {
      if (this.#unkeptBytes + delivery.payloadBytes > MAX_UNKEPT_BYTES) {
        this.#dropped++;
        return;
      }
      this.#unkeptBytes += delivery.payloadBytes;
    }
    if (delivery.isRepeated && delivery.sourceNode > 0) this.#lookForFile(delivery);
    const isTooLong = delivery.payloadBytes > this.#parts.limits.bytes;
    if (isTooLong && !this.#downBefore.has(delivery)) this.#parts.tooLong(delivery);
    this.#waiting.push(delivery);
    this.#work();
  }

  /** What lies in the mailbox and may be taken, by name. */
  async list(): Promise<MailboxEntry[]> {
    const entries: MailboxEntry[] = [];
    for (const folder of this.#folders) {
      for (const entry of await filesOf(this.#parts.folder, folder)) {
        if (!entry.name.endsWith(PARTIAL) && !this.#unsettled.has(entry.name)) entries.push(entry);
      }
    }
    return entries;
  }

  /** The application has a data unit: its file goes. Rejects with a UsageError `no-such-mail` where there is none that may be taken. */
  async take(name: string): Promise<void> {
    const entry = this.#isName(name) ? await entryOf(this.#parts.folder, name) : undefined;
    if (entry === undefined || this.#unsettled.has(name)) {
      throw new UsageError('no-such-mail', `the mailbox has no ${name}; leodtn receive lists what it has`);
    }
    await rm(entry.file);
    this.#files--;
    this.#bytes -= entry.bytes;
    this.#roomAgain();
  }

  /** Counts so many bytes and files more as held, for somebody who writes them; false where there is no room. */
  takeRoom(bytes: number, files: number): boolean {
    const { limits } = this.#parts;
    if (bytes > 0 && (this.#files + files > limits.files || this.#bytes + bytes > limits.bytes)) {
      this.#isFull = true;
      this.#lookAgainLater();
      return false;
    }
    this.#files += files;
    this.#bytes += bytes;
    return true;
  }

  /** A file that is about to appear would be delivered again after a crash: nobody may take it before {@link settle}. */
  hold(name: string): void {
    this.#unsettled.add(name);
  }

  /** The node has let go of what a file holds: whoever wants may take it. */
  settle(name: string): void {
    this.#unsettled.delete(name);
    this.#tell();
  }

  /** Calls `listener` when there may be room again, until the function that it returns is called. */
  onRoom(listener: () => void): () => void {
    this.#roomListeners.add(listener);
    return () => void this.#roomListeners.delete(listener);
  }

  /** Counts anew what lies in the folders, and gives it. */
  async recount(): Promise<MailboxEntry[]> {
    const entries: MailboxEntry[] = [];
    for (const folder of this.#folders) entries.push(...(await filesOf(this.#parts.folder, folder)));
    this.#files = entries.length;
    this.#bytes = entries.reduce((sum, { bytes }) => sum + bytes, 0);
    return entries;
  }

  /** Calls `listener` when something new may be taken, until the function that it returns is called. */
  onArrival(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Ends what is being written; what waits is delivered again after a restart. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#poll);
    await this.#working;
  }

  /** Names are given out by the mailbox: nothing else leads to a file. */
  #isName(name: string): boolean {
    const [folder, file, ...more] = name.split('/');
    return (
      more.length === 0 &&
      file !== undefined &&
      /^[\w.-]+$/.test(file) &&
      !file.startsWith('.') &&
      !file.endsWith(UNFINISHED) &&
      !file.endsWith(PARTIAL) &&
      this.#folders.includes(folder as string)
    );
  }

  /** The file of a delivery may be there from before a crash: then nobody may take it until the node has let go of the bundle. */
  #lookForFile(delivery: Delivery): void {
    const name = nameOf(delivery, new Uint8Array(0));
    if (!this.#found.delete(name)) return;
    this.#downBefore.add(delivery);
    this.hold(name);
  }

  #work(): void {
    if (this.#working !== undefined || this.#isClosed) return;
    this.#working = this.#putDownAll().finally(() => {
      this.#working = undefined;
    });
  }

  /** Puts down what waits until nothing is left or there is no room. */
  async #putDownAll(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const batch = this.#nextBatch();
      if (batch.length === 0) {
        this.#isFull = true;
        this.#dropUnkept();
        this.#lookAgainLater();
        return;
      }
      try {
        await this.#putDown(batch);
      } catch (error) {
        this.#waiting = [...batch, ...this.#waiting];
        this.#parts.onTrouble(error instanceof Error ? error : new Error(String(error)));
        this.#lookAgainLater();
        return;
      }
    }
  }

  /**
   * The first deliveries for which there is room. One that is longer than the whole mailbox has it where nothing else is in there, and
   * does not stand in the way of others before.
   */
  #nextBatch(): Delivery[] {
    const { limits } = this.#parts;
    const batch = new Set<Delivery>();
    let files = this.#files;
    let bytes = this.#bytes;
    let writtenBytes = 0;
    for (const delivery of this.#waiting) {
      const { payloadBytes } = delivery;
      if (batch.size >= MAX_WRITES || (batch.size > 0 && writtenBytes + payloadBytes > MAX_WRITE_BYTES)) break;
      if (!this.#downBefore.has(delivery)) {
        const isTooLong = payloadBytes > limits.bytes;
        if (isTooLong && bytes > 0) continue;
        if (files >= limits.files || (!isTooLong && bytes + payloadBytes > limits.bytes)) break;
        files++;
        bytes += payloadBytes;
      }
      writtenBytes += payloadBytes;
      batch.add(delivery);
    }
    if (batch.size > 0) this.#waiting = this.#waiting.filter((each) => !batch.has(each));
    return [...batch];
  }

  /** Nobody keeps what came without custody: it does not stand in the way of what waits for room. */
  #dropUnkept(): void {
    const kept = this.#waiting.filter(({ receipt }) => receipt > 0);
    this.#dropped += this.#waiting.length - kept.length;
    this.#waiting = kept;
    this.#unkeptBytes = 0;
  }

  async #putDown(batch: readonly Delivery[]): Promise<void> {
    const { folder, taken } = this.#parts;
    const services = new Set<number>();
    const written = await Promise.all(
      batch.map(async (delivery) => {
        const payload = this.#payloadOf(delivery);
        if (payload === undefined) return undefined;
        const name = nameOf(delivery, payload);
        services.add(delivery.service);
        if (delivery.receipt > 0) this.hold(name);
        const isNew = await writeDurably(join(folder, name), payload, UNFINISHED);
        return { name, delivery, isNew };
      }),
    );
    for (const service of services) await syncFolder(join(folder, String(service)));
    const done = written.filter((each) => each !== undefined);
    for (const { name, delivery, isNew } of done) {
      if (isNew) {
        this.#files++;
        this.#bytes += delivery.payloadBytes;
      } else this.#repeated++;
      if (delivery.receipt === 0) {
        this.#unkeptBytes -= delivery.payloadBytes;
        continue;
      }
      void taken(delivery.receipt).then(
        () => this.settle(name),
        () => {}, // the node goes down: it is delivered again
      );
    }
    if (done.some(({ delivery }) => delivery.receipt === 0)) this.#tell();
  }

  /** The payload of a delivery; undefined where the store has lost it, and the node is told. */
  #payloadOf(delivery: Delivery): Uint8Array | undefined {
    try {
      return delivery.payload;
    } catch (error) {
      if (!(error instanceof UnreadableBundleError)) throw error;
      this.#parts.unreadable(delivery.receipt);
      return undefined;
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #lookAgainLater(): void {
    // One that is set stays: deliveries that keep coming must not put it off.
    this.#poll ??= setTimeout(() => {
      this.#poll = undefined;
      void this.#lookAgain();
    }, FULL_POLL_MS);
  }

  async #lookAgain(): Promise<void> {
    try {
      await this.recount();
    } catch (error) {
      this.#parts.onTrouble(error as Error);
    }
    this.#roomAgain();
  }

  #roomAgain(): void {
    this.#isFull = false;
    for (const listener of this.#roomListeners) listener();
    this.#work();
  }
}

/** Name of the file of a delivery below the mailbox folder. */
function nameOf(delivery: Delivery, payload: Uint8Array): string {
  return `${delivery.service}/${fileNameOf(delivery, payload)}`;
}

/** The files in a folder of the mailbox, by name; those that are being written apart. */
async function filesOf(folder: string, inner: string): Promise<MailboxEntry[]> {
  const names = (await readdir(join(folder, inner))).filter((name) => !name.endsWith(UNFINISHED)).sort();
  const entries = await Promise.all(names.map((name) => entryOf(folder, `${inner}/${name}`)));
  return entries.filter((entry) => entry !== undefined);
}

/** A file of the mailbox; undefined where it is not there any more. */
async function entryOf(folder: string, name: string): Promise<MailboxEntry | undefined> {
  const file = join(folder, name);
  try {
    const { size, mtimeMs } = await stat(file);
    return { name, file, bytes: size, arrivedUnixMs: Math.floor(mtimeMs) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
