import { describe, expect, it } from 'vitest';
import type { BundleRecord } from '../../src/agent/index.js';
import type { BundleIdentity } from '../../src/base/trace.js';
import { ContactChecker, DeliveredBundles } from '../../src/simulator/checkers.js';
import { CustodyChecker } from '../../src/simulator/custody-checker.js';
import { DeliveryChecker } from '../../src/simulator/delivery-checker.js';

const identity = (sequence: number, sourceNode = 1): BundleIdentity => ({
  sourceNode,
  sourceService: 1,
  creationTimeMs: 1000,
  sequence,
  destinationNode: 9,
  destinationService: 1,
});

/** As much of a record as the custody checker looks at. */
const held = (sequence: number, isLocal = true, inCustody = true) =>
  ({
    ...identity(sequence),
    inCustody,
    isLocal,
    receivedUs: 0,
    primary: { lifetimeMs: 60_000 },
  }) as unknown as BundleRecord;

describe('the custody checker', () => {
  function custody() {
    const delivered = new DeliveredBundles();
    return { delivered, checker: new CustodyChecker(delivered, { nowUs: Number.POSITIVE_INFINITY }) };
  }

  it('is content while somebody holds a bundle until it is delivered', () => {
    const { delivered, checker } = custody();
    checker.stored(held(1));
    checker.stored(held(1, false));
    checker.removed(1, held(1), 'custody-released');
    delivered.add(identity(1));
    checker.removed(2, held(1, false), 'custody-released');
    expect(checker.report()).toMatchObject({
      ok: true,
      detail: '1 bundles in custody, all delivered, held or expired',
    });
  });

  it.each(['custody-released', 'sent', 'deleted'] as const)('reports the last holder that lets go: %s', (reason) => {
    const { checker } = custody();
    checker.stored(held(1));
    checker.stored(held(1, false));
    checker.removed(1, held(1), 'custody-released');
    expect(checker.report().ok).toBe(true);
    checker.removed(2, held(1, false), reason);
    const { ok, detail } = checker.report();
    expect(ok).toBe(false);
    expect(detail).toBe(`node 2 let go of 1.1-1000-1 (${reason}) and nobody else holds it`);
  });

  it('does not take the delivery of another bundle for that of the one let go', () => {
    const { delivered, checker } = custody();
    delivered.add(identity(2));
    delivered.add(identity(1, 2));
    checker.stored(held(1));
    checker.removed(1, held(1), 'custody-released');
    expect(checker.report().ok).toBe(false);
  });

  it('lets lifetimes end, and leaves bundles without custody alone', () => {
    const { checker } = custody();
    checker.stored(held(1));
    checker.removed(1, held(1), 'expired');
    checker.stored(held(2, true, false));
    checker.removed(1, held(2, true, false), 'sent');
    expect(checker.report().ok).toBe(true);
  });

  it('tells five violations and counts the others', () => {
    const { checker } = custody();
    for (let sequence = 0; sequence < 8; sequence++) {
      checker.stored(held(sequence));
      checker.removed(1, held(sequence), 'deleted');
    }
    expect(checker.report().detail).toMatch(/1000-4 \(deleted\) and nobody else holds it \(and 3 more\)$/);
  });
});

describe('the delivery checker', () => {
  const newChecker = () => new DeliveryChecker(new DeliveredBundles());

  it('counts what comes once, in any order', () => {
    const checker = newChecker();
    for (const sequence of [5, 3, 4, 0, 1]) checker.delivered(identity(sequence));
    checker.delivered(identity(3, 2));
    for (const key of ['1/3', '1/1', '2/1', '1/2']) checker.roleInput('1-1', 'reducer', 1, key);
    for (const key of ['1/1', '1/2']) checker.roleInput('1-1', 'mapper', 1, key);
    checker.roleInput('1-1', 'mapper', 2, '1/1');
    checker.roleInput('1-2', 'reducer', 1, '1/1');
    expect(checker.report()).toMatchObject({ ok: true, detail: '6 bundles and 8 role inputs, each once' });
  });

  it('reports a bundle that is delivered twice', () => {
    const checker = newChecker();
    for (const sequence of [1, 2, 3, 2]) checker.delivered(identity(sequence));
    expect(checker.report()).toMatchObject({ ok: false, detail: 'bundle 1.1-1000-2 was delivered twice at node 9' });
  });

  it('reports an input that a role takes twice', () => {
    const checker = newChecker();
    for (const key of ['3/1', '3/2', '4/2', '3/2']) checker.roleInput('1-1', 'reducer', 1, key);
    expect(checker.report()).toMatchObject({ ok: false, detail: '1-1/reducer 1 input 3/2 was taken twice' });
  });

  it.each(['', '7', '1/x'])('reports an input whose key it cannot read: "%s"', (key) => {
    const checker = newChecker();
    checker.roleInput('1-1', 'reducer', 1, key);
    expect(checker.report().ok).toBe(false);
  });

  it('shares what was delivered with the custody checker', () => {
    const delivered = new DeliveredBundles();
    const delivery = new DeliveryChecker(delivered);
    const custody = new CustodyChecker(delivered, { nowUs: Number.POSITIVE_INFINITY });
    custody.stored(held(1));
    delivery.delivered(identity(1));
    custody.removed(1, held(1), 'custody-released');
    expect(custody.report().ok).toBe(true);
  });
});

describe('the contact checker', () => {
  const contact = (endUs: number, busyUntilUs = 0) => ({ endUs, busyUntilUs });

  it('is content with what fits, to the last microsecond', () => {
    const checker = new ContactChecker(0);
    checker.transmitted(1, 2, 0, 100, contact(100));
    checker.transmitted(1, 2, 100, 0, contact(100, 100));
    expect(checker.report()).toMatchObject({ ok: true, detail: '2 transmissions within their contacts' });
  });

  it.each([
    ['no contact', 5, undefined, 'where no contact was open'],
    ['a link that is still busy', 5, contact(1000, 6), "faster than the contact's rate"],
    ['more than the rest of a contact holds', 5, contact(104), "beyond the contact's end at 104 us"],
  ])('reports a transmission over %s', (_, nowUs, open, words) => {
    const checker = new ContactChecker(0);
    checker.transmitted(1, 2, nowUs, 100, open);
    const { ok, detail } = checker.report();
    expect(ok).toBe(false);
    expect(detail).toContain(words);
  });

  it('allows the slack that it is given and no more', () => {
    const late = new ContactChecker(10);
    late.transmitted(1, 2, 5, 100, contact(95));
    late.transmitted(1, 2, 5, 1, contact(1000, 15));
    expect(late.report().ok).toBe(true);
    late.transmitted(1, 2, 5, 100, contact(94));
    late.transmitted(1, 2, 5, 1, contact(1000, 16));
    expect(late.report().detail.split(';')).toHaveLength(2);
  });
});
