/**
 * Reads CBOR in the form that BPv7 binds it to: core deterministic encoding, indefinite lengths allowed (RFC 9171 section 4.1,
 * RFC 8949 section 4.2.1). Reads straight from the bytes, builds no values of its own, claims no memory for a length that the
 * input merely promises, and rejects everything with a {@link BundleError}.
 */
import { BundleError, type BundleRule, sectionOf } from './errors.js';
import { type DecodeOptions, LENIENT_ALLOWANCES } from './profile.js';
import type { UInt } from './uint.js';

/** CBOR nests at most this deep, the bundle's own array included. */
export const MAX_DEPTH = 16;

const BREAK = 0xff;
const INDEFINITE = 31;

/** A position in bytes from outside. */
export class CborReader {
  /** The next byte to read. */
  offset = 0;
  /** Position of the block under way, for error reports. */
  block: number | undefined;
  /** True where the array opened last has an indefinite length. */
  openedIndefinite = false;
  /** Where the array opened last begins. */
  #openedAt = 0;
  /** Where the bytes to be read end. */
  #end: number;
  #depth = 0;
  #rule: BundleRule | undefined;

  /**
   * Reads all of `bytes`. Where `rule` is given every fault is reported under it: for data whose form is one rule as a whole,
   * such as an extension block. `baseOffset` is added to offsets in reports; `options` name the profile.
   */
  constructor(
    readonly bytes: Uint8Array,
    rule: BundleRule | undefined = undefined,
    private readonly baseOffset = 0,
    /** The profile that the bytes are read by; strict where there are none. */
    readonly options: DecodeOptions | undefined = undefined,
  ) {
    this.#end = bytes.length;
    this.#rule = rule;
  }

  /**
   * Turns to the content of a block, from `start` up to `end` of the same bytes, with every fault reported under `rule` and in
   * the block at position `block`.
   */
  enterContent(start: number, end: number, rule: BundleRule, block: number): void {
    this.offset = start;
    this.#end = end;
    this.#rule = rule;
    this.block = block;
  }

  /** Turns back to the bytes as a whole, at `offset`. */
  leaveContent(offset: number): void {
    this.offset = offset;
    this.#end = this.bytes.length;
    this.#rule = undefined;
    this.block = undefined;
  }

  /** True where nothing is left. */
  get atEnd(): boolean {
    return this.offset >= this.#end;
  }

  /** Reports a fault at `at`. */
  fail(rule: BundleRule, detail: string, at = this.offset): never {
    throw new BundleError(this.#rule ?? rule, this.baseOffset + at, this.block, detail);
  }

  /** Reports a fault at `at` under `rule`, also where another rule stands for all faults. */
  failAs(rule: BundleRule, detail: string, at: number): never {
    throw new BundleError(rule, this.baseOffset + at, this.block, detail);
  }

  /** Reports a fault at `at` that the lenient profile may let pass: then it is told, and reading goes on. */
  deviate(rule: BundleRule, detail: string, at = this.offset): void {
    const { options } = this;
    if (options?.profile !== 'lenient' || !LENIENT_ALLOWANCES.has(rule)) this.fail(rule, detail, at);
    options?.onAllowance?.({
      code: rule,
      section: sectionOf(rule),
      offset: this.baseOffset + at,
      block: this.block,
      message: detail,
    });
  }

  /** Reports that the item at the offset is not what was expected, or that it is no well-formed item at all. */
  failItem(rule: BundleRule, expected: string): never {
    const at = this.offset;
    this.skipItem();
    this.fail(rule, `expected ${expected}`, at);
  }

  /** The byte at the offset, left in place. */
  peek(): number {
    if (this.offset >= this.#end) this.fail('cbor-truncated', 'the input ends where an item should begin');
    return this.bytes[this.offset];
  }

  /** Takes a break where one is next. */
  takeBreak(): boolean {
    if (this.peek() !== BREAK) return false;
    this.offset++;
    return true;
  }

  /** Takes three bytes where they are the ones given, for forms that nearly always begin alike. */
  takeBytes(first: number, second: number, third: number): boolean {
    const { bytes, offset } = this;
    if (offset + 3 > this.#end) return false;
    if (bytes[offset] !== first || bytes[offset + 1] !== second || bytes[offset + 2] !== third) return false;
    this.offset = offset + 3;
    return true;
  }

  /** An unsigned integer; anything else breaks `rule`. */
  readUInt(rule: BundleRule, expected: string): UInt {
    const head = this.peek();
    if (head < 24) {
      this.offset++;
      return head;
    }
    if (head >> 5 !== 0) this.failItem(rule, expected);
    return this.#argument(head);
  }

  /** The argument n of a negative integer -1-n where one is next, else undefined. */
  takeNegative(): UInt | undefined {
    const head = this.peek();
    return head >> 5 === 1 ? this.#argument(head) : undefined;
  }

  /** The start of a definite-length byte string's content, with the offset moved behind it; anything else breaks a rule. */
  readBytes(rule: BundleRule, indefiniteRule: BundleRule, expected: string): number {
    const head = this.peek();
    if (head >> 5 !== 2) this.failItem(rule, expected);
    if ((head & 31) === INDEFINITE) this.failItem(indefiniteRule, `${expected} of definite length`);
    return this.#content(this.#argument(head));
  }

  /** A text string of ASCII characters; other text breaks `rule`. */
  readAscii(rule: BundleRule, expected: string): string {
    const head = this.peek();
    if (head >> 5 !== 3) this.failItem(rule, expected);
    if ((head & 31) !== INDEFINITE) return this.#ascii(rule, expected);
    // The chunks of a text of indefinite length (RFC 8949 section 3.2.3), checked as a whole first.
    const start = this.offset;
    this.skipItem();
    this.offset = start + 1;
    let text = '';
    while (!this.takeBreak()) text += this.#ascii(rule, expected);
    return text;
  }

  /**
   * Opens an array and returns how many items it holds. An array of indefinite length is walked once to count them; to be
   * closed with {@link closeArray} when they are read.
   */
  openArray(rule: BundleRule, expected: string): number {
    const head = this.peek();
    if (head >> 5 !== 4) this.failItem(rule, expected);
    this.#openedAt = this.offset;
    this.#enter();
    if (head < 0x98) {
      this.offset++;
      this.openedIndefinite = false;
      return head & 31;
    }
    this.openedIndefinite = head === 0x9f;
    if (head !== 0x9f) return Number(this.#argument(head));
    const start = ++this.offset;
    let count = 0;
    while (this.peek() !== BREAK) {
      this.skipItem();
      count++;
    }
    this.offset = start;
    return count;
  }

  /** Closes an array whose items are all read; `indefinite` as {@link openedIndefinite} was on opening. */
  closeArray(indefinite: boolean): void {
    this.#depth--;
    if (indefinite) this.offset++;
  }

  /**
   * Opens the array that frames a bundle and returns Infinity where it has an indefinite length, as it should; its end is a
   * matter of {@link takeBreak}. An array of definite length, and a tag before it, are deviations from `rule`.
   */
  openFrame(rule: BundleRule): number {
    const start = this.offset;
    if (this.peek() === 0xd9 && this.bytes[start + 1] === 0xd9 && this.bytes[start + 2] === 0xf7) {
      this.deviate(rule, 'expected an array of indefinite length, found tag 55799 before it', start);
      this.offset += 3;
    }
    const head = this.peek();
    if (head === 0x9f) {
      this.offset++;
      this.#enter();
      return Number.POSITIVE_INFINITY;
    }
    if (head >> 5 !== 4) this.failItem(rule, 'an array of indefinite length');
    if (this.options?.profile !== 'lenient') this.failItem(rule, 'an array of indefinite length');
    this.deviate(rule, 'expected an array of indefinite length, found one of definite length');
    this.#enter();
    return Number(this.#argument(head));
  }

  /** Rejects the array opened last for its length: under `rule`, at its head, where its `count` items are well-formed. */
  failArray(count: number, rule: BundleRule, expected: string): never {
    const at = this.#openedAt;
    for (let i = 0; i < count; i++) this.skipItem();
    this.fail(rule, `expected ${expected}, found ${count}`, at);
  }

  /** Opens a map of definite or indefinite length and returns its number of pairs; ends with {@link closeArray}. */
  openMap(rule: BundleRule, expected: string): number {
    const head = this.peek();
    if (head >> 5 !== 5) this.failItem(rule, expected);
    this.#enter();
    this.openedIndefinite = head === 0xbf;
    if (head !== 0xbf) return Number(this.#argument(head));
    const start = ++this.offset;
    let count = 0;
    while (this.peek() !== BREAK) {
      this.skipItem();
      count++;
    }
    if (count % 2 !== 0) this.fail('cbor-unexpected-break', 'a map ends after a key');
    this.offset = start;
    return count / 2;
  }

  /** A tag number where a tag is next, else undefined; its content follows. */
  takeTag(): UInt | undefined {
    const head = this.peek();
    return head >> 5 === 6 ? this.#argument(head) : undefined;
  }

  /** Passes over one item of any kind and checks that it is well-formed. */
  skipItem(): void {
    this.#skip(this.#depth + 1);
  }

  #enter(): void {
    this.#depth++;
    if (this.#depth > MAX_DEPTH) this.fail('cbor-depth', `nested deeper than ${MAX_DEPTH}`);
  }

  #skip(depth: number): void {
    if (depth > MAX_DEPTH) this.fail('cbor-depth', `nested deeper than ${MAX_DEPTH}`);
    const head = this.peek();
    if (head === BREAK) this.fail('cbor-unexpected-break', 'a break where an item should begin');
    const major = head >> 5;
    if ((head & 31) === INDEFINITE) {
      this.#skipIndefinite(major, depth);
      return;
    }
    const start = this.offset;
    const argument = this.#argument(head);
    if (major === 2 || major === 3) {
      const content = this.#content(argument);
      if (major === 3) this.#checkUtf8(content, this.offset);
    } else if (major === 4 || major === 5 || major === 6) {
      const items = major === 6 ? 1 : Number(argument) * (major - 3);
      for (let i = 0; i < items; i++) this.#skip(depth + 1);
    } else if (major === 7 && (head & 31) === 24 && Number(argument) < 32) {
      this.fail('cbor-not-shortest', 'a simple value in the wrong form', start);
    }
  }

  #skipIndefinite(major: number, depth: number): void {
    if (major < 2 || major === 6) this.fail('cbor-bad-indefinite', 'an item of this kind has no indefinite length');
    this.offset++;
    let items = 0;
    while (!this.takeBreak()) {
      if (major < 4) {
        const head = this.peek();
        if (head >> 5 !== major || (head & 31) === INDEFINITE) {
          this.fail('cbor-bad-indefinite', 'a string of indefinite length holds something else than its chunks');
        }
      }
      this.#skip(depth + 1);
      items++;
    }
    if (major === 5 && items % 2 !== 0) this.fail('cbor-unexpected-break', 'a map ends after a key');
  }

  /** The argument of the head at the offset, in its shortest form (RFC 8949 sections 3 and 4.2.1); moves behind the head. */
  #argument(head: number): UInt {
    const info = head & 31;
    const at = this.offset;
    if (info < 24) {
      this.offset = at + 1;
      return info;
    }
    if (info > 27) {
      if (head === BREAK) this.fail('cbor-unexpected-break', 'a break where an item should begin');
      if (info === INDEFINITE) this.fail('cbor-bad-indefinite', 'an item of this kind has no indefinite length');
      this.fail('cbor-reserved-ai', `additional information ${info}`);
    }
    const width = 1 << (info - 24);
    const b = this.bytes;
    if (at + width >= this.#end) this.fail('cbor-truncated', `the input ends within a head of ${width + 1} bytes`);
    this.offset = at + 1 + width;
    // Floats have no shortest form to enforce here: none is ever valid in a field.
    const isFloat = head >> 5 === 7;
    let value: UInt;
    let least: number;
    if (info === 24) {
      value = b[at + 1];
      least = 24;
    } else if (info === 25) {
      value = (b[at + 1] << 8) | b[at + 2];
      least = 0x100;
    } else if (info === 26) {
      value = uint32At(b, at + 1);
      least = 0x1_0000;
    } else {
      const high = uint32At(b, at + 1);
      const low = uint32At(b, at + 5);
      least = 0x1_0000_0000;
      value = high < 0x20_0000 ? high * 0x1_0000_0000 + low : (BigInt(high) << 32n) | BigInt(low);
    }
    if (value < least && !isFloat) this.deviate('cbor-not-shortest', `${value} in ${width} bytes`, at);
    return value;
  }

  /** Moves behind `length` bytes and returns where they start. */
  #content(length: UInt): number {
    const start = this.offset;
    if (length > this.#end - start) {
      this.fail('cbor-truncated', `a string of ${length} bytes where ${this.#end - start} are left`);
    }
    this.offset = start + Number(length);
    return start;
  }

  #ascii(rule: BundleRule, expected: string): string {
    const at = this.offset;
    const start = this.#content(this.#argument(this.peek()));
    let text = '';
    for (let i = start; i < this.offset; i++) {
      const byte = this.bytes[i];
      if (byte >= 0x80) {
        this.#checkUtf8(start, this.offset);
        this.fail(rule, `expected ${expected}`, at);
      }
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** Rejects ill-formed UTF-8: overlong forms, surrogates, code points above U+10FFFF, cut sequences (RFC 3629 section 4). */
  #checkUtf8(from: number, to: number): void {
    const b = this.bytes;
    let i = from;
    while (i < to) {
      const lead = b[i++];
      if (lead < 0x80) continue;
      const following = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
      let second = i < to ? b[i] : 0;
      // The range of the second byte is narrower after four of the leads.
      if (lead === 0xe0 && second < 0xa0) second = 0;
      if (lead === 0xed && second > 0x9f) second = 0;
      if (lead === 0xf0 && second < 0x90) second = 0;
      if (lead === 0xf4 && second > 0x8f) second = 0;
      let valid = lead >= 0xc2 && lead <= 0xf4 && i + following <= to && second >> 6 === 2;
      for (let k = 1; k < following; k++) valid = valid && b[i + k] >> 6 === 2;
      if (!valid) this.fail('cbor-bad-utf8', 'ill-formed UTF-8 in a text string', i - 1);
      i += following;
    }
  }
}

/** The big-endian 32-bit integer at `at`. */
export function uint32At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}
