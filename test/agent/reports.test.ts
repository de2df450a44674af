/** Bundle status reports: who sends them, of what, with which reason, and when not (RFC 9171 sections 5 and 6.1). */
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, reportInWords } from '../../src/agent/index.js';
import {
  BLOCK_FLAGS,
  BUNDLE_FLAGS,
  decodeAdminRecord,
  eidToString,
  encodeStatusReport,
  ipn,
  newBlock,
  payloadOf,
  REASONS,
} from '../../src/bpv7/index.js';
import { foreignBundle } from '../helpers/foreign.js';
import { both, EPOCH_MS, isAdministrative, line, Network, type NetworkOptions } from '../helpers/pair.js';

const ALL = { reception: true, forwarding: true, delivery: true, deletion: true } as const;
const PLAIN = { custody: false } as const;
const { reportReception, reportForwarding, reportDelivery, reportDeletion, statusTimeRequested } = BUNDLE_FLAGS;
const ALL_FLAGS = reportReception | reportForwarding | reportDelivery | reportDeletion;

/** Nodes that send reports. */
function reporting(options: NetworkOptions): Network {
  return new Network({
    ...options,
    config: (node, config) => ({ ...(options.config?.(node, config) ?? config), statusReports: true }),
  });
}

/** What arrived, as `teller>hearer what it says`. */
const heard = (net: Network) =>
  net.reports.map(({ node, received }) => `${received.fromNode}>${node} ${reportInWords(received.report)}`);

describe('status reports', () => {
  it('are not sent unless the node was told to', () => {
    const net = new Network({ contacts: line(1, 2, 3) });
    net.send(1, 3, 100, { ...PLAIN, reports: ALL });
    net.send(1, 3, 100, { ...PLAIN, reports: ALL, destinationService: 99 });
    net.inject(1, 2, foreignBundle({ reportTo: 'ipn:1.0', extra: [newBlock(200, 7, new Uint8Array(1), 2)] }));
    net.runUntil(5);
    expect(net.sent.filter(({ datagram }) => isAdministrativeDatagram(net, datagram))).toEqual([]);
    expect(net.count('report-sent') + net.count('report-withheld')).toBe(0);
  });

  it('tell of every step of a bundle where all are asked for', () => {
    const net = reporting({ contacts: line(1, 2, 3) });
    net.send(1, 3, 100, { ...PLAIN, reports: ALL });
    net.runUntil(5);
    expect(heard(net)).toEqual(['1>1 forwarded 0', '2>1 received+forwarded 0', '3>1 received+delivered 0']);
    expect(net.stored()).toBe(0);
  });

  it.each([
    ['reception', ['2>1 received 0', '3>1 received 0']],
    ['forwarding', ['1>1 forwarded 0', '2>1 forwarded 0']],
    ['delivery', ['3>1 delivered 0']],
    ['deletion', []],
  ])('tell of %s alone where only that is asked for', (event, expected) => {
    const net = reporting({ contacts: line(1, 2, 3) });
    net.send(1, 3, 100, { ...PLAIN, reports: { [event]: true } });
    net.runUntil(5);
    expect(heard(net)).toEqual(expected);
  });

  it('name the bundle by source and creation timestamp', () => {
    const net = reporting({ contacts: line(1, 2) });
    net.send(1, 2, 100, { ...PLAIN, reports: { delivery: true } });
    net.runUntil(5);
    const { report } = net.reports[0]!.received;
    expect(report).toMatchObject({ source: ipn(1, 1), creationTimeMs: EPOCH_MS, sequence: 0, reason: 0 });
    expect(report.fragmentOffset).toBeUndefined();
  });

  it('carry times where the bundle asks for them, and none where it does not', () => {
    const net = reporting({ contacts: line(1, 2) });
    net.at(10, () => {
      net.send(1, 2, 100, { ...PLAIN, reports: { delivery: true, time: true } });
      net.send(1, 2, 100, { ...PLAIN, reports: { delivery: true } });
    });
    net.runUntil(20);
    const [timed, untimed] = net.reports.map(({ received }) => received.report.delivered);
    expect(Number(timed?.timeMs)).toBeGreaterThanOrEqual(EPOCH_MS + 10_005);
    expect(Number(timed?.timeMs)).toBeLessThan(EPOCH_MS + 10_010);
    expect(untimed).toEqual({ asserted: true, timeMs: undefined });
  });

  it('carry the time 0 where the node does not know it', () => {
    const net = reporting({ contacts: line(1, 2), clockless: [2] });
    net.send(1, 2, 100, { ...PLAIN, reports: { delivery: true, time: true } });
    net.runUntil(5);
    expect(net.reports[0]?.received.report.delivered).toEqual({ asserted: true, timeMs: 0 });
  });

  it('are administrative bundles of the node that ask for no reports, cannot be asked about and have a hop limit', () => {
    const net = reporting({ contacts: line(1, 2, 3) });
    net.send(1, 3, 100, { ...PLAIN, reports: { delivery: true }, lifetimeMs: 3_600_000 });
    net.runUntil(5);
    const [bundle] = net.bundles(3, 2, 'administrative');
    expect(bundle?.primary).toMatchObject({
      flags: BUNDLE_FLAGS.isAdministrativeRecord,
      source: ipn(3, 0),
      destination: ipn(1, 0),
    });
    expect(bundle?.blocks.some((block) => block.type === 10)).toBe(true);
    // The subject had not been under way for a second.
    expect(Number(bundle?.primary.lifetimeMs)).toBeGreaterThan(3_599_000);
    expect(Number(bundle?.primary.lifetimeMs)).toBeLessThanOrEqual(3_600_000);
  });

  it('live for a day at the most, and for ten minutes where the bundle is at its end', () => {
    const net = reporting({ contacts: line(1, 2, 9) });
    const lifetimes = [2n ** 64n - 1n, 1].map((lifetimeMs, sequence) => {
      net.inject(
        1,
        2,
        foreignBundle({ reportTo: 'ipn:9.0', flags: reportDelivery | reportDeletion, lifetimeMs, sequence }),
      );
      net.run(1);
      return Number(net.bundles(2, 9, 'administrative')[sequence]?.primary.lifetimeMs);
    });
    expect(lifetimes).toEqual([86_400_000, 600_000]);
  });

  it('go to whom the bundle names, in its own scheme', () => {
    const net = reporting({ contacts: line(1, 2, 3) });
    net.send(1, 2, 100, { ...PLAIN, reports: { delivery: true }, reportTo: { scheme: 'dtn', ssp: '//node3/7' } });
    net.runUntil(5);
    expect(net.reports).toMatchObject([{ node: 3, received: { fromNode: 2, service: 7 } }]);
    const [bundle] = net.bundles(2, 3, 'administrative');
    expect(eidToString(bundle!.primary.destination)).toBe('dtn://node3/7');
  });

  it('are withheld where nobody can be told', () => {
    const net = reporting({ contacts: line(1, 2) });
    net.inject(1, 2, foreignBundle({ reportTo: 'dtn://elsewhere/', flags: reportDelivery }));
    expect(net.of('report-withheld', 2)).toMatchObject([{ detail: 'no known route' }]);
    expect(net.count('deleted')).toBe(0);
  });

  it.each([
    ['about administrative records', { flags: BUNDLE_FLAGS.isAdministrativeRecord, destination: 'ipn:2.0' }],
    ['to the null endpoint', { flags: ALL_FLAGS, reportTo: 'dtn:none' }],
    ['to the null endpoint of the ipn scheme', { flags: ALL_FLAGS, reportTo: 'ipn:0.5' }],
    ['about what is sent to nobody', { flags: ALL_FLAGS, destination: 'dtn:none' }],
  ])('are never sent %s', (_, options) => {
    const net = reporting({ contacts: line(1, 2) });
    const payload = encodeStatusReport({
      received: { asserted: true },
      forwarded: { asserted: false },
      delivered: { asserted: false },
      deleted: { asserted: false },
      reason: 0,
      source: ipn(1, 1),
      creationTimeMs: 1,
      sequence: 1,
    });
    net.inject(1, 2, foreignBundle({ reportTo: 'ipn:1.0', payload, ...options }));
    expect(net.count('report-sent') + net.count('report-withheld')).toBe(0);
  });

  it('cannot be asked for by an anonymous bundle or about a record', () => {
    const net = reporting({ contacts: line(1, 2) });
    const request = { ...PLAIN, reports: ALL };
    expect(() => net.send(1, 2, 10, { ...request, anonymous: true })).toThrow(/nothing is reported/);
    expect(() => net.send(1, 2, 10, { ...request, administrative: true })).toThrow(/nothing is reported/);
  });

  it('are sent once, however often a link repeats the bundle or a custodian sends it again', () => {
    const net = reporting({ contacts: line(1, 2, 3) });
    let losses = 3;
    net.script = (sent, bundle) => {
      if (isAdministrative(bundle)) return undefined;
      return sent.from === 2 && losses-- > 0 ? 'lose' : 'duplicate';
    };
    net.send(1, 3, 100, { reports: ALL });
    net.runUntil(30);
    expect(net.count('retransmitted', 2)).toBeGreaterThan(0);
    expect(heard(net)).toEqual(['1>1 forwarded 0', '2>1 received+forwarded 0', '3>1 received+delivered 0']);
  });

  it('do not call a custody handover a deletion', () => {
    const net = reporting({ contacts: line(1, 2, 3) });
    net.send(1, 3, 100, { reports: { deletion: true } });
    net.runUntil(30);
    expect(net.count('released')).toBeGreaterThan(0);
    expect(net.reports).toEqual([]);
  });

  it('do not call it a deletion where a copy is refused that its custodian keeps', () => {
    const net = reporting({ contacts: line(1, 2) });
    const bundle = foreignBundle({
      destination: 'ipn:2.99',
      reportTo: 'ipn:1.0',
      flags: 4 | reportDeletion,
      custody: [1, 2, 0],
    });
    net.inject(1, 2, bundle);
    net.runUntil(5);
    expect(net.count('custody-refused', 2)).toBe(1);
    expect(net.reports).toEqual([]);
  });

  it('are bounded in number, and what is withheld is counted', () => {
    const limits = { ...DEFAULT_LIMITS, statusReportsPerSecond: 3 };
    const net = reporting({ contacts: line(1, 2), config: (_, config) => ({ ...config, limits }) });
    const flood = (from: number) => {
      for (let i = 0; i < 5; i++) {
        net.inject(1, 2, foreignBundle({ reportTo: 'ipn:1.0', flags: reportDelivery, sequence: from + i }));
      }
    };
    flood(0);
    expect(net.count('report-sent', 2)).toBe(3);
    expect(net.of('report-withheld', 2).map(({ detail }) => detail)).toEqual(['too many reports', 'too many reports']);
    net.runUntil(1.5);
    flood(5);
    expect(net.count('report-sent', 2)).toBe(6);
  });

  it('give a fragment its offset and the length of its payload', () => {
    const net = reporting({ contacts: line(1, 2, 3) });
    const flags = BUNDLE_FLAGS.isFragment | reportForwarding;
    net.inject(1, 2, foreignBundle({ destination: 'ipn:3.7', reportTo: 'ipn:1.0', flags, fragment: [20, 90] }));
    net.runUntil(5);
    expect(net.reports[0]?.received.report).toMatchObject({ fragmentOffset: 20, payloadLength: 20 });
  });
});

describe('a deletion report', () => {
  const ask = { reportTo: 'ipn:1.0', flags: reportDeletion } as const;
  const block = (flags: number) => ({ extra: [newBlock(200, 7, new Uint8Array(1), flags)] });

  it.each([
    ['a lifetime that was over on arrival', { creationTimeMs: EPOCH_MS - 70_000 }, REASONS.lifetimeExpired],
    ['an age beyond the lifetime', { creationTimeMs: 0, ageMs: 60_001 }, REASONS.lifetimeExpired],
    ['a service that nobody registered', { destination: 'ipn:2.99' }, REASONS.destinationUnavailable],
    ['an endpoint that no node has', { destination: 'dtn://elsewhere/7' }, REASONS.noKnownRoute],
    ['a hop count that reached its limit', { destination: 'ipn:3.7', hops: [4, 4] }, REASONS.hopLimitExceeded],
    ['a hop count beyond its limit', { hops: [4, 5] }, REASONS.hopLimitExceeded],
    ['a block that takes its bundle along', block(BLOCK_FLAGS.deleteBundleIfUnprocessed), REASONS.blockUnsupported],
    [
      'a bundle that no datagram carries on',
      { destination: 'ipn:3.7', payload: new Uint8Array(65_400), flags: ask.flags | 4 },
      0,
    ],
  ] as const)('tells of %s', (_, options, reason) => {
    const net = reporting({ contacts: line(1, 2, 3) });
    net.inject(1, 2, foreignBundle({ ...ask, ...options }));
    net.runUntil(5);
    expect(heard(net)).toEqual([`2>1 deleted ${reason}`]);
    expect(net.delivered).toEqual([]);
  });

  it('tells of a full store', () => {
    const limits = { ...DEFAULT_LIMITS, storedBundles: 1 };
    const net = reporting({
      contacts: [...both(1, 2), ...both(2, 3, 50, 90)],
      config: (_, config) => ({ ...config, limits }),
    });
    for (const sequence of [0, 1]) net.inject(1, 2, foreignBundle({ ...ask, destination: 'ipn:3.7', sequence }));
    net.runUntil(5);
    expect(heard(net)).toEqual([`2>1 deleted ${REASONS.depletedStorage}`]);
  });

  it('tells of a lifetime that ended while the bundle waited, once, also in custody', () => {
    const net = reporting({ contacts: both(1, 2) });
    net.send(1, 5, 100, { reports: { deletion: true }, lifetimeMs: 3_000 });
    net.send(1, 5, 100, { ...PLAIN, reports: { deletion: true }, lifetimeMs: 4_000 });
    net.runUntil(60);
    expect(heard(net)).toEqual(['1>1 deleted 1', '1>1 deleted 1']);
    expect(net.reports.map(({ received }) => received.report.sequence)).toEqual([0, expect.any(Number)]);
  });

  it("is the custodian's to report: a relay that still has a copy then does not", () => {
    const net = new Network({
      contacts: [...both(1, 2), ...both(2, 3, 3, 200)],
      relays: [2],
      config: (_, config) => ({ ...config, statusReports: true }),
    });
    net.cut(2, 3);
    net.send(1, 3, 10, { lifetimeMs: 5_000, reports: { deletion: true } });
    net.runUntil(50);
    expect(net.count('expired')).toBe(2);
    expect(heard(net)).toEqual([`1>1 deleted ${REASONS.lifetimeExpired}`]);
  });

  it('is one with the reception report where both are asked for, and comes once for all copies', () => {
    const net = reporting({ contacts: line(1, 2) });
    const bundle = foreignBundle({ ...ask, flags: reportDeletion | reportReception, destination: 'ipn:2.99' });
    for (let i = 0; i < 3; i++) net.inject(1, 2, bundle);
    net.runUntil(5);
    expect(heard(net)).toEqual(['2>1 received+deleted 5']);
  });

  it('stands apart from a reception report with another reason', () => {
    const net = reporting({ contacts: line(1, 2) });
    const extra = [newBlock(200, 7, new Uint8Array(1), BLOCK_FLAGS.reportIfUnprocessed)];
    net.inject(1, 2, foreignBundle({ ...ask, destination: 'ipn:2.99', extra }));
    net.runUntil(5);
    expect(heard(net)).toEqual(['2>1 received 11', '2>1 deleted 5']);
  });

  it('tells of a bundle that broke a rule behind its primary block', () => {
    const net = reporting({ contacts: line(1, 2) });
    const bytes = foreignBundle({
      ...ask,
      flags: reportDeletion | reportReception,
      extra: [newBlock(10, 7, Uint8Array.of(0))],
    });
    net.inject(1, 2, bytes);
    net.runUntil(5);
    expect(net.count('malformed', 2, 1)).toBe(1);
    expect(heard(net)).toEqual([`2>1 received+deleted ${REASONS.blockUnintelligible}`]);
  });

  it('tells of a custody block that nobody can read', () => {
    const net = reporting({ contacts: line(1, 2) });
    net.inject(1, 2, foreignBundle({ ...ask, extra: [newBlock(13, 7, Uint8Array.of(0))] }));
    net.runUntil(5);
    expect(heard(net)).toEqual([`2>1 deleted ${REASONS.blockUnintelligible}`]);
  });

  it('does not guess at a fragment whose payload cannot be read', () => {
    const net = reporting({ contacts: line(1, 2) });
    const extra = [newBlock(10, 7, Uint8Array.of(0))];
    net.inject(1, 2, foreignBundle({ ...ask, flags: reportDeletion | 1, fragment: [0, 90], extra }));
    expect(net.count('malformed')).toBe(1);
    expect(net.count('report-sent')).toBe(0);
  });
});

describe('a block that cannot be processed', () => {
  const { reportIfUnprocessed: report, deleteBundleIfUnprocessed: remove, discardIfUnprocessed: discard } = BLOCK_FLAGS;

  it.each([
    ['passes on without a word', 0, 0, [], true, 1],
    ['is reported though no reception report was asked for', report, 0, ['2>1 received 11'], true, 1],
    ['is discarded and reported', report | discard, 0, ['2>1 received 11'], false, 1],
    ['is reported in the reception report', report, reportReception, ['2>1 received 11'], true, 1],
    [
      'is reported before its bundle is deleted',
      report | remove,
      reportDeletion,
      ['2>1 received+deleted 11'],
      false,
      0,
    ],
    [
      'is reported though no deletion report was asked for',
      report | remove | discard,
      0,
      ['2>1 received 11'],
      false,
      0,
    ],
    ['deletes its bundle without a word', remove, 0, [], false, 0],
  ] as const)('%s', (_, blockFlags, flags, expected, isKept, delivered) => {
    const net = reporting({ contacts: line(1, 2, 3) });
    const extra = [newBlock(200, 7, Uint8Array.of(1, 2, 3), blockFlags)];
    net.inject(1, 2, foreignBundle({ destination: 'ipn:3.7', reportTo: 'ipn:1.0', flags, extra }));
    net.runUntil(5);
    const [bundle] = net.bundles(2, 3);
    // Node 3 cannot process it either.
    expect(heard(net).filter((each) => each.startsWith('2>'))).toEqual(expected);
    expect(bundle?.blocks.some((block) => block.type === 200) ?? false).toBe(isKept);
    expect(net.delivered).toHaveLength(delivered);
  });
});

describe('what arrives at the administrative endpoint', () => {
  const toNode2 = { destination: 'ipn:2.0', flags: BUNDLE_FLAGS.isAdministrativeRecord } as const;

  it.each([
    ['an ill-formed record', Uint8Array.of(0xff), 2, 'malformed'],
    ['an ill-formed status report', Uint8Array.of(0x82, 1, 0x80), 2, 'malformed'],
    ['a record of an unknown type', Uint8Array.of(0x82, 0x18, 99, 0), 2, 'type 99'],
    ['a bundle that is no record', new Uint8Array(5), 0, 'no administrative record'],
  ])('%s is ignored and counted by its kind', (_, payload, flags, kind) => {
    const net = new Network({ contacts: line(1, 2) });
    net.inject(1, 2, foreignBundle({ ...toNode2, flags, payload }));
    expect(net.of('admin-ignored', 2)).toMatchObject([{ detail: kind }]);
    expect(net.delivered).toEqual([]);
    expect(net.reports).toEqual([]);
    expect(net.count('delivered', 2)).toBe(1);
  });

  it('a status report of a stranger is handed on as it came', () => {
    const net = new Network({ contacts: line(1, 2) });
    const report = {
      received: { asserted: true, timeMs: 5 },
      forwarded: { asserted: false },
      delivered: { asserted: false },
      deleted: { asserted: true },
      reason: 200,
      source: ipn(2, 7),
      creationTimeMs: 2n ** 64n - 1n,
      sequence: 4,
      fragmentOffset: 5,
      payloadLength: 6,
    };
    net.inject(1, 2, foreignBundle({ ...toNode2, source: 'dtn://stranger/', payload: encodeStatusReport(report) }));
    expect(net.reports).toMatchObject([{ node: 2, received: { fromNode: -1, service: 0, report } }]);
    expect(net.of('report-received', 2)).toMatchObject([{ detail: 'received+deleted 200' }]);
  });
});

describe('a request', () => {
  it('shapes its bundle', () => {
    const net = new Network({ contacts: line(1, 2) });
    const data = Uint8Array.of(9);
    net.send(1, 2, 10, {
      ...PLAIN,
      hopLimit: 3,
      acknowledge: true,
      mustNotFragment: true,
      reports: { ...ALL, time: true },
      reportTo: ipn(9, 4),
      blocks: [{ type: 200, flags: 1, data }],
    });
    const [bundle] = net.bundles(1, 2);
    expect(bundle?.primary).toMatchObject({
      flags: ALL_FLAGS | statusTimeRequested | 0x20 | 0x04,
      reportTo: ipn(9, 4),
    });
    expect(bundle?.blocks).toMatchObject([
      { type: 200, flags: 1, data },
      { type: 6 },
      { type: 10, data: Uint8Array.of(0x82, 3, 1) },
      { type: 1 },
    ]);
  });

  it('of a node without a clock has an age block that every fragment carries', () => {
    const net = new Network({ contacts: line(1, 2), clockless: [1] });
    net.send(1, 2, 10, PLAIN);
    const age = net.bundles(1, 2)[0]?.blocks.find((block) => block.type === 7);
    expect(age?.flags).toBe(BLOCK_FLAGS.replicateInFragments);
  });

  it('for an anonymous bundle names no source and forbids fragments', () => {
    const net = new Network({ contacts: line(1, 2, 3) });
    for (const from of [1, 3]) net.send(from, 2, 10, { ...PLAIN, anonymous: true });
    net.runUntil(1);
    const [bundle] = net.bundles(1, 2);
    expect(eidToString(bundle!.primary.source)).toBe('dtn:none');
    expect(eidToString(bundle!.primary.reportTo)).toBe('dtn:none');
    expect(bundle?.primary.flags).toBe(BUNDLE_FLAGS.mustNotFragment);
    // Two that were made in one millisecond are two all the same.
    expect(net.delivered).toHaveLength(2);
  });

  it.each([
    ['hop-limit', { hopLimit: 0 }],
    ['hop-limit', { hopLimit: 256 }],
    ['extra-block', { blocks: [{ type: 10, flags: 0, data: new Uint8Array(1) }] }],
    ['payload-too-large', { payload: new Uint8Array(65_300), mustNotFragment: true }],
    ['payload-too-large', { payload: new Uint8Array(17_000_000) }],
  ])('that cannot be met is a %s', (code, request) => {
    const net = new Network({ contacts: line(1, 2) });
    expect(() => net.send(1, 2, 10, { ...PLAIN, ...request })).toThrow(expect.objectContaining({ code }));
  });

  it('for a hop limit has it kept', () => {
    const net = reporting({ contacts: line(1, 2, 3, 4) });
    net.send(1, 4, 10, { ...PLAIN, hopLimit: 2, reports: { deletion: true } });
    net.send(1, 3, 10, { ...PLAIN, hopLimit: 2 });
    net.runUntil(5);
    expect(heard(net)).toEqual([`3>1 deleted ${REASONS.hopLimitExceeded}`]);
    expect(net.delivered).toMatchObject([{ node: 3 }]);
  });
});

/** Whether a datagram that was sent carries a status report. */
function isAdministrativeDatagram(net: Network, datagram: Uint8Array): boolean {
  const sent = net.sent.find((each) => each.datagram === datagram)!;
  return net
    .bundles(sent.from, sent.to, 'administrative')
    .some((bundle) => decodeAdminRecord(payloadOf(bundle).data).kind === 'status-report');
}
