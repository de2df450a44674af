/** Every target, in the order in which they run. */
import { adminTarget } from './admin-target.js';
import { contentTarget } from './content-target.js';
import { decodeTarget } from './decode-target.js';
import { reassemblyTarget } from './reassembly-target.js';
import type { Target } from './target.js';

/** The parts that take bytes from outside. `share` is the part of a whole run that a target gets. */
export const TARGETS: readonly { readonly target: Target; readonly share: number }[] = [
  { target: decodeTarget, share: 0.5 },
  { target: adminTarget, share: 0.15 },
  { target: contentTarget, share: 0.1 },
  { target: reassemblyTarget, share: 0.15 },
];
