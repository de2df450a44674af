/** A scenario's link hardships in the units of the link models. */
import { US_PER_MS } from '../base/time.js';
import type { ImpairmentOptions } from '../convergence/impairments.js';
import type { ScenarioLinks } from './scenario.js';

/** The same probabilities, with delays in microseconds. */
export function impairmentsOf(links: ScenarioLinks): ImpairmentOptions {
  const { loss, duplication, corruption, reordering } = links;
  const delayUs = Math.round(reordering.delayMs * US_PER_MS);
  return { loss, duplication, corruption, reordering: { probability: reordering.probability, delayUs } };
}
