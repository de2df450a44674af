/** Plans of scenarios: every format, what a scenario cannot fly, and unlimited rates in flight. */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type PlanFormat, readPlan, writePlan } from '../../src/plans/index.js';
import { ContactPlan, type PlanContact, type PlanDocument } from '../../src/routing/index.js';
import { readScenarioPlan, scenarioPlanText } from '../../src/simulator/plan-file.node.js';
import { flyThis, write } from '../simulation/fly.js';

const words = write('words.txt', 'a b\nc d\n');

const PAIRS = ['1 2', '2 1', '2 3', '3 2', '1 3', '3 1'].map((pair) => pair.split(' ').map(Number) as [number, number]);

function triangle(more: Partial<PlanContact>): PlanDocument {
  const contacts = PAIRS.map(([from, to]) => ({
    from,
    to,
    startUs: 0,
    endUs: 500e6,
    rateBytesPerSecond: 100_000,
    owltUs: 1e6,
    ...more,
  }));
  return { nodes: [], contacts, epochUnixUs: undefined };
}

function scenario(planText: string) {
  const job = { los: 1, collectors: 1, data: { filename: words }, aoi: [2, 3], reducer: 1 };
  return { name: 'planned', plan: write('plan.any', planText), links: {}, jobs: [{ ...job, deadlineSeconds: 60 }] };
}

describe('a scenario', () => {
  it('flies the same on a plan of any format whose nodes are alike', async () => {
    const fly = async (format: PlanFormat) =>
      (await flyThis(scenario(writePlan(triangle({}), format).text))).report.traceHash;
    const hash = await fly('ion');
    expect(hash).not.toBeNull();
    expect(await fly('hdtn')).toBe(hash);
    expect(await fly('leodtn')).toBe(hash);
    expect(await fly('tvg')).toBe(hash);
  });

  it('flies on contacts without a limit, in no time but that of light', async () => {
    const { report, planText, planFormat } = await flyThis(
      scenario(writePlan(triangle({ rateBytesPerSecond: Infinity, owltUs: 0 }), 'leodtn').text),
    );
    expect(report.jobs.map(({ state }) => state)).toEqual(['done']);
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(planFormat).toBe('leodtn');
    expect(readPlan(planText, 'kept').document.contacts[0]?.rateBytesPerSecond).toBe(Infinity);
  });
});

describe('readScenarioPlan', () => {
  it('reads what gzip packed', async () => {
    const text = writePlan(triangle({}), 'hdtn').text;
    const file = write('plan.json.gz', '');
    writeFileSync(file, gzipSync(text));
    expect((await readScenarioPlan(file)).plan).toEqual((await readScenarioPlan(write('plan.json', text))).plan);
    writeFileSync(file, gzipSync(text).subarray(0, 40));
    await expect(readScenarioPlan(file)).rejects.toThrow('begins like a gzip file, but cannot be unpacked');
  });

  it('refuses node 0 with what to do', async () => {
    const file = write('zero.txt', 'node 0 a\nnode 1 b\ncontact 1 0 0 9 8 0\n');
    await expect(readScenarioPlan(file)).rejects.toThrow(
      /zero\.txt:3: to: found node 0, .* expected nodes numbered from 1: leodtn plan convert FILE --to ion --allow-loss/,
    );
  });

  it('leaves out contacts without length, and refuses a plan of such only', async () => {
    const document = triangle({});
    const [first] = document.contacts;
    const instant = { ...(first as PlanContact), endUs: 0 };
    const mixed = write(
      'mixed.json',
      writePlan({ ...document, contacts: [instant, first as PlanContact] }, 'hdtn').text,
    );
    expect(await readScenarioPlan(mixed)).toEqual({
      plan: expect.objectContaining({ contacts: [expect.objectContaining({ endUs: 500e6 })] }),
      notes: [{ kind: 'unusable', message: 'contacts without length are left out: 1' }],
    });
    const nothing = write('nothing.json', writePlan({ ...document, contacts: [instant] }, 'hdtn').text);
    await expect(readScenarioPlan(nothing)).rejects.toThrow(
      /nothing\.json: contacts without length are left out: 1; expected at least one usable contact/,
    );
  });
});

describe('scenarioPlanText', () => {
  it('is ION text where that says all, else JSON of our own', () => {
    const { contacts } = triangle({});
    expect(scenarioPlanText(new ContactPlan(contacts)).format).toBe('ion');
    const overlapping = new ContactPlan([...contacts, ...contacts]);
    const { format, text } = scenarioPlanText(overlapping);
    expect(format).toBe('leodtn');
    expect(new ContactPlan(readPlan(text, 'kept').document.contacts).contacts).toMatchObject(overlapping.contacts);
  });
});
