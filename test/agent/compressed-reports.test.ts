/** Compressed bundle status reporting (CCSDS 734.6-O-1): who numbers, who says what of which numbers, and what is made of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CompressedReportRequest, DEFAULT_LIMITS, type ReportingConfig } from '../../src/agent/index.js';
import {
  BPLIB_TYPES,
  BUNDLE_FLAGS,
  type Bundle,
  decodeAdminRecord,
  decodeReportingBlock,
  type Eid,
  eidToString,
  encodeReportingBlock,
  encodeReportingSignal,
  findBlock,
  HDTN_TYPES,
  includedIntervals,
  ipn,
  newBlock,
  payloadOf,
  type ReportingBlock,
  type ReportingSignal,
  type SignalForm,
  type TypeProfile,
} from '../../src/bpv7/index.js';
import { anyReportingSignals } from '../bpv7/admin-support.js';
import { type ForeignBundle, foreignBundle } from '../helpers/foreign.js';
import { both, isAdministrative, line, Network, type NetworkOptions, oneWay } from '../helpers/pair.js';

const PLAIN = { custody: false } as const;
const STEPS: CompressedReportRequest = { reception: true, forwarding: true, delivery: true, deletion: true };
const CUSTODY: CompressedReportRequest = { custodyAcceptance: true, custodyRefusal: true };

interface Options extends NetworkOptions {
  readonly reporting?: Partial<ReportingConfig>;
  readonly types?: TypeProfile;
}

/** Nodes that send reports. */
function reporting({ reporting: more, types, ...options }: Options): Network {
  return new Network({
    ...options,
    config: (node, base) => {
      const config = options.config?.(node, base) ?? base;
      const reports = { statusReports: true, reporting: { ...config.reporting, ...more } };
      return { ...config, ...reports, types: types ?? config.types };
    },
  });
}

/** What arrived, as `teller>hearer reason: bundle numbers`. */
const heard = (net: Network) =>
  net.compressedReports.flatMap(({ node, received }) =>
    received.events.map(
      ({ reason, bundles }) =>
        `${received.fromNode}>${node} ${reason}: ${bundles.map(({ sequence }) => sequence).join(' ')}`,
    ),
  );

/** What the reporting signals say that left one node for a neighbour. */
function signals(net: Network, from: number, to: number, types?: TypeProfile): (readonly ReportingSignal[])[] {
  return net.bundles(from, to, 'administrative').flatMap((bundle) => {
    const record = decodeAdminRecord(payloadOf(bundle).data, types);
    return record.kind === 'reporting-signal' ? [record.signals] : [];
  });
}

const blockOf = (bundle: Bundle, type = 14): ReportingBlock | undefined => {
  const block = findBlock(bundle, type);
  return block && decodeReportingBlock(block.data);
};

const isSignal = (bundle: Bundle) =>
  isAdministrative(bundle) && decodeAdminRecord(payloadOf(bundle).data).kind === 'reporting-signal';

/** A stranger's bundle with a reporting block. */
function numbered(block: ReportingBlock, more: ForeignBundle = {}): Uint8Array {
  const extra = [newBlock(14, 9, encodeReportingBlock(block), 1)];
  return foreignBundle({ destination: 'ipn:3.7', reportTo: 'ipn:1.0', extra, ...more });
}

/** A reporting signal from one node for an endpoint. */
function signal(from: number, to: Eid, said: readonly ReportingSignal[], form?: SignalForm, sequence = 0): Uint8Array {
  return foreignBundle({
    source: ipn(from, 0),
    destination: to,
    flags: BUNDLE_FLAGS.isAdministrativeRecord,
    payload: encodeReportingSignal(said, undefined, form),
    sequence,
  });
}

describe('a bundle that asks for compressed reports', () => {
  it('carries a number, the counter and what is asked, is not fragmented, and asks for no status reports', () => {
    const net = reporting({ contacts: line(1, 2) });
    net.send(1, 2, 10, { ...PLAIN, compressedReports: { delivery: true, deletion: true } });
    const [bundle] = net.bundles(1, 2);
    expect(blockOf(bundle!)).toEqual({ sequence: 0, sequenceId: 0, requestFlags: 0x0c });
    expect(findBlock(bundle!, 14)).toMatchObject({ flags: 1 });
    expect(bundle?.primary.flags).toBe(BUNDLE_FLAGS.mustNotFragment);
  });

  it('is numbered for each source endpoint and destination, or for each source endpoint and sequence id', () => {
    const net = reporting({ contacts: [...both(1, 2), ...both(1, 3)] });
    const ask = (to: number, sourceService: number, sequenceId?: number) => {
      const more = sequenceId === undefined ? {} : { sequenceId };
      net.send(1, to, 10, { ...PLAIN, sourceService, compressedReports: { delivery: true, ...more } });
    };
    ask(2, 1);
    ask(2, 1);
    ask(3, 1);
    ask(2, 5);
    ask(2, 1, 8);
    ask(3, 1, 8);
    ask(2, 1, 9);
    net.runUntil(2);
    const numbers = (to: number) => net.bundles(1, to).map((each) => blockOf(each)?.sequence);
    expect(numbers(2)).toEqual([0, 1, 0, 0, 0]);
    expect(numbers(3)).toEqual([0, 1]);
  });

  it('takes no number where it finds no room', () => {
    const limits = { ...DEFAULT_LIMITS, storedBundles: 1 };
    const net = reporting({ contacts: [oneWay(1, 2, 10, 90)], config: (_, config) => ({ ...config, limits }) });
    const send = () => net.send(1, 2, 10, { ...PLAIN, compressedReports: STEPS });
    expect([send(), send(), send()]).toEqual([true, false, false]);
    net.runUntil(15);
    expect(send()).toBe(true);
    net.runUntil(20);
    expect(net.bundles(1, 2).map((each) => blockOf(each)?.sequence)).toEqual([0, 1]);
  });

  it.each([16, 32] as const)('is numbered from 0 again behind 2^%i-1', (counterBits) => {
    const kept = new Map<string, Uint8Array>();
    const net = reporting({ contacts: line(1, 2), reporting: { counterBits, signalLimit: 2 } });
    // One that a store kept.
    const store = net.stores.get(1)!;
    Object.defineProperty(store, 'isDurable', { value: true });
    const next = new Uint8Array(9);
    next[0] = 1;
    new DataView(next.buffer).setBigUint64(1, 2n ** BigInt(counterBits) - 1n);
    Object.defineProperty(store, 'state', {
      value: { get: () => next, set: (key: string, encode: () => Uint8Array) => kept.set(key, encode()) },
    });
    for (let i = 0; i < 2; i++) net.send(1, 2, 10, { ...PLAIN, compressedReports: { delivery: true } });
    net.runUntil(3);
    expect(net.bundles(1, 2).map((each) => blockOf(each)?.sequence)).toEqual([2 ** counterBits - 1, 0]);
    expect(heard(net)).toEqual(['2>1 delivered: 1 0']);
  });

  it('cannot be anonymous, a record, or sent under a type profile without such blocks', () => {
    const net = reporting({ contacts: line(1, 2) });
    const request = { ...PLAIN, compressedReports: STEPS };
    expect(() => net.send(1, 2, 10, { ...request, anonymous: true })).toThrow(/nothing is reported/);
    expect(() => net.send(1, 2, 10, { ...request, administrative: true })).toThrow(/nothing is reported/);
    const hdtn = reporting({ contacts: line(1, 2), types: HDTN_TYPES });
    expect(() => hdtn.send(1, 2, 10, request)).toThrow(expect.objectContaining({ code: 'no-compressed-reports' }));
  });

  it('leaves the making of the block to the node', () => {
    const net = reporting({ contacts: line(1, 2) });
    const blocks = [{ type: 14, flags: 1, data: Uint8Array.of(0x81, 7) }];
    expect(() => net.send(1, 2, 10, { ...PLAIN, blocks })).toThrow(expect.objectContaining({ code: 'extra-block' }));
  });
});

describe('compressed reports', () => {
  it('are not sent unless the node was told to send reports', () => {
    const net = new Network({ contacts: line(1, 2, 3) });
    net.send(1, 3, 100, { ...PLAIN, compressedReports: STEPS });
    net.runUntil(30);
    expect(net.sent.some(({ datagram }) => net.bundles(2, 1, 'administrative').length > 0 && datagram)).toBe(false);
    expect(net.delivered).toHaveLength(1);
  });

  it('tell of every step of many bundles in one signal from each node', () => {
    const net = reporting({ contacts: line(1, 2, 3) });
    for (let i = 0; i < 4; i++) net.send(1, 3, 100, { ...PLAIN, compressedReports: STEPS });
    net.runUntil(30);
    expect(heard(net)).toEqual([
      '1>1 forwarded: 0 1 2 3',
      '2>1 received: 0 1 2 3',
      '2>1 forwarded: 0 1 2 3',
      '3>1 received: 0 1 2 3',
      '3>1 delivered: 0 1 2 3',
    ]);
    expect(net.reports).toEqual([]);
    expect(net.stored()).toBe(0);
  });

  it('come beside status reports where both are asked for', () => {
    const net = reporting({ contacts: line(1, 2) });
    net.send(1, 2, 100, { ...PLAIN, reports: { delivery: true }, compressedReports: { reception: true } });
    net.runUntil(30);
    expect(net.reports).toHaveLength(1);
    expect(heard(net)).toEqual(['2>1 received: 0']);
  });

  it('say which bundles with all that names one', () => {
    const net = reporting({ contacts: line(1, 2) });
    net.send(1, 2, 100, { ...PLAIN, compressedReports: { delivery: true } });
    net.runUntil(30);
    expect(net.compressedReports[0]?.received).toMatchObject({ fromNode: 2, service: 0, others: [] });
    expect(net.compressedReports[0]?.received.events[0]?.bundles).toEqual([
      {
        sourceNode: 1,
        sourceService: 1,
        creationTimeMs: 1_000_000_000,
        sequence: 0,
        destinationNode: 2,
        destinationService: 7,
      },
    ]);
  });

  it('of 20 bundles with a limit of 5 are 4 signals', () => {
    const net = reporting({ contacts: line(1, 2), reporting: { signalLimit: 5 } });
    for (let i = 0; i < 20; i++) net.send(1, 2, 100, { ...PLAIN, compressedReports: { delivery: true } });
    net.runUntil(30);
    expect(signals(net, 2, 1)).toHaveLength(4);
    expect(heard(net).join()).toContain('delivered: 15 16 17 18 19');
    expect(net.of('compressed-report-sent', 2).map(({ count }) => count)).toEqual([5, 5, 5, 5]);
  });

  it('leave after the time limit where the count is not reached', () => {
    const net = reporting({ contacts: line(1, 2), reporting: { signalDelayUs: 2_000_000 } });
    net.send(1, 2, 100, { ...PLAIN, compressedReports: { delivery: true } });
    net.runUntil(1.9);
    expect(signals(net, 2, 1)).toEqual([]);
    net.runUntil(2.2);
    expect(heard(net)).toEqual(['2>1 delivered: 0']);
  });

  it('leave before the contact to their receiver ends', () => {
    const net = reporting({ contacts: [oneWay(1, 2, 0, 3), oneWay(2, 1, 0, 3)] });
    net.send(1, 2, 100, { ...PLAIN, compressedReports: { delivery: true } });
    net.runUntil(4);
    expect(heard(net)).toEqual(['2>1 delivered: 0']);
  });

  it('name gaps by run lengths: of what went another way nothing is said', () => {
    const net = reporting({ contacts: line(1, 2) });
    const losses = [3, 4, 8];
    let number = 0;
    net.script = (_, bundle) => (!isAdministrative(bundle) && losses.includes(number++) ? 'lose' : undefined);
    for (let i = 0; i < 11; i++) net.send(1, 2, 100, { ...PLAIN, compressedReports: { reception: true } });
    net.runUntil(30);
    const [[said]] = signals(net, 2, 1) as [[ReportingSignal]];
    expect(said).toMatchObject({ reason: 'received', sequences: [{ first: 0, runs: [3, 2, 3, 1, 2] }] });
    expect(heard(net)).toEqual(['2>1 received: 0 1 2 5 6 7 9 10']);
  });

  it('tell a deletion that has no route', () => {
    const net = reporting({ contacts: both(1, 2) });
    net.send(1, 2, 100, { ...PLAIN, destinationService: 99, compressedReports: { deletion: true } });
    net.send(1, 9, 100, { ...PLAIN, lifetimeMs: 3_000, compressedReports: { deletion: true } });
    net.runUntil(30);
    expect(heard(net)).toEqual(['2>1 deleted: 0', '1>1 deleted: 1']);
  });

  it('tell of custody that is accepted on the way and at the destination, and of one that is refused', () => {
    const net = reporting({ contacts: line(1, 2, 3) });
    net.send(1, 3, 100, { compressedReports: CUSTODY });
    net.send(1, 3, 100, { destinationService: 99, lifetimeMs: 20_000, compressedReports: CUSTODY });
    net.runUntil(30);
    expect(heard(net)).toEqual(['2>1 custody-accepted: 0 1', '3>1 custody-accepted: 0', '3>1 custody-refused: 1']);
  });

  it('tell it once, however often a link repeats the bundle or a custodian sends it again', () => {
    const net = reporting({ contacts: line(1, 2, 3) });
    let losses = 3;
    net.script = (sent, bundle) => {
      if (isAdministrative(bundle)) return undefined;
      return sent.from === 2 && losses-- > 0 ? 'lose' : 'duplicate';
    };
    net.send(1, 3, 100, { compressedReports: { ...STEPS, ...CUSTODY } });
    net.runUntil(60);
    expect(net.count('retransmitted', 2)).toBeGreaterThan(0);
    expect(heard(net).sort()).toEqual([
      '1>1 forwarded: 0',
      '2>1 custody-accepted: 0',
      '2>1 forwarded: 0',
      '2>1 received: 0',
      '3>1 custody-accepted: 0',
      '3>1 delivered: 0',
      '3>1 received: 0',
    ]);
  });

  it('pass a relay that reports nothing', () => {
    const net = new Network({
      contacts: line(1, 2, 3),
      config: (node, config) => ({ ...config, statusReports: node !== 2 }),
    });
    net.send(1, 3, 100, { ...PLAIN, compressedReports: STEPS });
    net.runUntil(30);
    expect(blockOf(net.bundles(2, 3)[0]!)).toEqual({ sequence: 0, sequenceId: 0, requestFlags: 0x0f });
    expect(heard(net)).toEqual(['1>1 forwarded: 0', '3>1 received: 0', '3>1 delivered: 0']);
  });

  it('go by the numbers of the type profile, one sequence in a record where its peers read no more', () => {
    const net = reporting({ contacts: line(1, 2), types: BPLIB_TYPES });
    for (const sequenceId of [4, 5]) {
      net.send(1, 2, 100, { ...PLAIN, compressedReports: { delivery: true, sequenceId } });
    }
    net.runUntil(30);
    expect(blockOf(net.bundles(1, 2)[0]!, 16)).toMatchObject({ sequence: 0, sequenceId: 4 });
    expect(
      signals(net, 2, 1, BPLIB_TYPES).map(([each]) => each?.sequences.map(({ sequenceId }) => sequenceId)),
    ).toEqual([[4], [5]]);
    expect(net.compressedReports).toHaveLength(2);
  });

  it('are bounded together with status reports, and what is withheld is counted', () => {
    const limits = { ...DEFAULT_LIMITS, statusReportsPerSecond: 2 };
    const net = reporting({
      contacts: line(1, 2),
      reporting: { signalLimit: 1 },
      config: (_, config) => ({ ...config, limits }),
    });
    for (let sequence = 0; sequence < 4; sequence++) {
      const flags = sequence === 0 ? BUNDLE_FLAGS.reportDelivery : 0;
      net.inject(
        1,
        2,
        numbered({ sequence, sequenceId: 1, requestFlags: 4 }, { destination: 'ipn:2.7', sequence, flags }),
      );
    }
    expect(net.count('report-sent', 2) + net.count('compressed-report-sent', 2)).toBe(2);
    expect(net.of('report-withheld', 2).map(({ detail }) => detail)).toContain('compressed: too many reports');
  });
});

describe('the block of a stranger', () => {
  const ALL = 0x3f;

  it.each([
    ['asks for nothing without flags', { sequence: 7, sequenceId: 2 }, []],
    ['names itself and the place to report to', { blockSource: ipn(9, 5), reportTo: ipn(1, 4) }, ['ipn:1.4 ipn:9.5']],
    ['is of the source of its bundle by default', {}, ['ipn:1.0 ipn:9.1']],
    ['leaves out a block source that is the receiver', { blockSource: ipn(1, 0) }, ['ipn:1.0 -']],
    ['has signals go nowhere', { blockSource: ipn(9, 5), reportTo: ipn(0, 0) }, []],
    ['comes from nobody', { blockSource: ipn(0, 0) }, []],
  ])('%s', (what, more, expected) => {
    const net = reporting({ contacts: line(1, 2, 3) });
    const flags = what.startsWith('asks') ? {} : { requestFlags: ALL };
    net.inject(1, 2, numbered({ sequence: 7, sequenceId: 2, ...flags, ...more }));
    net.runUntil(30);
    const said = net.bundles(2, 1, 'administrative').map((bundle) => {
      const record = decodeAdminRecord(payloadOf(bundle).data);
      const source = record.kind === 'reporting-signal' && record.signals[0]?.sequences[0]?.blockSource;
      return `${eidToString(bundle.primary.destination)} ${source ? eidToString(source) : '-'}`;
    });
    // Nodes 2 and 3 say the same.
    expect([...new Set(said)]).toEqual(expected);
    expect(net.delivered).toHaveLength(1);
  });

  it('keeps numbers up to 2^64-1 and destinations apart where the sequence id is 0', () => {
    const net = reporting({ contacts: line(1, 2, 3) });
    for (const [at, sequence] of [2n ** 64n - 1n, 0, 2n ** 64n - 2n].entries()) {
      net.inject(1, 2, numbered({ sequence, sequenceId: 0, requestFlags: 1 }, { sequence: at }));
    }
    net.inject(
      1,
      2,
      numbered({ sequence: 1, sequenceId: 0, requestFlags: 1 }, { destination: 'ipn:3.8', sequence: 3 }),
    );
    net.runUntil(30);
    const [said] = signals(net, 2, 1);
    expect(said?.flatMap(({ sequences }) => sequences.map(({ destination }) => eidToString(destination!)))).toEqual([
      'ipn:3.7',
      'ipn:3.8',
    ]);
    expect(includedIntervals(said![0]!.sequences[0]!)).toEqual([
      { first: 0, last: 0 },
      { first: 2n ** 64n - 2n, last: 2n ** 64n - 1n },
    ]);
  });

  it.each([
    ['passes on where its flags say nothing', 0, true, 1],
    ['is discarded where its flags say so', 16, false, 1],
    ['takes its bundle along where its flags say so', 4, false, 0],
  ])('that is ill-formed cannot be processed: it %s', (_, blockFlags, isKept, delivered) => {
    const net = reporting({ contacts: line(1, 2, 3) });
    const extra = [newBlock(14, 9, Uint8Array.of(0x80), blockFlags)];
    net.inject(1, 2, foreignBundle({ destination: 'ipn:3.7', reportTo: 'ipn:1.0', extra }));
    net.runUntil(30);
    expect(net.bundles(2, 3).some((bundle) => findBlock(bundle, 14) !== undefined)).toBe(isKept);
    expect(net.delivered).toHaveLength(delivered);
    expect(net.count('compressed-report-sent')).toBe(0);
  });

  it('says nothing of records', () => {
    const net = reporting({ contacts: line(1, 2, 3) });
    net.inject(
      1,
      2,
      numbered({ sequence: 1, requestFlags: ALL, sequenceId: 1 }, { flags: BUNDLE_FLAGS.isAdministrativeRecord }),
    );
    net.runUntil(30);
    expect(net.count('compressed-report-sent') + net.count('report-withheld')).toBe(0);
  });

  it('fills no memory with places to report to: beyond a thousand signals leave early', () => {
    const net = reporting({ contacts: line(1, 2, 3) });
    for (let at = 0; at < 1_500; at++) {
      const block = { sequence: at, sequenceId: 1, requestFlags: 1, blockSource: ipn(9, 1), reportTo: ipn(1, at) };
      net.inject(1, 2, numbered(block, { sequence: at }));
    }
    expect(net.count('compressed-report-sent', 2) + net.count('report-withheld', 2)).toBeGreaterThanOrEqual(475);
  });
});

describe('a signal that arrives', () => {
  /** Node 1 with ten bundles for node 3, numbered 0 to 9 of sequence id 4. */
  function sender(): Network {
    const net = reporting({ contacts: line(1, 2, 3) });
    for (let i = 0; i < 10; i++)
      net.send(1, 3, 10, { ...PLAIN, sourceService: 7, compressedReports: { sequenceId: 4 } });
    net.runUntil(1);
    return net;
  }
  const sequence = { sequenceId: 4, first: 0, runs: [10] } as const;
  const reportTo = ipn(1, 7);

  it.each(['bare', 'tagged'] as const)('is read %s', (form) => {
    const net = sender();
    net.inject(
      2,
      1,
      signal(3, reportTo, [{ reason: 'delivered', sequences: [{ ...sequence, runs: [2, 3, 1] }] }], form),
    );
    net.inject(2, 1, foreignBundle());
    expect(heard(net)).toEqual(['3>1 delivered: 0 1 5']);
    expect(net.compressedReports[0]?.received.service).toBe(7);
  });

  it('costs no more for 2^64 numbers than for those that were given', () => {
    const net = sender();
    const sequences = [{ ...sequence, runs: [2n ** 63n, 7, 2n ** 63n - 7n] }];
    net.inject(2, 1, signal(3, reportTo, [{ reason: 'received', sequences }]));
    expect(heard(net)).toEqual(['3>1 received: 0 1 2 3 4 5 6 7 8 9']);
    expect(net.of('report-unknown', 1)).toHaveLength(1);
  });

  it('names each bundle once, however often it names its number', () => {
    const net = sender();
    net.inject(2, 1, signal(3, reportTo, [{ reason: 'received', sequences: Array(3_000).fill(sequence) }]));
    expect(heard(net)).toEqual(['3>1 received: 0 1 2 3 4 5 6 7 8 9']);
    // Beyond a thousand sequences nothing is looked at.
    expect(net.of('report-unknown', 1)).toMatchObject([{ count: 3_000 - 1_024 }]);
  });

  it.each([
    ['of numbers that were not given', 3, { ...sequence, first: 10, runs: [5] }, 5],
    ['of a counter that there is not', 3, { ...sequence, sequenceId: 6 }, 10],
    ['of a destination that nothing went to', 3, { sequenceId: 0, destination: ipn(8, 8), first: 0, runs: [1] }, 1],
    ['of deliveries by a node that is not the destination', 2, sequence, 10],
  ])('%s is counted and ignored', (_, from, said, count) => {
    const net = sender();
    net.inject(2, 1, signal(from, reportTo, [{ reason: 'delivered', sequences: [said] }]));
    expect(net.compressedReports).toEqual([]);
    expect(net.of('report-unknown', 1)).toMatchObject([{ peer: from, count }]);
  });

  it('of bundles of another source is handed on by its numbers', () => {
    const net = sender();
    const said = [{ reason: 'deleted', sequences: [{ ...sequence, blockSource: ipn(7, 1) }] }] as const;
    net.inject(2, 1, signal(3, reportTo, said));
    expect(net.compressedReports[0]?.received).toMatchObject({ events: [], others: said });
  });

  it('that is lost is not sent again: it promises nothing', () => {
    const net = reporting({ contacts: line(1, 2) });
    net.script = (_, bundle) => (isSignal(bundle) ? 'lose' : undefined);
    net.send(1, 2, 100, { ...PLAIN, compressedReports: { delivery: true } });
    net.runUntil(60);
    expect(net.count('compressed-report-sent', 2)).toBe(1);
    expect(net.compressedReports).toEqual([]);
  });
});

describe('whatever a stranger sends', () => {
  it('as a reporting block or a reporting signal is an outcome, and never an exception', () => {
    const anyData = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      anyReportingSignals.map((signals) => encodeReportingSignal(signals)),
    );
    fc.assert(
      fc.property(anyData, fc.array(fc.tuple(fc.nat(80), fc.nat(255))), fc.boolean(), (data, changes, isBlock) => {
        const bytes = data.slice();
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        const net = reporting({ contacts: line(1, 2, 3), reporting: { signalLimit: 3 } });
        for (let i = 0; i < 3; i++) net.send(1, 3, 10, { ...PLAIN, compressedReports: STEPS });
        const datagram = isBlock
          ? foreignBundle({ destination: 'ipn:3.7', reportTo: 'ipn:1.0', extra: [newBlock(14, 9, bytes, 1)] })
          : foreignBundle({ destination: 'ipn:1.0', flags: BUNDLE_FLAGS.isAdministrativeRecord, payload: bytes });
        net.inject(2, isBlock ? 2 : 1, datagram);
        net.runUntil(30);
        const named = net.compressedReports.flatMap(({ received }) =>
          received.events.flatMap(({ bundles }) => bundles),
        );
        expect(named.every(({ sourceNode, sequence }) => sourceNode === 1 && sequence < 3)).toBe(true);
      }),
    );
  });
});
