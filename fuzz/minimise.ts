/** Makes an input that shows a finding as short and plain as it gets (delta debugging on CBOR items and on bytes). */
import { placesIn, readTrees, writeTrees } from './cbor-tree.js';
import { repairCrcs } from './repair.js';

/** Trials for one finding; each costs a run of the target. */
const MAX_TRIALS = 4_000;

/** The shortest input found for which `shows` still holds, which must hold for `input`. */
export function minimise(input: Uint8Array, shows: (candidate: Uint8Array) => boolean): Uint8Array {
  let best = input;
  let trials = 0;
  const attempt = (candidate: Uint8Array): boolean => {
    if (trials >= MAX_TRIALS) return false;
    trials++;
    if (!shows(candidate)) return false;
    best = candidate;
    return true;
  };
  removeItems(() => best, attempt);
  removeBytes(() => best, attempt);
  clearBytes(() => best, attempt);
  return best;
}

type Attempt = (candidate: Uint8Array) => boolean;

/** Takes out items with all that they hold, empties strings, and lets lengths, counts and CRCs fit again. */
function removeItems(best: () => Uint8Array, attempt: Attempt): void {
  for (const change of ['remove', 'empty'] as const) {
    for (let k = placesIn(readTrees(best())).length - 1; k >= 0; k--) {
      const trees = readTrees(best());
      const place = placesIn(trees)[k];
      if (place === undefined) continue;
      const { list, index } = place;
      if (change === 'remove') list.splice(index, 1);
      else if (list[index].content !== undefined) list[index].content = new Uint8Array(0);
      else continue;
      const candidate = writeTrees(trees);
      repairCrcs(candidate);
      if (candidate.length < best().length) attempt(candidate);
    }
  }
}

function removeBytes(best: () => Uint8Array, attempt: Attempt): void {
  for (let size = Math.max(1, best().length >> 1); size >= 1; size >>= 1) {
    for (let at = 0; at < best().length; ) {
      const bytes = best();
      const end = Math.min(at + size, bytes.length);
      const shorter = new Uint8Array(bytes.length - (end - at));
      shorter.set(bytes.subarray(0, at));
      shorter.set(bytes.subarray(end), at);
      if (!attempt(shorter)) at += size;
    }
  }
}

function clearBytes(best: () => Uint8Array, attempt: Attempt): void {
  for (let at = 0; at < best().length; at++) {
    if (best()[at] === 0) continue;
    const plain = best().slice();
    plain[at] = 0;
    attempt(plain);
  }
}
