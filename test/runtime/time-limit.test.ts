/** Promises that need not be waited for for ever. */
import { describe, expect, it } from 'vitest';
import { withinLimit } from '../../src/runtime/time-limit.node.js';

const never = new Promise<number>(() => {});

describe('a promise within a limit', () => {
  it('gives what it resolves or rejects with', async () => {
    await expect(withinLimit(Promise.resolve(7), 60, 'late')).resolves.toBe(7);
    await expect(withinLimit(Promise.reject(new Error('no')), 60, 'late')).rejects.toThrow('no');
  });

  it('is given up when the limit is over, or when it is told to', async () => {
    await expect(withinLimit(never, 0.01, 'late')).rejects.toThrow('late');
    const abort = new AbortController();
    const waiting = withinLimit(never, 60, 'late', abort.signal);
    abort.abort();
    await expect(waiting).rejects.toThrow('stopped');
    await expect(withinLimit(never, 60, 'late', abort.signal)).rejects.toThrow('stopped');
  });
});
