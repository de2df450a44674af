/**
 * CBOR as a tree that may be wrong: it is read from any bytes as far as they make sense, changed, and written again with lengths and
 * counts that fit, or deliberately do not. It shares no code with the reader under test.
 */

/** How the argument of a head is written: as short as possible, in so many bytes, or as an indefinite length. */
export type HeadForm = 'shortest' | 1 | 2 | 4 | 8 | 'indefinite';

/** An item. */
export interface CborNode {
  major: number;
  form: HeadForm;
  /** Value of an integer, tag or simple value. Strings, arrays and maps have the length of their content, plus `lie`. */
  argument: bigint;
  /** By how much the length or count that is written differs from the true one. */
  lie: bigint;
  /** Items of an array, keys and values of a map in turn, the content of a tag, chunks of an indefinite string. */
  children: CborNode[];
  /** Content of a definite string that holds no CBOR. */
  content: Uint8Array | undefined;
}

/** Deeper than the decoder goes, so that its bound is reached. */
const MAX_DEPTH = 24;

/** The longest output; what does not fit is cut off, which is an input as good as any. */
const SCRATCH_BYTES = 262_144;

const NOTHING = new Uint8Array(0);
const scratch = new Uint8Array(SCRATCH_BYTES);

/** A node with definite length and an argument. */
export function node(
  major: number,
  argument: bigint | number,
  children: CborNode[] = [],
  content?: Uint8Array,
): CborNode {
  return { major, form: 'shortest', argument: BigInt(argument), lie: 0n, children, content };
}

/** What {@link cborNode} makes a node of: booleans, integers, bytes, text, arrays, maps, and nodes as they are. */
export type CborValue =
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | CborNode
  | readonly CborValue[]
  | Map<CborValue, CborValue>;

/** The node of a value. */
export function cborNode(value: CborValue): CborNode {
  if (typeof value === 'boolean') return node(7, value ? 21 : 20);
  if (typeof value === 'number' || typeof value === 'bigint') {
    return value < 0 ? node(1, -1n - BigInt(value)) : node(0, value);
  }
  if (typeof value === 'string')
    return node(
      3,
      0,
      [],
      Uint8Array.from(value, (char) => char.charCodeAt(0)),
    );
  if (value instanceof Uint8Array) return node(2, 0, [], value);
  if (value instanceof Map) return node(5, 0, [...value].flat().map(cborNode));
  return isNode(value) ? value : node(4, 0, value.map(cborNode));
}

/** The bytes of a value. */
export function cbor(value: CborValue): Uint8Array {
  return writeTrees([cborNode(value)]);
}

/**
 * The items in `bytes`, whatever they are. A string of bytes whose content is whole CBOR is read further. Bytes that make no sense
 * end the last item early.
 */
export function readTrees(bytes: Uint8Array): CborNode[] {
  const cursor = { bytes, at: 0, end: bytes.length, isWhole: true };
  const trees: CborNode[] = [];
  while (cursor.at < cursor.end) trees.push(readNode(cursor, 0));
  return trees;
}

/** The bytes of items in a row. */
export function writeTrees(trees: readonly CborNode[]): Uint8Array {
  let at = 0;
  for (const tree of trees) at = writeNode(tree, at);
  return scratch.slice(0, at);
}

/** Every node of the trees with the list that holds it, in document order. */
export function placesIn(
  trees: CborNode[],
  places: { list: CborNode[]; index: number }[] = [],
): { list: CborNode[]; index: number }[] {
  for (let index = 0; index < trees.length; index++) {
    places.push({ list: trees, index });
    placesIn(trees[index].children, places);
  }
  return places;
}

/** A copy that shares nothing but content. */
export function copyNode(original: CborNode): CborNode {
  return { ...original, children: original.children.map(copyNode) };
}

interface Cursor {
  bytes: Uint8Array;
  at: number;
  end: number;
  /** False once something made no sense. */
  isWhole: boolean;
}

function isNode(value: CborNode | readonly CborValue[]): value is CborNode {
  return 'major' in value;
}

function readNode(cursor: Cursor, depth: number): CborNode {
  const head = cursor.bytes[cursor.at++];
  const result = node(head >> 5, head & 31);
  const info = head & 31;
  if (info >= 24 && info <= 27) {
    const width = 1 << (info - 24);
    let value = 0n;
    for (let i = 0; i < width; i++)
      value = (value << 8n) | BigInt(cursor.at < cursor.end ? cursor.bytes[cursor.at++] : 0);
    result.argument = value;
    if (shortestWidth(value) !== width || head >> 5 === 7) result.form = width as HeadForm;
  } else if (info === 31) {
    result.form = 'indefinite';
    if (head !== 0xff && result.major >= 2 && result.major !== 6) readIndefinite(cursor, result, depth);
    return result;
  } else if (info > 27) cursor.isWhole = false;
  if (depth >= MAX_DEPTH) return result;
  if (result.major === 2 || result.major === 3) readString(cursor, result, depth);
  else if (result.major >= 4 && result.major <= 6) {
    const count = result.major === 6 ? 1 : Number(result.argument) * (result.major - 3);
    for (let i = 0; i < count && cursor.at < cursor.end; i++) result.children.push(readNode(cursor, depth + 1));
    if (result.children.length < count) cursor.isWhole = false;
  }
  return result;
}

function readIndefinite(cursor: Cursor, result: CborNode, depth: number): void {
  while (cursor.at < cursor.end && cursor.bytes[cursor.at] !== 0xff && depth < MAX_DEPTH) {
    result.children.push(readNode(cursor, depth + 1));
  }
  if (cursor.at < cursor.end) cursor.at++;
  else cursor.isWhole = false;
}

function readString(cursor: Cursor, result: CborNode, depth: number): void {
  const start = cursor.at;
  const left = BigInt(cursor.end - start);
  if (result.argument > left) cursor.isWhole = false;
  cursor.at += Number(result.argument > left ? left : result.argument);
  result.content = cursor.bytes.subarray(start, cursor.at);
  if (result.major !== 2 || cursor.at - start === 0 || cursor.at - start > 512) return;
  const inner = { bytes: cursor.bytes, at: start, end: cursor.at, isWhole: true };
  const children: CborNode[] = [];
  while (inner.at < inner.end) children.push(readNode(inner, depth + 1));
  // Plain data nearly always looks like some CBOR; what starts with an array, or is one integer, most likely is meant to be.
  if (!inner.isWhole || (children[0].major !== 4 && children.length > 1)) return;
  result.children = children;
  result.content = undefined;
}

function shortestWidth(value: bigint): number {
  return value < 24n ? 0 : value < 0x100n ? 1 : value < 0x1_0000n ? 2 : value < 0x1_0000_0000n ? 4 : 8;
}

function writeNode(item: CborNode, start: number): number {
  const { major, form, children, content = NOTHING } = item;
  if (start + 16 + content.length > SCRATCH_BYTES) return start;
  if (form === 'indefinite') {
    scratch[start] = (major << 5) | 31;
    let end = start + 1;
    if (major < 2 || major >= 6) return end;
    for (const child of children) end = writeNode(child, end);
    if (item.lie !== 0n || end >= SCRATCH_BYTES) return end;
    scratch[end] = 0xff;
    return end + 1;
  }
  if (major === 2 || major === 3) return writeString(item, start);
  const isCounted = major === 4 || major === 5;
  const count = major === 5 ? children.length >> 1 : children.length;
  let at = writeHead(start, major, BigInt.asUintN(64, isCounted ? BigInt(count) + item.lie : item.argument), form);
  if (major >= 4 && major <= 6) for (const child of children) at = writeNode(child, at);
  return at;
}

function writeString(item: CborNode, start: number): number {
  const { major, form, children, content } = item;
  if (content !== undefined) {
    const at = writeHead(start, major, BigInt.asUintN(64, BigInt(content.length) + item.lie), form);
    scratch.set(content, at);
    return at + content.length;
  }
  // The length of the head depends on what is behind it: written at a distance and moved up.
  const inner = start + 9;
  let end = inner;
  for (const child of children) end = writeNode(child, end);
  const at = writeHead(start, major, BigInt.asUintN(64, BigInt(end - inner) + item.lie), form);
  scratch.copyWithin(at, inner, end);
  return at + end - inner;
}

function writeHead(at: number, major: number, argument: bigint, form: HeadForm): number {
  const width = form === 'shortest' || form === 'indefinite' ? shortestWidth(argument) : form;
  if (width === 0) {
    scratch[at] = (major << 5) | Number(argument);
    return at + 1;
  }
  scratch[at] = (major << 5) | (24 + Math.log2(width));
  let rest = argument;
  for (let i = width; i > 0; i--) {
    scratch[at + i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return at + 1 + width;
}
