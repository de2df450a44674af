/**
 * Abstract security blocks (RFC 9172 section 3.6): the data of block integrity blocks (BIB) and block confidentiality blocks
 * (BCB) to values and back, as any node can read them. Knows no security context: what parameters and results mean, keys and
 * ciphers are the business of bpsec. Parameters and results are kept as the bytes that they were encoded in, so that
 * contexts and parameters that nobody here knows of travel on unharmed; their shapes are judged by their context alone.
 */
import { UsageError } from '../base/errors.js';
import { CborReader } from './cbor-reader.js';
import { headLength, Major, writeHead, writeUInt } from './cbor-writer.js';
import { type Eid, isNullEid, isSingleton } from './eid.js';
import { eidLength, readEid, writeEid } from './eid-codec.js';
import { BundleError, type BundleRule } from './errors.js';
import { hasFlag, type UInt } from './uint.js';

/** One parameter or result of a security context (RFC 9172 section 3.6). */
export interface SecurityValue {
  /** What it is, in the numbering of the security context. */
  readonly id: UInt;
  /** One CBOR item, encoded; of a decoded block a view of its data. */
  readonly value: Uint8Array;
}

/** The content of a BIB or a BCB (RFC 9172 section 3.6). */
export interface AbstractSecurityBlock {
  /** Numbers of the blocks that the service is applied to, 0 for the primary block: at least one, none twice. */
  readonly targets: readonly UInt[];
  /** The security context, -32768..32767; negative ones are site-local. */
  readonly contextId: number;
  /** Security context flags; see {@link SECURITY_CONTEXT_FLAGS}. */
  readonly contextFlags: UInt;
  /** The node that added the block. */
  readonly source: Eid;
  /** Empty where the flags say that there are none. */
  readonly parameters: readonly SecurityValue[];
  /** The results of each target, in the order of `targets`. */
  readonly results: readonly (readonly SecurityValue[])[];
}

/** Security context flags (RFC 9172 section 3.6); all other bits are reserved. */
export const SECURITY_CONTEXT_FLAGS = {
  /** The block has parameters. */
  parametersPresent: 0x01,
} as const;

const MIN_CONTEXT_ID = -0x8000;
const MAX_CONTEXT_ID = 0x7fff;

/** From this many targets on repeats are looked for in a set, so that a block of many targets costs linear time. */
const LINEAR_SEARCH_TARGETS = 16;

/**
 * The content of a security block. Throws a BundleError `sec-asb-form`, `sec-no-targets`, `sec-duplicate-targets`,
 * `sec-params-mismatch` or `sec-results-count`. Offsets in errors count from `baseOffset`, where the data begins; `block` is
 * the position of the block in its bundle.
 */
export function decodeSecurityBlock(data: Uint8Array, baseOffset = 0, block?: number): AbstractSecurityBlock {
  const content = new ContentReader(data, baseOffset, block);
  const targets = content.targets();
  const { contextId, contextFlags, source } = content.context();
  const hasParameters = hasFlag(contextFlags, SECURITY_CONTEXT_FLAGS.parametersPresent);
  content.expectFields(hasParameters);
  const parameters: SecurityValue[] = [];
  const results: SecurityValue[][] = [];
  if (hasParameters) content.parameters(parameters);
  content.results(targets.length, results);
  return { targets, contextId, contextFlags, source, parameters, results };
}

/** The targets of a security block that is checked as in {@link decodeSecurityBlock}, without the cost of keeping the rest. */
export function checkedSecurityTargets(data: Uint8Array, baseOffset: number, block: number): UInt[] {
  const content = new ContentReader(data, baseOffset, block);
  const targets = content.targets();
  const hasParameters = hasFlag(content.context().contextFlags, SECURITY_CONTEXT_FLAGS.parametersPresent);
  content.expectFields(hasParameters);
  if (hasParameters) content.parameters(undefined);
  content.results(targets.length, undefined);
  return targets;
}

/** The targets that open a security block, whatever follows them; undefined where they cannot be read, as in ciphertext. */
export function peekSecurityTargets(data: Uint8Array): UInt[] | undefined {
  try {
    return new ContentReader(data, 0, undefined).targets();
  } catch (thrown) {
    if (thrown instanceof BundleError) return undefined;
    throw thrown;
  }
}

/** Where in the data of a well-formed security block the target of this index stands. */
export function targetOffset(data: Uint8Array, index: number): number {
  const reader = new CborReader(data);
  reader.openArray('sec-asb-form', 'targets');
  for (let i = 0; i < index; i++) reader.skipItem();
  return reader.offset;
}

/**
 * The data of a security block. Throws a UsageError `security-block` on content that {@link decodeSecurityBlock} would
 * reject, such as results that do not go with the targets.
 */
export function encodeSecurityBlock(content: AbstractSecurityBlock): Uint8Array {
  checkContent(content);
  const { targets, contextId, contextFlags, source, parameters, results } = content;
  const context = contextArgument(contextId);
  let length = headLength(targets.length) + headLength(context) + headLength(contextFlags) + eidLength(source);
  for (const target of targets) length += headLength(target);
  if (parameters.length > 0) length += valuesLength(parameters);
  length += headLength(results.length);
  for (const values of results) length += valuesLength(values);
  const data = new Uint8Array(length);
  let at = writeHead(data, 0, Major.array, targets.length);
  for (const target of targets) at = writeUInt(data, at, target);
  at = writeHead(data, at, contextId < 0 ? Major.negative : Major.unsigned, context);
  at = writeUInt(data, at, contextFlags);
  at = writeEid(data, at, source);
  if (parameters.length > 0) at = writeValues(data, at, parameters);
  at = writeHead(data, at, Major.array, results.length);
  for (const values of results) at = writeValues(data, at, values);
  return data;
}

/** Reads the fields of an abstract security block in their order; every fault in their form is `sec-asb-form`. */
class ContentReader {
  readonly #reader: CborReader;
  readonly #baseOffset: number;

  constructor(data: Uint8Array, baseOffset: number, block: number | undefined) {
    this.#reader = new CborReader(data, 'sec-asb-form', baseOffset);
    this.#reader.block = block;
    this.#baseOffset = baseOffset;
  }

  targets(): UInt[] {
    const reader = this.#reader;
    const count = reader.openArray('sec-asb-form', 'the security targets as an array');
    const indefinite = reader.openedIndefinite;
    if (count === 0) this.#fail('sec-no-targets', 'a security block without targets', 0);
    const targets: UInt[] = [];
    let seen: Set<UInt> | undefined;
    for (let i = 0; i < count; i++) {
      const at = reader.offset;
      const target = reader.readUInt('sec-asb-form', 'the number of a target block');
      if (seen === undefined ? targets.includes(target) : seen.has(target)) {
        this.#fail('sec-duplicate-targets', `block ${target} is a target twice`, at);
      }
      targets.push(target);
      if (seen !== undefined) seen.add(target);
      else if (targets.length === LINEAR_SEARCH_TARGETS) seen = new Set(targets);
    }
    reader.closeArray(indefinite);
    return targets;
  }

  context(): { contextId: number; contextFlags: UInt; source: Eid } {
    const reader = this.#reader;
    const contextId = this.#contextId();
    const contextFlags = reader.readUInt('sec-asb-form', 'security context flags');
    const at = reader.offset;
    const source = readEid(reader);
    if (isNullEid(source) || !isSingleton(source)) reader.fail('sec-asb-form', 'the security source is no node', at);
    return { contextId, contextFlags, source };
  }

  /** Checks that what follows is the results alone, or parameters and results, as the flags have it. */
  expectFields(hasParameters: boolean): void {
    const reader = this.#reader;
    const start = reader.offset;
    let count = 0;
    for (; !reader.atEnd; count++) reader.skipItem();
    reader.offset = start;
    if (count === (hasParameters ? 2 : 1)) return;
    if (hasParameters && count === 1) {
      this.#fail('sec-params-mismatch', 'the flags announce parameters, but there are none', start);
    }
    if (!hasParameters && count === 2) {
      this.#fail('sec-params-mismatch', 'there are parameters that the flags do not announce', start);
    }
    reader.fail('sec-asb-form', `${count} fields behind the security source, expected ${hasParameters ? 2 : 1}`);
  }

  parameters(keep: SecurityValue[] | undefined): void {
    const at = this.#reader.offset;
    if (this.#values('parameters', keep) === 0) this.#reader.fail('sec-asb-form', 'an empty list of parameters', at);
  }

  results(targetCount: number, keep: SecurityValue[][] | undefined): void {
    const reader = this.#reader;
    const at = reader.offset;
    const count = reader.openArray('sec-asb-form', 'the security results as an array');
    const indefinite = reader.openedIndefinite;
    if (count !== targetCount) {
      this.#fail('sec-results-count', `results of ${count} targets where there are ${targetCount}`, at);
    }
    for (let i = 0; i < count; i++) {
      const values: SecurityValue[] | undefined = keep === undefined ? undefined : [];
      this.#values('the results of a target', values);
      if (values !== undefined) keep?.push(values);
    }
    reader.closeArray(indefinite);
  }

  #contextId(): number {
    const reader = this.#reader;
    const at = reader.offset;
    const negative = reader.takeNegative();
    const argument = negative ?? reader.readUInt('sec-asb-form', 'a security context as an integer');
    if (argument > MAX_CONTEXT_ID) reader.fail('sec-asb-form', 'a security context beyond 16 bits', at);
    return negative === undefined ? Number(argument) : -1 - Number(argument);
  }

  /** Reads an array of pairs and returns how many there are. */
  #values(what: string, keep: SecurityValue[] | undefined): number {
    const reader = this.#reader;
    const count = reader.openArray('sec-asb-form', `${what} as an array`);
    const indefinite = reader.openedIndefinite;
    for (let i = 0; i < count; i++) {
      const items = reader.openArray('sec-asb-form', 'an array of identifier and value');
      const pairIndefinite = reader.openedIndefinite;
      if (items !== 2) reader.fail('sec-asb-form', `${items} items where identifier and value are expected`);
      const id = reader.readUInt('sec-asb-form', 'an identifier');
      const start = reader.offset;
      reader.skipItem();
      keep?.push({ id, value: reader.bytes.subarray(start, reader.offset) });
      reader.closeArray(pairIndefinite);
    }
    reader.closeArray(indefinite);
    return count;
  }

  /** Reports under a rule other than the one for the form. */
  #fail(rule: BundleRule, detail: string, at: number): never {
    throw new BundleError(rule, this.#baseOffset + at, this.#reader.block, detail);
  }
}

function checkContent(content: AbstractSecurityBlock): void {
  const { targets, contextId, contextFlags, source, parameters, results } = content;
  if (targets.length === 0) misuse('expected at least one target');
  if (new Set(targets).size !== targets.length) misuse('a target is there twice');
  if (results.length !== targets.length)
    misuse(`results of ${results.length} targets where there are ${targets.length}`);
  if (!Number.isInteger(contextId) || contextId < MIN_CONTEXT_ID || contextId > MAX_CONTEXT_ID) {
    misuse(`security context ${contextId} is beyond 16 bits`);
  }
  if (isNullEid(source) || !isSingleton(source)) misuse('the security source must be a node');
  if (hasFlag(contextFlags, SECURITY_CONTEXT_FLAGS.parametersPresent) !== parameters.length > 0) {
    misuse('the flags must say whether there are parameters');
  }
  for (const { value } of parameters) checkItem(value);
  for (const values of results) for (const { value } of values) checkItem(value);
}

function checkItem(value: Uint8Array): void {
  const reader = new CborReader(value);
  try {
    reader.skipItem();
  } catch (thrown) {
    if (thrown instanceof BundleError) misuse(`a value is no CBOR item: ${thrown.message}`);
    throw thrown;
  }
  if (!reader.atEnd) misuse('a value is more than one CBOR item');
}

function misuse(detail: string): never {
  throw new UsageError('security-block', detail);
}

function contextArgument(contextId: number): number {
  return contextId < 0 ? -1 - contextId : contextId;
}

function valuesLength(values: readonly SecurityValue[]): number {
  let length = headLength(values.length);
  for (const { id, value } of values) length += 1 + headLength(id) + value.length;
  return length;
}

function writeValues(into: Uint8Array, start: number, values: readonly SecurityValue[]): number {
  let at = writeHead(into, start, Major.array, values.length);
  for (const { id, value } of values) {
    at = writeUInt(into, writeHead(into, at, Major.array, 2), id);
    into.set(value, at);
    at += value.length;
  }
  return at;
}
