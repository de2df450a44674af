import { describe, expect, it } from 'vitest';
import { generateCase } from '../../src/soak/generate.js';
import { soakProfile } from '../../src/soak/profiles.js';
import { MAX_SHRINK_RUNS, shrinkCase, sizeOf } from '../../src/soak/shrink.js';
import { canComplete, sublists } from '../../src/soak/simpler.js';
import type { SoakCase } from '../../src/soak/soak-case.js';

const crashesIn = ({ form }: SoakCase) => (form.faults ?? []).filter(({ kind }) => kind === 'node-crash').length;

/** A harsh case with crashes, flows and jobs. */
const rich = Array.from({ length: 200 }, (_, at) => generateCase(at + 1, soakProfile('harsh'))).find(
  (each) => crashesIn(each) >= 4 && sizeOf(each).flows >= 2 && sizeOf(each).jobs >= 1 && sizeOf(each).nodes >= 7,
) as SoakCase;

const never = { isOver: () => false };

describe('shrinking', () => {
  it('keeps what the failure needs and drops the rest', async () => {
    const { soakCase } = await shrinkCase(rich, 'custody', {
      ...never,
      fails: async (each) =>
        crashesIn(each) >= 1 && sizeOf(each).flows >= 1 && (each.form.traffic?.[0]?.count ?? 1) > 2,
    });
    // The healing stays beside the crash.
    expect(sizeOf(soakCase)).toMatchObject({ contacts: 1, faults: 2, flows: 1, jobs: 0 });
    expect(soakCase.form.links).toEqual({});
    expect(soakCase.form.traffic?.[0]?.count).toBe(3);
    expect(soakCase.texts).toEqual({});
    expect(soakCase.form.endSeconds).toBeLessThan(rich.form.endSeconds as number);
  });

  it('leaves a case able to complete where the checker says that something did not', async () => {
    const { soakCase } = await shrinkCase(rich, 'traffic', { ...never, fails: async () => true });
    expect(canComplete(soakCase)).toBe(true);
    expect(soakCase.form.endSeconds).toBe(rich.form.endSeconds);
    expect(sizeOf(soakCase)).toMatchObject({ faults: 1, flows: 1, jobs: 0 });
  });

  it('names no satellite that it has taken out', async () => {
    const nodes = Array.from({ length: sizeOf(rich).nodes }, (_, at) => at + 1);
    const named: SoakCase = {
      ...rich,
      form: {
        ...rich.form,
        links: { overrides: nodes.slice(1).map((to) => ({ from: nodes[0] as number, to, loss: 0.5 })) },
        processing: { slow: nodes.map((node) => ({ node, factor: 2 })) },
        nodes: { clockless: nodes, withoutCustody: nodes },
      },
    };
    const fails = async ({ form }: SoakCase) =>
      [form.links?.overrides, form.processing?.slow, form.nodes?.clockless, form.nodes?.withoutCustody].every(
        (list = []) => list.length > 0,
      );
    const { soakCase } = await shrinkCase(named, 'custody', { ...never, fails });
    const there = new Set<unknown>((soakCase.contacts ?? []).flatMap(({ from, to }) => [from, to]));
    const { links, processing, nodes: kinds } = soakCase.form;
    const names = [
      ...(links?.overrides ?? []).flatMap(({ from, to }) => [from, to]),
      ...(processing?.slow ?? []).map(({ node }) => node),
      ...(kinds?.clockless ?? []),
      ...(kinds?.withoutCustody ?? []),
    ];
    expect(there.size).toBeLessThan(nodes.length);
    expect(names.filter((name) => !there.has(name))).toEqual([]);
  });

  it('gives the case back where nothing can be left out', async () => {
    expect((await shrinkCase(rich, 'custody', { ...never, fails: async () => false })).soakCase).toEqual(rich);
  });

  it('ends when its runs or its time are over', async () => {
    let turn = 0;
    const { runs } = await shrinkCase(rich, 'custody', { ...never, fails: async () => ++turn % 2 === 0 });
    expect(runs).toBeLessThanOrEqual(MAX_SHRINK_RUNS);
    let left = 3;
    const short = await shrinkCase(rich, 'custody', { fails: async () => false, isOver: () => left-- <= 0 });
    expect(short.runs).toBeLessThanOrEqual(3);
  });

  it('takes the largest parts out first', () => {
    expect(sublists([1, 2, 3, 4]).slice(0, 4)).toEqual([[], [3, 4], [1, 2], [2, 3, 4]]);
    expect(sublists([])).toEqual([]);
  });
});
