/** Small random contact plans for properties, an exhaustive search over them, and checks on routes. */
import fc from 'fast-check';
import { formatIonPlan } from '../../src/plans/index.js';
import { ContactPlan } from '../../src/routing/index.js';

/** The plan as ION text; as a list where ION cannot say it: overlapping contacts, those of one instant, no rate limit, node 0. */
export function planText(plan: ContactPlan): string {
  const isPlain = plan.contacts.every(
    (c) => c.from > 0 && c.to > 0 && c.endUs > c.startUs && c.rateBytesPerSecond < Infinity,
  );
  const last = new Map<string, number>();
  const overlaps = plan.contacts.some((c) => {
    const pair = `${c.from} ${c.to}`;
    const before = last.get(pair) ?? 0;
    last.set(pair, c.endUs);
    return c.startUs < before;
  });
  if (isPlain && !overlaps) return `\n${formatIonPlan(plan)}`;
  const lines = plan.contacts.map(
    (c, i) =>
      `a contact +${c.startUs}us +${c.endUs}us ${c.from} ${c.to} ${c.rateBytesPerSecond}  # ${i}, light ${c.owltUs} us`,
  );
  return `\n${lines.join('\n')}\n`;
}

/** Plans on a scale of microseconds, where a byte takes 1 to 4; they shrink and print themselves when a property fails. */
export function anyPlan(mostNodes: number, mostContacts: number, horizonUs = 60): fc.Arbitrary<ContactPlan> {
  const contact = fc.record({
    from: fc.integer({ min: 1, max: mostNodes }),
    to: fc.integer({ min: 1, max: mostNodes }),
    startUs: fc.integer({ min: 0, max: horizonUs }),
    lengthUs: fc.integer({ min: 1, max: horizonUs }),
    rateBytesPerSecond: fc.constantFrom(1_000_000, 1_000_000, 500_000, 300_000),
    owltUs: fc.integer({ min: 0, max: 8 }),
  });
  return fc.array(contact, { maxLength: mostContacts }).map((list) => {
    const contacts = list
      .filter((c) => c.from !== c.to)
      .map(({ lengthUs, ...c }) => ({ ...c, endUs: c.startUs + lengthUs }));
    const plan = new ContactPlan(contacts);
    return Object.assign(plan, { [fc.toStringMethod]: () => planText(plan) });
  });
}
