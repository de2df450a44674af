/** Satellites by their elements as satellites of a constellation: names of their own, and one axis of times for all. */
import { GREENWICH_AT_X, latestEpochUnixUs, type MeanElements, Sgp4Orbit } from '../orbit/index.js';
import type { ConstellationSources } from './resolve.js';

/** Characters of a name, without a number behind it: names have at most 64. */
const MAX_PLAIN_NAME = 54;

/**
 * The satellites of some groups. Time 0 is `epochUnixUs`, or where that is not given the latest epoch of all elements. Greenwich is
 * on the x axis at time 0, so that shells and real satellites stand in one frame.
 */
export function sourcesOf(
  groups: readonly (readonly MeanElements[])[],
  epochUnixUs: number | undefined,
): ConstellationSources {
  const all = groups.flat();
  const epoch = epochUnixUs ?? (all.length === 0 ? undefined : latestEpochUnixUs(all));
  const nameOf = namesOf(all);
  const satellites = groups.map((group) =>
    group.map((elements) => ({
      name: nameOf(elements),
      ephemeris: new Sgp4Orbit(elements, epoch ?? elements.epochUnixUs, 'greenwich'),
    })),
  );
  return { satellites, epochUnixUs: epoch, earth: GREENWICH_AT_X };
}

/**
 * Names as plans take them, each once: what cannot stand in one is an underscore, and pieces of one satellite, which share its name,
 * have their numbers behind it.
 */
function namesOf(all: readonly MeanElements[]): (elements: MeanElements) => string {
  const plain = ({ name }: MeanElements) => name.replace(/[\s"'#,;[\]{}]+/g, '_').slice(0, MAX_PLAIN_NAME);
  const counts = new Map<string, number>();
  for (const elements of all) counts.set(plain(elements), (counts.get(plain(elements)) ?? 0) + 1);
  return (elements) => {
    const name = plain(elements);
    if (name === '') return `satellite-${elements.catalogueNumber}`;
    return counts.get(name) === 1 ? name : `${name}-${elements.catalogueNumber}`;
  };
}
