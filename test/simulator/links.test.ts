import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.js';
import { ContactChecker } from '../../src/simulator/checkers.js';
import { newCounters } from '../../src/simulator/counters.js';
import { LinkLayer, type LinkObserver } from '../../src/simulator/links.js';

const NONE = { loss: 0, duplication: 0, corruption: 0, reordering: { probability: 0, delayUs: 0 } };
const contact = { from: 1, to: 2, startUs: 0, endUs: 1e9, rateBytesPerSecond: 1_000_000, owltUs: 700 };

function layer(options: Partial<typeof NONE>, seed = 1, observer?: LinkObserver) {
  const counters = newCounters(2);
  const checker = new ContactChecker(0);
  const links = new LinkLayer({ ...NONE, ...options }, new Random(seed), counters, checker, observer);
  const arrivals: { bytes: number[]; atUs: number }[] = [];
  const send = (nowUs: number, bytes: readonly number[], from = 1, to = 2) =>
    links.transmit(from, to, Uint8Array.from(bytes), nowUs, ({ datagram }, atUs) => {
      arrivals.push({ bytes: [...datagram], atUs });
    });
  const open = (from = 1, to = 2) => {
    links.link(from, to).told = { index: 0, contact: { ...contact, from, to } };
  };
  return { links, counters, checker, arrivals, send, open };
}

describe('a link', () => {
  it('takes as long as rate and light do', () => {
    const { send, open, arrivals, checker } = layer({});
    open();
    send(1000, Array(500).fill(7));
    send(1500, [1]);
    expect(arrivals.map(({ atUs }) => atUs)).toEqual([1000 + 500 + 700, 1500 + 1 + 700]);
    expect(checker.report().ok).toBe(true);
  });

  it('sends one datagram at a time, and tells the checker of a node that does not wait', () => {
    const { send, open, arrivals, checker } = layer({});
    open();
    send(0, Array(500).fill(7));
    send(0, Array(500).fill(7));
    expect(arrivals.map(({ atUs }) => atUs)).toEqual([1200, 1700]);
    expect(checker.report().detail).toContain('faster');
  });

  it.each([2_097_153, 4_194_305, 4_294_967_294])('to node %i is no other one', (far) => {
    const { links } = layer({});
    const ends = [
      [1, far],
      [far, 1],
      [1, 2],
      [2, 1],
      [2, far],
      [far, 2],
    ] as const;
    const all = ends.map(([from, to]) => links.link(from, to));
    expect(new Set(all).size).toBe(ends.length);
    expect(ends.map(([from, to]) => links.link(from, to))).toEqual(all);
    expect([...links.linksOf(far)]).toHaveLength(4);
  });

  it('loses what is sent where no contact is open, and tells the checker', () => {
    const { send, arrivals, counters, checker } = layer({});
    send(0, [1]);
    expect(arrivals).toEqual([]);
    expect(counters.lost).toBe(1);
    expect(checker.report().ok).toBe(false);
  });

  it('loses, repeats, delays and damages as often as it is told to', () => {
    const options = { loss: 0.3, duplication: 0.2, corruption: 0.1, reordering: { probability: 0.4, delayUs: 5000 } };
    const { send, open, arrivals, counters } = layer(options);
    open();
    const count = 4000;
    const sent = [1, 2, 3, 4, 5, 6, 7, 8];
    for (let i = 0; i < count; i++) send(i * 100_000, sent);
    const near = (value: number, expected: number) => expect(Math.abs(value / expected - 1)).toBeLessThan(0.15);
    const through = count - counters.lost;
    near(counters.lost, 0.3 * count);
    near(counters.duplicated, 0.2 * through);
    near(counters.corrupted, 0.1 * through);
    near(counters.reordered, 0.4 * through);
    expect(arrivals).toHaveLength(through + counters.duplicated);
    const changed = arrivals.filter(({ bytes }) => bytes.some((byte, i) => byte !== sent[i]));
    expect(changed).toHaveLength(counters.corrupted);
    for (const { bytes } of changed) expect(bytes.filter((byte, i) => byte !== sent[i])).toHaveLength(1);
    for (const { atUs } of arrivals) expect(atUs % 100_000).toBeLessThanOrEqual(708 + 5000 + 5001);
  });

  it('tells an observer what it does to each datagram, and does the same without one', () => {
    const options = { loss: 0.3, duplication: 0.2, corruption: 0.1, reordering: { probability: 0.4, delayUs: 5000 } };
    const told: { sentUs: number; bytes: number[]; fate: string }[] = [];
    const watched = layer(options, 3, ({ from, to, sentUs, datagram, fate }) => {
      expect([from, to]).toEqual([1, 2]);
      const words = fate === undefined ? 'none' : fate.isLost ? 'lost' : fate.isCorrupted ? 'damaged' : 'whole';
      told.push({ sentUs, bytes: [...datagram], fate: words });
    });
    const alone = layer(options, 3);
    for (const { send, open } of [watched, alone]) {
      send(0, [9, 9]);
      open();
      for (let i = 1; i <= 500; i++) send(i * 100_000, [i & 0xff, i >> 8, 7]);
    }
    expect(watched.arrivals).toEqual(alone.arrivals);
    expect(told.map(({ sentUs }) => sentUs)).toEqual(Array.from({ length: 501 }, (_, i) => i * 100_000));
    expect(told[0]).toEqual({ sentUs: 0, bytes: [9, 9], fate: 'none' });
    const of = (fate: string) => told.filter((each) => each.fate === fate);
    expect(of('lost').length + 1).toBe(watched.counters.lost);
    expect(of('damaged')).toHaveLength(watched.counters.corrupted);
    for (const { sentUs, bytes } of [...of('lost'), ...of('whole')]) {
      const i = sentUs / 100_000;
      expect(bytes).toEqual([i & 0xff, i >> 8, 7]);
    }
    const arrived = watched.arrivals.map(({ bytes }) => bytes.join());
    for (const { bytes } of of('damaged')) expect(arrived).toContain(bytes.join());
  });

  it('has a fate of its own, whatever happens on others, and the same for the same seed', () => {
    const fates = (seed: number, others: boolean) => {
      const { send, open, arrivals } = layer({ loss: 0.5 }, seed);
      open();
      open(2, 1);
      for (let i = 0; i < 64; i++) {
        if (others) send(i * 1000, [255], 2, 1);
        send(i * 1000, [i]);
      }
      return arrivals.map(({ bytes: [first] }) => first).filter((first) => first !== 255);
    };
    expect(fates(1, true)).toEqual(fates(1, false));
    expect(fates(1, true)).not.toEqual(fates(2, true));
  });

  it('is one for each direction', () => {
    const { links } = layer({});
    expect(links.link(1, 2)).toBe(links.link(1, 2));
    expect(links.link(1, 2)).not.toBe(links.link(2, 1));
    links.link(2, 3);
    expect([...links.linksOf(2)].map(({ from, to }) => [from, to])).toEqual([
      [1, 2],
      [2, 1],
      [2, 3],
    ]);
  });
});
