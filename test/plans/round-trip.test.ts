/** Writing and reading: equal where nothing is lost, and never more than the plan where something is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PLAN_FORMATS, planLosses, readPlan, recognisePlan, writePlan } from '../../src/plans/index.js';
import { ContactPlan, type PlanContact, type PlanDocument } from '../../src/routing/index.js';
import { anyDocument, contents } from './documents.js';

const FORMATS = PLAN_FORMATS.map(({ format }) => format);

/** A document whose node labels survive in every format: named by letters, numbered in their order from 1. */
const named = anyDocument.map(({ contacts, nodes, epochUnixUs }): PlanDocument => {
  const places = new Map(nodes.map(({ number }, i) => [number, i + 1]));
  const placed = contacts.map((c) => ({ ...c, from: places.get(c.from) as number, to: places.get(c.to) as number }));
  return {
    nodes: nodes.map((_, i) => ({ number: i + 1, name: String.fromCharCode(97 + i) })),
    contacts: placed,
    epochUnixUs,
  };
});

describe.each(FORMATS)('%s', (format) => {
  it('reads back equal exactly where no loss is told', () => {
    fc.assert(
      fc.property(fc.oneof(anyDocument, named), (document) => {
        const { text, losses } = writePlan(document, format, { allowLoss: true });
        expect(losses).toEqual(planLosses(document, format));
        const read = readPlan(text, 'written', { format });
        expect(read.notes.filter(({ kind }) => kind !== 'assumed')).toEqual([]);
        const isOrdered = format !== 'tvg';
        const told = losses.filter(({ kind }) => kind !== 'dialect');
        if (told.length === 0) expect(contents(read.document, isOrdered)).toEqual(contents(document, isOrdered));
        else expect(contents(read.document, isOrdered)).not.toEqual(contents(document, isOrdered));
      }),
      { numRuns: 400 },
    );
  });

  it('is recognised by its content', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        if (format === 'ion' && document.contacts.length === 0) return;
        const { text, losses } = writePlan(document, format, { allowLoss: true });
        if (losses.some(({ severity }) => severity === 'refused')) return;
        expect(recognisePlan(text)).toBe(format);
      }),
      { numRuns: 200 },
    );
  });

  it('promises no more than the plan where loss is allowed', () => {
    fc.assert(
      fc.property(named, (document) => {
        const back = readPlan(writePlan(document, format, { allowLoss: true }).text, 'written', { format }).document;
        for (const contact of back.contacts) expect(document.contacts.some((c) => covers(c, contact, back))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses exactly what changes when or how much can be sent', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        const isRefused = planLosses(document, format).some(({ severity }) => severity === 'refused');
        if (isRefused) {
          expect(() => writePlan(document, format)).toThrow(expect.objectContaining({ code: 'plan-loss' }));
          return;
        }
        const back = readPlan(writePlan(document, format).text, 'written', { format }).document;
        expect(windows(back)).toEqual(windows(document));
      }),
      { numRuns: 300 },
    );
  });
});

/** Whether a contact of the plan allows all that one of a plan written with loss does; letters or numbers tell who is who. */
function covers(contact: PlanContact, less: PlanContact, back: PlanDocument): boolean {
  const numberOf = (number: number) => {
    const found = back.nodes.find((node) => node.number === number)?.name;
    return found === undefined ? number : found.charCodeAt(0) - 96;
  };
  return (
    contact.from === numberOf(less.from) &&
    contact.to === numberOf(less.to) &&
    less.startUs >= contact.startUs &&
    less.endUs <= contact.endUs &&
    less.rateBytesPerSecond <= contact.rateBytesPerSecond &&
    less.owltUs >= contact.owltUs
  );
}

/** When and how much can be sent, whoever sends it. */
function windows({ contacts }: PlanDocument): string[] {
  return new ContactPlan(contacts).contacts
    .map((c) => [c.startUs, c.endUs, c.rateBytesPerSecond, c.owltUs].join(' '))
    .sort();
}

describe('dates', () => {
  it('stay in ION text and in our own form, to the microsecond', () => {
    const contact = { from: 1, to: 2, startUs: 5, endUs: 10, rateBytesPerSecond: 1, owltUs: 0 };
    const nodes = [1, 2].map((number) => ({ number, name: undefined }));
    for (const epochUnixUs of [0, -1, 1_781_481_600_000_000, 1_781_481_600_123_456, 2 ** 53 - 1, 1 - 2 ** 53]) {
      const document = { nodes, contacts: [contact], epochUnixUs };
      for (const format of ['ion', 'leodtn'] as const) {
        expect(readPlan(writePlan(document, format).text, 'plan').document.epochUnixUs).toBe(epochUnixUs);
      }
    }
  });
});
