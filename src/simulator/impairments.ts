/** A scenario's link hardships in the units of the link models. */
import { US_PER_MS } from '../base/time.js';
import type { ImpairmentOptions } from '../convergence/impairments.js';
import type { ScenarioHardships, ScenarioLinks } from './scenario.js';

/** What one direction of a link does that is another thing than on the others. */
export interface LinkOverride {
  readonly from: number;
  readonly to: number;
  readonly options: ImpairmentOptions;
}

/** The same probabilities, with delays in microseconds. */
export function impairmentsOf(links: ScenarioHardships): ImpairmentOptions {
  const { loss, bursts, duplication, corruption, reordering, delay } = links;
  const delayUs = Math.round(reordering.delayMs * US_PER_MS);
  return {
    loss,
    duplication,
    corruption,
    reordering: { probability: reordering.probability, delayUs },
    bursts,
    delay: { minUs: Math.round(delay.minMs * US_PER_MS), maxUs: Math.round(delay.maxMs * US_PER_MS) },
  };
}

/** The links with hardships of their own; what an override does not give is as on the others. */
export function overridesOf(links: ScenarioLinks): LinkOverride[] {
  return links.overrides.map(({ from, to, ...own }) => ({ from, to, options: impairmentsOf({ ...links, ...own }) }));
}
