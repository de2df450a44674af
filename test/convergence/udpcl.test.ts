import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { UsageError } from '../../src/base/errors.js';
import { frameBundle, KEEPALIVE_DATAGRAM, MAX_DATAGRAM_BYTES, parseDatagram } from '../../src/convergence/udpcl.js';

interface UdpclVectors {
  cases: {
    id: string;
    desc: string;
    packets: string[];
    expect: { bundles: string[]; dtlsRecord?: boolean; bpv6?: boolean; note?: string };
  }[];
  first_octet: Record<string, 'padding' | 'unused' | 'bpv6' | 'bpv7' | 'dtls' | 'extension-map'>;
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/udpcl.json', import.meta.url), 'utf8')) as UdpclVectors;

describe('datagrams', () => {
  it.each(vectors.cases)('$id $desc', ({ packets, expect: expected, id }) => {
    for (const packet of packets) {
      const parsed = parseDatagram(fromHex(packet));
      // Transfers and advertisements come in extension maps, which are not spoken here.
      if (/^a/.test(packet)) expect(parsed).toEqual({ kind: 'unsupported', what: 'extension-map' });
      else if (expected.dtlsRecord === true) expect(parsed).toEqual({ kind: 'unsupported', what: 'dtls' });
      else if (expected.bpv6 === true) expect(parsed).toEqual({ kind: 'unsupported', what: 'bpv6' });
      else if (id === 'U02') expect(parsed.kind).toBe('keepalive');
      else if (id === 'U20') expect(parsed).toEqual({ kind: 'malformed', rule: 'udpcl-unused-first-byte' });
      else expect(parsed.kind === 'bundle' ? [toHex(parsed.bytes)] : parsed).toEqual(expected.bundles);
    }
  });

  it('are told apart by their first byte', () => {
    for (const [octet, meaning] of Object.entries(vectors.first_octet)) {
      const parsed = parseDatagram(new Uint8Array([Number(octet), 1, 2]));
      const found = {
        bundle: 'bpv7',
        keepalive: 'keepalive',
        padding: 'padding',
        unsupported: parsed.kind === 'unsupported' ? parsed.what : '',
        malformed: 'unused',
      }[parsed.kind];
      expect(found, octet).toBe(meaning);
    }
  });

  it('of zeros are a keepalive at four bytes only', () => {
    expect(parseDatagram(KEEPALIVE_DATAGRAM).kind).toBe('keepalive');
    expect(KEEPALIVE_DATAGRAM).toEqual(new Uint8Array(4));
    for (const length of [1, 3, 5, 100]) expect(parseDatagram(new Uint8Array(length)).kind).toBe('padding');
    expect(parseDatagram(new Uint8Array([0, 0, 0, 1])).kind).toBe('padding');
  });

  it('that are empty are malformed', () => {
    expect(parseDatagram(new Uint8Array(0))).toEqual({ kind: 'malformed', rule: 'udpcl-empty' });
  });

  it('of any bytes never throw', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseDatagram(bytes)));
  });
});

describe('framing', () => {
  it('leaves a bundle as it is, up to the limit', () => {
    const bundle = new Uint8Array(MAX_DATAGRAM_BYTES).fill(0x9f);
    expect(frameBundle(bundle)).toBe(bundle);
    const parsed = parseDatagram(frameBundle(bundle));
    expect(parsed.kind === 'bundle' && parsed.bytes).toBe(bundle);
  });

  it('refuses a bundle above the limit and says the sizes', () => {
    const tooLarge = new Uint8Array(MAX_DATAGRAM_BYTES + 1);
    expect(() => frameBundle(tooLarge)).toThrow(UsageError);
    expect(() => frameBundle(tooLarge)).toThrow(/65508.*65507/);
  });
});
