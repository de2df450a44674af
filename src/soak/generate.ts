/** The generator of cases: a seed and a profile give one case, always the same one. */
import { Random } from '../base/random.js';
import { drawHardships, drawOddNodes, type Hardships } from './faults.js';
import { drawLoad, drawReports, type SoakLoad } from './load.js';
import { drawNetwork } from './network.js';
import type { SoakProfile } from './profiles.js';
import type { SoakCase } from './soak-case.js';

/** Virtual seconds that a run goes on after the last contact. */
const END_MARGIN_SECONDS = 10;

/** Bundles that a small store takes beyond half of all. */
const SMALL_STORE_MARGIN = 8;

/**
 * The case of a seed. What can go wrong ends at its time of healing; from then on contacts come as planned and lose nothing, long
 * enough that every job is done, and every bundle in custody delivered but those whose short lifetime ended.
 */
export function generateCase(seed: number, profile: SoakProfile): SoakCase {
  // Each part draws from a generator of its own, so that a draw more in one leaves the others as they were.
  const random = new Random(seed, `soak/${profile.name}`);
  const network = drawNetwork(random.fork('network'), profile);
  const { traffic, jobs, texts } = drawLoad(random.fork('load'), network);
  const { healSeconds, endSeconds } = network;
  const drawn = drawHardships(random.fork('hardships'), profile, network);
  const hardships = traffic.some(({ lifetimeSeconds = 0 }) => lifetimeSeconds < endSeconds)
    ? withoutReplays(drawn)
    : drawn;
  const reports = drawReports(random.fork('reports'), profile, traffic);
  return {
    seed,
    form: {
      name: `soak-${profile.name}-${seed}`,
      description: `Case ${seed} of the ${profile.name} soak: things go wrong until ${healSeconds} s, then all must complete.`,
      seed,
      ...hardships,
      nodes: { ...drawOddNodes(random.fork('nodes'), profile, network), ...reports.nodes },
      store: { ...hardships.store, ...smallStore(random.fork('store'), profile, traffic, jobs.length) },
      traffic: reports.traffic,
      jobs,
      expect: { jobs: 'done', released: true },
      endSeconds: endSeconds + END_MARGIN_SECONDS,
    },
    contacts: network.contacts,
    texts,
  };
}

/**
 * A bundle that goes by its age has no date, so that one that is sent again when its lifetime is long over, and nobody remembers it,
 * is a new one to everybody. Against that help signatures alone.
 */
function withoutReplays(hardships: Hardships): Hardships {
  const { faults = [] } = hardships;
  return { ...hardships, faults: faults.filter((fault) => fault.kind !== 'forge' || fault.what !== 'replay') };
}

/**
 * Stores so small that bundles are refused. Two of them together hold more than half of all bundles, so that no two full ones can wait for
 * each other for ever, which nobody could resolve; how much a job makes is not known beforehand.
 */
function smallStore(
  random: Random,
  profile: SoakProfile,
  traffic: SoakLoad['traffic'],
  jobs: number,
): { readonly bundles?: number } {
  if (jobs > 0 || !random.chance(profile.smallStoreChance)) return {};
  const bundles = traffic.reduce((sum, { count = 1 }) => sum + count, 0);
  return { bundles: Math.floor(bundles / 2) + SMALL_STORE_MARGIN };
}
