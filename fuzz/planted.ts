/** Targets with faults of each kind that the fuzzer has to find. They are for its own test and belong to no run. */
import { decodeBundle } from '../src/bpv7/index.js';
import { drawBundle } from './bundles.js';
import { decoded, expect, type Tally, type Target } from './target.js';

/** Says of a valid bundle that it must not have a hop count block. */
export const plantedFault: Target = {
  name: 'planted-fault',
  draw: (random) => drawBundle(random),
  run(input, tally) {
    expect(!hasHopCount(input, tally), 'a planted fault');
  },
};

/** Held from one case to the next, as a leak would be. */
let wasted: Uint8Array | undefined;

/** Each reacts to a bundle with a hop count block. */
export const PLANTED: readonly Target[] = [
  plantedFault,
  {
    name: 'planted-hang',
    draw: plantedFault.draw,
    run(input, tally) {
      while (hasHopCount(input, tally)) tally.count('a turn of a loop without an end');
    },
  },
  {
    name: 'planted-waste',
    draw: plantedFault.draw,
    run(input, tally) {
      if (hasHopCount(input, tally)) wasted = new Uint8Array(16_777_216);
      else wasted = undefined;
    },
  },
];

function hasHopCount(input: Uint8Array, tally: Tally): boolean {
  return decoded(tally, input, 'planted', () => decodeBundle(input))?.blocks.some(({ type }) => type === 10) ?? false;
}
