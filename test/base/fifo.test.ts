import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fifo } from '../../src/base/fifo.js';

test('a queue gives out what went in, in that order, whatever is pushed and taken in between', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1_500, max: 2_000 }), { maxLength: 12 }), (steps) => {
      const queue = new Fifo<number>();
      const model: number[] = [];
      let next = 0;
      for (const step of steps) {
        for (let i = 0; i < step; i++) {
          queue.push(next);
          model.push(next++);
        }
        for (let i = 0; i < -step; i++) expect(queue.shift()).toBe(model.shift());
        expect(queue.size).toBe(model.length);
      }
    }),
    { numRuns: 50 },
  );
});
