/** What the commands that use elements of satellites say of their age. */
import { US_PER_DAY } from '../../base/calendar.js';
import { ELEMENTS_LIFE_US, type Ephemeris, Sgp4Orbit } from '../../orbit/index.js';
import { plural } from '../style.js';

/**
 * How many satellites have elements that are of no use at the end of what is looked at, in words; undefined where none has. Without a date
 * of time 0 there are no elements.
 */
export function ageRemark(
  ephemerides: Iterable<Ephemeris>,
  epochUnixUs: number | undefined,
  untilUs: number,
): string | undefined {
  if (epochUnixUs === undefined) return undefined;
  let stale = 0;
  for (const ephemeris of ephemerides) {
    if (!(ephemeris instanceof Sgp4Orbit)) continue;
    if (Math.abs(epochUnixUs + untilUs - ephemeris.elements.epochUnixUs) > ELEMENTS_LIFE_US) stale++;
  }
  if (stale === 0) return undefined;
  const days = ELEMENTS_LIFE_US / US_PER_DAY;
  return `${plural(stale, 'satellite')} with elements more than ${days} days away: where they are is a guess`;
}
