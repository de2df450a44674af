/**
 * The annotated tree of a bundle: every field with its place, its meaning and the section that defines it. It shows, and does not
 * judge: {@link decodeBundle} is the judge of rules. So a bundle that breaks one still has a tree, as far as its bytes are CBOR.
 */
import { annotateContent } from './annotate-content.js';
import { durationText, timestamp } from './annotate-values.js';
import { CborReader, uint32At } from './cbor-reader.js';
import { BLOCK_TYPES, BP_VERSION, BUNDLE_FLAGS, CRC_TYPES } from './constants.js';
import { blockCrc16, blockCrc32c } from './crc.js';
import { BundleError } from './errors.js';
import { type BundleField, describeBytes, FieldWalker } from './field-walker.js';
import { BLOCK_FLAG_NAMES, BUNDLE_FLAG_NAMES, blockTypeName, crcTypeName, flagNames, type NameTable } from './names.js';
import type { DecodeOptions } from './profile.js';
import { peekSecurityTargets } from './security-block.js';
import { hasFlag, type UInt } from './uint.js';

/** The tag that may precede a bundle in files (RFC 8949 section 3.4.6); not on the wire. */
const SELF_DESCRIBED_TAG = 55799;

/** A tree has no profile: it shows what can be read at all. */
const LENIENT: DecodeOptions = { profile: 'lenient' };

/** What the blocks behind the primary block need to know of it. */
interface Context {
  /** The payload is an administrative record, and all of it is here. */
  readonly isRecord: boolean;
  /** Numbers of blocks whose data is ciphertext. */
  readonly encrypted: ReadonlySet<UInt>;
}

/**
 * The fields of the bundle in `bytes`, in order; together they cover every byte once. Where the bytes are no CBOR the rest of them
 * is one last field with the verdict `unread`. Yields a block's fields together and holds no more than one block's.
 */
export function* annotateBundle(bytes: Uint8Array): Generator<BundleField, void> {
  const walker = new FieldWalker(bytes);
  try {
    yield* annotateFrame(walker);
  } catch (thrown) {
    if (!(thrown instanceof BundleError)) throw thrown;
    yield* walker.take();
  }
  walker.section = '';
  walker.rest('unread', describeBytes(bytes.subarray(walker.end)), 'unread');
  yield* walker.take();
}

function* annotateFrame(walker: FieldWalker): Generator<BundleField, void> {
  const { reader } = walker;
  walker.section = 'RFC 9171 4.1';
  const start = reader.offset;
  const tag = reader.takeTag();
  if (tag !== undefined) walker.note(start, 'tag', `${tag}${tag === SELF_DESCRIBED_TAG ? ', CBOR in a file' : ''}`);
  const at = reader.offset;
  let items = Number.POSITIVE_INFINITY;
  if (reader.peek() === 0x9f) {
    reader.openFrame('bundle-not-indefinite-array');
    walker.note(at, 'bundle', 'array of indefinite length');
  } else if (reader.peek() >> 5 === 4) {
    items = reader.openArray('bundle-not-indefinite-array', 'an array');
    walker.note(at, 'bundle', `array of ${items} items, expected indefinite length`, 'wrong');
  } else {
    walker.other('bundle', 'not an array');
    return;
  }
  yield* walker.take();
  yield* annotateBlocks(walker, items);
}

function* annotateBlocks(walker: FieldWalker, items: number): Generator<BundleField, void> {
  const { reader } = walker;
  let context: Context = { isRecord: false, encrypted: new Set() };
  for (let i = 0; i < items; i++) {
    const end = reader.offset;
    if (items === Number.POSITIVE_INFINITY && reader.takeBreak()) {
      walker.within('RFC 9171 4.1', () => walker.note(end, '', 'break, the end of the bundle'));
      break;
    }
    if (i === 0) {
      const isRecord = walker.deeper(() => annotatePrimary(walker));
      context = { isRecord, encrypted: encryptedNumbers(reader.bytes, reader.offset, items) };
    } else walker.deeper(() => annotateBlock(walker, i, context));
    yield* walker.take();
  }
}

/** Notes the primary block (RFC 9171 section 4.3.1); true where the payload is a whole administrative record. */
function annotatePrimary(walker: FieldWalker): boolean {
  const { reader } = walker;
  const start = reader.offset;
  let flags: UInt = 0;
  let crcType: UInt = CRC_TYPES.none;
  const heads = [
    () => walker.uint('version', (version) => `${version}${version === BP_VERSION ? '' : `, expected ${BP_VERSION}`}`),
    () => {
      flags = flagField(walker, 'RFC 9171 4.2.3', BUNDLE_FLAG_NAMES);
    },
    () => {
      crcType = crcTypeField(walker);
    },
    () => walker.within('RFC 9171 4.2.5', () => walker.eid('destination')),
    () => walker.within('RFC 9171 4.2.5', () => walker.eid('source')),
    () => walker.within('RFC 9171 4.2.5', () => walker.eid('report-to')),
    () => walker.within('RFC 9171 4.2.7', () => timestamp(walker)),
    () => walker.uint('lifetime', durationText),
  ];
  const fragment = [
    () => walker.uint('fragment offset', (offset) => `${offset} bytes before this fragment`),
    () => walker.uint('total length', (length) => `${length} bytes in the whole`),
  ];
  walker.section = 'RFC 9171 4.3.1';
  walker.array(
    'block 0',
    (items) => `primary block, array of ${items} items`,
    (i, items) => {
      const extra = i - heads.length;
      if (extra < 0) heads[i]();
      else if (hasFlag(flags, BUNDLE_FLAGS.isFragment) && extra < fragment.length) fragment[extra]();
      else if (i === items - 1 && crcType !== CRC_TYPES.none) crcField(walker, start, crcType);
      else walker.other('surplus item', 'does not belong to a primary block of these flags and this CRC type');
    },
  );
  return hasFlag(flags, BUNDLE_FLAGS.isAdministrativeRecord) && !hasFlag(flags, BUNDLE_FLAGS.isFragment);
}

/** Notes a canonical block (RFC 9171 section 4.3.2). */
function annotateBlock(walker: FieldWalker, position: number, context: Context): void {
  const start = walker.reader.offset;
  let type: UInt = 0;
  let number: UInt = 0;
  let crcType: UInt = CRC_TYPES.none;
  const heads = [
    () => {
      type = walker.within('RFC 9171 9.1', () => walker.uint('type', (t) => `${t} ${blockTypeName(t)}`)) ?? 0;
    },
    () => {
      number = walker.uint('number') ?? 0;
    },
    () => flagField(walker, 'RFC 9171 4.2.4', BLOCK_FLAG_NAMES),
    () => {
      crcType = crcTypeField(walker);
    },
    () => dataField(walker, type, number, context),
  ];
  walker.section = 'RFC 9171 4.3.2';
  const name = typeAhead(walker.reader);
  walker.array(
    `block ${position}`,
    (items) => `${name === undefined ? '' : `${name} block, `}array of ${items} items`,
    (i, items) => {
      if (i < heads.length) heads[i]();
      else if (i === items - 1 && crcType !== CRC_TYPES.none) crcField(walker, start, crcType);
      else walker.other('surplus item', 'does not belong to a block of this CRC type');
    },
  );
}

/** The name of the type of the block that begins at the reader's offset, for its first line. */
function typeAhead(reader: CborReader): string | undefined {
  const ahead = new CborReader(reader.bytes, undefined, 0, LENIENT);
  ahead.offset = reader.offset;
  try {
    if (ahead.peek() >> 5 !== 4) return undefined;
    // A thrown error costs much more than a block: where millions have no type, none is thrown for each.
    if (ahead.openArray('block-not-array', 'a block') === 0 || ahead.peek() >> 5 !== 0) return undefined;
    return blockTypeName(ahead.readUInt('block-type', 'a type'));
  } catch (thrown) {
    if (thrown instanceof BundleError) return undefined;
    throw thrown;
  }
}

function dataField(walker: FieldWalker, type: UInt, number: UInt, context: Context): void {
  const { reader } = walker;
  const start = reader.offset;
  if (reader.peek() >> 5 !== 2 || reader.peek() === 0x5f) {
    walker.other('data', 'not a byte string of definite length');
    return;
  }
  const from = reader.readBytes('block-data-not-bstr', 'block-data-indefinite', 'data');
  const to = reader.offset;
  reader.offset = from;
  walker.note(start, 'data', `byte string of ${to - from === 1 ? '1 byte' : `${to - from} bytes`}`);
  const content = walker.content(from, to - from);
  if (context.encrypted.has(number)) content.rest('ciphertext', describeBytes(content.reader.bytes));
  else if (type === BLOCK_TYPES.payload && !context.isRecord) {
    content.rest('application data', describeBytes(content.reader.bytes));
  } else annotateContent(content, type);
  walker.adopt(content);
}

function flagField(walker: FieldWalker, section: string, table: NameTable): UInt {
  const say = (flags: UInt) => `${flagText(flags)} ${flagNames(flags, table).join(', ') || 'none'}`;
  return walker.within(section, () => walker.uint('flags', say)) ?? 0;
}

function flagText(flags: UInt): string {
  return flags === 0 ? '0' : `0x${flags.toString(16)}`;
}

function crcTypeField(walker: FieldWalker): UInt {
  const say = (crcType: UInt) => `${crcType} ${crcTypeName(crcType) ?? 'unknown, expected 0, 1 or 2'}`;
  return walker.within('RFC 9171 4.2.1', () => walker.uint('CRC type', say)) ?? CRC_TYPES.none;
}

/** Notes the CRC of the block that began at `blockStart` and says whether it is right (RFC 9171 section 4.2.2). */
function crcField(walker: FieldWalker, blockStart: number, crcType: UInt): void {
  walker.within('RFC 9171 4.2.2', () => {
    const { reader } = walker;
    const { bytes } = reader;
    const start = reader.offset;
    const width = crcType === CRC_TYPES.crc16 ? 2 : 4;
    if (crcType > CRC_TYPES.crc32c || reader.peek() !== (0x40 | width)) {
      walker.other('CRC', `not a byte string of ${width} bytes`);
      return;
    }
    const at = reader.readBytes('block-crc-form', 'block-crc-form', 'a CRC');
    // The break of an array of indefinite length belongs to the block.
    const end = bytes[blockStart] === 0x9f ? reader.offset + 1 : reader.offset;
    const computed = width === 2 ? blockCrc16(bytes, blockStart, at, end) : blockCrc32c(bytes, blockStart, at, end);
    const found = width === 2 ? (bytes[at] << 8) | bytes[at + 1] : uint32At(bytes, at);
    const hex = (crc: number) => crc.toString(16).padStart(2 * width, '0');
    if (found === computed) walker.note(start, 'CRC', `${hex(found)} right`, 'right');
    else walker.note(start, 'CRC', `${hex(found)} wrong, ${hex(computed)} computed`, 'wrong');
  });
}

/** Numbers of the blocks that block confidentiality blocks from `offset` on target, as far as they can be read. */
function encryptedNumbers(bytes: Uint8Array, offset: number, items: number): ReadonlySet<UInt> {
  const numbers = new Set<UInt>();
  const reader = new CborReader(bytes, undefined, 0, LENIENT);
  reader.offset = offset;
  try {
    for (let i = 1; i < items && !reader.takeBreak(); i++) {
      const start = reader.offset;
      reader.skipItem();
      const end = reader.offset;
      const block = new CborReader(bytes.subarray(start, end), undefined, 0, LENIENT);
      block.openArray('block-not-array', 'a block');
      if (block.readUInt('block-type', 'a type') !== BLOCK_TYPES.blockConfidentiality) continue;
      for (let k = 0; k < 3; k++) block.skipItem();
      const from = block.readBytes('block-data-not-bstr', 'block-data-indefinite', 'data');
      const targets = peekSecurityTargets(block.bytes.subarray(from, block.offset));
      for (const target of targets ?? []) numbers.add(target);
    }
  } catch (thrown) {
    if (!(thrown instanceof BundleError)) throw thrown;
  }
  return numbers;
}
