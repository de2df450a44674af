/**
 * Hardy issue 663: a peer that was made known got a permanent route, so that the contact plan could not time the link, and bundles that
 * had no route were not looked at again when one appeared (nor, before its pull request 605, when a contact failed under them).
 */
import { describe, expect, it } from 'vitest';
import { both, line, Network, oneWay, s } from '../helpers/pair.js';

describe('Hardy #663: what waits goes on when a route appears', () => {
  it('and not a moment before its contact, though the neighbour is known', () => {
    const net = new Network({ contacts: both(1, 2, 15, 60) });
    for (let i = 0; i < 50; i++) net.send(1, 2, 1_000);
    net.runUntil(14.9);
    expect(net.sent).toEqual([]);
    net.runUntil(20);
    expect(net.delivered).toHaveLength(50);
    expect(net.sent.every(({ atUs }) => atUs >= s(15) && atUs < s(60))).toBe(true);
  });

  it('where the destination was in no plan before', () => {
    const net = new Network({ contacts: both(1, 2, 0, 500), loners: [3] });
    for (let i = 0; i < 50; i++) net.send(1, 3, 1_000, { custody: i % 2 === 0 });
    net.runUntil(10);
    expect(net.agent(1).held()).toHaveLength(50);
    expect(net.sent).toEqual([]);
    net.at(20, () => net.updatePlan([...both(1, 2, 0, 500), ...both(2, 3, 30, 500)]));
    net.runUntil(60);
    expect(net.delivered).toHaveLength(50);
    expect(net.stored()).toBe(0);
  });

  it('where the link is up and idle when its onward route appears', () => {
    const net = new Network({ contacts: both(1, 2, 0, 500), loners: [3] });
    net.send(1, 2, 10);
    net.runUntil(5);
    net.send(1, 3, 1_000);
    net.at(10, () => net.updatePlan([...both(1, 2, 0, 500), ...both(2, 3, 11, 500)]));
    net.runUntil(12);
    expect(net.delivered.map(({ node }) => node)).toEqual([2, 3]);
  });

  it('over the next contact where the one in use fails under it, and back in the pool where there is none', () => {
    const net = new Network({
      contacts: [...line(1, 2), oneWay(2, 3, 0, 20), oneWay(2, 3, 50, 90), oneWay(3, 2, 0, 90)],
    });
    net.at(0.1, () => {
      for (let i = 0; i < 200; i++) net.send(2, 3, 10_000);
    });
    net.at(0.3, () => net.cut(2, 3));
    net.runUntil(30);
    const early = net.delivered.length;
    expect(early).toBeGreaterThan(0);
    expect(early).toBeLessThan(200);
    // Those whose signals were cut off are held too.
    expect(net.agent(2).held().length).toBeGreaterThanOrEqual(200 - early);
    net.at(40, () => net.heal(2, 3));
    net.runUntil(90);
    expect(net.delivered).toHaveLength(200);
  });

  it('at every one of many contacts, on and off and on again', () => {
    const windows = Array.from({ length: 10 }, (_, i) => both(1, 2, 60 * i + 30, 60 * i + 60)).flat();
    const net = new Network({ contacts: windows });
    for (let i = 0; i < 10; i++) net.at(60 * i + 5, () => net.send(1, 2, 100));
    for (let i = 0; i < 10; i++) {
      net.runUntil(60 * i + 29);
      expect(net.delivered).toHaveLength(i);
      net.runUntil(60 * i + 59);
      expect(net.delivered).toHaveLength(i + 1);
    }
  });
});
