/** Every target, in the order in which they run. */
import { adminTarget } from './admin-target.js';
import { annotateTarget } from './annotate-target.js';
import { bpsecTarget } from './bpsec-target.js';
import { contentTarget } from './content-target.js';
import { decodeTarget } from './decode-target.js';
import { planTarget } from './plan-target.js';
import { reassemblyTarget } from './reassembly-target.js';
import type { Target } from './target.js';

/**
 * The parts that take bytes from outside. `share` is the part of all cases that a target gets, `cost` what a case takes in time
 * against one of the decoder: an input for reassembly is up to forty bundles, one for security is checked by three policies.
 */
export const TARGETS: readonly { readonly target: Target; readonly share: number; readonly cost: number }[] = [
  { target: decodeTarget, share: 0.4, cost: 1 },
  { target: adminTarget, share: 0.2, cost: 0.7 },
  { target: contentTarget, share: 0.15, cost: 0.7 },
  { target: reassemblyTarget, share: 0.08, cost: 3 },
  { target: bpsecTarget, share: 0.07, cost: 4 },
  { target: annotateTarget, share: 0.05, cost: 3 },
  { target: planTarget, share: 0.05, cost: 5 },
];
