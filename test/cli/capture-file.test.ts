import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/base/bytes.js';
import { DTN_NONE, ipn, type PrimaryBlock } from '../../src/bpv7/index.js';
import { captureOfBundle, writePcap } from '../../src/cli/capture-file.js';
import type { Engine } from '../../src/cli/engine.js';
import { capturePacket } from '../../src/convergence/pcapng.js';
import type { SentDatagram } from '../../src/simulator/report.js';
import { fakeEngine } from './fake-engine.js';
import { leodtn } from './test-io.js';

const FLAGSHIP = 'scenarios/crossover-wordcount.yaml';
const folder = () => mkdtempSync(join(tmpdir(), 'leodtn-'));

describe('--pcap', () => {
  const sent: SentDatagram = {
    from: 1,
    to: 1234,
    unixUs: 1_800_000_000_000_000,
    bytes: new Uint8Array([0x9f, 0xff]),
    outcome: 'carried',
    isCorrupted: false,
    delayUs: 0,
    copyDelayUs: undefined,
  };
  const sending =
    (...datagrams: readonly SentDatagram[]): Engine =>
    (scenario, run) => {
      for (const each of datagrams) run?.onDatagram?.(each);
      return fakeEngine().engine(scenario, run);
    };

  it('keeps every datagram, and says what became of it', async () => {
    const file = join(folder(), 'run.pcapng');
    const engine = sending(
      sent,
      { ...sent, outcome: 'lost' },
      { ...sent, outcome: 'no-contact' },
      { ...sent, isCorrupted: true, delayUs: 17, copyDelayUs: 5 },
    );
    const { status, out, err } = await leodtn(['run', FLAGSHIP, '--quiet', '--pcap', file], { engine });
    expect([status, err]).toEqual([0, '']);
    expect(out).toContain(`captured in   ${file}`);
    const capture = readFileSync(file);
    const packets: string[] = [];
    for (let at = 0; at < capture.length; at += capture.readUInt32LE(at + 4)) {
      if (capture.readUInt32LE(at) === 6)
        packets.push(capture.toString('latin1', at, at + capture.readUInt32LE(at + 4)));
    }
    const words = [
      [],
      ['lost on the link'],
      ['lost: sent while no contact was open'],
      ['damaged on the link', 'delayed on the link by 17 us', 'a second copy, undamaged, arrives 5 us later'],
    ];
    expect(packets).toHaveLength(words.length);
    packets.forEach((packet, i) => {
      for (const word of words[i] as string[]) expect(packet).toContain(word);
      expect(packet).toContain('\x0a\x00\x0c\x22');
      if (words[i]?.length === 0) expect(packet).not.toContain('link');
    });
  });

  it('is asked of the engine only where it is wanted', async () => {
    const engine: Engine = (scenario, run) => {
      expect(run?.onDatagram).toBeUndefined();
      return fakeEngine().engine(scenario, run);
    };
    expect((await leodtn(['run', FLAGSHIP], { engine })).status).toBe(0);
  });

  it.each([
    [
      'in a folder that does not exist',
      () => join(folder(), 'none', 'x.pcapng'),
      /^leodtn: --pcap .*: cannot write there: /,
    ],
    ['that is a folder', folder, /^leodtn: --pcap .*: cannot write there: /],
    ['without a name', () => '', /^leodtn: --pcap: found no name; /],
  ])('refuses a file %s before anything runs', async (_, file, message) => {
    const { engine, seen } = fakeEngine();
    const { status, err, out } = await leodtn(['run', FLAGSHIP, '--pcap', file()], { engine });
    expect([status, out, seen]).toEqual([2, '', []]);
    expect(err).toMatch(message);
  });

  // Linux alone has a file that is always full.
  it.skipIf(!existsSync('/dev/full'))('says where the disk is full, and that the run is not kept', async () => {
    const { status, err, out } = await leodtn(['run', FLAGSHIP, '--quiet', '--pcap', '/dev/full'], {
      engine: sending(sent),
    });
    expect(status).toBe(1);
    expect(err).toMatch(/^leodtn: --pcap \/dev\/full: the run is not kept in full: ENOSPC/);
    expect(out).toContain('Job 1-1: done');
  });
});

describe('writePcap', () => {
  it('writes bundles from their source to their destination at their creation time', () => {
    const file = join(folder(), 'bundles.pcapng');
    const primary: PrimaryBlock = {
      flags: 0,
      crcType: 1,
      destination: ipn(20, 2),
      source: ipn(10, 1),
      reportTo: ipn(0, 0),
      creationTimeMs: 815_000_000_123,
      sequence: 7,
      lifetimeMs: 1,
    };
    const bytes = new Uint8Array([1, 2, 3]);
    const wanted = { from: 10, to: 20, unixUs: 1_761_684_800_123_000, bytes };
    const captureOf = (changes: Partial<PrimaryBlock>) =>
      captureOfBundle({ primary: { ...primary, ...changes } }, bytes);
    expect(captureOf({})).toEqual(wanted);
    expect(captureOf({ creationTimeMs: 0 }).unixUs).toBe(0);
    expect(captureOf({ creationTimeMs: 2n ** 64n - 1n, source: DTN_NONE })).toEqual({ ...wanted, from: 0, unixUs: 0 });
    writePcap(file, [wanted, wanted]);
    const packet = concatBytes([capturePacket(wanted), capturePacket(wanted)]);
    expect(readFileSync(file).subarray(-packet.length).equals(packet)).toBe(true);
    expect(() => writePcap(join(file, 'x'), [])).toThrow(/^--pcap .*: cannot write there/);
  });
});
