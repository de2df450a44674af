/**
 * bplib issue 24: an acknowledgement was matched by the slot that a bundle stood in, not by its custody number as well, and under high
 * loss it released another bundle than the one that was taken over. A signal counts for (custodian, sequence id, number) alone.
 */
import { describe, expect, it } from 'vitest';
import { decodeCustodyBlock, findBlock, ipn } from '../../src/bpv7/index.js';
import { foreignBundle, foreignSignal } from '../helpers/foreign.js';
import { both, line, Network } from '../helpers/pair.js';
import type { Told } from '../helpers/told.js';

const nameOf = ({ bundle }: Told) => `${bundle?.sourceNode} ${bundle?.creationTimeMs} ${bundle?.sequence}`;

/** Releases of bundles that whoever signalled had not taken over before. */
function wrongReleases(net: Network): string[] {
  const taken = new Set<string>();
  const wrong: string[] = [];
  for (const told of net.told) {
    if (told.event === 'custody-accepted' || told.event === 'delivered') taken.add(`${told.node} ${nameOf(told)}`);
    if (told.event === 'custody-released' && !taken.has(`${told.peer} ${nameOf(told)}`)) {
      wrong.push(`node ${told.node} let go of ${nameOf(told)} for node ${told.peer}`);
    }
  }
  return wrong;
}

/** What node 2 sent to a neighbour, by custody sequence id and number. */
const numbersTo = (net: Network, to: number) =>
  net.bundles(2, to).map((bundle) => {
    const { sequenceId, sequence } = decodeCustodyBlock(findBlock(bundle, 13)!.data);
    return [Number(sequenceId), Number(sequence)] as const;
  });

describe('bplib #24: a signal releases the bundle that it names and no other', () => {
  it.each(Array.from({ length: 8 }, (_, seed) => [seed + 1] as const))('under 40 %% loss, seed %i', (seed) => {
    const net = new Network({
      contacts: [...line(1, 2, 3, 4), ...both(2, 5), ...both(5, 4)],
      seed,
      impairments: { loss: 0.4, duplication: 0.3, reordering: { probability: 0.3, delayUs: 700_000 } },
    });
    net.healUs = 60_000_000;
    for (let i = 0; i < 100; i++) net.at(i / 10, () => net.send(1, 4, 100));
    for (let i = 0; i < 100; i++) net.at(i / 10, () => net.send(4, 1, 100));
    net.runUntil(400);
    expect(net.count('retransmitted')).toBeGreaterThan(50);
    expect(wrongReleases(net)).toEqual([]);
    expect(net.delivered).toHaveLength(200);
    expect(net.stored()).toBe(0);
  });

  it('where two neighbours have the same number', () => {
    const net = new Network({ contacts: [...line(1, 2, 3), ...both(2, 4)] });
    net.script = ({ from, to }) => ((from === 3 || from === 4) && to === 2 ? 'lose' : undefined);
    net.send(2, 3, 10);
    net.send(2, 4, 10);
    net.runUntil(0.02);
    const [[idTo3, numberTo3], [idTo4, numberTo4]] = [numbersTo(net, 3)[0]!, numbersTo(net, 4)[0]!];
    expect(numberTo3).toBe(numberTo4);
    expect(idTo3).not.toBe(idTo4);
    const accepted = (sequenceId: number) =>
      [{ disposition: 'accepted', sequences: [{ sequenceId, first: numberTo3, runs: [1] }] }] as const;
    // Node 3 speaks of the number under the sequence id of node 4: it never had that bundle.
    net.inject(3, 2, foreignSignal(3, 2, accepted(idTo4)));
    expect(net.count('custody-released', 2)).toBe(0);
    expect(net.stored(2)).toBe(2);
    net.inject(3, 2, foreignSignal(3, 2, accepted(idTo3), 1));
    expect(net.of('custody-released', 2).map(({ bundle }) => bundle?.destinationNode)).toEqual([3]);
  });

  it('where two custodians gave the same number: each is answered under its own', () => {
    const net = new Network({ contacts: [...line(1, 2, 3), ...both(5, 2)] });
    for (const custodian of [1, 5]) {
      const bundle = { source: ipn(custodian, 1), destination: 'ipn:3.7', custody: [custodian, 2, 0] } as const;
      net.inject(custodian, 2, foreignBundle({ ...bundle, sequence: custodian }));
    }
    net.runUntil(5);
    expect(net.count('custody-accepted', 2)).toBe(2);
    for (const custodian of [1, 5]) expect(net.bundles(2, custodian, 'administrative')).toHaveLength(1);
    expect(net.delivered).toHaveLength(2);
  });

  it('a late signal for a number that was given up releases nothing', () => {
    const net = new Network({ contacts: line(1, 2, 3) });
    net.script = ({ from, to }) => (from === 2 && to === 1 ? 2_000_000 : undefined);
    for (let i = 0; i < 10; i++) net.at(i / 2, () => net.send(1, 3, 10));
    net.runUntil(60);
    expect(net.count('retransmitted', 1)).toBeGreaterThan(0);
    expect(wrongReleases(net)).toEqual([]);
    expect(net.delivered).toHaveLength(10);
  });
});
