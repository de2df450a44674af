/** The simulated durable store keeps what every durable store keeps, and tells what it set aside. */
import { describe, expect, it } from 'vitest';
import type { BundleRecord, RemovalReason } from '../../src/agent/index.js';
import { Random } from '../../src/base/random.js';
import { CrashableStore } from '../../src/simulator/crashable-store.js';
import { describeBundleStore } from '../compliance/bundle-store.js';
import { newRecord, told } from '../helpers/records.js';

const CAPACITY = 2 ** 30;

/** What a store told its observer, in order. */
function watched() {
  const heard: string[] = [];
  const say = (what: string) => (_node: number, record: BundleRecord, reason?: RemovalReason) => {
    heard.push(`${what} ${record.sequence}${reason === undefined ? '' : ` ${reason}`}`);
  };
  return {
    heard,
    observer: { took: say('took'), gave: say('gave'), stored: say('stored'), removed: say('removed') },
  };
}

describe('a crashable store', () => {
  describeBundleStore({
    open: async () => new CrashableStore(1, CAPACITY, watched().observer),
    crash: async (store) => (store as CrashableStore).crash(0, new Random(1)).store,
  });

  it('says that a record is durable with the commit, and that one which came and went was there', () => {
    const { heard, observer } = watched();
    const store = new CrashableStore(1, CAPACITY, observer);
    const [one, other] = [newRecord(), newRecord()];
    store.put(one);
    store.put(other);
    store.remove(other, 'sent');
    expect(heard).toEqual([`took ${one.sequence}`, `took ${other.sequence}`, `gave ${other.sequence}`]);
    store.commit();
    expect(heard.slice(3)).toEqual([
      `stored ${one.sequence}`,
      `stored ${other.sequence}`,
      `removed ${other.sequence} sent`,
    ]);
    expect(store.isDirty).toBe(false);
  });

  it('sets damaged records aside, whatever byte it is, and gives the rest back', () => {
    for (let seed = 0; seed < 50; seed++) {
      const store = new CrashableStore(1, CAPACITY, watched().observer);
      const records = Array.from({ length: 5 }, () => newRecord());
      for (const record of records) store.put(record);
      store.commit();
      const { store: after, setAside } = store.crash(2, new Random(seed));
      expect(setAside.map(({ isDamaged }) => isDamaged)).toEqual([true, true]);
      const gone = setAside.map(({ bundle }) => bundle.sequence);
      const rest = records.filter(({ sequence }) => !gone.includes(sequence));
      expect([...after.records()].map(told)).toEqual(rest.map(told));
    }
  });

  it('has no space beyond its capacity, and none at all while it is full', () => {
    const store = new CrashableStore(1, 1_000, watched().observer);
    expect([store.hasSpaceFor(1_000), store.hasSpaceFor(1_001)]).toEqual([true, false]);
    store.isFull = true;
    expect(store.hasSpaceFor(1)).toBe(false);
  });
});
