/** Where the cases of a soak come from: the generator, or a scenario of the user's. */
import { generateCase } from './generate.js';
import { DEFAULT_PROFILE, soakProfile } from './profiles.js';
import { ScenarioCases } from './scenario-cases.node.js';
import type { CaseSource, SoakCase } from './soak-case.js';

/** Gives the case of each seed. Throws the errors of a scenario file that cannot be read, and a UsageError for an unknown profile. */
export async function casesOf({ profile: name, scenario }: CaseSource): Promise<(seed: number) => SoakCase> {
  const profile = name === undefined ? undefined : soakProfile(name);
  if (scenario === undefined) return (seed) => generateCase(seed, profile ?? soakProfile(DEFAULT_PROFILE));
  const cases = await ScenarioCases.load(scenario, profile);
  return (seed) => cases.caseOf(seed);
}
