import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../src/plans/index.js';
import type { PlanContact, PlanDocument } from '../../src/routing/index.js';
import { anyDocument } from './documents.js';

const CONTACT: PlanContact = { from: 1, to: 2, startUs: 0, endUs: 10e6, rateBytesPerSecond: 1000, owltUs: 0 };
const BACK = { from: 2, to: 1 };

function plan(...contacts: Partial<PlanContact>[]): PlanDocument {
  return { nodes: [], contacts: contacts.map((contact) => ({ ...CONTACT, ...contact })), epochUnixUs: undefined };
}

const found = (document: PlanDocument) => checkPlan(document).findings.map(({ kind, count }) => `${kind} ${count}`);

describe('checkPlan', () => {
  it('gives a plan in figures', () => {
    expect(checkPlan(plan({ startUs: 5e6 }, BACK, { startUs: 20e6, endUs: 21e6 }))).toEqual({
      nodes: 2,
      contacts: 3,
      pairs: 2,
      startUs: 0,
      endUs: 21e6,
      findings: [],
    });
    expect(checkPlan(plan())).toEqual({ nodes: 0, contacts: 0, pairs: 0, startUs: 0, endUs: 0, findings: [] });
  });

  it.each<[string[], Partial<PlanContact>[]]>([
    [['duplicate 1'], [{}, {}, BACK]],
    [['overlap 2'], [{}, { startUs: 9e6, endUs: 20e6 }, { startUs: 19e6, endUs: 30e6 }, BACK]],
    [[], [{}, { startUs: 10e6, endUs: 20e6 }, BACK]],
    [
      ['no-length 1', 'short 1'],
      [{ endUs: 0 }, { startUs: 1e6, endUs: 1_999_999 }, BACK],
    ],
    [['no-length 1'], [{}, { endUs: 0 }, BACK]],
    [
      ['overlap 1', 'no-length 1'],
      [{}, { startUs: 1e6, endUs: 1e6 }, BACK],
    ],
    [['long-light-time 2'], [{ owltUs: 30_000e6 }, { ...BACK, owltUs: 30_000e6 }]],
    [['uncountable 2'], [{ rateBytesPerSecond: 1e15 }, { ...BACK, rateBytesPerSecond: 1e15 }]],
    [['unlimited 2'], [{ rateBytesPerSecond: Infinity }, { ...BACK, rateBytesPerSecond: Infinity }]],
    [['one-way 1', 'never-reached 1', 'never-sends 1'], [{}]],
    [['islands 2'], [{}, BACK, { from: 3, to: 4 }, { from: 4, to: 3 }]],
    [['rates-differ 1'], [{}, { ...BACK, rateBytesPerSecond: 2000 }]],
    [['light-times-differ 1'], [{}, { ...BACK, owltUs: 5 }]],
  ])('tells of %j', (kinds, contacts) => {
    expect(found(plan(...contacts))).toEqual(kinds);
  });

  it('says examples with names and lines, and of idle nodes', () => {
    const document = {
      ...plan({ line: 7 }, { line: 8, startUs: 5e6, endUs: 12_500_000 }),
      nodes: [
        { number: 1, name: 'a' },
        { number: 5, name: 'e' },
      ],
    };
    const findings = checkPlan(document).findings.map(({ kind, severity, examples }) => [kind, severity, ...examples]);
    expect(findings).toEqual([
      ['overlap', 'warning', 'a to 2, 5 to 12.5 s (line 8)'],
      ['one-way', 'warning', 'a to 2'],
      ['never-reached', 'warning', 'a'],
      ['never-sends', 'warning', '2'],
      ['idle', 'warning', 'e'],
    ]);
  });

  it('takes limits for what is short and what is far', () => {
    const document = plan({ owltUs: 2e6 }, { ...BACK, owltUs: 2e6 });
    const { findings } = checkPlan(document, { shortUs: 10_000_001, longLightUs: 1e6 });
    expect(findings.map(({ kind, count }) => [kind, count])).toEqual([
      ['short', 2],
      ['long-light-time', 2],
    ]);
  });

  it('finds an overlap or a duplicate exactly where two contacts of one direction share time', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        const { contacts } = document;
        const share = contacts.some((a, i) =>
          contacts.some(
            (b, j) =>
              i < j &&
              a.from === b.from &&
              a.to === b.to &&
              ((a.startUs < b.endUs && b.startUs < a.endUs) ||
                (a.startUs === b.startUs &&
                  a.endUs === b.endUs &&
                  a.rateBytesPerSecond === b.rateBytesPerSecond &&
                  a.owltUs === b.owltUs)),
          ),
        );
        const kinds = checkPlan(document).findings.map(({ kind }) => kind);
        expect(kinds.includes('overlap') || kinds.includes('duplicate')).toBe(share);
      }),
    );
  });
});
