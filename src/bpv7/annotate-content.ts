/**
 * The content of blocks as fields of the annotated tree: one reader for each block type, in one table. What no reader knows, and
 * what a reader cannot make sense of, is one field of plain bytes.
 */
import { durationText, timestamp, timeText } from './annotate-values.js';
import { ADMIN_TYPES, BLOCK_TYPES } from './constants.js';
import { BundleError, breaksRule } from './errors.js';
import { describeBytes, type FieldWalker, hexOf } from './field-walker.js';
import { decodeIonQualityOfService, ION_QOS_BLOCK } from './quality-of-service.js';
import { parameterName, resultName, securityContextName } from './security-names.js';
import { reasonInWords } from './status-report.js';
import type { UInt } from './uint.js';

/** Notes the content of one block. */
type ContentReader = (walker: FieldWalker) => void;

const CUSTODY_SECTION = 'CCSDS 734.6-O-1';

/** Requests of a reporting block and reasons of a reporting signal, by bit and by number (CCSDS 734.6-O-1). */
const REPORTED = ['received', 'forwarded', 'delivered', 'deleted', 'custody accepted', 'custody refused'];

const STATUS_ITEMS = ['received', 'forwarded', 'delivered', 'deleted'];

const READERS: ReadonlyMap<UInt, ContentReader> = new Map<UInt, ContentReader>([
  [BLOCK_TYPES.payload, (walker) => walker.within('RFC 9171 6.1', () => adminRecord(walker))],
  [BLOCK_TYPES.previousNode, (walker) => walker.within('RFC 9171 4.4.1', () => walker.eid('previous node'))],
  [BLOCK_TYPES.bundleAge, (walker) => walker.within('RFC 9171 4.4.2', () => walker.uint('age', durationText))],
  [BLOCK_TYPES.hopCount, (walker) => walker.within('RFC 9171 4.4.3', () => hopCount(walker))],
  [BLOCK_TYPES.blockIntegrity, (walker) => walker.within('RFC 9172 3.6', () => securityBlock(walker))],
  [BLOCK_TYPES.blockConfidentiality, (walker) => walker.within('RFC 9172 3.6', () => securityBlock(walker))],
  [BLOCK_TYPES.custodyTransfer, (walker) => walker.within(CUSTODY_SECTION, () => custodyBlock(walker))],
  [BLOCK_TYPES.compressedReporting, (walker) => walker.within(CUSTODY_SECTION, () => reportingBlock(walker))],
]);

/** Notes all of the walker's bytes, the content of a block of this type; a payload is taken for an administrative record. */
export function annotateContent(walker: FieldWalker, type: UInt): void {
  const { reader } = walker;
  const read = type === ION_QOS_BLOCK ? ionReader(reader.bytes) : READERS.get(type);
  if (read === undefined) {
    walker.rest('content', describeBytes(reader.bytes));
    return;
  }
  const { length } = reader.bytes;
  try {
    read(walker);
    walker.rest('surplus bytes', `${length - walker.end} behind the content`, 'wrong');
  } catch (thrown) {
    if (!(thrown instanceof BundleError)) throw thrown;
    walker.rest('unread', `${thrown.code}: ${thrown.detail}`, 'unread');
  }
}

/** Of the private range: what has not the form of ION's block is somebody else's. */
function ionReader(data: Uint8Array): ContentReader | undefined {
  if (breaksRule(() => decodeIonQualityOfService(data))) return undefined;
  return (walker) => walker.within('ION 4.1 block 193', () => qualityOfService(walker));
}

function qualityOfService(walker: FieldWalker): void {
  const names = ['flags', 'class of service', 'ordinal', 'data label'] as const;
  walker.array('quality of service', itemsText, (i) => walker.uint(names[i] ?? 'surplus'));
}

function hopCount(walker: FieldWalker): void {
  walker.array('hop count', itemsText, (i) => {
    if (i === 0) walker.uint('hop limit');
    else if (i === 1) walker.uint('hops so far');
    else surplus(walker);
  });
}

function custodyBlock(walker: FieldWalker): void {
  walker.array('custody transfer', itemsText, (i) => {
    if (i === 0) walker.uint('sequence number');
    else if (i === 1) walker.uint('sequence id');
    else if (i === 2) walker.eid('custodian');
    else surplus(walker);
  });
}

function reportingBlock(walker: FieldWalker): void {
  walker.array('reporting', itemsText, (i) => {
    if (i === 0) walker.uint('sequence number');
    else if (i === 1) walker.uint('sequence id');
    else if (i === 2) walker.uint('request flags', requestText);
    else if (i === 3) walker.eid('block source');
    else if (i === 4) walker.eid('report-to');
    else surplus(walker);
  });
}

function requestText(flags: UInt): string {
  const wide = BigInt(flags);
  const words = REPORTED.filter((_, bit) => ((wide >> BigInt(bit)) & 1n) === 1n);
  return `0x${flags.toString(16)} ${words.join(', ') || 'none'}`;
}

/** An abstract security block, which is a sequence of items and no array (RFC 9172 section 3.6). */
function securityBlock(walker: FieldWalker): void {
  walker.array(
    'security targets',
    (items) => (items === 1 ? '1 block' : `${items} blocks`),
    () => walker.uint('target', (number) => `block number ${number}`),
  );
  const contextId = securityContext(walker);
  const flags = walker.uint('context flags', (value) =>
    BigInt(value) % 2n === 1n ? `${value} parameters present` : `${value} no parameters`,
  );
  walker.eid('security source');
  if (flags !== undefined && BigInt(flags) % 2n === 1n) {
    walker.array('parameters', itemsText, () => securityValue(walker, (id) => parameterName(contextId, id)));
  }
  walker.array('results', targetsText, () => {
    walker.array('results of a target', itemsText, () => securityValue(walker, (id) => resultName(contextId, id)));
  });
}

/** Notes a context id; undefined where the item is none. */
function securityContext(walker: FieldWalker): number | undefined {
  return signed(
    walker,
    'security context',
    (id) => securityContextName(id) ?? (id < 0 ? 'of a site of its own' : 'unknown'),
  );
}

/** An integer that may be negative. Beyond 2^53 it has no meaning anywhere: shown as it is, it is rounded for `say`. */
function signed(walker: FieldWalker, name: string, say: (value: number) => string): number | undefined {
  const { reader } = walker;
  const start = reader.offset;
  if (reader.peek() >> 5 > 1) return walker.other(name, 'not an integer');
  const negative = reader.takeNegative();
  const exact = negative === undefined ? BigInt(reader.readUInt('admin-form', name)) : -1n - BigInt(negative);
  const value = Number(exact);
  walker.note(start, name, `${exact} ${say(value)}`);
  return value;
}

/** A parameter or a result: an array of id and value. */
function securityValue(walker: FieldWalker, nameOfId: (id: UInt) => string | undefined): void {
  let name = 'value';
  walker.array('entry', itemsText, (i) => {
    if (i === 0) {
      walker.uint('id', (id) => {
        name = nameOfId(id) ?? 'value';
        return `${id} ${nameOfId(id) ?? 'unknown'}`;
      });
    } else if (i > 1) surplus(walker);
    else if (walker.reader.peek() >> 5 === 2) walker.bytes(name, hexOf);
    else if (walker.reader.peek() >> 5 === 0) walker.uint(name);
    else walker.item(name, 'an item of another kind');
  });
}

function adminRecord(walker: FieldWalker): void {
  let type: UInt | undefined;
  walker.array('administrative record', itemsText, (i) => {
    if (i === 0) type = walker.uint('record type', (code) => `${code} ${recordName(code) ?? 'unknown'}`);
    else if (i > 1) surplus(walker);
    else if (type === ADMIN_TYPES.statusReport) walker.within('RFC 9171 6.1.1', () => statusReport(walker));
    else if (type === ADMIN_TYPES.custodySignal) {
      walker.within(CUSTODY_SECTION, () => signal(walker, 'disposition', dispositionText));
    } else if (type === ADMIN_TYPES.reportingSignal) {
      walker.within(CUSTODY_SECTION, () => signal(walker, 'reason', (reason) => REPORTED[reason] ?? 'unknown'));
    } else walker.item('record content', 'not known to this tool');
  });
}

function recordName(code: UInt): string | undefined {
  if (code === ADMIN_TYPES.statusReport) return 'bundle status report';
  if (code === ADMIN_TYPES.custodySignal) return 'compressed custody signal';
  return code === ADMIN_TYPES.reportingSignal ? 'compressed reporting signal' : undefined;
}

function statusReport(walker: FieldWalker): void {
  walker.array('status report', itemsText, (i) => {
    if (i === 0) {
      walker.array('status', itemsText, (k) => statusItem(walker, STATUS_ITEMS[k] ?? 'surplus status'));
    } else if (i === 1) walker.uint('reason', (reason) => `${reason} ${reasonInWords(reason)}`);
    else if (i === 2) walker.eid('source of the subject');
    else if (i === 3) timestamp(walker);
    else if (i === 4) walker.uint('fragment offset of the subject');
    else if (i === 5) walker.uint('payload length of the subject', (length) => `${length} bytes`);
    else surplus(walker);
  });
}

function statusItem(walker: FieldWalker, name: string): void {
  walker.array(name, itemsText, (i) => {
    if (i === 1) walker.uint('time', timeText);
    else if (i > 1) surplus(walker);
    else {
      const head = walker.reader.peek();
      if (head === 0xf4 || head === 0xf5) walker.item('asserted', head === 0xf5 ? 'yes' : 'no');
      else walker.other('asserted', 'neither true nor false');
    }
  });
}

/** A map from a disposition or a reason to sequences of bundles, tagged or bare. */
function signal(walker: FieldWalker, key: string, say: (value: number) => string): void {
  const start = walker.reader.offset;
  const tag = walker.reader.takeTag();
  if (tag !== undefined) walker.note(start, 'tag', String(tag));
  walker.map('signal', itemsText, () => {
    signed(walker, key, say);
    sequences(walker);
  });
}

function dispositionText(disposition: number): string {
  if (disposition === 1) return 'custody accepted';
  return disposition === -1 ? 'custody refused' : 'unknown';
}

/** A list of bundle sequences, or one of them alone as bplib writes it. */
function sequences(walker: FieldWalker): void {
  const { reader } = walker;
  const inner = reader.bytes[reader.offset + 1];
  const isSingle = reader.peek() >> 5 === 4 && inner !== undefined && (inner >> 5 === 0 || inner === 0x82);
  if (isSingle) sequence(walker);
  else walker.array('sequences', itemsText, () => sequence(walker));
}

function sequence(walker: FieldWalker): void {
  walker.array('sequence', itemsText, (i) => {
    if (i === 0 && walker.reader.peek() >> 5 === 4) walker.eid('destination');
    else if (i === 0) walker.uint('sequence id');
    else if (i === 1) walker.uint('first number');
    else if (i === 3) walker.eid('block source');
    else if (i > 3) surplus(walker);
    else if (walker.reader.peek() >> 5 === 0) walker.uint('count', (count) => `${count} in a row`);
    else walker.array('runs', itemsText, (k) => walker.uint(k % 2 === 0 ? 'included' : 'excluded'));
  });
}

function itemsText(items: number): string {
  return items === 1 ? '1 item' : `${items} items`;
}

function targetsText(targets: number): string {
  return targets === 1 ? 'of 1 target' : `of ${targets} targets`;
}

function surplus(walker: FieldWalker): void {
  walker.other('surplus item', 'does not belong here');
}
