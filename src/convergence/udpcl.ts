/**
 * Framing of the UDP convergence layer (draft-ietf-dtn-udpcl-04, RFC 7122): one bundle a datagram, unframed. The first byte of
 * a datagram tells what it is; transfers in segments, DTLS and BPv6 are told apart, counted by the caller and dropped.
 */
import { UsageError } from '../base/errors.js';

/** The most that a datagram over IPv4 carries: 65535 bytes less the headers of IP and UDP. */
export const MAX_DATAGRAM_BYTES = 65_507;

/** The datagram that keeps a path open and says nothing: four zero bytes. Not to be written to. */
export const KEEPALIVE_DATAGRAM: Uint8Array = new Uint8Array(4);

/** Kinds of datagram that the draft defines and this node does not speak. */
export type UnsupportedKind = 'bpv6' | 'dtls' | 'extension-map';

/** What came in a datagram. */
export type ParsedDatagram =
  | {
      readonly kind: 'bundle';
      /** The datagram itself, yet to be decoded. */
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'keepalive' }
  /** Bytes to be ignored, whatever follows the first. */
  | { readonly kind: 'padding' }
  | { readonly kind: 'unsupported'; readonly what: UnsupportedKind }
  | { readonly kind: 'malformed'; readonly rule: 'udpcl-empty' | 'udpcl-unused-first-byte' };

const KEEPALIVE: ParsedDatagram = { kind: 'keepalive' };
const PADDING: ParsedDatagram = { kind: 'padding' };
const BPV6: ParsedDatagram = { kind: 'unsupported', what: 'bpv6' };
const DTLS: ParsedDatagram = { kind: 'unsupported', what: 'dtls' };
const EXTENSION_MAP: ParsedDatagram = { kind: 'unsupported', what: 'extension-map' };
const EMPTY: ParsedDatagram = { kind: 'malformed', rule: 'udpcl-empty' };
const UNUSED: ParsedDatagram = { kind: 'malformed', rule: 'udpcl-unused-first-byte' };

/**
 * The datagram for an encoded bundle: the bundle as it is, not copied. Throws a UsageError `bundle-too-large` above
 * {@link MAX_DATAGRAM_BYTES}.
 */
export function frameBundle(bundleBytes: Uint8Array): Uint8Array {
  checkDatagramLength(bundleBytes.length);
  return bundleBytes;
}

/** Throws a UsageError `bundle-too-large` for a bundle of more bytes than {@link MAX_DATAGRAM_BYTES}. */
export function checkDatagramLength(bytes: number): void {
  if (bytes <= MAX_DATAGRAM_BYTES) return;
  throw new UsageError(
    'bundle-too-large',
    `a bundle of ${bytes} bytes does not fit into a datagram of ${MAX_DATAGRAM_BYTES}; send smaller payloads`,
  );
}

/** Tells what a datagram carries by its first byte. Never throws; a bundle is not looked into. */
export function parseDatagram(bytes: Uint8Array): ParsedDatagram {
  if (bytes.length === 0) return EMPTY;
  const first = bytes[0];
  // A CBOR array is an unframed BPv7 bundle.
  if (first >= 0x80 && first <= 0x9f) return { kind: 'bundle', bytes };
  if (first === 0x00) return isKeepalive(bytes) ? KEEPALIVE : PADDING;
  if (first === 0x06) return BPV6;
  if ((first >= 0x14 && first <= 0x1a) || (first >= 0x20 && first <= 0x3f)) return DTLS;
  if (first >= 0xa0 && first <= 0xbf) return EXTENSION_MAP;
  return UNUSED;
}

function isKeepalive(bytes: Uint8Array): boolean {
  return bytes.length === 4 && (bytes[0] | bytes[1] | bytes[2] | bytes[3]) === 0;
}
