/**
 * Small networks under random hardship: whatever is lost, doubled, overtaken or cut until the links heal, every bundle in custody
 * is delivered exactly once, and nothing stays behind.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Contact } from '../../src/routing/index.js';
import { both, Network, s } from '../helpers/pair.js';

const HEAL_SECONDS = 30;
const LIFETIME_SECONDS = 3_600;
const END_SECONDS = 4_000;

interface Hardship {
  readonly seed: number;
  readonly loss: number;
  readonly duplication: number;
  readonly reordering: number;
  readonly corruption: number;
  /** Link by its place in the list, when it is cut, and for how long; seconds. */
  readonly cuts: readonly (readonly [link: number, at: number, length: number])[];
  /** From node, to node, when; nodes by their place. */
  readonly traffic: readonly (readonly [from: number, to: number, at: number])[];
  /** Nodes that take no custody, by their place. */
  readonly relays: readonly number[];
  /** Nodes without a clock, by their place. */
  readonly clockless: readonly number[];
}

const hardship = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  loss: fc.constantFrom(0, 0.1, 0.3, 0.6),
  duplication: fc.constantFrom(0, 0.2),
  reordering: fc.constantFrom(0, 0.3),
  corruption: fc.constantFrom(0, 0.1),
  cuts: fc.array(fc.tuple(fc.nat(30), fc.nat(25), fc.integer({ min: 1, max: 15 })), { maxLength: 8 }),
  traffic: fc.array(fc.tuple(fc.nat(8), fc.nat(8), fc.nat(20)), { minLength: 1, maxLength: 12 }),
  relays: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(fc.nat(8), { maxLength: 3 })),
  clockless: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(fc.nat(8), { maxLength: 9 })),
});

type Pair = readonly [number, number];

function lineOf(size: number): Pair[] {
  return Array.from({ length: size - 1 }, (_, i) => [i + 1, i + 2] as const);
}

function ringOf(size: number): Pair[] {
  return [...lineOf(size), [size, 1]];
}

function gridOf(width: number, height: number): Pair[] {
  const pairs: Pair[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const node = y * width + x + 1;
      if (x + 1 < width) pairs.push([node, node + 1]);
      if (y + 1 < height) pairs.push([node, node + width]);
    }
  }
  return pairs;
}

const shapes: { name: string; shape: fc.Arbitrary<Pair[]> }[] = [
  { name: 'a line', shape: fc.integer({ min: 3, max: 6 }).map(lineOf) },
  { name: 'a ring', shape: fc.integer({ min: 3, max: 7 }).map(ringOf) },
  { name: 'a grid', shape: fc.constantFrom(gridOf(2, 2), gridOf(3, 2), gridOf(3, 3)) },
];

/** Contacts of a pair: always open, or open now and then, out of step with the others. */
function contactsOf(pairs: readonly Pair[], isIntermittent: boolean): Contact[] {
  if (!isIntermittent) return pairs.flatMap(([a, b]) => both(a, b, 0, END_SECONDS));
  return pairs.flatMap(([a, b], i) => {
    const windows: Contact[] = [];
    for (let at = (i * 3) % 11; at < END_SECONDS; at += 20) windows.push(...both(a, b, at, at + 12));
    return windows;
  });
}

function fly(pairs: readonly Pair[], isIntermittent: boolean, hard: Hardship): Network {
  const nodes = [...new Set(pairs.flat())];
  const node = (place: number) => nodes[place % nodes.length] as number;
  const net = new Network({
    contacts: contactsOf(pairs, isIntermittent),
    seed: hard.seed,
    relays: hard.relays.map(node),
    clockless: hard.clockless.map(node),
    impairments: {
      loss: hard.loss,
      duplication: hard.duplication,
      corruption: hard.corruption,
      reordering: { probability: hard.reordering, delayUs: 300_000 },
    },
  });
  net.healUs = s(HEAL_SECONDS);
  for (const [place, at, length] of hard.cuts) {
    const [a, b] = pairs[place % pairs.length] as Pair;
    net.at(at, () => net.cut(a, b));
    net.at(Math.min(at + length, HEAL_SECONDS), () => net.heal(a, b));
  }
  hard.traffic.forEach(([from, to, at], i) => {
    const payload = new Uint8Array(50 + i);
    payload[0] = i;
    const target = node(to) === node(from) ? node(from + 1) : node(to);
    net.at(at, () => expect(net.send(node(from), target, payload, { lifetimeMs: LIFETIME_SECONDS * 1000 })).toBe(true));
  });
  net.at(HEAL_SECONDS, () => {
    for (const [a, b] of pairs) net.heal(a, b);
  });
  // Long before the lifetime ends, so that nothing can be said to have simply run out.
  net.runUntil(1_800);
  return net;
}

describe.each(shapes)('bundles in custody over $name', ({ shape }) => {
  it.each([
    ['always open', false],
    ['open now and then', true],
  ])('arrive exactly once where contacts are %s', (_, isIntermittent) => {
    fc.assert(
      fc.property(shape, hardship, (pairs, hard) => {
        const net = fly(pairs, isIntermittent, hard);
        expect(net.delivered.map((each) => each.payload[0]).sort()).toEqual(hard.traffic.map((_each, i) => i).sort());
        expect(net.stored()).toBe(0);
        expect(net.count('expired')).toBe(0);
        for (const agent of net.agents.values()) expect(agent.localBundles()).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe('two custodians of one bundle', () => {
  it('do not send it to each other for ever, each keeping off the neighbour that it first came from', () => {
    const hard: Hardship = {
      seed: 1,
      loss: 0.6,
      duplication: 0.2,
      reordering: 0,
      corruption: 0.1,
      cuts: [
        [0, 0, 2],
        [0, 7, 6],
        [6, 14, 4],
        [0, 20, 5],
        [3, 3, 10],
        [26, 14, 13],
        [27, 22, 15],
        [0, 8, 10],
      ],
      traffic: [
        [1, 6, 17],
        [3, 0, 2],
        [2, 7, 0],
        [3, 7, 12],
        [8, 1, 18],
        [5, 6, 3],
        [3, 5, 16],
        [1, 0, 2],
        [8, 0, 2],
        [0, 2, 15],
        [2, 1, 1],
      ],
      relays: [1],
      clockless: [],
    };
    const net = fly(gridOf(3, 3), false, hard);
    expect(net.delivered).toHaveLength(hard.traffic.length);
    expect(net.stored()).toBe(0);
    expect(net.sent.length).toBeLessThan(2_000);
  });
});
