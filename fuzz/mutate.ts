/** Changes to inputs: of bytes, and of CBOR items. All of it is drawn from the generator that is passed in. */
import type { Random } from '../src/base/random.js';
import { type CborNode, copyNode, type HeadForm, node, placesIn, readTrees, writeTrees } from './cbor-tree.js';
import { BOUNDARIES, drawBytes, drawSize, pick } from './draw.js';
import { repairCrcs } from './repair.js';

/** Longer inputs are cut: they cost time and show nothing that a shorter one does not. */
const MAX_INPUT_BYTES = 131_072;

/** Above this size a tree costs more than it finds, and bytes are changed alone. */
const MAX_TREE_BYTES = 4_096;

/** A changed copy of `input`; `other` is an input to take parts from. CRCs of blocks are made good again more often than not. */
export function mutate(random: Random, input: Uint8Array, other: Uint8Array): Uint8Array {
  let result = input;
  if (random.chance(0.4) && input.length <= MAX_TREE_BYTES) result = mutateItems(random, result, other);
  else for (let times = 1 + random.below(3); times > 0; times--) result = mutateBytes(random, result, other);
  if (result.length > MAX_INPUT_BYTES) result = result.slice(0, MAX_INPUT_BYTES);
  if (random.chance(0.75)) repairCrcs(result);
  return result;
}

/** One change on the level of bytes, always in a copy. */
export function mutateBytes(random: Random, input: Uint8Array, other: Uint8Array): Uint8Array {
  const at = random.below(input.length + 1);
  const span = Math.min(1 + random.below(random.chance(0.8) ? 4 : 64), input.length - at);
  switch (random.below(10)) {
    case 0:
    case 1:
      return changed(input, at, input[at] ^ (1 << random.below(8)));
    case 2:
      return changed(input, at, random.uint32());
    case 3:
      return changed(input, at, input[at] + (random.chance(0.5) ? 1 : -1));
    case 4:
      return spliced(input, at, at, random.chance(0.01) ? nest(random) : drawBytes(random, 1 + random.below(4)));
    case 5:
      return spliced(input, at, at + span, EMPTY);
    case 6:
      return spliced(input, at, at, input.subarray(at, at + span));
    case 7: {
      const to = random.below(input.length + 1);
      return spliced(
        spliced(input, at, at + span, EMPTY),
        Math.min(to, input.length - span),
        -1,
        input.subarray(at, at + span),
      );
    }
    case 8: {
      const from = random.below(other.length + 1);
      return random.chance(0.5)
        ? spliced(input, at, input.length, other.subarray(from))
        : spliced(input, at, at + span, other.subarray(from, from + 1 + random.below(32)));
    }
    default:
      return random.chance(0.5) ? input.slice(0, at) : spliced(input, input.length, -1, other);
  }
}

/** Heads that open arrays, maps or tags within each other: enough of them to overflow the stack of a reader without a bound. */
function nest(random: Random): Uint8Array {
  const length = random.chance(0.2) ? 40_000 : random.below(64);
  return new Uint8Array(length).fill(pick(random, [0x81, 0x9f, 0x82, 0xa1, 0xbf, 0xc1]));
}

const EMPTY = new Uint8Array(0);

function changed(input: Uint8Array, at: number, byte: number): Uint8Array {
  const result = input.slice();
  if (at < result.length) result[at] = byte;
  return result;
}

/** `input` with `middle` in place of `from` to `to`; a negative `to` inserts. */
function spliced(input: Uint8Array, from: number, to: number, middle: Uint8Array): Uint8Array {
  const rest = Math.max(from, to);
  const result = new Uint8Array(from + middle.length + input.length - rest);
  result.set(input.subarray(0, from));
  result.set(middle, from);
  result.set(input.subarray(rest), from + middle.length);
  return result;
}

/** One to three changes on the level of CBOR items. */
function mutateItems(random: Random, input: Uint8Array, other: Uint8Array): Uint8Array {
  const trees = readTrees(input);
  if (trees.length === 0) return drawBytes(random, 1 + random.below(16));
  for (let times = 1 + random.below(3); times > 0; times--) {
    const places = placesIn(trees);
    if (places.length === 0) break;
    mutateItem(random, pick(random, places), places, other);
  }
  return writeTrees(trees);
}

type Place = ReturnType<typeof placesIn>[number];

function mutateItem(random: Random, { list, index }: Place, places: readonly Place[], other: Uint8Array): void {
  const item = list[index];
  switch (random.below(14)) {
    case 0:
    case 1:
      item.argument = pick(random, BOUNDARIES);
      break;
    case 2:
      item.argument = BigInt.asUintN(64, item.argument + (random.chance(0.5) ? 1n : -1n));
      break;
    case 3:
      item.argument ^= 1n << BigInt(random.below(20));
      break;
    case 4:
      item.form = pick<HeadForm>(random, ['shortest', 1, 2, 4, 8, 'indefinite']);
      break;
    case 5:
      item.form = item.form === 'indefinite' ? 'shortest' : 'indefinite';
      break;
    case 6:
      item.lie = random.chance(0.5) ? pick(random, BOUNDARIES) : BigInt(random.below(5) - 2);
      break;
    case 7:
      list.splice(index, 1);
      break;
    case 8:
      list.splice(index, 0, copyNode(item));
      break;
    case 9:
      list.splice(index, 0, ...list.splice(random.below(list.length), 1));
      break;
    case 10:
      list[index] = drawItem(random, 0);
      break;
    case 11: {
      const foreign = random.chance(0.5) && other.length <= MAX_TREE_BYTES ? placesIn(readTrees(other)) : places;
      if (foreign.length > 0) {
        const from = pick(random, foreign);
        list[index] = copyNode(from.list[from.index] ?? item);
      }
      break;
    }
    case 12:
      list[index] = wrapped(random, item);
      break;
    default:
      item.major = random.below(8);
      if (item.content === undefined && random.chance(0.5)) item.content = drawBytes(random, drawSize(random) & 31);
  }
}

/** An item within an array, a map, a tag, a byte string, or a deep nest of one of them. */
function wrapped(random: Random, item: CborNode): CborNode {
  const major = pick(random, [4, 4, 5, 6, 2]);
  let result = item;
  for (let depth = random.chance(0.2) ? random.below(24) : 1; depth > 0; depth--) {
    result = node(major, major === 6 ? pick(random, [2n, 3n, 24n, 55_799n, ...BOUNDARIES]) : 0, [result]);
    if (major === 5) result.children.push(node(0, 0));
  }
  return result;
}

/** Any item: integers, strings with good and bad UTF-8, bignums, floats, simple values, nests. */
function drawItem(random: Random, depth: number): CborNode {
  const kind = random.below(depth > 3 ? 8 : 11);
  if (kind < 3) return node(0, pick(random, BOUNDARIES));
  if (kind === 3) return node(1, pick(random, BOUNDARIES));
  if (kind === 4) return node(2, 0, [], drawBytes(random, drawSize(random)));
  if (kind === 5) return node(3, 0, [], random.chance(0.5) ? drawBytes(random, random.below(6)) : text(random));
  if (kind === 6) return { ...node(7, pick(random, BOUNDARIES)), form: pick<HeadForm>(random, [1, 2, 4, 8]) };
  if (kind === 7) return node(7, random.below(24));
  if (kind === 8) return node(6, 2n, [node(2, 0, [], drawBytes(random, random.below(20)))]);
  const children = Array.from({ length: random.below(4) }, () => drawItem(random, depth + 1));
  return { ...node(kind === 9 ? 4 : 5, 0, children), form: random.chance(0.2) ? 'indefinite' : 'shortest' };
}

function text(random: Random): Uint8Array {
  const words = ['none', '//node/', '//node/in', '//n/~group', '//', '', 'dtn:none', '//a b/c', '//%41/', '//\u00e9/'];
  return Uint8Array.from(pick(random, words), (char) => char.charCodeAt(0));
}
