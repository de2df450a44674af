/** Random plan documents for properties, and what of two documents must be equal. */
import fc from 'fast-check';
import { writePlan } from '../../src/plans/index.js';
import type { PlanContact, PlanDocument, PlanNode } from '../../src/routing/index.js';

/** What a document says, without lines; contacts sorted where the order of the file is not kept. */
export function contents({ nodes, contacts, rangeless = [], epochUnixUs }: PlanDocument, isOrdered = true): unknown {
  const lines = contacts.map((c) => [c.from, c.to, c.startUs, c.endUs, c.rateBytesPerSecond, c.owltUs, c.confidence]);
  if (!isOrdered) lines.sort((a, b) => (String(a) < String(b) ? -1 : 1));
  const others = rangeless.map((c) => [c.from, c.to, c.startUs, c.endUs, c.rateBytesPerSecond, c.confidence]);
  return { nodes: nodes.map(({ number, name }) => [number, name]), contacts: lines, rangeless: others, epochUnixUs };
}

const SECOND = 1_000_000;

const timeUs = fc.oneof(
  fc.integer({ min: 0, max: 5 }).map((s) => s * SECOND),
  fc.integer({ min: 0, max: 9 * SECOND }),
  fc.integer({ min: 1_500_000_000, max: 1_600_000_000 }).chain((s) => fc.nat(SECOND - 1).map((us) => s * SECOND + us)),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
);

const rate = fc.oneof(
  fc.integer({ min: 1, max: 10_000_000 }),
  fc.double({ min: 1e-9, max: 1e12, noNaN: true }),
  fc.constantFrom(0.125, 1 / 3, 1e-300, 1e21, 1e300, Number.MAX_VALUE, 2 ** 61),
  fc.constant(Infinity),
);

const confidence = fc.oneof(
  fc.constant(undefined),
  fc.constant(1),
  fc.double({ min: Number.MIN_VALUE, max: 1, noNaN: true }),
);

const name = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom('a', 'b', 'FLOCK 1C-4', 'x,y', '[z]', '#1', '', '1', '10', 'node', '\u{1F6F0}', '\ud800'),
  fc.string({ maxLength: 6, unit: 'binary' }),
);

/** Documents of all sorts; they print themselves in our own form when a property fails. */
export const anyDocument: fc.Arbitrary<PlanDocument> = fc
  .uniqueArray(fc.oneof(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 4_294_967_294 })), {
    minLength: 2,
    maxLength: 5,
  })
  .chain((numbers) => {
    const node = fc.nat(numbers.length - 1).map((at) => numbers[at] as number);
    const contact = fc
      .record({ from: node, to: node, one: timeUs, other: timeUs, rate, owltUs: timeUs, confidence })
      .filter(({ from, to }) => from !== to)
      .map(
        ({ from, to, one, other, rate: rateBytesPerSecond, owltUs, confidence: sure }): PlanContact => ({
          from,
          to,
          startUs: Math.min(one, other),
          endUs: Math.max(one, other),
          rateBytesPerSecond,
          owltUs,
          ...(sure === undefined ? {} : { confidence: sure }),
        }),
      );
    return fc.record({
      nodes: fc
        .array(name, { minLength: numbers.length, maxLength: numbers.length })
        .map((names) =>
          numbers.map((number, i): PlanNode => ({ number, name: names[i] })).sort((a, b) => a.number - b.number),
        ),
      contacts: fc.array(contact, { maxLength: 8 }),
      epochUnixUs: fc.option(
        fc.integer({ min: -2_000_000_000, max: 9_000_000_000 }).map((s) => s * SECOND + 5),
        {
          nil: undefined,
        },
      ),
    });
  })
  .map((document) => Object.assign(document, { [fc.toStringMethod]: () => `\n${writePlan(document, 'leodtn').text}` }));
