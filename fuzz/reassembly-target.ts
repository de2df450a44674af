/**
 * Putting fragments together: fragments in a row as they come from outside, each with a step of the clock. What is completed must be
 * the bytes that came first for every place, and what is held must stay within the limits.
 */
import { equalBytes } from '../src/base/bytes.js';
import { UsageError } from '../src/base/errors.js';
import type { Random } from '../src/base/random.js';
import {
  BUNDLE_FLAGS,
  type Bundle,
  decodeBundle,
  encodeBundle,
  fragmentBundle,
  hasFlag,
  isNullEid,
  payloadOf,
  Reassembler,
  reassemblyKey,
} from '../src/bpv7/index.js';
import { drawBundle } from './bundles.js';
import { drawBytes, pick } from './draw.js';
import { mutateBytes } from './mutate.js';
import { repairCrcs } from './repair.js';
import { decoded, expect, type Tally, type Target } from './target.js';

/** So small that inputs reach each of them. */
const LIMITS = { sets: 3, totalBytes: 8_192, bytesPerSet: 2_048, fragmentsPerSet: 8, holdMs: 1_000 };

/** One step of the clock: eight of them are longer than a set is held. */
const STEP_US = 150_000;

/** Hands each bundle to a reassembler. The first byte of an input says what becomes of conflicts; then step, length, bundle. */
export const reassemblyTarget: Target = {
  name: 'reassembly',
  draw: drawFragments,
  run(input, tally) {
    const refuses = input.length > 0 && (input[0] & 1) === 1;
    const reassembler = new Reassembler(LIMITS, { onConflict: refuses ? 'refuse' : 'first-wins' });
    const model = new Map<string, Int16Array>();
    let nowUs = 0;
    for (const { steps, bytes } of partsOf(input)) {
      nowUs += steps * STEP_US;
      const bundle = decoded(tally, bytes, 'fragment', () => decodeBundle(bytes, { profile: 'lenient' }));
      if (bundle === undefined || !hasFlag(bundle.primary.flags, BUNDLE_FLAGS.isFragment)) continue;
      handIn(reassembler, bundle, nowUs, model, tally);
      expect(reassembler.bytes <= LIMITS.totalBytes, 'the reassembler holds more bytes than it may');
      expect(reassembler.sets <= LIMITS.sets, 'the reassembler holds more sets than it may');
      expect(reassembler.sets === model.size, 'the reassembler holds other sets than it tells');
      const next = reassembler.nextUs();
      expect(next === undefined || next > nowUs, 'a set is held beyond its time');
    }
    reassembler.expire(Number.MAX_SAFE_INTEGER);
    expect(reassembler.bytes === 0 && reassembler.sets === 0, 'bytes are left where every hold is over');
  },
};

/** Hands a fragment in and checks the outcome against a model that knows, for every place, the byte that came first. */
function handIn(
  reassembler: Reassembler,
  fragment: Bundle,
  nowUs: number,
  model: Map<string, Int16Array>,
  tally: Tally,
): void {
  const outcome = reassembler.add(fragment, nowUs);
  const key = reassemblyKey(fragment.primary);
  const name = outcome.kind === 'refused' ? `refused: ${outcome.reason}` : outcome.kind;
  tally.count(name);
  tally.see(`${name} ${outcome.conflict} ${outcome.dropped.map(({ reason }) => reason).join(' ')}`);
  for (const each of outcome.dropped) model.delete(each.key);
  if (outcome.kind === 'duplicate' || outcome.kind === 'refused') return;
  const { fragmentOffset, totalAduLength } = fragment.primary;
  const first = model.get(key) ?? new Int16Array(Number(totalAduLength)).fill(-1);
  payloadOf(fragment).data.forEach((byte, i) => {
    if (first[Number(fragmentOffset) + i] < 0) first[Number(fragmentOffset) + i] = byte;
  });
  model.set(key, first);
  if (outcome.kind === 'incomplete') {
    expect(first.includes(-1), 'a bundle is whole, but is not given out');
    return;
  }
  model.delete(key);
  expect(!first.includes(-1), 'a bundle is given out that is not whole');
  expect(
    equalBytes(payloadOf(outcome.bundle).data, Uint8Array.from(first)),
    'a bundle has other bytes than came first',
  );
  const bytes = encodeBundle(outcome.bundle);
  const again = decodeBundle(bytes, { profile: 'lenient' });
  expect(!hasFlag(again.primary.flags, BUNDLE_FLAGS.isFragment), 'what is put together is still a fragment');
}

function* partsOf(input: Uint8Array): Generator<{ steps: number; bytes: Uint8Array }> {
  for (let at = 1; at + 3 <= input.length; ) {
    const length = (input[at + 1] << 8) | input[at + 2];
    yield { steps: input[at] & 7, bytes: input.subarray(at + 3, at + 3 + length) };
    at += 3 + length;
  }
}

/** Fragments of one to three bundles, cut in two ways, some of them again, in any order, with repeats and conflicts. */
function drawFragments(random: Random): Uint8Array {
  const fragments: Uint8Array[] = [];
  for (let bundles = 1 + random.below(3); bundles > 0; bundles--) {
    const whole = drawWhole(random);
    for (let ways = 1 + random.below(2); ways > 0; ways--) {
      for (const part of cut(random, whole, 60)) {
        for (const each of random.chance(0.1) ? cut(random, part, 9) : [part]) {
          if (random.chance(0.93)) fragments.push(encodeBundle(each).slice());
        }
      }
    }
  }
  while (random.chance(0.3) && fragments.length > 0) fragments.push(damaged(random, pick(random, fragments)));
  const ordered = random.chance(0.7) ? random.shuffled(fragments) : fragments;
  return joined(random, ordered.slice(0, 40));
}

/** The bundle in a few parts; in none where a block of it forbids that. */
function cut(random: Random, bundle: Bundle, spreadBytes: number): Bundle[] {
  const leastBytes = payloadOf(bundle).data.length >> 3;
  try {
    return fragmentBundle(bundle, { maxPayloadBytes: 1 + random.below(spreadBytes) + leastBytes });
  } catch (thrown) {
    if (thrown instanceof UsageError) return [];
    throw thrown;
  }
}

/** A bundle that may be cut: what is drawn unlawful, or with a null source, is drawn again. */
function drawWhole(random: Random): Bundle {
  for (;;) {
    const payload = drawBytes(random, 1 + random.below(random.chance(0.9) ? 200 : 1500));
    const bytes = drawBundle(random, { payload, mayBeCut: true });
    try {
      const bundle = decodeBundle(bytes, { profile: 'lenient' });
      if (!isNullEid(bundle.primary.source)) return bundle;
    } catch {
      // The next one.
    }
  }
}

/** The same fragment with one byte changed and CRCs that fit, which is a conflict where it is in the payload. */
function damaged(random: Random, fragment: Uint8Array): Uint8Array {
  const result = mutateBytes(random, fragment, fragment);
  repairCrcs(result);
  return result;
}

function joined(random: Random, fragments: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(fragments.reduce((sum, { length }) => sum + 3 + length, 1));
  result[0] = random.below(2);
  let at = 1;
  for (const fragment of fragments) {
    result[at] = random.chance(0.8) ? 0 : random.below(8);
    result[at + 1] = fragment.length >> 8;
    result[at + 2] = fragment.length;
    result.set(fragment, at + 3);
    at += 3 + fragment.length;
  }
  return result;
}
