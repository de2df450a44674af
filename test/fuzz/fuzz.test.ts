/** The fuzzer finds what is planted, repeats itself, and finds nothing in the project within a few thousand inputs. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type CampaignResult, runCampaign } from '../../fuzz/campaign.js';
import { vectorCorpus } from '../../fuzz/corpus.js';
import { plantedFault, plantedLeak } from '../../fuzz/planted.js';
import { superviseTarget } from '../../fuzz/supervisor.js';
import { TARGETS } from '../../fuzz/targets.js';
import { fromHex } from '../../src/base/bytes.js';
import { type Bundle, decodeBundle } from '../../src/bpv7/index.js';

const CASES = 3_000;
const payloadLength = (blocks: Bundle['blocks']) => blocks[blocks.length - 1].data.length;
const corpus = vectorCorpus();

describe.each(TARGETS.map(({ target, cost }) => [target.name, target, cost] as const))(
  'target %s',
  (_, target, cost) => {
    const cases = Math.ceil(CASES / cost);
    let result: CampaignResult;
    beforeAll(() => {
      result = runCampaign({ target, seed: 7, cases, corpus });
    });

    it('keeps its promises', () => {
      expect(result.findings).toEqual([]);
      expect(result.cases).toBe(cases);
    });

    it('does the same again from the same seed', () => {
      expect(runCampaign({ target, seed: 7, cases, corpus })).toEqual(result);
    });

    it('does something else from another seed', () => {
      expect(runCampaign({ target, seed: 8, cases, corpus }).counts).not.toEqual(result.counts);
    });
  },
);

describe('what is planted', () => {
  it('is found, and the input is made short', () => {
    const { findings } = runCampaign({ target: plantedFault, seed: 1, cases: CASES, corpus });
    expect(findings.map(({ message }) => message)).toEqual(['BrokenPromise: a planted fault']);
    // A hop count block that is encrypted needs the block that says so; nothing else may be left beside it.
    const { blocks } = decodeBundle(fromHex(findings[0].hex));
    expect(blocks.filter(({ type }) => type !== 12).map(({ type }) => type)).toEqual([10, 1]);
    expect(payloadLength(blocks)).toBeLessThanOrEqual(1);
  });

  it('is found where it hangs, with the input', async () => {
    const { findings } = await superviseTarget(
      { targetName: 'planted-hang', seed: 1, cases: CASES, milliseconds: 60_000 },
      1_000,
    );
    expect(findings[0].message).toMatch(/^hang/);
    expect(decodeBundle(fromHex(findings[0].hex)).blocks.map(({ type }) => type)).toContain(10);
  });

  it('is found where it takes memory beyond a multiple of the input', () => {
    const { findings } = runCampaign({ target: plantedLeak, seed: 1, cases: CASES, corpus });
    expect(findings.map(({ message }) => message)).toEqual([expect.stringMatching(/memory/)]);
  });
});
