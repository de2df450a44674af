/**
 * What pure code needs of the machine it runs on. Node's implementation is in runtime/platform.node.ts; tests bring a plain one.
 */
export interface Platform {
  /** Bytes of a string in UTF-8; lone surrogates become U+FFFD. */
  encodeUtf8(text: string): Uint8Array;
  /** The string of UTF-8 bytes; an ill-formed sequence becomes U+FFFD. */
  decodeUtf8(bytes: Uint8Array): string;
  /** A SHA-256 that takes its input in pieces (FIPS 180-4). */
  sha256(): Digest;
  /** Opens a job's input file for reading. Rejects with an error whose message names the file when it cannot be opened. */
  openFile(name: string): Promise<InputFile>;
}

/** A digest under way. */
export interface Digest {
  update(bytes: Uint8Array): void;
  /** The digest of all bytes so far; the object is spent after it. */
  finish(): Uint8Array;
}

/** A file open for reading at any offset. */
export interface InputFile {
  /** Length in bytes when it was opened. */
  readonly size: number;
  /** Up to `length` bytes from `offset`; fewer only at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}
