import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PriorityQueue } from '../../src/base/priority-queue.js';

/** A key to push, or `pop`, or `retain` the items that 3 does not divide. */
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -5, max: 5 }) },
  { weight: 4, arbitrary: fc.constant('pop' as const) },
  { weight: 1, arbitrary: fc.constant('retain' as const) },
  { weight: 1, arbitrary: fc.constantFrom(Number.POSITIVE_INFINITY, 0.5, Number.MAX_SAFE_INTEGER) },
);

describe('a priority queue', () => {
  it('does as a sorted list does, items with one key in the order of their coming', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
        const queue = new PriorityQueue<number>();
        let model: { key: number; item: number }[] = [];
        operations.forEach((each, item) => {
          if (each === 'pop') expect(queue.pop()).toBe(model.shift()?.item);
          else if (each === 'retain') {
            queue.retain((one) => one % 3 !== 0);
            model = model.filter((one) => one.item % 3 !== 0);
          } else {
            queue.push(each, item);
            const at = model.findIndex(({ key }) => key > each);
            model.splice(at < 0 ? model.length : at, 0, { key: each, item });
          }
          expect([queue.size, queue.peekKey(), queue.peek()]).toEqual([model.length, model[0]?.key, model[0]?.item]);
        });
        for (const { item } of model) expect(queue.pop()).toBe(item);
        expect(queue.pop()).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it('keeps the order of coming among keys that are infinite', () => {
    const queue = new PriorityQueue<number>();
    const { POSITIVE_INFINITY: never } = Number;
    [never, never, 0, never, never].forEach((key, item) => {
      queue.push(key, item);
    });
    expect([1, 2, 3, 4, 5].map(() => queue.pop())).toEqual([2, 0, 1, 3, 4]);
  });

  it('is empty after it was cleared, and goes on', () => {
    const queue = new PriorityQueue<string>();
    queue.push(2, 'b');
    queue.push(1, 'a');
    queue.clear();
    expect([queue.size, queue.peek(), queue.peekKey(), queue.pop()]).toEqual([0, undefined, undefined, undefined]);
    queue.push(1, 'c');
    expect(queue.pop()).toBe('c');
  });
});
