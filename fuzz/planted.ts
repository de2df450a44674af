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

/** What a leak holds, up to some bound. */
const leaked: Uint8Array[] = [];
const MAX_LEAKED = 64;

/** The hang reacts to a bundle with a hop count block, the leak to every bundle. */
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
      if (decoded(tally, input, 'planted', () => decodeBundle(input)) === undefined) return;
      leaked.push(new Uint8Array(4_194_304));
      if (leaked.length > MAX_LEAKED) leaked.splice(0, MAX_LEAKED / 2);
    },
  },
];

function hasHopCount(input: Uint8Array, tally: Tally): boolean {
  return decoded(tally, input, 'planted', () => decodeBundle(input))?.blocks.some(({ type }) => type === 10) ?? false;
}
