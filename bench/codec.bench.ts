/**
 * The bundle codec against peers that do the same work, for payloads of 0 B, 100 B, 1 KiB and 64 KiB. The bundle has previous node,
 * bundle age and hop count blocks, and CRC-32C on the primary and payload blocks. Encoding starts from fields and payload and makes
 * every CRC; decoding starts from bytes and verifies every CRC.
 *
 * Peers: cbor-x with equal guarantees (codec-cborx.ts) and bp7-rs (codec-bp7rs.ts). Rounds alternate, and a ratio is the median of the
 * ratios of the rounds.
 */
import { pathToFileURL } from 'node:url';
import { equalBytes, toHex } from '../src/base/bytes.js';
import { accelerateCodec } from '../src/bpv7/accelerate.node.js';
import { decodeBundle, encodeBundle, encodeBundleInto } from '../src/bpv7/index.js';
import { type BenchRow, type Comparison, inProcess, median, medianRatio, printRows, ratesOf } from './bench.js';
import { allocationPerBundle } from './codec-allocation.js';
import { type Bp7Rs, startBp7Rs } from './codec-bp7rs.js';
import { CBOR_X_NAME, cborXCodec } from './codec-cborx.js';
import { forwarded, sampleBundle, samplePayload } from './codec-sample.js';

/** Payload size, bundles a round, and the least ratios to cbor-x that are aimed at. */
const CASES = [
  { label: '0 B', payloadBytes: 0, times: 40_000, encodeGoal: 3, decodeGoal: 3 },
  { label: '100 B', payloadBytes: 100, times: 40_000, encodeGoal: 3, decodeGoal: 3 },
  { label: '1 KiB', payloadBytes: 1024, times: 40_000, encodeGoal: 3, decodeGoal: 3 },
  { label: '64 KiB', payloadBytes: 65_536, times: 2_000, encodeGoal: 1.3, decodeGoal: 1.7 },
] as const;

/** The least ratio to bp7-rs that is aimed at, whatever the size. */
const BP7_RS_GOAL = 1.2;

type Case = (typeof CASES)[number];

/** Measures the codec and returns its rows. */
export async function codecBench(): Promise<BenchRow[]> {
  const native = await accelerateCodec();
  const rust = startBp7Rs();
  if (typeof rust === 'string') console.log(rust);
  console.log(
    `Blocks: previous node, bundle age, hop count; CRC-32C on primary and payload (${native ? 'native' : 'JavaScript'})`,
  );
  const rows: BenchRow[] = [];
  try {
    for (const each of CASES) rows.push(...(await measure(each, typeof rust === 'string' ? undefined : rust)));
  } finally {
    if (typeof rust !== 'string') rust.close();
  }
  for (const { label, payloadBytes } of CASES) rows.push(...allocationRows(label, payloadBytes));
  return rows;
}

async function measure(each: Case, rust: Bp7Rs | undefined): Promise<BenchRow[]> {
  const { label, payloadBytes, times, encodeGoal, decodeGoal } = each;
  const payload = samplePayload(payloadBytes);
  const bytes = encodeBundle(sampleBundle(payload, 0)).slice();
  const cborX = cborXCodec();
  checkCborX(cborX, payload, bytes);
  if (rust !== undefined) await checkBp7Rs(rust, payloadBytes, bytes);

  const buffer = new Uint8Array(bytes.length + 1024);
  let sink = 0;
  const [encode, encodeInto, cborXEncode, decode, cborXDecode, forward, rustEncode, rustDecode] = await ratesOf(
    [
      inProcess((n) => {
        for (let i = 0; i < n; i++) sink += encodeBundle(sampleBundle(payload, i)).length;
      }),
      inProcess((n) => {
        for (let i = 0; i < n; i++) sink += encodeBundleInto(sampleBundle(payload, i), buffer);
      }),
      inProcess((n) => {
        for (let i = 0; i < n; i++) sink += cborX.encode(payload, i).length;
      }),
      inProcess((n) => {
        for (let i = 0; i < n; i++) sink += decodeBundle(bytes).blocks.length;
      }),
      inProcess((n) => {
        for (let i = 0; i < n; i++) sink += cborX.verify(bytes) ? 1 : 0;
      }),
      inProcess((n) => {
        for (let i = 0; i < n; i++) sink += encodeBundle(forwarded(decodeBundle(bytes), i)).length;
      }),
      ...(rust === undefined ? [] : (['encode', 'decode'] as const)).map(
        (what) => (n: number) => rust!.cpuSeconds(what, payloadBytes, n),
      ),
    ],
    times,
  );
  if (sink === 0) throw new Error('nothing was measured');
  const row = (what: string, ours: number[], cborXRates: number[], goal: number, rustRates?: number[]): BenchRow => ({
    name: `${what}, ${label}`,
    value: median(ours),
    unit: 'bundles/CPU-s',
    comparisons: [
      against(CBOR_X_NAME, ours, cborXRates, goal),
      ...(rustRates === undefined ? [] : [against('bp7-rs', ours, rustRates, BP7_RS_GOAL)]),
    ],
  });
  return [
    row('encode', encode, cborXEncode, encodeGoal, rustEncode),
    row('encode into a buffer used again', encodeInto, cborXEncode, encodeGoal, rustEncode),
    row('decode and verify', decode, cborXDecode, decodeGoal, rustDecode),
    { name: `decode, verify and forward, ${label}`, value: median(forward), unit: 'bundles/CPU-s' },
  ];
}

function against(peer: string, ours: number[], rates: number[], goal: number): Comparison {
  return {
    peer: `${peer} at ${Math.round(median(rates)).toLocaleString('en-US')}/s`,
    ratio: medianRatio(ours, rates),
    goal,
  };
}

function checkCborX(cborX: ReturnType<typeof cborXCodec>, payload: Uint8Array, bytes: Uint8Array): void {
  if (!equalBytes(bytes, cborX.encode(payload, 0))) throw new Error('cbor-x and we encode differently');
  const damaged = bytes.slice();
  damaged[damaged.length - 3] ^= 1;
  if (!cborX.verify(bytes) || cborX.verify(damaged)) throw new Error('the cbor-x side does not verify');
}

async function checkBp7Rs(rust: Bp7Rs, payloadBytes: number, bytes: Uint8Array): Promise<void> {
  const hex = toHex(bytes);
  const found = await rust.check(payloadBytes, hex);
  if (!found.bytesEqual) console.log(`bp7-rs encodes differently:\n  ours  ${hex}\n  its   ${found.hex}`);
  if (!found.accepted || !found.damagedReported) throw new Error('the bp7-rs side does not verify');
}

function allocationRows(label: string, payloadBytes: number): BenchRow[] {
  const { bytes, objects } = allocationPerBundle(payloadBytes);
  return [
    {
      name: `allocated by a decode, ${label}`,
      value: bytes,
      unit: `B in ${objects.toFixed(1)} objects, payload not copied`,
    },
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) printRows(await codecBench());
