/** The table of settled volume against a map. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SettledVolume } from '../../src/routing/settled-volume.js';
import { RANKS } from '../../src/routing/volume.js';

const never = () => false;

describe('settled volume', () => {
  it('does as a map does, whatever comes and goes', () => {
    const anyStep = fc.record({ contact: fc.nat(40), bytes: fc.nat(1_000) });
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
        const table = new SettledVolume();
        const model = new Map<number, number>();
        for (const { contact, bytes } of steps) {
          if (model.delete(contact)) table.remove(contact);
          else {
            model.set(contact, bytes);
            table.add(contact, (rank) => bytes * (rank + 1), never);
          }
          expect(table.size).toBe(model.size);
        }
        expect(table.contacts().sort((a, b) => a - b)).toEqual([...model.keys()].sort((a, b) => a - b));
        for (let contact = 0; contact <= 40; contact++) {
          const bytes = model.get(contact);
          expect(table.has(contact)).toBe(bytes !== undefined);
          for (let rank = 0; rank < RANKS; rank++) expect(table.bytes(contact, rank)).toBe((bytes ?? 0) * (rank + 1));
          expect(table.takenBytes(contact, 2)).toBe((bytes ?? 0) * 7);
        }
      }),
    );
  });

  it('drops what is over before it grows', () => {
    const table = new SettledVolume();
    for (let contact = 0; contact < 1_000; contact++) {
      table.add(
        contact,
        () => 1,
        (each) => each < contact - 5,
      );
    }
    expect(table.size).toBeLessThan(16);
    expect(table.bytes(999, 0)).toBe(1);
    table.clear();
    expect(table.contacts()).toEqual([]);
  });
});
