/**
 * Reads CBOR as the codec's reader does and notes each field with its place in the input, for the annotated tree. Whether a field
 * suits a rule is not asked here: an item of a wrong kind becomes a field that says so. Only what is no well-formed item ends a
 * walk, with a BundleError.
 */
import { toHex } from '../base/bytes.js';
import { CborReader } from './cbor-reader.js';
import { type Eid, eidToString } from './eid.js';
import { readEid } from './eid-codec.js';
import { BundleError } from './errors.js';
import type { Allowance } from './profile.js';
import type { UInt } from './uint.js';

/** What a look at a field alone tells: a CRC that is right or wrong, an item of a wrong kind, bytes that cannot be read. */
export type FieldVerdict = 'right' | 'wrong' | 'unread';

/** One line of the tree: some bytes and what they mean. The fields of an input, in order, cover it without gap or overlap. */
export interface BundleField {
  /** Of the first byte, counted from the start of the input. */
  readonly offset: number;
  /** In bytes; at least 1. */
  readonly length: number;
  /** How deep in the tree, 0 for the frame of the bundle. */
  readonly depth: number;
  /** What the field is called; empty for the break that ends an array of indefinite length. */
  readonly name: string;
  /** The value in words. */
  readonly meaning: string;
  /** Document and section that define the field. */
  readonly section: string;
  readonly verdict?: FieldVerdict | undefined;
}

/** Lists within a block show this many entries one by one; what follows is one field, so that a tree stays readable. */
export const MAX_LISTED = 256;

/** Notes the fields of one stretch of input. */
export class FieldWalker {
  readonly reader: CborReader;
  /** The section of the fields to come. */
  section = '';
  /** What was noted and not yet taken. */
  #fields: BundleField[] = [];
  /** An integer or a length since the last field took more bytes than it needs. */
  #isLong = false;
  #end = 0;

  /** Reads all of `bytes`, whose first one has the offset `base` in the whole input. */
  constructor(
    bytes: Uint8Array,
    readonly base = 0,
    private depth = 0,
  ) {
    const onAllowance = ({ code }: Allowance) => {
      if (code === 'cbor-not-shortest') this.#isLong = true;
    };
    this.reader = new CborReader(bytes, undefined, base, { profile: 'lenient', onAllowance });
  }

  /** Offset in the reader's bytes behind what was noted last: where reading failed, the reader's own may lie further on. */
  get end(): number {
    return this.#end;
  }

  /** Hands over the fields noted so far. */
  take(): BundleField[] {
    const fields = this.#fields;
    this.#fields = [];
    return fields;
  }

  /** Notes what lies from `start` up to the reader's offset; nothing where that is empty. */
  note(start: number, name: string, meaning: string, verdict?: FieldVerdict): void {
    const length = this.reader.offset - start;
    if (length === 0) return;
    const { depth, section } = this;
    const offset = this.base + start;
    if (!this.#isLong) this.#fields.push({ offset, length, depth, name, meaning, section, verdict });
    else {
      const long = `${meaning}, not in its shortest form`;
      this.#fields.push({ offset, length, depth, name, meaning: long, section, verdict: 'wrong' });
    }
    this.#isLong = false;
    this.#end = this.reader.offset;
  }

  /** Notes one level deeper what `body` notes. */
  deeper<T>(body: () => T): T {
    this.depth++;
    try {
      return body();
    } finally {
      this.depth--;
    }
  }

  /** Notes under another section what `body` notes. */
  within<T>(section: string, body: () => T): T {
    const before = this.section;
    this.section = section;
    try {
      return body();
    } finally {
      this.section = before;
    }
  }

  /** A walker for the `length` bytes of content that begin at `start`, one level deeper. */
  content(start: number, length: number): FieldWalker {
    const bytes = this.reader.bytes.subarray(start, start + length);
    const inner = new FieldWalker(bytes, this.base + start, this.depth + 1);
    inner.section = this.section;
    return inner;
  }

  /** Adds what a walker for content has noted, which is all of its bytes, and goes on behind them. */
  adopt(inner: FieldWalker): void {
    for (const field of inner.take()) this.#fields.push(field);
    this.#end = inner.base - this.base + inner.reader.bytes.length;
    this.reader.offset = this.#end;
  }

  /** An unsigned integer; undefined where the item is something else. */
  uint(name: string, say: (value: UInt) => string = String): UInt | undefined {
    const start = this.reader.offset;
    if (this.reader.peek() >> 5 !== 0) return this.other(name, 'not an unsigned integer');
    const value = this.reader.readUInt('cbor-truncated', 'an unsigned integer');
    this.note(start, name, say(value));
    return value;
  }

  /** An endpoint ID; undefined where the item is something else. */
  eid(name: string): Eid | undefined {
    const { reader } = this;
    const start = reader.offset;
    // A reader that has thrown within an array has lost count of its depth, so the attempt has one of its own.
    const attempt = new CborReader(reader.bytes, undefined, this.base, reader.options);
    attempt.offset = start;
    try {
      const eid = readEid(attempt);
      reader.offset = attempt.offset;
      this.note(start, name, eidToString(eid));
      return eid;
    } catch (thrown) {
      if (!(thrown instanceof BundleError)) throw thrown;
      return this.other(name, `no endpoint ID: ${thrown.code}`);
    }
  }

  /** A byte string as one field; undefined where the item is something else. */
  bytes(name: string, say: (value: Uint8Array) => string = describeBytes): Uint8Array | undefined {
    const { reader } = this;
    const start = reader.offset;
    if (reader.peek() >> 5 !== 2 || reader.peek() === 0x5f) return this.other(name, 'not a byte string');
    const value = reader.bytes.subarray(reader.readBytes('cbor-truncated', 'cbor-truncated', ''), reader.offset);
    this.note(start, name, say(value));
    return value;
  }

  /**
   * An array: a field for its head, what `item` notes for each of its items one level deeper, and a field for its break. False
   * where the item is no array, which is then noted.
   */
  array(name: string, say: (items: number) => string, item: (index: number, items: number) => void): boolean {
    const { reader } = this;
    const start = reader.offset;
    if (reader.peek() >> 5 !== 4) {
      this.other(name, 'not an array');
      return false;
    }
    const items = reader.openArray('cbor-truncated', 'an array');
    this.#list(start, name, say(items), items, item);
    return true;
  }

  /** A map in the manner of {@link array}; `pair` notes key and value. */
  map(name: string, say: (pairs: number) => string, pair: (index: number) => void): boolean {
    const { reader } = this;
    const start = reader.offset;
    if (reader.peek() >> 5 !== 5) {
      this.other(name, 'not a map');
      return false;
    }
    const pairs = reader.openMap('cbor-truncated', 'a map');
    this.#list(start, name, say(pairs), pairs, pair);
    return true;
  }

  /** Any item as one field. */
  item(name: string, meaning: string, verdict?: FieldVerdict): void {
    const start = this.reader.offset;
    this.reader.skipItem();
    this.note(start, name, meaning, verdict);
  }

  /** An item that should be something else. */
  other(name: string, meaning: string): undefined {
    this.item(name, meaning, 'wrong');
    return undefined;
  }

  /** Everything that is not noted yet as one field. */
  rest(name: string, meaning: string, verdict?: FieldVerdict): void {
    const start = this.#end;
    this.reader.offset = this.reader.bytes.length;
    this.note(start, name, meaning, verdict);
  }

  #list(
    start: number,
    name: string,
    meaning: string,
    items: number,
    item: (index: number, items: number) => void,
  ): void {
    const { reader } = this;
    const indefinite = reader.openedIndefinite;
    // Items of such a list were walked once to count them; they are told when their turn comes.
    if (indefinite) this.#isLong = false;
    this.note(start, name, meaning);
    this.deeper(() => {
      const listed = Math.min(items, MAX_LISTED);
      for (let i = 0; i < listed; i++) item(i, items);
      if (listed < items) {
        const from = reader.offset;
        for (let i = listed; i < items; i++) reader.skipItem();
        this.note(from, 'more', `${items - listed} more entries, not listed`);
      }
      const end = reader.offset;
      reader.closeArray(indefinite);
      this.note(end, '', 'break');
    });
  }
}

/** Bytes in words: quoted where they are plain text, and their number. */
export function describeBytes(bytes: Uint8Array): string {
  const count = bytes.length === 1 ? '1 byte' : `${bytes.length} bytes`;
  if (bytes.length === 0) return count;
  const start = bytes.subarray(0, MAX_QUOTED);
  if (!start.every((byte) => byte >= 0x20 && byte < 0x7f)) return count;
  const text = String.fromCharCode(...start);
  return `${count}, "${text}${bytes.length > MAX_QUOTED ? '..."' : '"'}`;
}

/** Short byte strings in hex, long ones as their start and length. */
export function hexOf(bytes: Uint8Array): string {
  if (bytes.length <= MAX_HEX_BYTES) return toHex(bytes);
  return `${toHex(bytes.subarray(0, MAX_HEX_BYTES))}... (${bytes.length} bytes)`;
}

const MAX_QUOTED = 40;
const MAX_HEX_BYTES = 16;
