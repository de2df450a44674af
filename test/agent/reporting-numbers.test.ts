/** Numbers for compressed reporting: how they are given, kept, gathered into runs and found again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryBundleStore, type StateStore } from '../../src/agent/index.js';
import { COUNTER_PREFIX, MAX_LOOKUPS, ReportingNumbers } from '../../src/agent/reporting-numbers.js';
import { ReportingSignals, runsOf } from '../../src/agent/reporting-signals.js';
import type { BundleIdentity } from '../../src/base/trace.js';
import { type Eid, includedIntervals, ipn, MAX_UINT64, type UInt, uintOf } from '../../src/bpv7/index.js';

/** State that a restart finds again. */
class KeptState implements StateStore {
  readonly values = new Map<string, Uint8Array>();
  get = (key: string) => this.values.get(key);
  set(key: string, encode: () => Uint8Array): void {
    this.values.set(key, encode());
  }
  delete(key: string): void {
    this.values.delete(key);
  }
  entries = (prefix: string) => [...this.values].filter(([key]) => key.startsWith(prefix));
}

const CONFIG = { signalLimit: 100, signalDelayUs: 1_000_000, counterBits: 64 } as const;
const bundle = (sequence: number): BundleIdentity => ({
  sourceNode: 1,
  sourceService: 1,
  creationTimeMs: 5,
  sequence,
  destinationNode: 3,
  destinationService: 7,
});
const TO_3 = { service: 1, sequenceId: 0, destination: ipn(3, 7) } as const;
const LOOKUPS = () => ({ left: MAX_LOOKUPS });

function numbers(state?: StateStore, counterBits: 16 | 32 | 64 = 64): { of: ReportingNumbers; damaged: number[] } {
  const damaged: number[] = [];
  const store = state === undefined ? new MemoryBundleStore() : { isDurable: true, state };
  return { of: new ReportingNumbers({ ...CONFIG, counterBits }, store, (nowUs) => damaged.push(nowUs)), damaged };
}

/** Gives the next number of a counter and tells which it was. */
function give(of: ReportingNumbers, name: Parameters<ReportingNumbers['give']>[0], sequence: number): UInt {
  const number = of.next(name, 0);
  of.give(name, bundle(sequence));
  return number;
}

const anyNumber = fc.oneof(
  fc.nat(40),
  fc.nat(40).map((back) => uintOf(MAX_UINT64 - BigInt(back))),
  fc.nat(40).map((off) => uintOf(2n ** 53n - 20n + BigInt(off))),
);

describe('run lengths', () => {
  it('are those of the numbers, each once, whatever their order', () => {
    fc.assert(
      fc.property(fc.array(anyNumber, { minLength: 1, maxLength: 60 }), (given) => {
        const { first, runs } = runsOf(given);
        const found: UInt[] = [];
        for (const interval of includedIntervals({ sequenceId: 1, first, runs })) {
          for (let at = BigInt(interval.first); at <= BigInt(interval.last); at++) found.push(uintOf(at));
        }
        const expected = [...new Set(given)].sort((a, b) => (a < b ? -1 : 1));
        expect(found).toEqual(expected);
        expect(runs.every((run) => run > 0)).toBe(true);
      }),
    );
  });
});

describe('counters', () => {
  it('go on behind a restart where the store is durable, and from 0 where it is not', () => {
    const state = new KeptState();
    const [before, volatile] = [numbers(state), numbers()];
    for (let i = 0; i < 5; i++) for (const { of } of [before, volatile]) give(of, TO_3, i);
    expect(give(numbers(state).of, TO_3, 9)).toBe(5);
    expect(give(numbers().of, TO_3, 9)).toBe(0);
    expect([...state.values.keys()]).toEqual([`${COUNTER_PREFIX}00000000000000000001/to/ipn:3.7`]);
  });

  it.each([
    ['too short', Uint8Array.of(1, 2)],
    ['of another form', new Uint8Array(9).fill(9)],
    ['empty', new Uint8Array()],
  ])('that a store kept %s are told once, and go on far from the numbers in use', (_, bytes) => {
    const state = new KeptState();
    give(numbers(state).of, TO_3, 0);
    state.set([...state.values.keys()][0]!, () => bytes);
    const { of, damaged } = numbers(state);
    expect([give(of, TO_3, 1), give(of, TO_3, 2)]).toEqual([uintOf(2n ** 63n), uintOf(2n ** 63n + 1n)]);
    expect(damaged).toEqual([0]);
    expect(give(numbers(state).of, TO_3, 3)).toBe(uintOf(2n ** 63n + 2n));
  });

  it('have keys of plain ASCII for any destination', () => {
    const state = new KeptState();
    const { of } = numbers(state);
    const names: Eid[] = [ipn(3, 7), { scheme: 'dtn', ssp: `//${'n'.repeat(500)}/x` }, { scheme: 'dtn', ssp: '//é/' }];
    for (const [i, destination] of names.entries()) give(of, { service: 2 ** 40, sequenceId: 0, destination }, i);
    give(of, { service: 1, sequenceId: MAX_UINT64, destination: ipn(3, 7) }, 4);
    expect(state.values.size).toBe(4);
    for (const key of state.values.keys()) expect(key).toMatch(/^[\x21-\x7e]{1,200}$/);
  });

  it('that wrap give a number its latest bundle', () => {
    const { of } = numbers(undefined, 16);
    for (let i = 0; i < 65_538; i++) give(of, TO_3, i);
    const named = of.named(1, { ...TO_3, first: 0, runs: [3] }, LOOKUPS());
    expect(named?.bundles.map(({ sequence }) => sequence)).toEqual([65_536, 65_537, 2]);
  });

  it('remember the last 65,536 bundles over all of them', () => {
    const { of } = numbers();
    for (let i = 0; i < 70_000; i++) give(of, { ...TO_3, sequenceId: 1 + (i % 2) }, i);
    const left = [1, 2].map((sequenceId) => of.named(1, { sequenceId, first: 0, runs: [MAX_UINT64] }, LOOKUPS()));
    expect(left.map((each) => each?.bundles.length)).toEqual([32_768, 32_768]);
    expect(left[0]?.bundles[0]?.sequence).toBe(70_000 - 65_536);
  });
});

describe('a sequence of a signal', () => {
  it('finds what looking at each number would find, given or not', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 30 }),
        fc.nat(35),
        fc.array(fc.nat(12), { minLength: 1, maxLength: 7 }).filter(({ length }) => length % 2 === 1),
        (given, first, runs) => {
          const { of } = numbers();
          of.next(TO_3, 0);
          for (let i = 0; i < given; i++) give(of, TO_3, i);
          const claimed = new Set<number>();
          let at = first;
          for (const [i, run] of runs.entries()) {
            for (let n = 0; n < run; n++, at++) if (i % 2 === 0) claimed.add(at);
          }
          const expected = [...claimed].filter((number) => number < given);
          const named = of.named(1, { ...TO_3, first, runs }, LOOKUPS());
          expect(named?.bundles.map(({ sequence }) => sequence)).toEqual(expected);
          expect(named?.unknown).toBe(claimed.size - expected.length);
        },
      ),
    );
  });

  it('is not looked at beyond the budget of its signal', () => {
    const { of } = numbers();
    for (let i = 0; i < 10; i++) give(of, TO_3, i);
    const budget = { left: 25 };
    const sequence = { ...TO_3, first: 0, runs: [MAX_UINT64] };
    expect([1, 2, 3].map(() => of.named(1, sequence, budget)?.bundles.length)).toEqual([10, 10, undefined]);
  });
});

describe('a signal that is put together', () => {
  it('leaves at its limit, says each thing once for each counter, and stays small whatever strangers are called', () => {
    const signals = new ReportingSignals({ ...CONFIG, signalLimit: 1_000 });
    const long: Eid = { scheme: 'dtn', ssp: `//${'n'.repeat(200)}/` };
    let sent = 0;
    for (let sequence = 0; sequence < 100; sequence++) {
      const blockSource: Eid = { scheme: 'dtn', ssp: `//${sequence}${'n'.repeat(180)}/` };
      const note = { reason: 'received', sequence, sequenceId: 0, destination: long, blockSource } as const;
      signals.add({ ...note, reportTo: ipn(1, 0), expiryUs: 10 }, 0, Number.POSITIVE_INFINITY);
      for (const due of signals.takeDue(0)) {
        sent++;
        expect(due.signals.length).toBeLessThanOrEqual(4);
      }
    }
    expect(sent).toBeGreaterThanOrEqual(25);
  });
});
