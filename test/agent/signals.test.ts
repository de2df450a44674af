import { describe, expect, it } from 'vitest';
import type { SequenceRuns } from '../../src/bpv7/index.js';
import { foreignSignal } from '../helpers/foreign.js';
import { line, Network, s } from '../helpers/pair.js';

/** Node 1 with `count` bundles for node 3 in custody, sent to 2 (and lost), by way of 2 - 3; 4 and 5 lie aside. */
function custodian(count = 1): Network {
  const net = new Network({ contacts: [...line(1, 2, 3), ...line(2, 4), ...line(1, 5)] });
  net.script = () => 'lose';
  for (let i = 0; i < count; i++) net.send(1, 3);
  net.runUntil(0.05 + count * 0.001);
  net.script = () => undefined;
  return net;
}

const numbers = (first: SequenceRuns['first'], ...runs: SequenceRuns['runs']): SequenceRuns => ({
  sequenceId: 2,
  first,
  runs,
});

let signalNumber = 0;
function signal(net: Network, from: number, disposition: 'accepted' | 'refused', ...sequences: SequenceRuns[]): void {
  net.inject(2, 1, foreignSignal(from, 1, [{ disposition, sequences }], signalNumber++));
}

describe('a custody signal that came', () => {
  it.each([
    ['from the neighbour that it was sent to', 2, 0],
    ['from its destination', 3, 0],
    ['from a node off its way', 4, 1],
    ['from a neighbour that never had it', 5, 1],
    ['from a node that nobody knows', 77, 1],
    ['from the custodian itself', 1, 1],
  ])('%s leaves the right number of bundles', (_, from, left) => {
    const net = custodian();
    signal(net, from, 'accepted', numbers(0, 1));
    expect(net.stored(1)).toBe(left);
    expect(net.count('custody-signal-unknown', 1, from)).toBe(left);
  });

  it('forged as a refusal moves nothing', () => {
    const net = custodian();
    const before = net.sent.length;
    for (const from of [4, 5, 77]) signal(net, from, 'refused', numbers(0, 1));
    expect(net.sent).toHaveLength(before);
    expect(net.count('custody-declined')).toBe(0);
  });

  it('for other numbers or another counter is counted and changes nothing', () => {
    const net = custodian(3);
    signal(net, 2, 'accepted', numbers(3, 5));
    signal(net, 2, 'accepted', { sequenceId: 9, first: 0, runs: [3] });
    signal(net, 2, 'accepted', { sequenceId: 0, destination: { scheme: 'dtn', ssp: 'none' }, first: 0, runs: [3] });
    expect(net.stored(1)).toBe(3);
    expect(net.count('custody-signal-unknown', 1)).toBe(3);
  });

  it('twice, or late, changes nothing more and is no stranger', () => {
    const net = custodian(2);
    for (let i = 0; i < 3; i++) signal(net, 2, 'accepted', numbers(0, 1));
    expect(net.stored(1)).toBe(1);
    expect(net.count('custody-released', 1)).toBe(1);
    expect(net.count('custody-signal-unknown', 1)).toBe(0);
  });

  it('with gaps releases what it names', () => {
    const net = custodian(10);
    signal(net, 2, 'accepted', numbers(1, 2, 3, 1, 1, 1));
    const left = [...(net.stores.get(1)?.records() ?? [])].map((record) => record.custodySequence);
    expect(left.sort()).toEqual([0, 3, 4, 5, 7, 9]);
  });

  it('with both dispositions keeps to each', () => {
    const net = custodian(4);
    const both = [
      { disposition: 'accepted', sequences: [numbers(0, 2)] },
      { disposition: 'refused', sequences: [numbers(2, 2)] },
    ] as const;
    net.inject(2, 1, foreignSignal(2, 1, both));
    expect(net.stored(1)).toBe(2);
    expect(net.count('custody-declined', 1, 2)).toBe(2);
  });

  it.each([
    ['2^53 numbers', [numbers(0, 2n ** 53n)]],
    ['2^63 numbers', [numbers(0, 2n ** 63n)]],
    ['numbers up to 2^64-1', [numbers(2n ** 63n, 2n ** 63n), numbers(0, 500)]],
    ['thousands of huge ranges', Array.from({ length: 200 }, () => numbers(0, 2 ** 40, 1, 2 ** 40))],
    ['thousands of runs', [numbers(0, ...Array.from({ length: 4_001 }, (_, i) => (i % 2 === 0 ? 1_000 : 1)), 0, 1)]],
  ])('about %s costs no more than what is held', (_, sequences) => {
    const net = custodian(500);
    let looks = 0;
    const trace = net.told.length;
    signal(net, 2, 'accepted', ...sequences);
    looks = net.told.length - trace;
    expect(net.stored(1)).toBe(0);
    expect(looks).toBeLessThan(2_000);
  });

  it('about 2^63 numbers from a stranger is told once', () => {
    const net = custodian(500);
    signal(net, 77, 'accepted', numbers(0, 2n ** 63n));
    expect(net.stored(1)).toBe(500);
    expect(net.of('custody-signal-unknown', 1)).toMatchObject([{ count: 500 }]);
  });
});

describe('a refusal', () => {
  it('counts once: said again it sends nothing again', () => {
    const net = new Network({ contacts: [...line(1, 2, 4), ...line(1, 3, 4)] });
    net.script = (sent) => (sent.from === 1 ? 'lose' : undefined);
    net.send(1, 4);
    net.runUntil(0.02);
    for (let i = 0; i < 3; i++) signal(net, 2, 'refused', numbers(0, 1));
    expect(net.bundles(1, 3)).toHaveLength(1);
    expect(net.stored(1)).toBe(1);
  });

  it('does not undo the acceptance that follows', () => {
    const net = custodian();
    signal(net, 2, 'refused', numbers(0, 1));
    signal(net, 2, 'accepted', numbers(0, 1));
    expect(net.stored(1)).toBe(0);
    net.runUntil(s(1) / 1e6 + 60);
    expect(net.count('retransmitted', 1)).toBe(0);
  });
});
