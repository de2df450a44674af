/** How hard a soak is on the network: three profiles, each a set of bounds that a case draws from. */
import { UsageError } from '../base/errors.js';

/** The names of the profiles, the kindest first. */
export const PROFILE_NAMES = ['mild', 'harsh', 'hostile'] as const;
/** One of {@link PROFILE_NAMES}. */
export type SoakProfileName = (typeof PROFILE_NAMES)[number];

/** The profile where none is asked for. */
export const DEFAULT_PROFILE: SoakProfileName = 'harsh';

/** Bounds on what goes wrong before the healing. Probabilities of links are per transmission, chances per case. */
export interface SoakProfile {
  readonly name: SoakProfileName;
  /** The latest healing, in seconds. */
  readonly healSecondsUpTo: number;
  readonly lossUpTo: number;
  readonly corruptionUpTo: number;
  readonly duplicationUpTo: number;
  readonly reorderingUpTo: number;
  /** Chance that loss comes in bursts (Gilbert-Elliott) instead of one by one. */
  readonly burstChance: number;
  /** The most crashes in a case. */
  readonly crashesUpTo: number;
  /** The most contacts that never come, come late or are slower. */
  readonly planErrorsUpTo: number;
  /** The most links that are cut, and satellites that go dark, for a while. */
  readonly outagesUpTo: number;
  /** Chance of steps and of drift of a satellite's clock. */
  readonly clockChance: number;
  /** Chance that an outage of a store, a disk that is full for a while, takes place. */
  readonly fullStoreChance: number;
  /** Chance that all stores are small. */
  readonly smallStoreChance: number;
  /** Chance that processors take long. */
  readonly slowProcessorChance: number;
  /** Chance that some satellites take no custody, and that some have no clock that knows the date. */
  readonly oddNodesChance: number;
  /** Chance that nodes report, and that a flow asks for it. */
  readonly reportChance: number;
  /** The most times that a stranger injects signals and damaged bundles. */
  readonly forgeriesUpTo: number;
}

const PROFILES: { readonly [name in SoakProfileName]: SoakProfile } = {
  mild: {
    name: 'mild',
    healSecondsUpTo: 120,
    lossUpTo: 0.1,
    corruptionUpTo: 0.02,
    duplicationUpTo: 0.02,
    reorderingUpTo: 0.05,
    burstChance: 0.1,
    crashesUpTo: 1,
    planErrorsUpTo: 1,
    outagesUpTo: 1,
    clockChance: 0.1,
    fullStoreChance: 0.5,
    smallStoreChance: 0,
    slowProcessorChance: 0.1,
    oddNodesChance: 0.1,
    reportChance: 0.1,
    forgeriesUpTo: 0,
  },
  harsh: {
    name: 'harsh',
    healSecondsUpTo: 240,
    lossUpTo: 0.5,
    corruptionUpTo: 0.1,
    duplicationUpTo: 0.15,
    reorderingUpTo: 0.3,
    burstChance: 0.4,
    crashesUpTo: 8,
    planErrorsUpTo: 5,
    outagesUpTo: 3,
    clockChance: 0.3,
    fullStoreChance: 1,
    smallStoreChance: 0.3,
    slowProcessorChance: 0.3,
    oddNodesChance: 0.3,
    reportChance: 0.3,
    forgeriesUpTo: 2,
  },
  hostile: {
    name: 'hostile',
    healSecondsUpTo: 360,
    lossUpTo: 0.7,
    corruptionUpTo: 0.3,
    duplicationUpTo: 0.4,
    reorderingUpTo: 0.5,
    burstChance: 0.5,
    crashesUpTo: 20,
    planErrorsUpTo: 10,
    outagesUpTo: 6,
    clockChance: 0.6,
    fullStoreChance: 1,
    smallStoreChance: 0.5,
    slowProcessorChance: 0.5,
    oddNodesChance: 0.5,
    reportChance: 0.5,
    forgeriesUpTo: 10,
  },
};

/** The profile of that name. Throws a UsageError `unknown-profile`. */
export function soakProfile(name: string): SoakProfile {
  if ((PROFILE_NAMES as readonly string[]).includes(name)) return PROFILES[name as SoakProfileName];
  throw new UsageError('unknown-profile', `there is no profile ${name}; expected ${PROFILE_NAMES.join(', ')}`);
}
