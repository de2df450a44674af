import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergePlans, shiftPlan } from '../../src/plans/index.js';
import { ContactPlan, type PlanContact, type PlanDocument, PlanNames } from '../../src/routing/index.js';
import { anyDocument, contents } from './documents.js';

const CONTACT: PlanContact = { from: 1, to: 2, startUs: 0, endUs: 10e6, rateBytesPerSecond: 1000, owltUs: 0 };

function plan(
  names: readonly (readonly [number, string?])[],
  contacts: readonly Partial<PlanContact>[],
  epochUnixUs?: number,
) {
  const document: PlanDocument = {
    nodes: names.map(([number, name]) => ({ number, name })),
    contacts: contacts.map((contact) => ({ ...CONTACT, ...contact })),
    epochUnixUs,
  };
  return document;
}

/** Contacts by the labels of their nodes. */
function labelled(document: PlanDocument): string[] {
  const names = new PlanNames(document.nodes);
  return document.contacts.map((c) => `${names.labelOf(c.from)} to ${names.labelOf(c.to)} at ${c.startUs / 1e6}`);
}

describe('mergePlans', () => {
  it('puts contacts together and keeps what is in several plans once', () => {
    const one = plan([[1], [2]], [{ line: 3 }, {}, { to: 3 }]);
    const other = plan([[2], [9]], [{ line: 8 }, { from: 9 }]);
    const merged = mergePlans([one, other]);
    expect(merged.nodes.map(({ number }) => number)).toEqual([1, 2, 3, 9]);
    expect(labelled(merged)).toEqual(['1 to 2 at 0', '1 to 2 at 0', '1 to 3 at 0', '9 to 2 at 0']);
    expect(merged.contacts[0]?.line).toBeUndefined();
  });

  it('knows nodes by their names, and by their numbers where they have none', () => {
    const one = plan(
      [
        [1, 'a'],
        [2, 'b'],
      ],
      [{}],
    );
    const other = plan(
      [
        [1, 'b'],
        [2, 'c'],
        [3, 'a'],
      ],
      [
        { from: 3, to: 1 },
        { from: 2, to: 3, startUs: 5e6 },
      ],
    );
    const bare = plan([[1], [3]], [{ from: 3, to: 1, startUs: 6e6 }]);
    const merged = mergePlans([one, other, bare]);
    expect(merged.nodes).toEqual([
      { number: 1, name: 'a' },
      { number: 2, name: 'b' },
      { number: 3, name: undefined },
      { number: 4, name: 'c' },
    ]);
    expect(labelled(merged)).toEqual(['a to b at 0', 'c to a at 5', '3 to a at 6']);
  });

  it('never makes one node of two of a plan', () => {
    const one = plan([[1, 'a']], []);
    const twins = plan(
      [[5, 'a'], [6, 'a'], [1]],
      [
        { from: 5, to: 6 },
        { from: 1, to: 5 },
      ],
    );
    const merged = mergePlans([one, twins]);
    expect(merged.nodes.map(({ name }) => name).sort()).toEqual(['a', 'a', undefined]);
    expect(new Set(merged.contacts.flatMap(({ from, to }) => [from, to])).size).toBe(3);
    expect(() => new ContactPlan(merged.contacts)).not.toThrow();
  });

  it('begins at the earliest date, and refuses to guess one', () => {
    const late = plan([], [{}], 1_000_000_000);
    const early = plan([], [{ startUs: 1e6 }], 400_000_000);
    const merged = mergePlans([late, early]);
    expect(merged.epochUnixUs).toBe(400_000_000);
    expect(merged.contacts.map(({ startUs }) => startUs)).toEqual([600e6, 1e6]);
    expect(() => mergePlans([late, plan([], [{}])])).toThrow(expect.objectContaining({ code: 'plan-epochs' }));
    expect(mergePlans([late, plan([], [])]).epochUnixUs).toBe(1_000_000_000);
    expect(mergePlans([])).toEqual({ nodes: [], contacts: [], epochUnixUs: undefined });
  });

  it('with itself changes nothing', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        expect(contents(mergePlans([document, document]))).toEqual(contents(document));
      }),
    );
  });

  it('gives a plan that can be, with a node for every label', () => {
    fc.assert(
      fc.property(anyDocument, anyDocument, (one, other) => {
        const documents = [one, other].map((document) => ({ ...document, epochUnixUs: undefined }));
        const merged = mergePlans(documents);
        expect(() => new ContactPlan(merged.contacts)).not.toThrow();
        expect(new Set(merged.nodes.map(({ number }) => number)).size).toBe(merged.nodes.length);
        for (const { contacts } of documents) expect(merged.contacts.length).toBeGreaterThanOrEqual(contacts.length);
        const most = documents.map(({ nodes }) => nodes.length);
        expect(merged.nodes.length).toBeGreaterThanOrEqual(Math.max(...most));
        expect(merged.nodes.length).toBeLessThanOrEqual(most[0] + most[1]);
        const names = new Set(merged.nodes.map(({ name }) => name));
        for (const { nodes } of documents)
          for (const { name } of nodes) if (name !== undefined) expect(names).toContain(name);
      }),
    );
  });
});

describe('shiftPlan', () => {
  it('moves every contact and keeps the date, and moves back', () => {
    const document = plan([[1, 'a']], [{}, { startUs: 5, line: 4 }], 77);
    const moved = shiftPlan(document, 3);
    expect(moved.contacts.map(({ startUs, endUs }) => [startUs, endUs])).toEqual([
      [3, 10e6 + 3],
      [8, 10e6 + 3],
    ]);
    expect(moved).toMatchObject({ nodes: document.nodes, epochUnixUs: 77 });
    expect(shiftPlan(moved, -3)).toEqual(document);
  });

  it.each([0.5, Number.NaN, -1, Number.MAX_SAFE_INTEGER])('refuses to move by %d', (byUs) => {
    expect(() => shiftPlan(plan([], [{}]), byUs)).toThrow(expect.objectContaining({ code: 'bad-shift' }));
  });
});

describe('contacts without a light time', () => {
  const lone = { from: 1, to: 2, startUs: 5, endUs: 9, rateBytesPerSecond: 1 };
  const plan = { nodes: [], contacts: [], rangeless: [lone], epochUnixUs: undefined };

  it('move and merge with the others', () => {
    expect(shiftPlan(plan, 3).rangeless).toEqual([{ ...lone, startUs: 8, endUs: 12 }]);
    expect(mergePlans([plan, shiftPlan(plan, 3)]).rangeless?.map(({ startUs }) => startUs)).toEqual([5, 8]);
  });
});
