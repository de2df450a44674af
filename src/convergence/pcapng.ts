/**
 * Captures in the pcapng form (draft-ietf-opsawg-pcapng), for Wireshark and its relatives: pieces of a file, made one by one and
 * kept by nobody, so that a capture of any length needs no memory.
 *
 * Each datagram stands in a packet of its own, behind made-up headers of IPv4 and UDP to port 4556: what Wireshark reads as
 * bundles without being told (its dissector `bundle`, which hands BPv7 to `bpv7`; `udpcl` since 4.4). Knows bytes, node numbers and
 * times; not what is in a datagram, nor where a file lies.
 */
import { concatBytes } from '../base/bytes.js';
import { UsageError } from '../base/errors.js';
import { MAX_DATAGRAM_BYTES } from './udpcl.js';

/** The port of bundles over UDP (RFC 7122 section 3.3.2), of both sender and receiver in a capture. */
export const BUNDLE_PORT = 4556;

/** Packets start with an IP header: LINKTYPE_RAW of the tcpdump registry. */
const LINK_TYPE_RAW_IP = 101;

/** Block types (draft-ietf-opsawg-pcapng section 4). */
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Options (sections 3.5, 4.1, 4.2 and 4.3). */
const OPTION_END = 0;
const OPTION_COMMENT = 1;
const OPTION_USER_APPLICATION = 4;
const OPTION_INTERFACE_NAME = 2;
const OPTION_TIME_RESOLUTION = 9;

/** Units of a timestamp are 10^-6 s. */
const MICROSECONDS = 6;

const IP_HEADER_BYTES = 20;
const UDP_HEADER_BYTES = 8;
const UDP_PROTOCOL = 17;
/** Any will do: the packets cross no router. */
const TIME_TO_LIVE = 64;

/** From this node number on, addresses of base 100 are used up. */
const MAX_READABLE_NODE = 256 * 100 * 100;
/** Values of an address byte that the readable form leaves free in its last two places: 100 to 255. */
const FREE_BYTE_VALUES = 156;

/** One datagram as it is to stand in a capture. */
export interface CapturedDatagram {
  /** Number of the node that sent it, and of the neighbour that it was sent to. */
  readonly from: number;
  readonly to: number;
  /** Whole microseconds since 1970-01-01T00:00:00Z. */
  readonly unixUs: number;
  /** At most {@link MAX_DATAGRAM_BYTES}. */
  readonly bytes: Uint8Array;
  /** What Wireshark shows beside the packet, in ASCII. */
  readonly comments?: readonly string[];
}

/** What a capture begins with: one section with one interface of this name (in ASCII), its times in microseconds. */
export function captureHeader(interfaceName: string): Uint8Array {
  const section = new Uint8Array(16);
  const sectionView = viewOf(section);
  sectionView.setUint32(0, BYTE_ORDER_MAGIC, true);
  sectionView.setUint16(4, 1, true); // version 1.0
  sectionView.setBigInt64(8, -1n, true); // of unknown length
  const description = new Uint8Array(8);
  viewOf(description).setUint16(0, LINK_TYPE_RAW_IP, true); // then: no limit on the length of a packet
  return concatBytes([
    blockOf(SECTION_HEADER, [section, optionOf(OPTION_USER_APPLICATION, asciiOf('leodtn')), END_OF_OPTIONS]),
    blockOf(INTERFACE_DESCRIPTION, [
      description,
      optionOf(OPTION_INTERFACE_NAME, asciiOf(interfaceName)),
      optionOf(OPTION_TIME_RESOLUTION, new Uint8Array([MICROSECONDS])),
      END_OF_OPTIONS,
    ]),
  ]);
}

/**
 * The block of a capture for one datagram. Throws UsageError `datagram-too-large` above {@link MAX_DATAGRAM_BYTES}, which no
 * packet of IPv4 holds, and `capture-time` for a time that is not a whole number from 0 to 2^53-1.
 */
export function capturePacket({ from, to, unixUs, bytes, comments = [] }: CapturedDatagram): Uint8Array {
  if (bytes.length > MAX_DATAGRAM_BYTES) {
    throw new UsageError(
      'datagram-too-large',
      `a capture holds datagrams of at most ${MAX_DATAGRAM_BYTES} bytes, not of ${bytes.length}; fragment the bundle first`,
    );
  }
  if (!Number.isSafeInteger(unixUs) || unixUs < 0) {
    throw new UsageError('capture-time', `expected a time in whole microseconds since 1970, found ${unixUs}`);
  }
  const headers = headersOf(nodeAddress(from), nodeAddress(to), bytes);
  const length = headers.length + bytes.length;
  const fields = new Uint8Array(20); // interface 0 first
  const view = viewOf(fields);
  view.setUint32(4, Math.floor(unixUs / 2 ** 32), true);
  view.setUint32(8, unixUs % 2 ** 32, true);
  view.setUint32(12, length, true);
  view.setUint32(16, length, true);
  const options = comments.map((text) => optionOf(OPTION_COMMENT, asciiOf(text)));
  if (options.length > 0) options.push(END_OF_OPTIONS);
  return blockOf(ENHANCED_PACKET, [fields, headers, bytes, new Uint8Array(-length & 3), ...options]);
}

/**
 * The IPv4 address that stands for a node in a capture, as a 32-bit number. Node numbers up to 2,559,999 can be read off it, two
 * decimal digits in each of the last two places: 7 is 10.0.0.7, 1234 is 10.0.12.34, 120007 is 10.12.0.7. Larger ones get an
 * address whose last two places are 100 or more; several nodes may share one.
 */
export function nodeAddress(node: number): number {
  const [base, least] = node < MAX_READABLE_NODE ? [100, 0] : [FREE_BYTE_VALUES, 100];
  const last = node % base;
  const middle = Math.floor(node / base) % base;
  const first = Math.floor(node / (base * base)) % 256;
  return 0x0a000000 + (first << 16) + ((least + middle) << 8) + least + last;
}

/** Headers of IPv4 (RFC 791) and UDP (RFC 768) for a datagram, with their checksums. */
function headersOf(source: number, destination: number, bytes: Uint8Array): Uint8Array {
  const headers = new Uint8Array(IP_HEADER_BYTES + UDP_HEADER_BYTES);
  const view = viewOf(headers);
  const udpBytes = UDP_HEADER_BYTES + bytes.length;
  view.setUint8(0, 0x45); // version 4, a header of five words
  view.setUint16(2, IP_HEADER_BYTES + udpBytes);
  view.setUint16(6, 0x4000); // don't fragment
  view.setUint8(8, TIME_TO_LIVE);
  view.setUint8(9, UDP_PROTOCOL);
  view.setUint32(12, source);
  view.setUint32(16, destination);
  view.setUint16(10, checksumOf(sumOf(headers, 0, IP_HEADER_BYTES)));
  view.setUint16(IP_HEADER_BYTES, BUNDLE_PORT);
  view.setUint16(IP_HEADER_BYTES + 2, BUNDLE_PORT);
  view.setUint16(IP_HEADER_BYTES + 4, udpBytes);
  // The pseudo-header of addresses, protocol and length, the header, and the data.
  const sum = sumOf(headers, 12, headers.length) + UDP_PROTOCOL + udpBytes + sumOf(bytes, 0, bytes.length);
  // A checksum of 0 would say that there is none.
  view.setUint16(IP_HEADER_BYTES + 6, checksumOf(sum) || 0xffff);
  return headers;
}

/** The sum of 16-bit words, the last one filled up with zeros; of 64 KiB it stays below 2^31. */
function sumOf(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum += ((i - start) & 1) === 0 ? (bytes[i] as number) << 8 : (bytes[i] as number);
  return sum;
}

/** The Internet checksum of a sum (RFC 1071). */
function checksumOf(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}

/** A block: its type, its length before and behind, and a body of whole 32-bit words in parts. */
function blockOf(type: number, body: readonly Uint8Array[]): Uint8Array {
  const length = body.reduce((sum, part) => sum + part.length, 12);
  const head = new Uint8Array(8);
  viewOf(head).setUint32(0, type, true);
  viewOf(head).setUint32(4, length, true);
  return concatBytes([head, ...body, head.subarray(4)]);
}

function optionOf(code: number, value: Uint8Array): Uint8Array {
  const option = new Uint8Array(4 + value.length + (-value.length & 3));
  viewOf(option).setUint16(0, code, true);
  viewOf(option).setUint16(2, value.length, true);
  option.set(value, 4);
  return option;
}

const END_OF_OPTIONS = optionOf(OPTION_END, new Uint8Array(0));

/** The text's bytes; what is not ASCII becomes a question mark. */
function asciiOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => (char < '\x80' ? char.charCodeAt(0) : 0x3f));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
