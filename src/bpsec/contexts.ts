/**
 * The two default security contexts of RFC 9173: their numbers, and their parameters and results to values and back. What is
 * wrong in bytes from outside comes back as words, never as an exception: it is the operation that fails, not the decoder.
 */

import { UsageError } from '../base/errors.js';
import { CborReader } from '../bpv7/cbor-reader.js';
import { headLength, Major, writeHead, writeUInt } from '../bpv7/cbor-writer.js';
import {
  type AbstractSecurityBlock,
  BundleError,
  hasFlag,
  SECURITY_CONTEXT_FLAGS,
  type SecurityValue,
  type UInt,
} from '../bpv7/index.js';
import type { HmacVariant } from './crypto.js';

/** Security contexts (RFC 9173 sections 3 and 4). */
export const SECURITY_CONTEXTS = { bibHmacSha2: 1, bcbAesGcm: 2 } as const;

/** What besides the target's data is covered (RFC 9173 sections 3.3.3 and 4.3.4). */
export const SCOPE_FLAGS = {
  primaryBlock: 0x1,
  /** Type, number and flags of the target. */
  targetHeader: 0x2,
  /** Type, number and flags of the BIB or BCB itself. */
  securityHeader: 0x4,
} as const;

/** All scope flags, which is the default of both contexts. */
export const ALL_SCOPE_FLAGS = 0x7;

/** The two names of a service in policies, events and results. */
export type SecurityService = 'integrity' | 'confidentiality';

/** HMAC algorithms by their names in JSON Web Key Sets, with variant and key length (RFC 9173 section 3.3.1, RFC 7518). */
export const HMAC_ALGORITHMS = {
  HS256: { variant: 5, keyBytes: 32 },
  HS384: { variant: 6, keyBytes: 48 },
  HS512: { variant: 7, keyBytes: 64 },
} as const;

/** The name of an HMAC algorithm. */
export type HmacAlgorithm = keyof typeof HMAC_ALGORITHMS;

/** AES-GCM algorithms by their names in JSON Web Key Sets (RFC 9173 section 4.3.2, RFC 7518). */
export const GCM_ALGORITHMS = {
  A128GCM: { variant: 1, keyBytes: 16 },
  A256GCM: { variant: 3, keyBytes: 32 },
} as const;

/** The name of an AES-GCM algorithm. */
export type GcmAlgorithm = keyof typeof GCM_ALGORITHMS;

/** AES variants of BCB-AES-GCM. */
export type GcmVariant = 1 | 3;

/** Length of a MAC in bytes, which is also the key length that RFC 9173 section 3.3.1 asks for. */
export const MAC_BYTES: { readonly [variant in HmacVariant]: number } = { 5: 32, 6: 48, 7: 64 };

/** Length of an AES-GCM authentication tag in bytes. */
export const TAG_BYTES = 16;

/** Bounds of an initialization vector's length in bytes (RFC 9173 section 4.3.1). */
export const IV_BYTES = { min: 8, max: 16, recommended: 12 } as const;

/** The longest key that is wrapped: that of HMAC 512/512. */
export const MAX_WRAPPABLE_KEY_BYTES = 64;

/** With the 8 bytes that AES key wrap adds (RFC 3394 section 2.2.1). */
const MAX_WRAPPED_KEY_BYTES = MAX_WRAPPABLE_KEY_BYTES + 8;

/** The parameters of BIB-HMAC-SHA2 (RFC 9173 section 3.3). */
export interface IntegrityParameters {
  readonly variant: HmacVariant;
  readonly wrappedKey: Uint8Array | undefined;
  readonly scopeFlags: number;
}

/** The parameters of BCB-AES-GCM (RFC 9173 section 4.3). */
export interface ConfidentialityParameters {
  readonly iv: Uint8Array;
  readonly variant: GcmVariant;
  readonly wrappedKey: Uint8Array | undefined;
  readonly scopeFlags: number;
}

/** What cannot be used, in words. */
export interface Unusable {
  readonly problem: string;
}

/** The parameters of a BIB of context 1; defaults stand where there are none, unknown parameters are passed over. */
export function readIntegrityParameters(content: AbstractSecurityBlock): IntegrityParameters | Unusable {
  const variant = uintParameter(content, 1) ?? 6;
  const wrappedKey = bytesParameter(content, 2);
  const scopeFlags = uintParameter(content, 3) ?? ALL_SCOPE_FLAGS;
  const problem = repeatedParameter(content) ?? wrappedKeyProblem(wrappedKey) ?? scopeProblem(scopeFlags);
  if (problem !== undefined) return { problem };
  if (variant !== 5 && variant !== 6 && variant !== 7) return { problem: 'an SHA variant other than 5, 6 or 7' };
  return { variant, wrappedKey: wrappedKey as Uint8Array | undefined, scopeFlags: scopeFlags as number };
}

/** The parameters of a BCB of context 2; as in {@link readIntegrityParameters}. */
export function readConfidentialityParameters(content: AbstractSecurityBlock): ConfidentialityParameters | Unusable {
  const iv = bytesParameter(content, 1);
  const variant = uintParameter(content, 2) ?? 3;
  const wrappedKey = bytesParameter(content, 3);
  const scopeFlags = uintParameter(content, 4) ?? ALL_SCOPE_FLAGS;
  const problem = repeatedParameter(content) ?? wrappedKeyProblem(wrappedKey) ?? scopeProblem(scopeFlags);
  if (problem !== undefined) return { problem };
  if (variant !== 1 && variant !== 3) return { problem: 'an AES variant other than 1 or 3' };
  if (iv === undefined) return { problem: 'no initialization vector' };
  if (iv === MALFORMED || iv.length < IV_BYTES.min || iv.length > IV_BYTES.max) {
    return { problem: 'an initialization vector that is no byte string of 8 to 16 bytes' };
  }
  return { iv, variant, wrappedKey: wrappedKey as Uint8Array | undefined, scopeFlags: scopeFlags as number };
}

/** The only result of a target, result 1 (a MAC, or a tag); undefined where it is not there or not alone, or of another length. */
export function soleResult(values: readonly SecurityValue[], bytes: number): Uint8Array | undefined {
  if (values.length !== 1 || values[0].id !== 1) return undefined;
  const value = bytesOf(values[0].value);
  return value === MALFORMED || value.length !== bytes ? undefined : value;
}

/** The parameter list of a BIB. */
export function integrityParameters(parameters: IntegrityParameters): SecurityValue[] {
  const { variant, wrappedKey, scopeFlags } = parameters;
  const values = [uintValue(1, variant)];
  if (wrappedKey !== undefined) values.push(bytesValue(2, wrappedKey));
  values.push(uintValue(3, scopeFlags));
  return values;
}

/** The parameter list of a BCB. */
export function confidentialityParameters(parameters: ConfidentialityParameters): SecurityValue[] {
  const { iv, variant, wrappedKey, scopeFlags } = parameters;
  const values = [bytesValue(1, iv), uintValue(2, variant)];
  if (wrappedKey !== undefined) values.push(bytesValue(3, wrappedKey));
  values.push(uintValue(4, scopeFlags));
  return values;
}

/** Throws a UsageError `security-scope` on scope flags for a new security block that are not assigned. */
export function checkScopeFlags(scopeFlags: number): void {
  if (Number.isInteger(scopeFlags) && scopeFlags >= 0 && scopeFlags <= ALL_SCOPE_FLAGS) return;
  throw new UsageError('security-scope', `scope flags are 0 to ${ALL_SCOPE_FLAGS}, not ${scopeFlags}`);
}

/** Context flags of a block that has parameters. */
export const WITH_PARAMETERS = SECURITY_CONTEXT_FLAGS.parametersPresent;

/** A parameter or result that is an unsigned integer. */
function uintValue(id: UInt, value: UInt): SecurityValue {
  const bytes = new Uint8Array(headLength(value));
  writeUInt(bytes, 0, value);
  return { id, value: bytes };
}

/** A parameter or result that is a byte string. */
export function bytesValue(id: UInt, bytes: Uint8Array): SecurityValue {
  const value = new Uint8Array(headLength(bytes.length) + bytes.length);
  value.set(bytes, writeHead(value, 0, Major.bytes, bytes.length));
  return { id, value };
}

/** A value that is not of the kind that its context asks for. */
const MALFORMED = Symbol('malformed');

function uintParameter(content: AbstractSecurityBlock, id: number): UInt | typeof MALFORMED | undefined {
  const found = content.parameters.find((parameter) => parameter.id === id);
  if (found === undefined) return undefined;
  return typed(found.value, (reader) => reader.readUInt('sec-asb-form', 'an unsigned integer'));
}

function bytesParameter(content: AbstractSecurityBlock, id: number): Uint8Array | typeof MALFORMED | undefined {
  const found = content.parameters.find((parameter) => parameter.id === id);
  return found === undefined ? undefined : bytesOf(found.value);
}

function bytesOf(value: Uint8Array): Uint8Array | typeof MALFORMED {
  return typed(value, (reader) => {
    const start = reader.readBytes('sec-asb-form', 'sec-asb-form', 'a byte string');
    return value.subarray(start, reader.offset);
  });
}

function typed<T>(value: Uint8Array, read: (reader: CborReader) => T): T | typeof MALFORMED {
  try {
    return read(new CborReader(value));
  } catch (thrown) {
    if (thrown instanceof BundleError) return MALFORMED;
    throw thrown;
  }
}

function repeatedParameter(content: AbstractSecurityBlock): string | undefined {
  const ids = new Set(content.parameters.map(({ id }) => id));
  return ids.size === content.parameters.length ? undefined : 'a parameter that is there twice';
}

function wrappedKeyProblem(wrapped: Uint8Array | typeof MALFORMED | undefined): string | undefined {
  if (wrapped === undefined) return undefined;
  if (wrapped === MALFORMED || wrapped.length > MAX_WRAPPED_KEY_BYTES)
    return 'a wrapped key that is no short byte string';
  return undefined;
}

function scopeProblem(flags: UInt | typeof MALFORMED): string | undefined {
  return typeof flags === 'number' && flags <= 0xffff ? undefined : 'scope flags beyond 16 bits';
}

/** True where the results of a BIB cover its own header, its number among it, or may: of another context nobody here can tell. */
export function coversOwnHeader(content: AbstractSecurityBlock): boolean {
  if (content.contextId !== SECURITY_CONTEXTS.bibHmacSha2) return true;
  const parameters = readIntegrityParameters(content);
  return 'problem' in parameters || hasFlag(parameters.scopeFlags, SCOPE_FLAGS.securityHeader);
}
