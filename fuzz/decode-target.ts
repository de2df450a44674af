/** The bundle decoder in both profiles, with the encoder behind it. */
import { equalBytes } from '../src/base/bytes.js';
import {
  type Allowance,
  type Bundle,
  type CanonicalBlock,
  decodeBundle,
  decodeBundleAt,
  encodeBundle,
  encodedLength,
  type PrimaryBlock,
  strictForm,
} from '../src/bpv7/index.js';
import { drawBundle } from './bundles.js';
import { checkFault, decoded, expect, sameValue, type Tally, type Target } from './target.js';

/** Decodes as one bundle, strictly and leniently. */
export const decodeTarget: Target = {
  name: 'decode',
  draw: (random) => drawBundle(random),
  run(input, tally) {
    const strict = decoded(tally, input, 'strict', () => decodeBundle(input));
    const allowances: Allowance[] = [];
    const options = { profile: 'lenient', onAllowance: (allowance: Allowance) => allowances.push(allowance) } as const;
    const lenient = decoded(tally, input, 'lenient', () => decodeBundle(input, options));
    for (const allowance of allowances) checkFault(allowance, input.length);
    if (strict !== undefined) checkStrict(input, strict, tally);
    if (lenient === undefined) {
      expect(strict === undefined, 'the lenient profile refuses what the strict one takes');
      return;
    }
    expect((allowances.length === 0) === (strict !== undefined), 'an allowance is told exactly where strict refuses');
    if (strict === undefined) {
      tally.count('taken leniently');
      for (const { code, message } of allowances) tally.see(`allowance ${code} ${message.replace(/\d+/g, '')}`);
      checkLenient(input, lenient, tally);
    }
  },
};

/** What holds for every bundle that the strict profile takes. */
function checkStrict(input: Uint8Array, bundle: Bundle, tally: Tally): void {
  tally.count('taken strictly');
  for (const { type, crcType } of bundle.blocks) tally.see(`block ${Number(type) < 300 ? type : 'other'} ${crcType}`);
  expect(equalBytes(encodeBundle(bundle), input), 'a decoded bundle encodes to other bytes than those read');
  expect(encodedLength(bundle) === input.length, 'the encoded length differs from the bytes');
  expect(strictForm(bundle) === bundle, 'the strict form of a strict bundle is another');
  // What is tried on top depends on the input alone, so that a finding comes again.
  const choice = input[input.length >> 1] ^ input.length ^ input[input.length - 4];
  if ((choice & 3) === 0) checkCut(input, choice * 2_654_435_761);
  if ((choice & 3) === 1) checkNeighbours(input);
  if ((choice & 3) === 2) checkAfresh(bundle);
  if ((choice & 3) >= 2) checkFlip(input, bundle, choice * 2_654_435_761 + input.length * 40_503);
}

/** A bundle that only the lenient profile takes can be sent on in a form that at least that profile takes again. */
function checkLenient(input: Uint8Array, bundle: Bundle, tally: Tally): void {
  if (input[0] === 0x9f) expect(equalBytes(encodeBundle(bundle), input), 'a leniently read bundle loses its bytes');
  const sent = encodeBundle(strictForm(bundle));
  const left: Allowance[] = [];
  const again = decodeBundle(sent, { profile: 'lenient', onAllowance: (allowance) => left.push(allowance) });
  for (const { code, block } of left) {
    tally.count(`strict form keeps ${code}`);
    expect(code.startsWith('primary-') || block === 0, `the strict form leaves ${code} outside of the primary block`);
  }
  expect(again.blocks.length >= bundle.blocks.length, 'the strict form loses a block');
}

/** Encoded again without what was received, it has the same values. */
function checkAfresh(bundle: Bundle): void {
  const again = decodeBundle(encodeBundle(withoutRaw(bundle)));
  expect(sameValue(withoutRaw(again), withoutRaw(bundle)), 'a bundle encoded afresh decodes to other values');
}

/** Cut anywhere, it is no bundle. */
function checkCut(input: Uint8Array, choice: number): void {
  const cut = input.subarray(0, (choice >>> 8) % input.length);
  const taken = isTaken(() => decodeBundle(cut));
  expect(!taken, 'a bundle that is cut off is taken');
  expect(!isTaken(() => decodeBundle(cut, { profile: 'lenient' })), 'a bundle that is cut off is taken leniently');
}

/** Between other bytes it is the same bundle, and followed by one it is refused where it should be alone. */
function checkNeighbours(input: Uint8Array): void {
  const among = new Uint8Array(input.length + 10).fill(0x9f);
  among.set(input, 5);
  const { bundle, end } = decodeBundleAt(among, 5);
  expect(end === input.length + 5, 'the end of a bundle among other bytes is elsewhere');
  expect(equalBytes(encodeBundle(bundle), input), 'a bundle among other bytes is another');
  expect(!isTaken(() => decodeBundle(among.subarray(5))), 'bytes behind a bundle are taken');
}

/** A flipped bit in a block with a CRC is reported. */
function checkFlip(input: Uint8Array, bundle: Bundle, choice: number): void {
  const blocks: (PrimaryBlock | CanonicalBlock)[] = [bundle.primary, ...bundle.blocks];
  const position = (choice >>> 4) % blocks.length;
  const { crcType, raw } = blocks[position];
  if (crcType === 0 || raw === undefined) return;
  const damaged = input.slice();
  const start = raw.byteOffset - input.byteOffset;
  damaged[start + ((choice >>> 12) % raw.length)] ^= 1 << (choice & 7);
  let taken: Bundle;
  try {
    taken = decodeBundle(damaged);
  } catch {
    return;
  }
  // A flipped length can move the end of the block, and then a CRC of 16 bits fits by chance once in 65,536 times.
  const moved = [taken.primary, ...taken.blocks][position]?.raw?.length !== raw.length;
  expect(moved && crcType === 1, 'a flipped bit in a block with a CRC is not reported');
}

function isTaken(decode: () => unknown): boolean {
  try {
    decode();
    return true;
  } catch {
    return false;
  }
}

function withoutRaw({ primary, blocks }: Bundle): Bundle {
  return {
    primary: { ...primary, raw: undefined },
    blocks: blocks.map(({ type, number, flags, crcType, data }) => ({
      type,
      number,
      flags,
      crcType,
      data,
      raw: undefined,
    })),
  };
}
