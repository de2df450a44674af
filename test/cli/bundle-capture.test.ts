import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/base/bytes.js';
import { decodeBundle } from '../../src/bpv7/index.js';
import { MAX_DATAGRAM_BYTES } from '../../src/convergence/udpcl.js';
import { dissectFile, TSHARK } from '../peers/tshark.js';
import { limitsOf, unexplained } from '../peers/tshark-limits.js';
import { bundle, hexOf, testFile, testFolder } from './bundle-support.js';

/** Lengths of the IP packets of a capture. */
function packetsOf(file: string): number[] {
  const capture = readFileSync(file);
  const lengths: number[] = [];
  for (let at = 0; at < capture.length; at += capture.readUInt32LE(at + 4)) {
    if (capture.readUInt32LE(at) === 6) lengths.push(capture.readUInt32LE(at + 20));
  }
  return lengths;
}

/** Bytes of IP and UDP in front of a bundle. */
const HEADERS = 28;

const V01 = hexOf('V01');
const captured = () => join(testFolder(), 'test.pcapng');
const bytesIn = (hex: string) => hex.length / 2 + HEADERS;

/** A bundle of this payload length. */
const bundleOf = async (payloadBytes: number) => {
  const spec = {
    primary: { destination: 'ipn:20.2', source: 'ipn:10.1' },
    payload: { text: 'x'.repeat(payloadBytes) },
  };
  return (await bundle(['encode'], JSON.stringify(spec))).outBytes;
};

const keys = (algorithm: string) =>
  bundle(['keygen', '--algorithm', algorithm, '--kid', 'k']).then(({ out }) => testFile('keys.json', out));

describe('--pcap of the bundle commands', () => {
  it('captures what decode read, broken bundles with a comment that says so', async () => {
    const file = captured();
    const plain = await bundle(['decode', '--hex'], V01);
    expect(await bundle(['decode', '--hex', '--pcap', file], V01)).toMatchObject({
      status: 0,
      out: plain.out,
      err: '',
    });
    expect(packetsOf(file)).toEqual([bytesIn(V01)]);
    const lines = [V01, hexOf('C06'), hexOf('V25')].join('\n');
    expect((await bundle(['decode', '--many', '--hex', '--pcap', file], lines)).status).toBe(1);
    expect(packetsOf(file)).toEqual([V01, hexOf('C06'), hexOf('V25')].map(bytesIn));
    const raw = fromHex(V01 + hexOf('V25') + hexOf('C06'));
    expect((await bundle(['decode', '--many', '--pcap', file], raw)).status).toBe(1);
    expect(packetsOf(file)).toEqual([V01, hexOf('V25'), hexOf('C06')].map(bytesIn));
    expect((await bundle(['decode', '--hex', '--pcap', file], hexOf('C06'))).status).toBe(1);
    expect(packetsOf(file)).toEqual([bytesIn(hexOf('C06'))]);
    expect(readFileSync(file).toString('latin1')).toContain('broken: block-crc-value');
  });

  it('does not go over what the command reads, nor to standard output', async () => {
    const input = testFile('in.bin', Buffer.from(fromHex(V01)));
    const over = await bundle(['decode', input, '--pcap', input]);
    expect([over.status, over.err]).toEqual([2, expect.stringContaining('expected another')]);
    expect(readFileSync(input).toString('hex')).toBe(V01);
    const standard = await bundle(['decode', input, '--pcap', '-']);
    expect([standard.status, standard.err]).toEqual([2, expect.stringContaining('expected a file')]);
  });

  it('captures what the other commands write', async () => {
    const file = captured();
    const spec = (await bundle(['decode', '--hex', '--json'], V01)).out;
    const encoded = await bundle(['encode', '--pcap', file], spec);
    expect([encoded.status, packetsOf(file)]).toEqual([0, [encoded.outBytes.length + HEADERS]]);
    const mac = await keys('HS256');
    const signed = await bundle(['sign', '--keys', mac, '--key', 'k', '--pcap', file], encoded.outBytes);
    expect([signed.status, packetsOf(file)]).toEqual([0, [signed.outBytes.length + HEADERS]]);
    const enc = await keys('A256GCM');
    const sealed = await bundle(['encrypt', '--keys', enc, '--key', 'k', '--pcap', file], signed.outBytes);
    expect([sealed.status, packetsOf(file)]).toEqual([0, [sealed.outBytes.length + HEADERS]]);
    const opened = await bundle(['decrypt', '--keys', enc, '--pcap', file], sealed.outBytes);
    expect([opened.status, packetsOf(file)]).toEqual([0, [opened.outBytes.length + HEADERS]]);
    const pieces = await bundle(['fragment', '--payload', '300', '--pcap', file], await bundleOf(1000));
    expect([pieces.status, packetsOf(file).length]).toEqual([0, 4]);
    const whole = await bundle(['reassemble', '--many', '-', '--pcap', file], pieces.outBytes);
    expect([whole.status, packetsOf(file)]).toEqual([0, [whole.outBytes.length + HEADERS]]);
  });

  it('leaves out a bundle that fits into no datagram, and says so with status 1', async () => {
    const file = captured();
    const fits = await bundleOf(MAX_DATAGRAM_BYTES - 200);
    const large = await bundleOf(MAX_DATAGRAM_BYTES);
    expect((await bundle(['decode', '--json', '--pcap', file], fits)).status).toBe(0);
    const both = Buffer.concat([large, fits]);
    const many = await bundle(['decode', '--many', '--pcap', file], both);
    expect([many.status, many.out.split('\n').length, packetsOf(file)]).toEqual([1, 3, [fits.length + HEADERS]]);
    expect(many.err).toBe(
      `leodtn: standard input: bundle 0: not in the capture: a bundle of ${large.length} bytes does not fit into a UDP datagram, which holds 65507; fragment it first\n`,
    );
    const out = join(testFolder(), 'signed.bin');
    const mac = await keys('HS256');
    const signed = await bundle(['sign', '--keys', mac, '--key', 'k', '--out', out, '--pcap', file], large);
    expect([signed.status, signed.err]).toEqual([1, expect.stringContaining('fragment it first')]);
    expect([statSync(out).size > MAX_DATAGRAM_BYTES, packetsOf(file)]).toEqual([true, []]);
    const cut = await bundle(['fragment', '--size', '65507', '--pcap', file], large);
    expect([cut.status, packetsOf(file)]).toEqual([0, [65507 + HEADERS, expect.any(Number)]]);
  });

  it.each([['decode'], ['decode', '--many'], ['fragment', '--payload', '9']])(
    'refuses a file that cannot be made: %s',
    async (...args) => {
      const nowhere = join(testFolder(), 'none', 'x.pcapng');
      const ran = await bundle([...args, '--hex', '--pcap', nowhere], V01);
      expect([ran.status, ran.out, ran.err]).toEqual([
        2,
        '',
        expect.stringMatching(/^leodtn: --pcap .*cannot write there/),
      ]);
    },
  );

  // Linux alone has a file that is always full.
  it.skipIf(!existsSync('/dev/full'))('says where the disk is full', async () => {
    const ran = await bundle(['decode', '--hex', '--json', '--pcap', '/dev/full'], V01);
    expect([ran.status, ran.err]).toEqual([
      1,
      expect.stringMatching(/--pcap \/dev\/full: the capture is not whole: ENOSPC/),
    ]);
  });

  it('belongs to --accept where bundles are verified', async () => {
    const mac = await keys('HS256');
    const file = captured();
    const { status, err } = await bundle(['verify', '--hex', '--keys', mac, '--pcap', file], V01);
    expect([status, err, existsSync(file)]).toEqual([
      2,
      expect.stringContaining('--pcap: nothing is written without --accept'),
      false,
    ]);
  });

  it.skipIf(TSHARK === undefined)('is read by tshark (skipped where it is not installed)', async () => {
    const file = captured();
    const mac = await keys('HS256');
    const enc = await keys('A256GCM');
    const targets = ['--target', 'primary', '--target', 'payload'];
    const plain = await bundleOf(20);
    const signed = await bundle(['sign', '--keys', mac, '--key', 'k', ...targets, '--apart'], plain);
    const sealed = await bundle(['encrypt', '--keys', enc, '--key', 'k'], signed.outBytes);
    const bundles = [plain, signed.outBytes, sealed.outBytes];
    const { status } = await bundle(['decode', '--many', '--pcap', file], Buffer.concat(bundles));
    expect(status).toBe(0);
    const packets = dissectFile(file);
    expect(packets.map(({ protocols }) => protocols.includes('bpsec'))).toEqual([false, true, true]);
    packets.forEach(({ badCrcs, complaints, ageMs }, i) => {
      expect([badCrcs, Math.round(ageMs), unexplained(complaints, limitsOf(decodeBundle(bundles[i]!)))]).toEqual([
        0,
        0,
        [],
      ]);
    });
    const pieces = await bundle(['fragment', '--payload', '7', '--pcap', file], plain);
    expect(pieces.status).toBe(0);
    expect(dissectFile(file).map(({ badCrcs, goodCrcs }) => [badCrcs, goodCrcs])).toEqual([
      [0, 2],
      [0, 2],
      [0, 2],
    ]);
  });
});
