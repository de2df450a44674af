/** A checker that finds nothing may be blind: each fault put into the code on purpose is found within 200 seeds of the harsh soak. */
import { afterAll, describe, expect, it } from 'vitest';
import { generateCase } from '../../src/soak/generate.js';
import { soakProfile } from '../../src/soak/profiles.js';
import { CaseRunner } from '../../src/soak/run-case.node.js';
import type { Violation } from '../../src/soak/soak-case.js';
import { MUTANTS, type Mutant } from './mutants.js';

const HARSH = soakProfile('harsh');

/** Within so many seeds from 1 on each mutant has to be found. */
const MOST_SEEDS = 200;

const runner = new CaseRunner();
afterAll(() => runner.close());

/** The first seed from 1 on that finds a mutant, with what was violated. */
async function firstFound({ apply }: Mutant): Promise<{ seed: number; violations: readonly Violation[] } | undefined> {
  const undo = apply();
  try {
    for (let seed = 1; seed <= MOST_SEEDS; seed++) {
      const { violations } = await runner.run(generateCase(seed, HARSH));
      if (violations.length > 0) return { seed, violations };
    }
    return undefined;
  } finally {
    undo();
  }
}

describe('the harsh soak finds a node that is made to', () => {
  it.each(MUTANTS)('$name', { timeout: 600_000 }, async (mutant) => {
    const found = await firstFound(mutant);
    console.log(`${mutant.name}: found by seed ${found?.seed}, ${found?.violations.map(({ checker }) => checker)}`);
    expect(found).toBeDefined();
    // The same seed is content with the code as it is, so it is the mutant that was found.
    const { violations } = await runner.run(generateCase(found?.seed ?? 1, HARSH));
    expect(violations).toEqual([]);
  });
});
