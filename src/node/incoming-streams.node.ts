/**
 * The byte streams that come for applications of a node, as files of its mailbox. A stream grows in a file with `.part` behind its name,
 * and gets its name when it is whole and durable. What a crash cut off is handed over again, and written to the same place.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteStreamOutput } from '../streams/index.js';
import { type Mailbox, STREAM_FOLDER } from './mailbox.node.js';
import { exists, PARTIAL, syncFolder } from './mailbox-files.node.js';

/** How long after a write that failed the next one is tried, in milliseconds. */
const RETRY_MS = 1_000;

/** Characters of a stream's name that its file's name shows. */
const MAX_SHOWN_NAME = 80;

/** A piece of a stream, handed over in order. */
type Piece = Extract<ByteStreamOutput, { kind: 'stream-piece' }>;

/** What incoming streams tell the node. */
export interface IncomingStreamsParts {
  readonly folder: string;
  readonly mailbox: Mailbox;
  /** All pieces of a stream up to `index` are durable. Resolves when the node has let go of them durably. */
  taken(source: number, number: number, index: number): Promise<void>;
  /** A file could not be written; it is tried again. */
  onTrouble(error: Error): void;
}

/** One stream that comes in. */
interface Incoming {
  readonly name: string;
  readonly file: string;
  /** At most those that the node hands over untaken. */
  waiting: Piece[];
  handle: FileHandle | undefined;
  /** Bytes in its file. */
  length: number;
  isWorking: boolean;
}

/** Writes incoming streams to files. */
export class IncomingStreams {
  readonly #parts: IncomingStreamsParts;
  readonly #streams = new Map<string, Incoming>();
  readonly #forget: () => void;
  readonly #work = new Set<Promise<void>>();
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(parts: IncomingStreamsParts) {
    this.#parts = parts;
    this.#forget = parts.mailbox.onRoom(() => this.#goOn());
  }

  /** Takes a piece, to be written as soon as there is room. */
  add(piece: Piece): void {
    if (this.#isClosed) return;
    const name = fileNameOf(piece);
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      const file = join(this.#parts.folder, STREAM_FOLDER, name);
      stream = { name, file, waiting: [], handle: undefined, length: 0, isWorking: false };
      this.#streams.set(name, stream);
    }
    stream.waiting.push(piece);
    this.#start(stream);
  }

  /** Nothing more of a stream comes: what there is of it goes. */
  async broken(output: Extract<ByteStreamOutput, { kind: 'stream-broken' }>): Promise<void> {
    const name = fileNameOf(output);
    const stream = this.#streams.get(name);
    this.#streams.delete(name);
    if (stream !== undefined) stream.waiting = [];
    await stream?.handle?.close();
    await rm(`${join(this.#parts.folder, STREAM_FOLDER, name)}${PARTIAL}`, { force: true });
    await this.#parts.mailbox.recount();
  }

  /** Ends what is being written. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#forget();
    clearTimeout(this.#retry);
    await Promise.all(this.#work);
    for (const { handle } of this.#streams.values()) await handle?.close();
  }

  #goOn(): void {
    for (const stream of this.#streams.values()) this.#start(stream);
  }

  #start(stream: Incoming): void {
    if (stream.isWorking || stream.waiting.length === 0 || this.#isClosed) return;
    stream.isWorking = true;
    const work = this.#write(stream)
      .catch((error) => {
        this.#parts.onTrouble(error as Error);
        this.#retry ??= setTimeout(() => {
          this.#retry = undefined;
          this.#goOn();
        }, RETRY_MS);
      })
      .finally(() => {
        stream.isWorking = false;
        this.#work.delete(work);
      });
    this.#work.add(work);
  }

  /** Writes what waits until nothing is left or there is no room. */
  async #write(stream: Incoming): Promise<void> {
    while (stream.waiting.length > 0 && !this.#isClosed) {
      const pieces = [...stream.waiting];
      const last = pieces.at(-1) as Piece;
      // A whole file: only the word of it was lost in a crash.
      const isWhole = await exists(stream.file);
      if (!isWhole && !(await this.#append(stream, pieces))) return;
      if (!isWhole && last.isLast) await this.#finish(stream);
      stream.waiting.splice(0, pieces.length);
      this.#tell(last, stream.name);
      if (last.isLast) this.#streams.delete(stream.name);
    }
  }

  /** Writes pieces, each to its place, and makes them durable; false where the mailbox has no room for them. */
  async #append(stream: Incoming, pieces: readonly Piece[]): Promise<boolean> {
    if (stream.handle === undefined) {
      const partial = `${stream.file}${PARTIAL}`;
      stream.handle = await open(partial, (await exists(partial)) ? 'r+' : 'w+');
      stream.length = (await stream.handle.stat()).size;
    }
    const { offset, bytes } = pieces.at(-1) as Piece;
    const growth = Math.max(0, offset + bytes.length - stream.length);
    if (!this.#parts.mailbox.takeRoom(growth, stream.length === 0 ? 1 : 0)) return false;
    for (const piece of pieces) await stream.handle.write(piece.bytes, 0, piece.bytes.length, piece.offset);
    await stream.handle.datasync();
    stream.length += growth;
    return true;
  }

  async #finish(stream: Incoming): Promise<void> {
    await stream.handle?.close();
    stream.handle = undefined;
    this.#parts.mailbox.hold(`${STREAM_FOLDER}/${stream.name}`);
    await rename(`${stream.file}${PARTIAL}`, stream.file);
    await syncFolder(join(this.#parts.folder, STREAM_FOLDER));
  }

  /** The node hands over more when it knows; nothing waits for that. */
  #tell({ source, number, index, isLast }: Piece, name: string): void {
    const { mailbox, taken } = this.#parts;
    void taken(source, number, index).then(
      () => {
        if (isLast) mailbox.settle(`${STREAM_FOLDER}/${name}`);
      },
      () => {}, // the node goes down: it is handed over again
    );
  }
}

/** The file name of a stream: source node, its number there, and the name that the sending application gave it. */
function fileNameOf({ source, number, name }: { source: number; number: number; name: string }): string {
  return `${source}-${number}-${name.replace(/[^\w.-]/g, '_').slice(0, MAX_SHOWN_NAME)}`;
}
