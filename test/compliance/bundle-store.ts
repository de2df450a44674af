/** What every bundle store holds, whatever it keeps bundles on; a test file for each kind runs these. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { BundleRecord, BundleStore } from '../../src/agent/index.js';
import { allTold, newRecord, told } from '../helpers/records.js';

/** How a test makes a store, and what it finds after a crash. */
export interface StoreSubject {
  /** An empty store. */
  open(): Promise<BundleStore>;
  /** What is there after the process of this store crashed at this moment; left out for stores that do not outlive it. */
  crash?(store: BundleStore): Promise<BundleStore>;
}

/** Payloads that a store may keep in different places. */
const PAYLOAD_BYTES = [0, 100, 5_000, 60_000, 300_000];

const bytes = (...values: number[]) => Uint8Array.from(values);

/** Declares the tests of one kind of store. */
export function describeBundleStore(subject: StoreSubject): void {
  holdsBundles(subject);
  if (subject.crash === undefined) return;
  outlivesCrashes(subject, subject.crash);
  keepsState(subject, subject.crash);
}

function holdsBundles({ open }: StoreSubject): void {
  it('counts what was put and not removed, in bundles and bytes, once each', async () => {
    const store = await open();
    const records = PAYLOAD_BYTES.map((payloadBytes) => newRecord({ payloadBytes }));
    for (const record of records) store.put(record);
    store.put(records[0]!);
    expect([store.bundles, store.bytes]).toEqual([5, records.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)]);
    for (const record of records.slice(1)) store.remove(record, 'delivered');
    store.remove(records[1]!, 'delivered');
    expect([store.bundles, store.bytes]).toEqual([1, records[0]!.sizeBytes]);
    expect([...store.records()]).toEqual([records[0]]);
  });

  it('gives each bundle as it was put, before and after a flush', async () => {
    const store = await open();
    const records = PAYLOAD_BYTES.map((payloadBytes) => newRecord({ payloadBytes }));
    const before = records.map(told);
    for (const record of records) store.put(record);
    expect(records.map(told)).toEqual(before);
    await store.flush();
    expect(records.map(told)).toEqual(before);
  });

  it('resolves a flush with nothing to write', async () => {
    const store = await open();
    await store.flush();
    store.update(newRecord());
    store.remove(newRecord(), 'expired');
    await Promise.all([store.flush(), store.flush()]);
    expect(store.bundles).toBe(0);
  });

  it('has space while it is empty', async () => {
    expect((await open()).hasSpaceFor(1_000)).toBe(true);
  });
}

function outlivesCrashes({ open }: StoreSubject, crash: (store: BundleStore) => Promise<BundleStore>): void {
  it('says that it is durable', async () => {
    expect((await open()).isDurable).toBe(true);
  });

  it('brings back what was flushed, with its custody, and nothing of what was not', async () => {
    const store = await open();
    const kept = PAYLOAD_BYTES.map((payloadBytes) => newRecord({ payloadBytes }));
    for (const record of kept) {
      record.inCustody = true;
      record.custodySequenceId = 7;
      record.custodySequence = 2 ** 40 + record.sequence;
      record.sentTo.push(5, 9);
      store.put(record);
    }
    kept[1]!.enter('delivering');
    await store.flush();
    const expected = allTold(kept);
    store.put(newRecord());
    store.remove(kept[0]!, 'delivered');
    kept[2]!.attempts = 3;
    store.update(kept[2]!);
    const after = await crash(store);
    expect(allTold(after.records())).toEqual(expected);
    expect([after.bundles, after.bytes]).toEqual([
      kept.length,
      kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    ]);
  });

  it('brings back what changed before the flush', async () => {
    const store = await open();
    const records = PAYLOAD_BYTES.map((payloadBytes) => newRecord({ payloadBytes }));
    for (const record of records) store.put(record);
    records[0]!.attempts = 1;
    store.update(records[0]!);
    await store.flush();
    for (const record of records) {
      record.attempts += 2;
      record.sentTo.push(4);
      store.update(record);
    }
    await store.flush();
    expect(allTold((await crash(store)).records())).toEqual(allTold(records));
  });

  it('does not bring back what was removed, whether it had been flushed or not', async () => {
    const store = await open();
    const early = PAYLOAD_BYTES.map((payloadBytes) => newRecord({ payloadBytes }));
    for (const record of early) store.put(record);
    await store.flush();
    const late = PAYLOAD_BYTES.map((payloadBytes) => newRecord({ payloadBytes }));
    for (const record of late) store.put(record);
    for (const record of [...early.slice(1), ...late.slice(1)]) store.remove(record, 'custody-released');
    await store.flush();
    expect(allTold((await crash(store)).records())).toEqual(allTold([early[0]!, late[0]!]));
  });

  it('goes on after a crash as if there had been none', async () => {
    let store = await open();
    const records: BundleRecord[] = [];
    for (let round = 0; round < 4; round++) {
      const record = newRecord({ payloadBytes: PAYLOAD_BYTES[round]! });
      store.put(record);
      records.push(record);
      await store.flush();
      store = await crash(store);
      expect(allTold(store.records())).toEqual(allTold(records));
    }
    for (const record of [...store.records()]) store.remove(record, 'expired');
    await store.flush();
    store = await crash(store);
    expect([store.bundles, store.bytes]).toEqual([0, 0]);
  });

  it('takes what comes while a flush is under way with the next one', async () => {
    const store = await open();
    const [first, second, third] = [newRecord(), newRecord({ payloadBytes: 60_000 }), newRecord()];
    store.put(first!);
    store.put(second!);
    const flushed = store.flush();
    store.put(third!);
    store.remove(second!, 'delivered');
    first!.attempts = 9;
    store.update(first!);
    await flushed;
    await store.flush();
    expect(allTold((await crash(store)).records())).toEqual(allTold([first!, third!]));
  });

  it('holds after any sequence of calls what the last flush held', async () => {
    const call = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), payloadBytes: fc.constantFrom(...PAYLOAD_BYTES) }),
      fc.record({ kind: fc.constantFrom('update' as const, 'remove' as const), which: fc.nat() }),
      fc.constant({ kind: 'flush' as const }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 40 }), async (calls) => {
        const store = await open();
        const held: BundleRecord[] = [];
        let flushed: ReturnType<typeof allTold> = [];
        for (const each of calls) {
          if (each.kind === 'put') {
            const record = newRecord({ payloadBytes: each.payloadBytes });
            held.push(record);
            store.put(record);
          } else if (each.kind === 'flush') {
            await store.flush();
            flushed = allTold(held);
          } else if (held.length > 0) {
            const at = each.which % held.length;
            const record = held[at] as BundleRecord;
            if (each.kind === 'update') {
              record.attempts++;
              store.update(record);
            } else {
              held.splice(at, 1);
              store.remove(record, 'deleted');
            }
          }
        }
        expect(allTold((await crash(store)).records())).toEqual(flushed);
      }),
      { numRuns: 20 },
    );
  });
}

function keepsState({ open }: StoreSubject, crash: (store: BundleStore) => Promise<BundleStore>): void {
  it('gives values as they were set last, flushed or not', async () => {
    const { state } = await open();
    expect(state.get('a/1')).toBeUndefined();
    state.set('a/1', () => bytes(1));
    expect(state.get('a/1')).toEqual(bytes(1));
    state.set('a/1', () => bytes(2));
    expect(state.get('a/1')).toEqual(bytes(2));
    state.delete('a/1');
    expect(state.get('a/1')).toBeUndefined();
  });

  it('encodes a value once, when it is read or flushed, and never one that was set again', async () => {
    const store = await open();
    const made: string[] = [];
    const value = (name: string) => () => {
      made.push(name);
      return bytes(name.length);
    };
    store.state.set('x', value('first'));
    store.state.set('x', value('second'));
    expect(made).toEqual([]);
    store.state.get('x');
    store.state.set('y', value('third'));
    await store.flush();
    expect(made).toEqual(['second', 'third']);
    expect(store.state.get('y')).toEqual(bytes(5));
  });

  it('lists what begins with a prefix in order, flushed or not', async () => {
    const store = await open();
    for (const key of ['seen/2', 'seen/1', 'agent/x', 'seen', 'seen0', 'seen/~']) store.state.set(key, () => bytes(1));
    await store.flush();
    store.state.set('seen/15', () => bytes(2));
    store.state.delete('seen/2');
    store.state.set('seen/3', () => bytes(3));
    store.state.set('seen/1', () => bytes(9));
    const flying = store.flush();
    store.state.set('seen/4', () => bytes(4));
    store.state.delete('seen/3');
    const listed = [...store.state.entries('seen/')].map(([key, value]) => [key, ...value]);
    expect(listed).toEqual([
      ['seen/1', 9],
      ['seen/15', 2],
      ['seen/4', 4],
      ['seen/~', 1],
    ]);
    await flying;
    await store.flush();
    expect([...store.state.entries('seen/')].map(([key, value]) => [key, ...value])).toEqual(listed);
    expect([...store.state.entries('')].map(([key]) => key)).toEqual(
      ['agent/x', 'seen', 'seen/1', 'seen/15', 'seen/4', 'seen/~', 'seen0'].sort(),
    );
  });

  it('brings back values with what was flushed together with them', async () => {
    const store = await open();
    store.state.set('agent/counter', () => bytes(1));
    store.state.set('agent/gone', () => bytes(1));
    store.put(newRecord());
    await store.flush();
    store.state.set('agent/counter', () => bytes(2));
    store.state.delete('agent/gone');
    await store.flush();
    store.state.set('agent/counter', () => bytes(3));
    const after = await crash(store);
    expect(after.state.get('agent/counter')).toEqual(bytes(2));
    expect(after.state.get('agent/gone')).toBeUndefined();
    expect(after.bundles).toBe(1);
  });

  it('keeps values of any length, and keys up to 256 characters', async () => {
    const store = await open();
    const long = new Uint8Array(3_000_000).map((_, i) => i);
    store.state.set(`k/${'x'.repeat(254)}`, () => long);
    store.state.set('k/', () => bytes());
    await store.flush();
    const after = await crash(store);
    expect(Buffer.from(after.state.get(`k/${'x'.repeat(254)}`)!).equals(long)).toBe(true);
    expect(after.state.get('k/')).toEqual(bytes());
  });
}
