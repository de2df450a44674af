/** Whose type numbers a node uses for custody (AgentConfig.types): blocks and signals that it writes, and what it takes for some. */
import { describe, expect, it } from 'vitest';
import type { AgentConfig } from '../../src/agent/index.js';
import {
  BPLIB_TYPES,
  type Bundle,
  decodeAdminRecord,
  decodeBundle,
  encodeBundle,
  encodeCustodySignal,
  findBlock,
  HDTN_TYPES,
  newBlock,
  payloadOf,
} from '../../src/bpv7/index.js';
import { foreignBundle } from '../helpers/foreign.js';
import { both, line, Network, type NetworkOptions, s } from '../helpers/pair.js';

const TO_3 = { destination: 'ipn:3.7' } as const;
/** Numbers of nobody, so that none of them can be in the code by chance. */
const OWN_TYPES = { ...BPLIB_TYPES, name: 'own', custodyBlock: 77, custodySignal: 64_400 };

function network(config: Partial<AgentConfig>, options: NetworkOptions = { contacts: line(1, 2, 3) }): Network {
  return new Network({ ...options, config: (_, base) => ({ ...base, ...config }) });
}

const signalsOf = (bundles: readonly Bundle[], types = OWN_TYPES) =>
  bundles.map((bundle) => decodeAdminRecord(payloadOf(bundle).data, types));

describe('under a type profile with numbers of its own', () => {
  it('custody goes hop by hop by these numbers', () => {
    const net = network({ types: OWN_TYPES });
    net.send(1, 3);
    net.runUntil(5);
    for (const [from, to] of [
      [1, 2],
      [2, 3],
    ] as const) {
      const [bundle] = net.bundles(from, to);
      expect(findBlock(bundle!, 77)).toBeDefined();
      expect(findBlock(bundle!, 13)).toBeUndefined();
      expect(signalsOf(net.bundles(to, from, 'administrative'))).toMatchObject([{ kind: 'custody-signal' }]);
    }
    expect(net.count('custody-accepted', 2)).toBe(1);
    expect(net.count('retransmitted')).toBe(0);
    expect(net.stored()).toBe(0);
  });

  it('a block of type 13 is an unknown one, a custody signal of the other type an unknown record', () => {
    const net = network({ types: OWN_TYPES });
    net.inject(9, 2, foreignBundle({ ...TO_3, custody: [9, 1, 0] }));
    const sequences = [{ sequenceId: 2, first: 0, runs: [1] }];
    const payload = encodeCustodySignal([{ disposition: 'accepted', sequences }]);
    net.inject(9, 2, foreignBundle({ destination: 'ipn:2.0', flags: 2, payload }));
    net.runUntil(5);
    expect(net.count('custody-accepted')).toBe(0);
    expect(net.of('admin-ignored', 2)).toMatchObject([{ detail: 'type 13' }]);
    expect(net.delivered).toMatchObject([{ node: 3 }]);
  });

  it('whose signals hold one sequence each, two sequences go in two signals', () => {
    // A destination hears of the same custodian by two ways.
    const net = network({ types: OWN_TYPES }, { contacts: both(1, 3) });
    const custody = (sequenceId: number, sequence: number) => {
      const block = newBlock(77, 20, Uint8Array.of(0x83, sequence, sequenceId, 0x82, 2, 0x82, 1, 0), 1);
      net.inject(1, 3, foreignBundle({ ...TO_3, extra: [block], sequence: sequenceId }));
    };
    custody(5, 0);
    custody(6, 0);
    net.runUntil(1);
    const records = signalsOf(net.bundles(3, 1, 'administrative'));
    expect(records).toMatchObject([5, 6].map((sequenceId) => ({ signals: [{ sequences: [{ sequenceId }] }] })));
  });
});

describe('under the profile of HDTN', () => {
  const priority = newBlock(13, 20, Uint8Array.of(0x01), 0);

  it('a block of type 13 is no custody block, and is passed on byte for byte', () => {
    const net = network({ types: HDTN_TYPES });
    net.inject(9, 2, foreignBundle({ ...TO_3, extra: [priority] }));
    net.inject(9, 2, foreignBundle({ ...TO_3, custody: [9, 1, 0], sequence: 1 }));
    net.runUntil(5);
    expect(net.count('malformed')).toBe(0);
    expect(net.of('custody-accepted')).toEqual([]);
    expect(net.bundles(2, 9, 'administrative')).toEqual([]);
    expect(net.bundles(2, 3).map((bundle) => findBlock(bundle, 13)?.data[0])).toEqual([1, 0x83]);
    expect(net.delivered).toHaveLength(2);
    expect(net.stored()).toBe(0);
  });

  it('what its block flags say is done with it', () => {
    const net = network({ types: HDTN_TYPES });
    net.inject(9, 2, foreignBundle({ ...TO_3, extra: [newBlock(13, 20, Uint8Array.of(1), 0x10)] }));
    net.runUntil(5);
    expect(findBlock(net.bundles(2, 3)[0]!, 13)).toBeUndefined();
  });

  it('a bundle with one may be fragmented', () => {
    const net = network({ types: HDTN_TYPES, maxBundleBytes: 1_500 });
    const payload = new Uint8Array(4_000);
    net.inject(9, 2, foreignBundle({ ...TO_3, extra: [priority], payload, flags: 0 }));
    net.runUntil(5);
    expect(net.bundles(2, 3).length).toBeGreaterThan(2);
    expect(net.delivered).toMatchObject([{ node: 3, payload }]);
  });

  it('custody cannot be asked for, and a block of type 13 can be added', () => {
    const net = network({ types: HDTN_TYPES });
    expect(() => net.send(1, 3)).toThrow(/hdtn has no custody blocks/);
    net.send(1, 3, 10, { custody: false, blocks: [{ type: 13, flags: 0, data: Uint8Array.of(2) }] });
    net.runUntil(5);
    expect(net.delivered).toHaveLength(1);
    expect(findBlock(decodeBundle(encodeBundle(net.bundles(2, 3)[0]!)), 13)?.data).toEqual(Uint8Array.of(2));
  });
});

describe('under the default profile', () => {
  it('a block of type 13 cannot be added by an application', () => {
    const net = network({}, { contacts: line(1, 2).map((each) => ({ ...each, endUs: s(5) })) });
    const blocks = [{ type: 13, flags: 0, data: Uint8Array.of(2) }];
    expect(() => net.send(1, 2, 10, { custody: false, blocks })).toThrow(/made by the nodes/);
  });
});
