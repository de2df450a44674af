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

/** Hangs on a bundle with a hop count block. */
const plantedHang: Target = {
  name: 'planted-hang',
  draw: plantedFault.draw,
  run(input, tally) {
    while (hasHopCount(input, tally)) tally.count('a turn of a loop without an end');
  },
};

const leaked: Uint8Array[] = [];
const MAX_LEAKED = 64;

/** Keeps 4 MiB for each bundle, up to a bound that protects the machine. */
export const plantedLeak: Target = {
  name: 'planted-leak',
  draw: plantedFault.draw,
  run(input, tally) {
    if (decoded(tally, input, 'planted', () => decodeBundle(input)) === undefined) return;
    leaked.push(new Uint8Array(4_194_304));
    if (leaked.length > MAX_LEAKED) leaked.splice(0, MAX_LEAKED / 2);
  },
};

/** All of them, for the threads. */
export const PLANTED: readonly Target[] = [plantedFault, plantedHang, plantedLeak];

function hasHopCount(input: Uint8Array, tally: Tally): boolean {
  return decoded(tally, input, 'planted', () => decodeBundle(input))?.blocks.some(({ type }) => type === 10) ?? false;
}
