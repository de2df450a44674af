/** How the options of `leodtn soak` are read. */
import { InvalidArgumentError } from 'commander';
import { PROFILE_NAMES, type SoakProfileName } from '../../soak/profiles.js';

/** Seeds from the first to the last, both included. */
export interface SeedRange {
  readonly first: number;
  readonly last: number;
}

/** The most minutes of one soak: four weeks, within what a timer takes. */
const MAX_MINUTES = 40_320;

/** Reads `A..B`. */
export function seedRange(text: string): SeedRange {
  const parts = /^(\d{1,15})\.\.(\d{1,15})$/.exec(text.trim());
  if (parts === null) throw new InvalidArgumentError('Expected A..B, two whole numbers of at least 0, such as 1..200.');
  const [first, last] = [Number(parts[1]), Number(parts[2])];
  if (first <= last) return { first, last };
  throw new InvalidArgumentError(`Expected the smaller seed first: ${last}..${first}.`);
}

/** Reads minutes above 0. */
export function minutes(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= MAX_MINUTES) return value;
  throw new InvalidArgumentError(`Expected a number of minutes above 0, and ${MAX_MINUTES} at the most.`);
}

/** Reads the name of a profile. */
export function profileName(text: string): SoakProfileName {
  const name = PROFILE_NAMES.find((each) => each === text);
  if (name !== undefined) return name;
  throw new InvalidArgumentError(`Expected one of ${PROFILE_NAMES.join(', ')}.`);
}
