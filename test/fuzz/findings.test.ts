/** What fuzzing and reviews found once stays mended: each input goes through every target. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { faultOf } from '../../fuzz/campaign.js';
import { Tally } from '../../fuzz/target.js';
import { TARGETS } from '../../fuzz/targets.js';
import { fromHex } from '../../src/base/bytes.js';

interface Case {
  readonly id: string;
  readonly target: string;
  readonly hex: string;
}

const { cases } = JSON.parse(readFileSync(new URL('../vectors/fuzz-findings.json', import.meta.url), 'utf8')) as {
  cases: readonly Case[];
};

describe.each(cases)('$id', ({ target: name, hex }) => {
  it('is of a target that there is', () => {
    expect(TARGETS.map(({ target }) => target.name)).toContain(name);
  });

  it.each(TARGETS.map(({ target }) => [target.name, target] as const))('breaks no promise of %s', (_, target) => {
    expect(faultOf(target, fromHex(hex), new Tally())).toBeUndefined();
  });
});
