/** Records of bundles for tests of stores. */
import { type BundleRecord, defaultAgentConfig, PRIORITY, type Priority } from '../../src/agent/index.js';
import { newLocalRecord } from '../../src/agent/sourcing.js';
import { encodeBundle } from '../../src/bpv7/index.js';

/** Of a node whose links take bundles of any length. */
const CONFIG = { ...defaultAgentConfig(1), maxBundleBytes: 2 ** 24 };

let sequence = 0;

/** A new record of a bundle from node 1 to node 2 whose payload is told by its number, by default the next of this process. */
export function newRecord(
  more: { payloadBytes?: number; priority?: Priority; lifetimeMs?: number; number?: number } = {},
): BundleRecord {
  const number = more.number ?? sequence++;
  const payload = new Uint8Array(more.payloadBytes ?? 100).map((_, i) => (number * 31 + i * 7) & 0xff);
  return newLocalRecord(
    {
      destinationNode: 2,
      destinationService: 1,
      sourceService: 1,
      payload,
      lifetimeMs: more.lifetimeMs ?? 60_000,
      custody: true,
      priority: more.priority ?? PRIORITY.standard,
    },
    CONFIG,
    number,
    { monotonicUs: 1_000 + number, dtnTimeMs: 5 },
  );
}

/** All that a store has to bring back of a record. */
export function told(record: BundleRecord) {
  const { bundle, primary } = record;
  return {
    bytes: Buffer.from(encodeBundle(bundle)).toString('hex'),
    sequence: primary.sequence,
    source: [record.sourceNode, record.sourceService, record.sourceKey],
    destination: [record.destinationNode, record.destinationService],
    times: [record.creationTimeMs, record.expiryUs, record.receivedUs],
    sizes: [record.sizeBytes, record.payloadBytes],
    custody: [record.inCustody, record.custodyRequested, record.custodySequenceId, record.custodySequence],
    received: record.receivedCustody,
    sent: [record.attempts, [...record.sentTo], record.notBackTo, record.onlyNeighbour],
    isDelivering: record.state === 'delivering',
  };
}

/** The records of a store as values, by their running number. */
export function allTold(records: Iterable<BundleRecord>) {
  return [...records].map(told).sort((a, b) => Number(a.sequence) - Number(b.sequence));
}

/** The record of a number, with a payload of a length that goes by it, so that all places of a store are used. */
export function numberedRecord(number: number): BundleRecord {
  return newRecord({ number, payloadBytes: [100, 3_000, 60_000, 150_000][number % 4]! });
}
