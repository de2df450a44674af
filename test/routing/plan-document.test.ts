import { describe, expect, it } from 'vitest';
import { PlanNames } from '../../src/routing/index.js';

describe('PlanNames', () => {
  const names = new PlanNames([
    { number: 1, name: '2' },
    { number: 2, name: 'relay' },
    { number: 3, name: undefined },
  ]);

  it('finds a node by its name first and by its number then', () => {
    expect(['2', 'relay', '1', '3', '4', '-1', ''].map((text) => names.numberOf(text))).toEqual([
      1,
      2,
      1,
      3,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('calls a node by its name, or by its number where it has none', () => {
    expect([1, 2, 3, 4].map((number) => names.labelOf(number))).toEqual(['2', 'relay', 3, 4]);
  });
});
