/**
 * The messages that a node has taken and still needs, in its durable store: a restart takes them once more. With a message its files are
 * let go of, which streams keep. Where the store is not durable nothing is kept, and there is nothing to let go of.
 */
import type { StateStore } from '../agent/index.js';
import { isCount, StateTable } from '../streams/index.js';
import type { Arrival } from './inbox.js';
import { decodeMessage, type FileReference, type JobMessage } from './messages.js';

/** What is left to let go of of a message that a role took. */
export interface TakenInput {
  readonly id: number;
  readonly source: number;
  readonly files: readonly FileReference[];
}

/** See the head of this file. */
export class KeptArrivals {
  readonly #table: StateTable;
  readonly #releaseFile: (source: number, stream: number) => void;

  constructor(state: StateStore | undefined, releaseFile: (source: number, stream: number) => void) {
    this.#table = new StateTable(state, 'job/in/', 3);
    this.#releaseFile = releaseFile;
  }

  /** Keeps a message by its bytes; its number, 0 where nothing is kept. */
  add(source: number, expiryUs: number, bytes: Uint8Array): number {
    return this.#table.add(() => [source, expiryUs, bytes]);
  }

  /** What was kept through a restart, in order of arrival; `damaged` is called for what cannot be read. */
  read(damaged: () => void): Arrival[] {
    return this.#table.read(arrivalOf, damaged);
  }

  /** What has to be let go of of a message some day, added to `inputs`. */
  note(inputs: TakenInput[], { id, source, message }: Arrival): void {
    if (id > 0) inputs.push({ id, source, files: filesOf(message) });
  }

  /** Lets go of messages that were noted. */
  dropAll(inputs: readonly TakenInput[]): void {
    for (const { id, source, files } of inputs) {
      this.#table.delete(id);
      this.releaseFiles(source, files);
    }
  }

  /** Nothing of a message is needed any longer. */
  drop({ id, source, message }: Arrival): void {
    this.dropAll([{ id, source, files: filesOf(message) }]);
  }

  /** Lets go of a message whose files are still needed. */
  dropMessage({ id }: Arrival): void {
    this.#table.delete(id);
  }

  /** Lets go of files only. */
  releaseFiles(source: number, files: readonly FileReference[]): void {
    for (const { stream } of files) this.#releaseFile(source, stream);
  }
}

const NO_FILES: readonly FileReference[] = [];

function filesOf(message: JobMessage): readonly FileReference[] {
  return 'files' in message ? message.files : NO_FILES;
}

function arrivalOf([source, expiryUs, bytes]: readonly unknown[], id: number): Arrival | undefined {
  if (!isCount(source) || typeof expiryUs !== 'number' || !(bytes instanceof Uint8Array)) return undefined;
  const message = decodeMessage(bytes);
  return message && { message, source, expiryUs, id };
}
