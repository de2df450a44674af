/**
 * The checklist that ION-DTN's tests of CCSDS 734.6-O-1 make (its folder `tests/cbr-ct-orange-book`), by the names that they have there: what each
 * of them is about must hold here too. Not among them is what is ION's own: commands of its administration programs that change
 * limits while a node runs (`cbr-aggr-runtime`), list old signals (`crs-history`) or mark bundles by destination (`custody-auto-request`).
 */
import { describe, expect, it } from 'vitest';
import type { AgentConfig, CompressedReportRequest } from '../../src/agent/index.js';
import {
  decodeAdminRecord,
  decodeCustodyBlock,
  decodeReportingBlock,
  encodeReportingBlock,
  findBlock,
  HDTN_TYPES,
  ipn,
  newBlock,
  payloadOf,
} from '../../src/bpv7/index.js';
import { foreignBundle, foreignSignal } from '../helpers/foreign.js';
import { both, isAdministrative, line, Network, type NetworkOptions } from '../helpers/pair.js';

const PLAIN = { custody: false } as const;

function network(options: NetworkOptions, more: Partial<AgentConfig> = {}): Network {
  return new Network({ ...options, config: (_, config) => ({ ...config, statusReports: true, ...more }) });
}

const ask = (net: Network, to: number, compressedReports: CompressedReportRequest, more = {}) =>
  net.send(1, to, 100, { ...PLAIN, compressedReports, ...more });

/** Records that left one node for a neighbour, of one kind. */
const records = (net: Network, from: number, to: number, kind: 'custody-signal' | 'reporting-signal') =>
  net
    .bundles(from, to, 'administrative')
    .map((bundle) => decodeAdminRecord(payloadOf(bundle).data))
    .filter((record) => record.kind === kind);

const said = (net: Network) =>
  net.compressedReports.flatMap(({ received }) =>
    received.events.map(({ reason, bundles }) => `${received.fromNode} ${reason} ${bundles.length}`),
  );

describe('ION cbr-ct-orange-book, reporting', () => {
  it('crs-simple: receptions and deliveries come back to the source', () => {
    const net = network({ contacts: line(1, 2) });
    ask(net, 2, { reception: true, delivery: true });
    net.runUntil(30);
    expect(said(net)).toEqual(['2 received 1', '2 delivered 1']);
  });

  it('crs-aggregation: 20 bundles are about 4 signals', () => {
    const reporting = { signalLimit: 5, signalDelayUs: 5_000_000, counterBits: 64 } as const;
    const net = network({ contacts: line(1, 2) }, { reporting });
    for (let i = 0; i < 20; i++) ask(net, 2, { delivery: true });
    net.runUntil(30);
    expect(records(net, 2, 1, 'reporting-signal')).toHaveLength(4);
    expect(said(net)).toEqual(Array(4).fill('2 delivered 5'));
  });

  it('aggregation-stress: 500 bundles, all reported, each once', () => {
    const net = network({ contacts: line(1, 2, 3) });
    for (let i = 0; i < 500; i++) ask(net, 3, { delivery: true });
    net.runUntil(60);
    const named = net.compressedReports.flatMap(({ received }) => received.events.flatMap(({ bundles }) => bundles));
    expect(named).toHaveLength(500);
    expect(new Set(named.map(({ sequence }) => sequence)).size).toBe(500);
    expect(records(net, 3, 2, 'reporting-signal').length).toBeLessThanOrEqual(6);
  });

  it('crs-individual-flags: each is asked for apart', () => {
    const expected = { reception: ['2 received 1', '3 received 1'], forwarding: ['1 forwarded 1', '2 forwarded 1'] };
    for (const [event, lines] of Object.entries({ ...expected, delivery: ['3 delivered 1'] })) {
      const net = network({ contacts: line(1, 2, 3) });
      ask(net, 3, { [event]: true });
      net.runUntil(30);
      expect(said(net)).toEqual(lines);
    }
  });

  it('crs-deletion: a bundle that is given up', () => {
    const net = network({ contacts: line(1, 2) });
    ask(net, 2, { deletion: true }, { destinationService: 99 });
    net.runUntil(30);
    expect(said(net)).toEqual(['2 deleted 1']);
  });

  it('creb-custody-flags: who took custody, and who refused', () => {
    const net = network({ contacts: line(1, 2) });
    const custody = { custodyAcceptance: true, custodyRefusal: true };
    ask(net, 2, custody, { custody: true });
    ask(net, 2, custody, { custody: true, destinationService: 99, lifetimeMs: 10_000 });
    net.runUntil(30);
    expect(said(net)).toEqual(['2 custody-accepted 1', '2 custody-refused 1']);
  });

  it('creb-eid-persist: a relay leaves the block source as it is', () => {
    const net = network({ contacts: line(1, 2, 3) });
    const block = { sequence: 3, sequenceId: 1, requestFlags: 1, blockSource: ipn(9, 4), reportTo: ipn(1, 0) };
    const extra = [newBlock(14, 9, encodeReportingBlock(block), 1)];
    net.inject(1, 2, foreignBundle({ destination: 'ipn:3.7', extra }));
    net.runUntil(30);
    expect(decodeReportingBlock(findBlock(net.bundles(2, 3)[0]!, 14)!.data)).toEqual(block);
  });

  it('crebreportto-redirect: signals go where the source says', () => {
    const net = network({ contacts: [...line(1, 2), ...both(2, 3)] });
    ask(net, 2, { delivery: true }, { reportTo: ipn(3, 0) });
    net.runUntil(30);
    expect(net.compressedReports).toMatchObject([{ node: 3, received: { fromNode: 2, events: [] } }]);
    const sequences = [{ sequenceId: 0, destination: ipn(2, 7), blockSource: ipn(1, 1), first: 0, runs: [1] }];
    expect(net.compressedReports[0]?.received.others).toMatchObject([{ reason: 'delivered', sequences }]);
  });

  it('seqid-gap: numbers that took another way are run lengths between the others', () => {
    const net = network({ contacts: line(1, 2) });
    let number = 0;
    net.script = (_, bundle) => (!isAdministrative(bundle) && number++ % 3 === 2 ? 'lose' : undefined);
    for (let i = 0; i < 8; i++) ask(net, 2, { reception: true });
    net.runUntil(30);
    const signals = [{ sequences: [{ first: 0, runs: [2, 1, 2, 1, 2] }] }];
    expect(records(net, 2, 1, 'reporting-signal')).toMatchObject([{ signals }]);
  });

  it('seqid-nonzero: one counter for all destinations', () => {
    const net = network({ contacts: [...both(1, 2), ...both(1, 3)] });
    for (const to of [2, 3, 2]) ask(net, to, { delivery: true, sequenceId: 6 });
    net.runUntil(30);
    const runs = [2, 3].map((from) => records(net, from, 1, 'reporting-signal')[0]);
    expect(runs).toMatchObject([
      { signals: [{ sequences: [{ sequenceId: 6, first: 0, runs: [1, 1, 1] }] }] },
      { signals: [{ sequences: [{ sequenceId: 6, first: 1, runs: [1] }] }] },
    ]);
    expect(said(net).sort()).toEqual(['2 delivered 2', '3 delivered 1']);
  });

  it('adminrec-auth: a delivery that somebody else tells of does not count', () => {
    const net = network({ contacts: line(1, 2, 3) });
    ask(net, 3, { reception: true, delivery: true }, { sourceService: 7 });
    net.runUntil(30);
    expect(said(net)).toEqual(['2 received 1', '3 received 1', '3 delivered 1']);
    expect(net.count('report-unknown')).toBe(0);
  });
});

describe('ION cbr-ct-orange-book, custody', () => {
  it('custody-simple: over a custodian in between, and nobody keeps anything', () => {
    const net = network({ contacts: line(1, 2, 3) });
    net.send(1, 3);
    net.runUntil(30);
    expect(net.of('custody-released').map(({ node, peer }) => `${node} to ${peer}`)).toEqual(['1 to 2', '2 to 3']);
    expect(net.stored()).toBe(0);
  });

  it('custody-multi: five of them', () => {
    const net = network({ contacts: line(1, 2, 3) });
    for (let i = 0; i < 5; i++) net.send(1, 3);
    net.runUntil(30);
    expect(net.count('custody-released', 1)).toBe(5);
    expect(net.delivered).toHaveLength(5);
  });

  it('custody-stress: 20 bundles with a limit of 5 are 4 signals', () => {
    // They come apart, so that no rush makes one signal cover more, but within what a signal waits.
    const contacts = both(1, 2, 0, 1000, { rateBytesPerSecond: 200_000 });
    const net = network({ contacts, custody: { signalLimit: 5, signalDelayUs: 1_000_000 } });
    for (let i = 0; i < 20; i++) net.send(1, 2);
    net.runUntil(30);
    expect(records(net, 2, 1, 'custody-signal')).toHaveLength(4);
    expect(net.count('custody-released', 1)).toBe(20);
    expect(net.count('retransmitted')).toBe(0);
  });

  it('custody-ccs-verify, custody-bundle-query: what is outstanding is known until its signal comes', () => {
    const net = network({ contacts: line(1, 2) });
    net.script = (_, bundle) => (isAdministrative(bundle) ? 2_000_000 : undefined);
    net.send(1, 2);
    net.runUntil(0.1);
    expect(net.agent(1).held()).toHaveLength(1);
    net.runUntil(30);
    expect(net.agent(1).held()).toEqual([]);
  });

  it('heterogeneous: a relay that knows no custody stands in between', () => {
    const net = new Network({
      contacts: line(1, 2, 3),
      config: (node, config) => (node === 2 ? { ...config, types: HDTN_TYPES } : config),
    });
    net.send(1, 3);
    net.runUntil(30);
    const custodyOf = (from: number, to: number) => decodeCustodyBlock(findBlock(net.bundles(from, to)[0]!, 13)!.data);
    expect(custodyOf(2, 3)).toEqual(custodyOf(1, 2));
    expect(net.of('custody-released')).toMatchObject([{ node: 1, peer: 3 }]);
  });

  it('custody-retransmit-timer: a signal that does not come', () => {
    const net = network({ contacts: line(1, 2) });
    let losses = 1;
    net.script = (_, bundle) => (isAdministrative(bundle) && losses-- > 0 ? 'lose' : undefined);
    net.send(1, 2);
    net.runUntil(30);
    expect(net.count('retransmitted', 1)).toBe(1);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('ccs-retransmit-range-array: what is refused together is sent again, each of it', () => {
    const net = network({ contacts: [...line(1, 2, 3), ...both(1, 4, 2, 900), ...both(4, 3, 2, 900)] });
    let losses = 5;
    net.script = ({ to }, bundle) => (to === 2 && !isAdministrative(bundle) && losses-- > 0 ? 'lose' : undefined);
    for (let i = 0; i < 5; i++) net.send(1, 3);
    net.runUntil(0.05);
    const { sequenceId } = decodeCustodyBlock(findBlock(net.bundles(1, 2)[0]!, 13)!.data);
    const sequences = [{ sequenceId, first: 0, runs: [1, 1, 1, 1, 1] }];
    net.inject(2, 1, foreignSignal(2, 1, [{ disposition: 'refused', sequences }]));
    expect(net.count('custody-declined', 1)).toBe(3);
    net.runUntil(60);
    expect(net.delivered).toHaveLength(5);
    expect(net.stored()).toBe(0);
  });

  it('adminrec-auth-ccs-forged: a signal of a node that never had the bundle releases nothing', () => {
    const net = network({ contacts: [...line(1, 2), ...both(1, 9)] });
    net.script = ({ from }, bundle) => (from === 2 && isAdministrative(bundle) ? 'lose' : undefined);
    net.send(1, 2);
    net.runUntil(0.05);
    const { sequenceId, sequence } = decodeCustodyBlock(findBlock(net.bundles(1, 2)[0]!, 13)!.data);
    const sequences = [{ sequenceId, first: sequence, runs: [1] }];
    net.inject(9, 1, foreignSignal(9, 1, [{ disposition: 'accepted', sequences }]));
    expect(net.count('custody-released', 1)).toBe(0);
    expect(net.count('custody-signal-unknown', 1)).toBe(1);
    expect(net.stored(1)).toBe(1);
  });

  it('adminrec-auth-multihop: a signal of a node behind relays counts', () => {
    const net = network({ contacts: line(1, 2, 3, 4), relays: [2, 3] });
    net.send(1, 4);
    net.runUntil(30);
    expect(net.of('custody-released', 1)).toMatchObject([{ peer: 4 }]);
  });
});
