/**
 * Wireshark as a second reader of what we write: every CRC good, and no complaint but about what it does not know
 * (tshark-limits.ts). Left out where no tshark is installed.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/base/bytes.js';
import {
  BUNDLE_FLAGS,
  type Bundle,
  BundleError,
  decodeBundle,
  eidToString,
  encodeBundle,
  encodedLength,
  hasFlag,
  newBlock,
} from '../../src/bpv7/index.js';
import { captureOfBundle } from '../../src/cli/capture-file.js';
import type { CapturedDatagram } from '../../src/convergence/pcapng.js';
import { MAX_DATAGRAM_BYTES } from '../../src/convergence/udpcl.js';
import { runScenario } from '../../src/simulator/index.node.js';
import { anyBundle, loadVectors } from '../bpv7/support.js';
import { leodtn } from '../cli/test-io.js';
import { type Dissection, dissect, dissectFile, TSHARK } from './tshark.js';
import { limitsOf, unexplained } from './tshark-limits.js';

interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly bundle: Bundle;
}

const datagramOf = ({ bundle, bytes }: Sample): CapturedDatagram => captureOfBundle(bundle, bytes);

/** What is wrong with a dissection of the sample, in words; nothing where all is well. */
function faultsOf({ name, bundle }: Sample, { protocols, goodCrcs, badCrcs, complaints }: Dissection): string[] {
  const limits = limitsOf(bundle);
  const read = [bundle.primary, ...bundle.blocks].filter(({ raw }) => raw?.[0] !== 0x9f);
  const expected = read.filter(({ crcType }) => crcType !== 0).length;
  return [
    ...(protocols.includes('bpv7') ? [] : [`${name}: not read as a bundle but as ${protocols.join(':')}`]),
    ...(badCrcs === 0 && goodCrcs === expected
      ? []
      : [`${name}: ${goodCrcs} of ${expected} CRCs good, ${badCrcs} bad`]),
    ...unexplained(complaints, limits).map((complaint) => `${name}: ${complaint}`),
  ];
}

function faultsOfAll(samples: readonly Sample[]): string[] {
  const dissections = dissect(samples.map(datagramOf));
  expect(dissections).toHaveLength(samples.length);
  return samples.flatMap((sample, i) => faultsOf(sample, dissections[i] as Dissection));
}

/** All bundles in hex in a file of vectors, wherever they stand, but for those that are there to be refused or ignored. */
function samplesIn(file: string, accept: (bytes: Uint8Array) => Bundle): Sample[] {
  const samples: Sample[] = [];
  const walk = (value: unknown, path: string) => {
    if (typeof value === 'string' && /^9f[0-9a-f ]+ff$/.test(value)) {
      const bytes = fromHex(value);
      try {
        samples.push({ name: path, bytes, bundle: accept(bytes) });
      } catch (error) {
        if (!(error instanceof BundleError)) throw error;
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, each] of Object.entries(value)) {
        if (!['bad', 'ignored_admin_records'].includes(key)) walk(each, `${path}.${key}`);
      }
    }
  };
  walk(loadVectors(file), file);
  return samples;
}

/** Bundles with ciphertext in blocks of known types, which tshark reads as plain data, and complains of whatever that gives. */
const SECURED = 'bpsec-independent.json';

const isAdmin = ({ bundle }: Sample) => hasFlag(bundle.primary.flags, BUNDLE_FLAGS.isAdministrativeRecord);

/** A status report with a time, on a fragment, and one on a whole bundle; a custody signal. Records of bundles by chance. */
const RECORDS = [
  '82018684 82f51b000000bdc1c9167b 81f4 81f4 81f4 00 8202821904d207 821b000000bdc1c9167b07 0a14',
  '82018484 81f4 81f5 81f4 81f4 00 82016c2f2f6e6f64652f6c6162656c 820109',
  '820da101820708',
].map(fromHex);

/** Bundles of our encoder: all flags, endpoints, CRC types and kinds of block, payloads up to 60 KB, records where it says so. */
const encoded: fc.Arbitrary<Sample> = fc
  .tuple(anyBundle, fc.option(fc.integer({ min: 700, max: 60_000 }), { freq: 4 }), fc.constantFrom(...RECORDS))
  .map(([drawn, size, record]) => {
    const isWhole = drawn.primary.fragmentOffset === undefined;
    const isRecord = hasFlag(drawn.primary.flags, BUNDLE_FLAGS.isAdministrativeRecord);
    const blocks = drawn.blocks.map((block) => {
      if (block.type !== 1 || !isWhole) return block;
      const data = isRecord ? record : size === null ? block.data : new Uint8Array(size).map((_, i) => (i * 7) & 0xff);
      return newBlock(1, 1, data, Number(block.flags) % 2 ** 32, block.crcType);
    });
    const bytes = encodeBundle({ ...drawn, blocks });
    return { name: `a bundle of ${bytes.length} bytes`, bytes, bundle: decodeBundle(bytes) };
  });

/** Bundles of which no two have one identity: tshark 4.0.17 falls over a status report with that of another bundle. */
function apart(samples: readonly Sample[]): Sample[] {
  const seen = new Set<string>();
  return samples.filter(({ bundle: { primary } }) => {
    const identity = `${eidToString(primary.source)} ${primary.creationTimeMs} ${primary.sequence}`;
    return seen.size < seen.add(identity).size;
  });
}

describe.skipIf(TSHARK === undefined)('tshark (skipped where it is not installed)', () => {
  it('finds nothing wrong with the vectors that are valid', () => {
    const files = readdirSync(new URL('../vectors/', import.meta.url)).filter(
      (name) => name.endsWith('.json') && name !== SECURED,
    );
    const samples = files.flatMap((file) => samplesIn(file, (bytes) => decodeBundle(bytes)));
    expect(samples.length).toBeGreaterThan(30);
    // Vectors share an identity, so those with records stand alone.
    const records = samples.filter(isAdmin);
    const rest = samples.filter((sample) => !isAdmin(sample));
    expect([rest, ...records.map((record) => [record])].flatMap(faultsOfAll)).toEqual([]);
  });

  it('finds every CRC of secured bundles good', () => {
    const samples = samplesIn(SECURED, (bytes) => decodeBundle(bytes));
    expect(samples.length).toBeGreaterThan(10);
    const dissections = dissect(samples.map(datagramOf)).map((each) => ({ ...each, complaints: [] }));
    expect(samples.flatMap((sample, i) => faultsOf(sample, dissections[i] as Dissection))).toEqual([]);
  });

  it('finds nothing wrong with the security blocks of RFC 9173 Appendix A, and knows their targets', () => {
    const samples = samplesIn('rfc9173.json', (bytes) => decodeBundle(bytes, { profile: 'lenient' })).filter(
      ({ name }) => name.endsWith('final_bundle'),
    );
    expect(samples).toHaveLength(4);
    const dissections = dissect(samples.map(datagramOf));
    expect(dissections.every(({ protocols }) => protocols.includes('bpsec'))).toBe(true);
    expect(samples.flatMap((sample, i) => faultsOf(sample, dissections[i] as Dissection))).toEqual([]);
  });

  it('finds nothing wrong with bundles of our encoder by chance', () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const samples = apart(fc.sample(encoded, { seed, numRuns: 500 }));
    expect(samples.length).toBeGreaterThan(450);
    expect(faultsOfAll(samples), `seed ${seed}`).toEqual([]);
  });

  it('reads the largest datagram', () => {
    const [{ bundle }] = samplesIn('bundles.json', (bytes) => decodeBundle(bytes)) as [Sample];
    const withPayload = (length: number): Bundle => ({
      primary: bundle.primary,
      blocks: [newBlock(1, 1, new Uint8Array(length), 0, 2)],
    });
    const overhead = encodedLength(withPayload(60_000)) - 60_000;
    const bytes = encodeBundle(withPayload(MAX_DATAGRAM_BYTES - overhead));
    expect(bytes).toHaveLength(MAX_DATAGRAM_BYTES);
    expect(faultsOfAll([{ name: 'largest', bytes, bundle: decodeBundle(bytes) }])).toEqual([]);
  });

  it('would notice a wrong CRC, and other faults', () => {
    const [good] = samplesIn('bundles.json', (bytes) => decodeBundle(bytes)) as [Sample];
    const spoilt = good.bytes.slice();
    const lastOfPayload = spoilt.length - 5;
    spoilt[lastOfPayload] = (spoilt[lastOfPayload] as number) ^ 1;
    const unframed = good.bytes.slice(0, -1);
    const faults = faultsOfAll([
      { ...good, name: 'spoilt', bytes: spoilt },
      { ...good, name: 'unframed', bytes: unframed },
      good,
    ]);
    expect(faults).toEqual([
      'spoilt: 1 of 2 CRCs good, 1 bad',
      expect.stringMatching(/^spoilt: Block failed CRC/),
      expect.stringMatching(/^unframed: /),
    ]);
  });

  it('reads a run with custody, loss and damage as it happened', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leodtn-test-'));
    const file = join(folder, 'run.pcapng');
    const hardships = ['links.corruption=0.02', 'links.duplication=0.02', 'traffic.0.count=60', 'traffic.1.count=60'];
    const sets = hardships.flatMap((set) => ['--set', set]);
    const { status, out, err } = await leodtn(['run', 'scenarios/traffic.yaml', '--json', '--pcap', file, ...sets], {
      engine: runScenario,
    });
    const dissections = dissectFile(file);
    rmSync(folder, { recursive: true });
    expect([status, err]).toEqual([0, '']);
    const { network } = JSON.parse(out);
    expect(dissections).toHaveLength(network.transmissions);
    const said = (words: string) => dissections.filter(({ comments }) => comments.some((text) => text.includes(words)));
    expect(said('lost').length).toBe(network.lost);
    expect(said('repeated').length).toBe(network.duplicated);
    const damaged = said('damaged');
    expect(damaged.length).toBe(network.corrupted);
    expect(Math.min(network.lost, network.corrupted, network.duplicated)).toBeGreaterThan(0);
    // At most a custody block and a payload, both unknown to it.
    const unknown = ['other block types than 1, 6, 7, 10, 11 and 12', 'payloads of applications'] as const;
    const whole = dissections.filter((each) => !damaged.includes(each));
    for (const each of whole) {
      expect(each.badCrcs).toBe(0);
      expect(each.goodCrcs).toBeGreaterThanOrEqual(2);
      expect(unexplained(each.complaints, unknown)).toEqual([]);
      // It was sent after it was made, in the same clock.
      expect(each.ageMs).toBeGreaterThanOrEqual(0);
      expect(each.ageMs).toBeLessThan(600_000);
    }
    expect(Math.min(...whole.map(({ ageMs }) => ageMs))).toBeLessThan(1);
    // Not all of them: damage to the first byte makes it something else than a bundle.
    expect(damaged.filter(({ badCrcs }) => badCrcs > 0).length).toBeGreaterThan(damaged.length / 2);
  });
});
