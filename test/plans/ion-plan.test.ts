import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputFileError } from '../../src/base/errors.js';
import { formatIonPlan, parseIonPlan, writePlan } from '../../src/plans/index.js';
import { ContactPlan } from '../../src/routing/index.js';
import { anyPlan, planText } from '../routing/plans.js';

const RANGE = 'a range +0 +1000 1 2 0.5\n';

/** Contacts as [start s, end s, from, to, rate, light s]. */
function contactsOf(text: string): number[][] {
  return parseIonPlan(text, 'plan').plan.contacts.map((c) => [
    c.startUs / 1e6,
    c.endUs / 1e6,
    c.from,
    c.to,
    c.rateBytesPerSecond,
    c.owltUs / 1e6,
  ]);
}

describe('parseIonPlan', () => {
  it('joins contacts with the range of their pair, which covers both directions', () => {
    const text = `# a comment\n\nm horizon +0\r\n${RANGE}a contact +0 +60 1 2 125000\n  a contact  +1.5 +60.000001 2 1 250 0.9\n`;
    expect(contactsOf(text)).toEqual([
      [0, 60, 1, 2, 125000, 0.5],
      [1.5, 60.000001, 2, 1, 250, 0.5],
    ]);
  });

  it('takes the range of the reverse direction where it is given', () => {
    const text = `${RANGE}a range +10 +20 2 1 3\na contact +0 +30 1 2 9\na contact +0 +30 2 1 9\n`;
    expect(contactsOf(text)).toEqual([
      [0, 30, 1, 2, 9, 0.5],
      [0, 10, 2, 1, 9, 0.5],
      [10, 20, 2, 1, 9, 3],
      [20, 30, 2, 1, 9, 0.5],
    ]);
    expect(contactsOf('a range +0 +9 2 1 3\na contact +0 +9 1 2 9\na contact +0 +9 2 1 9')).toEqual([
      [0, 9, 2, 1, 9, 3],
    ]);
  });

  it('cuts a contact where its light time changes and keeps it whole where it does not', () => {
    const text = 'a range +0 +10 1 2 1\na range +10 +20 1 2 1\na range +20 +40 1 2 2\na contact +5 +30 1 2 9\n';
    expect(contactsOf(text)).toEqual([
      [5, 20, 1, 2, 9, 1],
      [20, 30, 1, 2, 9, 2],
    ]);
  });

  it('warns of what no range covers, and of loopbacks', () => {
    const { plan, warnings } = parseIonPlan(
      `${RANGE}a contact +990 +1010.5 1 2 9\na contact +0 +9 1 3 9\na contact +0 +9 4 4 9\n`,
      'plan',
    );
    expect(plan.contacts).toHaveLength(1);
    expect(plan.contacts[0]).toMatchObject({ startUs: 990e6, endUs: 1000e6 });
    expect(warnings).toEqual([
      { line: 2, message: 'no range covers 10.5 s of the contact from 1 to 2: not usable' },
      { line: 3, message: 'no range covers the contact from 1 to 3: not usable' },
      { line: 4, message: 'node 4 to itself: ignored' },
    ]);
  });

  it('adds up relative reference times', () => {
    const text = `${RANGE}@ +100\na contact +0 +5 1 2 9\n@ +50.5\na contact +0 +5 1 2 9\n`;
    expect(contactsOf(text).map(([start]) => start)).toEqual([100, 150.5]);
  });

  it('begins the axis at the first absolute reference, else at the earliest absolute time', () => {
    const reference =
      '@ 2028/02/28-23:59:50\na range +0 +900 1 2 1\na contact 2028/02/29-00:00:00 +20 1 2 9\n@ 2028/02/29-00:01:00.5\na contact +0 +1 1 2 9\n';
    expect(contactsOf(reference).map(([start, end]) => [start, end])).toEqual([
      [10, 20],
      [70.5, 71.5],
    ]);
    const earliest =
      'a contact 2026/06/15-00:00:10 2026/06/15-00:00:20 1 2 9\na range 2026/06/15-00:00:00 2026/06/16-00:00:00 1 2 1\n';
    expect(contactsOf(earliest).map(([start, end]) => [start, end])).toEqual([[10, 20]]);
  });

  it.each<[line: number, column: number, field: string, problem: RegExp, text: string]>([
    [1, 11, 'start', /found "x"/, 'a contact x +1 1 2 9\na contact y +1 1 2 9'],
    [2, 1, 'command', /found "a node 1", expected a contact, a range/, `${RANGE}a node 1`],
    [1, 1, 'command', /found "d contact \+0 1 2"/, 'd contact +0 1 2'],
    [1, 12, 'line', /found 3 words, expected a contact START END/, 'a contact  +0'],
    [1, 23, 'line', /found 9 words/, 'a contact +0 +1 1 2 3 0.5 6'],
    [1, 20, 'line', /found 6 words, expected a range START END FROM TO OWLT/, 'a range  +0   +1 1 2'],
    [1, 1, 'line', /found 1 words, expected @ TIME/, '@'],
    [2, 11, 'start', /found "5", expected a time such as/, `${RANGE}a contact 5 +6 1 2 9`],
    [1, 14, 'end', /found "\+x", expected a time/, 'a contact +0 +x 1 2 9'],
    [1, 14, 'end', /found "\+5", expected an end later than the start/, 'a contact +5 +5 1 2 9'],
    [1, 12, 'end', /found "\+4", expected an end later than the start/, 'a range +5 +4 1 2 9'],
    [1, 11, 'start', /found "-5", expected a time/, 'a contact -5 +4 1 2 9'],
    [
      2,
      11,
      'start',
      /expected a time not before the plan's beginning/,
      '@ 2026/01/02-00:00:00\na contact 2026/01/01-00:00:00 +4 1 2 9',
    ],
    [1, 3, 'time', /expected a date and time that exist/, '@ 2026/02/29-00:00:00'],
    [1, 3, 'time', /expected a date and time that exist/, '@ 2026/12/01-24:00:00'],
    [1, 3, 'time', /expected a time such as/, '@ 2026/1/01-00:00:00'],
    [1, 11, 'start', /expected a time within the reach/, 'a contact +99999999999 +4 1 2 9'],
    [1, 17, 'from', /found "x", expected a node number/, 'a contact +0 +1 x 2 9'],
    [1, 19, 'to', /found "2.5", expected a node number/, 'a contact +0 +1 1 2.5 9'],
    [1, 17, 'from', /found "0", expected a node number from 1 to 4294967294/, 'a contact +0 +1 0 2 9'],
    [1, 19, 'to', /found "4294967295", expected a node number from 1/, 'a contact +0 +1 1 4294967295 9'],
    [2, 15, 'from', /found "0", expected a node number from 1/, 'a range +0 +1 1 2 1\na range +0 +1 0 2 1'],
    [1, 21, 'rate', /found "0", expected a rate in bytes per second above 0/, 'a contact +0 +1 1 2 0'],
    [1, 21, 'rate', /found "-9", expected a rate/, 'a contact +0 +1 1 2 -9'],
    [1, 23, 'confidence', /found "1.5", expected a confidence from 0 to 1/, 'a contact +0 +1 1 2 9 1.5'],
    [1, 19, 'owlt', /found "far", expected a one-way light time/, 'a range +0 +1 1 2 far'],
  ])('points at line %i, column %i, %s', (line, column, field, problem, text) => {
    try {
      parseIonPlan(text, 'some.ionrc');
    } catch (error) {
      expect(error).toBeInstanceOf(InputFileError);
      const { position, problem: found } = error as InputFileError;
      expect(found).toMatch(problem);
      expect(position).toEqual({ file: 'some.ionrc', line, column, field });
      return;
    }
    expect.fail('was read without an error');
  });

  it('refuses overlapping contacts and ranges of one direction, at the later line', () => {
    const overlap = (text: string) => () => parseIonPlan(text, 'plan');
    expect(overlap(`${RANGE}a contact +5 +10 1 2 9\na contact +0 +6 1 2 9\n`)).toThrow(
      /^plan:3: start: overlaps the contact from 1 to 2 of line 2/,
    );
    expect(overlap(`${RANGE}a range +999 +1001 1 2 1\n`)).toThrow(
      /^plan:2: start: overlaps the range from 1 to 2 of line 1/,
    );
    expect(contactsOf(`${RANGE}a contact +5 +10 1 2 9\na contact +0 +5 1 2 9\na contact +0 +9 2 1 9\n`)).toHaveLength(
      3,
    );
  });

  it('reads a published Mars plan like the contacts that were taken from it', () => {
    const folder = new URL('../vectors/cgr/', import.meta.url);
    const text = gunzipSync(readFileSync(new URL('ion-cgr-test.ionrc.gz', folder))).toString();
    const vector = JSON.parse(readFileSync(new URL('ion-mars-cgr-test.json', folder), 'utf8')) as {
      plan: { contacts: { from: number; to: number; start: number; end: number; rate: number; owlt: number }[] };
    };
    const { plan, warnings } = parseIonPlan(text, 'ion-cgr-test.ionrc');
    const within = vector.plan.contacts
      .filter((c) => c.start < 36_000)
      .map((c) => ({
        from: c.from,
        to: c.to,
        startUs: c.start * 1e6,
        endUs: Math.min(c.end, 36_000) * 1e6,
        rateBytesPerSecond: c.rate,
        owltUs: c.owlt * 1e6,
      }));
    expect(plan.contacts).toEqual(new ContactPlan(within).contacts);
    const beyond = vector.plan.contacts.filter((c) => c.end > 36_000);
    expect(warnings).toHaveLength(beyond.length);
  });
});

describe('formatIonPlan', () => {
  it('writes what reads back as the same plan', () => {
    const apart = anyPlan(5, 20, 3_000_000).map((plan) => {
      const kept = plan.contacts.filter((c, i) => {
        const before = plan.contacts.slice(0, i);
        return !before.some((other) => other.from === c.from && other.to === c.to && other.endUs > c.startUs);
      });
      const odd = kept.map((c, i) => ({
        ...c,
        rateBytesPerSecond: c.rateBytesPerSecond / (i + 1),
        owltUs: c.owltUs * 999_999,
      }));
      const result = new ContactPlan(odd);
      return Object.assign(result, { [fc.toStringMethod]: () => planText(result) });
    });
    fc.assert(
      fc.property(apart, (plan) => {
        const read = parseIonPlan(formatIonPlan(plan), 'written');
        expect(read.warnings).toEqual([]);
        expect(read.plan.contacts).toEqual(plan.contacts);
      }),
      { numRuns: 500 },
    );
  });

  it('writes microseconds and very small rates in full', () => {
    const plan = new ContactPlan([
      { from: 3, to: 1, startUs: 1, endUs: 10_000_000, rateBytesPerSecond: 1e-7, owltUs: 1_500_000 },
    ]);
    expect(formatIonPlan(plan)).toBe('a range +0.000001 +10 3 1 1.5\na contact +0.000001 +10 3 1 1e-7\n');
    expect(parseIonPlan(formatIonPlan(plan), 'written').plan).toEqual(plan);
  });

  it('leaves out a contact without a light time to which the range of the other direction would give one', () => {
    const there = { from: 1, to: 2, startUs: 0, endUs: 10e6, rateBytesPerSecond: 1, owltUs: 0 };
    const back = { from: 2, to: 1, startUs: 5e6, endUs: 20e6, rateBytesPerSecond: 1 };
    const later = { from: 2, to: 1, startUs: 30e6, endUs: 40e6, rateBytesPerSecond: 2 };
    const document = { nodes: [], contacts: [there], rangeless: [back, later], epochUnixUs: undefined };
    const { text, losses } = writePlan(document, 'ion');
    expect(text).toBe('a range +0 +10 1 2 0\na contact +0 +10 1 2 1\na contact +30 +40 2 1 2\n');
    expect(losses).toEqual([expect.objectContaining({ kind: 'rangeless', count: 1 })]);
  });

  it('refuses overlapping contacts of one direction', () => {
    const contact = { from: 1, to: 2, startUs: 0, endUs: 10, rateBytesPerSecond: 1, owltUs: 0 };
    const plan = new ContactPlan([contact, { ...contact, startUs: 9, endUs: 20 }]);
    expect(() => formatIonPlan(plan)).toThrow(expect.objectContaining({ code: 'plan-loss' }));
  });
});
