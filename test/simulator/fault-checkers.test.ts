/** The checkers of runs with crashes see what is broken, and let pass what is right. */
import { describe, expect, it } from 'vitest';
import type { BundleRecord, Delivery } from '../../src/agent/index.js';
import { defaultAgentConfig, MemoryBundleStore } from '../../src/agent/index.js';
import { newLocalRecord } from '../../src/agent/sourcing.js';
import { Random } from '../../src/base/random.js';
import { CCSDS_TYPES, encodeBundle, encodeCustodySignal } from '../../src/bpv7/index.js';
import { Impairments } from '../../src/convergence/impairments.js';
import { DeliveredBundles } from '../../src/simulator/checkers.js';
import { NodeClocks } from '../../src/simulator/clocks.js';
import { newCounters } from '../../src/simulator/counters.js';
import { CrashableStore } from '../../src/simulator/crashable-store.js';
import { CustodyChecker } from '../../src/simulator/custody-checker.js';
import { DeliveryChecker } from '../../src/simulator/delivery-checker.js';
import { checkReleased } from '../../src/simulator/release-checker.js';
import { SignalChecker } from '../../src/simulator/signal-checker.js';
import { StorageChecker } from '../../src/simulator/storage-checker.js';
import { TraceHash } from '../../src/simulator/trace-hash.js';
import { TraceHub } from '../../src/simulator/trace-hub.js';
import { newRecord } from '../helpers/records.js';

const second = 1_000_000;

/** A record in custody of node 1 under number 7 of counter 2. */
function inCustody(): BundleRecord {
  const record = newRecord();
  record.inCustody = true;
  record.custodySequenceId = 2;
  record.custodySequence = 7;
  return record;
}

/** A signal of node `from` that accepts number 7 of counter 2 of node 1. */
function acceptance(from: number): Uint8Array {
  const payload = encodeCustodySignal([
    { disposition: 'accepted', sequences: [{ sequenceId: 2, first: 7, runs: [1] }] },
  ]);
  const request = { destinationNode: 1, destinationService: 0, sourceService: 0, payload, lifetimeMs: 1000 };
  const whole = { ...request, custody: false, administrative: true };
  return encodeBundle(newLocalRecord(whole, defaultAgentConfig(from), 1, { monotonicUs: 0, dtnTimeMs: 5 }).bundle);
}

describe('the checker of signals', () => {
  function watch() {
    const store = new MemoryBundleStore();
    const record = inCustody();
    store.put(record);
    return { record, checker: new SignalChecker(CCSDS_TYPES, (node) => (node === 1 ? store : undefined)) };
  }

  it('is content with a signal behind the bundle, and with one that is only passed on', () => {
    const { record, checker } = watch();
    checker.sent(3, acceptance(2));
    checker.stored(2, record);
    checker.sent(2, acceptance(2));
    expect(checker.report()).toMatchObject({ ok: true, detail: '1 signals of acceptance, each behind its bundles' });
  });

  it('sees a signal ahead of the bundle, though nothing is lost', () => {
    const { checker } = watch();
    checker.sent(2, acceptance(2));
    expect(checker.report().ok).toBe(false);
  });
});

describe('the checker of custody', () => {
  it.each([
    ['at the end of the lifetime', 60, true],
    ['ten seconds too early, by a clock that was put forward', 50, false],
  ])('judges expiry by true time: %s', (_, nowSeconds, ok) => {
    const checker = new CustodyChecker(new DeliveredBundles(), { nowUs: nowSeconds * second });
    const record = inCustody();
    checker.stored(record);
    checker.removed(1, record, 'expired');
    expect(checker.report().ok).toBe(ok);
  });

  it.each([true, false])('allows for records damaged on purpose: %s', (isDamaged) => {
    const checker = new CustodyChecker(new DeliveredBundles(), { nowUs: 0 });
    const record = inCustody();
    checker.stored(record);
    checker.setAside(1, record, isDamaged);
    expect(checker.report().ok).toBe(isDamaged);
  });
});

describe('the checker of deliveries, where stores are durable', () => {
  const delivery = (isRepeated: boolean) =>
    ({ service: 2, bundle: { ...newRecord(), destinationService: 2, sequence: 1 }, isRepeated }) as unknown as Delivery;

  it.each([
    ['says so', true, true],
    ['does not', false, false],
  ])('lets a node repeat a delivery behind a crash where it %s', (_, isRepeated, ok) => {
    const checker = new DeliveryChecker(new DeliveredBundles(), true);
    checker.received(delivery(false));
    checker.received(delivery(isRepeated));
    expect(checker.report().ok).toBe(ok);
  });

  it('hears of nothing that a crash took', () => {
    const delivered = new DeliveredBundles();
    const delivery = new DeliveryChecker(delivered, true);
    const hub = new TraceHub({
      hash: new TraceHash(),
      counters: newCounters(1),
      delivery,
      onEvent: undefined,
      isDurable: true,
    });
    const record = newRecord();
    hub.bundle('delivered', 0, 2, record, 0, 1);
    hub.rolledBack(2);
    hub.bundle('delivered', 1, 2, record, 0, 1);
    expect(delivered.size).toBe(0);
    hub.committed(2);
    expect([delivered.size, delivery.report().ok]).toEqual([1, true]);
  });
});

it('the checker of storage sees a bundle too many, and starts over behind a crash', () => {
  const limits = { kind: 'durable', flushDelayMs: 0, bundles: 1, bytes: 1e6, administrativeBundles: 1 } as const;
  const checker = new StorageChecker(limits);
  checker.took(1, newRecord());
  checker.forget(1);
  checker.took(1, newRecord());
  expect(checker.report().ok).toBe(true);
  checker.took(1, newRecord());
  expect(checker.report().ok).toBe(false);
});

it('the checker of what is released sees a record that is left', () => {
  const store = new MemoryBundleStore();
  expect(checkReleased(new Map([[1, store]])).ok).toBe(true);
  store.put(newRecord());
  expect(checkReleased(new Map([[1, store]])).ok).toBe(false);
});

it.each([
  'job/led/1',
  'job/in/1',
  'stream/in/1',
  'stream/in-piece/1',
  'stream/tx/1',
  'stream/rx/1',
  'stream/rx-piece/1',
])('the checker of what is released sees work that is left, %s, and leaves alone what is only remembered', (key) => {
  const store = new CrashableStore(1, 1_000, { took() {}, gave() {}, stored() {}, removed() {} });
  for (const kept of ['seen/1', 'stream/done/1', 'agent/sequence', 'job/ended/1']) {
    store.state.set(kept, () => new Uint8Array(1));
  }
  expect(checkReleased(new Map([[1, store]])).ok).toBe(true);
  store.state.set(key, () => new Uint8Array(1));
  expect(checkReleased(new Map([[1, store]])).ok).toBe(false);
});

describe('a link that loses in bursts', () => {
  const calm = { loss: 0, duplication: 0, corruption: 0, reordering: { probability: 0, delayUs: 0 } };
  const draws = (link: Impairments) => Array.from({ length: 20_000 }, () => ({ ...link.draw() }));

  it('is bad for 1 / leave transmissions on average, and no longer once it is healed', () => {
    const bursts = { enter: 0.02, leave: 0.1, lossGood: 0, lossBad: 1 };
    const link = new Impairments({ ...calm, bursts }, new Random(1));
    const fates = draws(link);
    const lost = fates.filter(({ isLost }) => isLost).length;
    const begun = fates.filter(({ beginsBurst }) => beginsBurst).length;
    expect(lost / begun).toBeGreaterThan(8);
    expect(lost / begun).toBeLessThan(12);
    link.heal();
    expect(draws(link).some(({ isLost }) => isLost)).toBe(false);
  });

  it('delays between its bounds', () => {
    const link = new Impairments({ ...calm, delay: { minUs: 10, maxUs: 20 } }, new Random(1));
    const delays = draws(link).map(({ delayUs }) => delayUs);
    expect([Math.min(...delays), Math.max(...delays)]).toEqual([10, 20]);
  });
});

it('clocks step and drift from their time on, and keep their error when they heal', () => {
  const clocks = new NodeClocks();
  clocks.step(1, 10 * second, -5 * second);
  clocks.drift(1, 20 * second, 100);
  const errors = [0, 10, 20, 30].map((at) => clocks.errorUs(1, at * second));
  expect(errors).toEqual([0, -5 * second, -5 * second, -5 * second + 1000]);
  clocks.heal(30 * second);
  expect(clocks.errorUs(1, 90 * second)).toBe(-5 * second + 1000);
  expect(clocks.errorUs(2, 90 * second)).toBe(0);
});
