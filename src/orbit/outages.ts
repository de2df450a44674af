/** Random outages of satellites, stations and links, from a seed: the same for the same name, whatever else there is. */
import type { Random } from '../base/random.js';
import { US_PER_SECOND } from '../base/time.js';
import type { Window } from './window-search.js';

/** How often something fails and for how long, both exponentially distributed. */
export interface OutageRates {
  /** Mean time from the end of an outage to the beginning of the next, seconds. */
  readonly meanBetweenSeconds: number;
  /** Mean duration of an outage, seconds. */
  readonly meanDurationSeconds: number;
}

/**
 * The outages from 0 to the horizon, ascending. At 0 it is as if it had gone on forever: down with probability duration / (between +
 * duration). A longer horizon adds outages and changes none. Outages last at least a microsecond.
 */
export function randomOutages(random: Random, rates: OutageRates, horizonUs: number): Window[] {
  const between = rates.meanBetweenSeconds * US_PER_SECOND;
  const duration = rates.meanDurationSeconds * US_PER_SECOND;
  const outages: Window[] = [];
  const draw = (mean: number) => Math.max(1, Math.round(-Math.log(1 - random.next()) * mean));
  let atUs = random.chance(duration / (between + duration)) ? 0 : draw(between);
  while (atUs < horizonUs) {
    const endUs = atUs + draw(duration);
    outages.push({ startUs: atUs, endUs: Math.min(horizonUs, endUs) });
    atUs = endUs + draw(between);
  }
  return outages;
}
