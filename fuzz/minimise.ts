/** Makes an input that shows a finding as short and plain as it gets (delta debugging on bytes). */

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
  for (let size = Math.max(1, input.length >> 1); size >= 1 && trials < MAX_TRIALS; size >>= 1) {
    for (let at = 0; at < best.length; ) {
      const shorter = new Uint8Array(best.length - Math.min(size, best.length - at));
      shorter.set(best.subarray(0, at));
      shorter.set(best.subarray(Math.min(at + size, best.length)), at);
      if (!attempt(shorter)) at += size;
      if (trials >= MAX_TRIALS) break;
    }
  }
  for (let at = 0; at < best.length; at++) {
    if (best[at] === 0) continue;
    const plain = best.slice();
    plain[at] = 0;
    attempt(plain);
  }
  return best;
}
