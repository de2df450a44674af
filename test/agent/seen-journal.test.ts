/** What was seen is kept through restarts in few values, which go when their entries have expired. */
import { describe, expect, it } from 'vitest';
import { type SeenEntry, SeenJournal } from '../../src/agent/seen-journal.js';
import { CrashableState } from '../helpers/crashable-state.js';

const restored = (state: CrashableState, nowUs: number, limit = 1_000) => {
  const entries: SeenEntry[] = [];
  const journal = new SeenJournal(state, limit);
  const damaged = journal.restore(nowUs, (entry) => entries.push(entry));
  return { journal, damaged, sequences: entries.map(({ sequence }) => sequence) };
};

/** Adds entries numbered from `first` on, `perFlush` of them before each flush. */
const add = (journal: SeenJournal, state: CrashableState, first: number, count: number, perFlush: number, us = 100) => {
  for (let i = first; i < first + count; i++) {
    journal.add(-5, 2 ** 40, i, -(2 ** 50), us + i, us);
    if ((i + 1) % perFlush === 0) state.commit();
  }
  state.commit();
};

describe('a journal of what was seen', () => {
  it('gives back what was flushed, exactly', () => {
    const state = new CrashableState();
    const journal = new SeenJournal(state, 100);
    const entry = { source: -7, timeMs: 2 ** 45 + 1, sequence: 2 ** 53 - 1, salt: -1 - 2 ** 50, expiryUs: 9e15 };
    journal.add(entry.source, entry.timeMs, entry.sequence, entry.salt, entry.expiryUs, 0);
    state.commit();
    journal.add(1, 2, 3, 4, 5, 0);
    const entries: SeenEntry[] = [];
    new SeenJournal(state.crash(), 100).restore(0, (each) => entries.push(each));
    expect(entries).toEqual([entry]);
  });

  it('goes on behind a restart without writing over what is there', () => {
    let state = new CrashableState();
    for (let run = 0; run < 4; run++) {
      const { journal, sequences } = restored(state, 0);
      expect(sequences.sort((a, b) => a - b)).toEqual(Array.from({ length: run * 70 }, (_, i) => i));
      add(journal, state, run * 70, 70, 7);
      state = state.crash();
    }
  });

  it('makes one value of a flush, and of many small ones few', () => {
    const state = new CrashableState();
    const { journal } = restored(state, 0);
    add(journal, state, 0, 500, 500);
    expect(state.keys('seen/')).toHaveLength(1);
    add(journal, state, 500, 400, 1);
    expect(state.keys('seen/').length).toBeLessThan(10);
    expect(restored(state.crash(), 0).sequences).toHaveLength(900);
  });

  it('deletes what has expired, and the oldest beyond its limit', () => {
    const state = new CrashableState();
    const { journal } = restored(state, 0, 300);
    add(journal, state, 0, 2_000, 100);
    expect(restored(state.crash(), 0).sequences.length).toBeLessThanOrEqual(500);
    expect(restored(state.crash(), 0).sequences).toContain(1_999);
    add(journal, state, 5_000, 200, 100, 5_000);
    add(journal, state, 9_000, 1, 1, 50_000);
    expect(restored(state, 49_000).sequences).toEqual([9_000]);
    expect(state.keys('seen/')).toHaveLength(1);
  });

  it('sets damaged values aside and gives the rest', () => {
    const state = new CrashableState();
    const { journal } = restored(state, 0);
    add(journal, state, 0, 3, 3);
    for (const [key, value] of [
      ['seen/0000000000000007', Uint8Array.of()],
      ['seen/0000000000000008', Uint8Array.of(1, 2, 3)],
      ['seen/x', Uint8Array.of(1)],
    ] as const) {
      state.set(key, () => value);
    }
    const { damaged, sequences } = restored(state, 0);
    expect(damaged).toHaveLength(3);
    expect(sequences).toEqual([0, 1, 2]);
    expect(restored(state, 0).damaged).toEqual([]);
  });
});
