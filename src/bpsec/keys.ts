/** Which keys an operation is tried with, and how content keys are wrapped and unwrapped (RFC 9173 sections 3.3.2 and 4.3.3). */
import { UsageError } from '../base/errors.js';
import type { Eid, UInt } from '../bpv7/index.js';
import { type GcmVariant, MAC_BYTES, MAX_WRAPPABLE_KEY_BYTES, type SecurityService } from './contexts.js';
import type { HmacVariant, SecurityCrypto } from './crypto.js';
import type { SecretKey } from './secret-key.js';

/**
 * The shortest HMAC key that is used at all. RFC 9173 section 3.3.1 asks for keys as long as the HMAC's output, but its own
 * examples have 16 bytes, and HMAC is defined for all lengths (RFC 2104 section 3).
 */
export const MIN_HMAC_KEY_BYTES = 16;

/** What a security block says about the key that it needs. BPSec itself does not name keys. */
export interface KeyRequest {
  readonly service: SecurityService;
  /** True where the key asked for is the one that the content key is wrapped under. */
  readonly wrapped: boolean;
  /** The node that added the security block. */
  readonly source: Eid;
  readonly variant: HmacVariant | GcmVariant;
  /** The first target of the security block. */
  readonly target: UInt;
}

/** Finds the keys to try, the likeliest first; empty where there is none. */
export type KeyFinder = (request: KeyRequest) => readonly SecretKey[];

/** A key, for a caller that has just one. */
export type KeySource = KeyFinder | SecretKey;

/** The keys to try for a request. */
export function keysFor(source: KeySource, request: KeyRequest): readonly SecretKey[] {
  return typeof source === 'function' ? source(request) : [source];
}

/** The key that data is secured with, and its wrapped form where it travels along. */
export interface ContentKey {
  readonly key: Uint8Array;
  readonly wrapped: Uint8Array | undefined;
}

/** How a caller gives the key to secure with: the key itself, one to wrap a fresh key under, or both to wrap a given key. */
export interface KeyOptions {
  /** The key to secure with; left out where a fresh random one is to be wrapped under `wrappingKey`. */
  readonly key?: SecretKey | undefined;
  /** Key of 16, 24 or 32 bytes that the content key is wrapped under (AES key wrap) and sent along. */
  readonly wrappingKey?: SecretKey | undefined;
}

/** What signing and encrypting are both told. */
export interface SecuringOptions extends KeyOptions {
  readonly crypto: SecurityCrypto;
  /** The node that adds the security block: one of its own endpoint IDs. */
  readonly source: Eid;
  /** See SCOPE_FLAGS; by default all. */
  readonly scopeFlags?: number | undefined;
  /** Number of the new block, where there is one only; by default the least that is free. */
  readonly blockNumber?: UInt | undefined;
}

/** The content key of a new security block. Throws a UsageError `security-key`. */
export function newContentKey(crypto: SecurityCrypto, options: KeyOptions, keyBytes: number): ContentKey {
  const { key, wrappingKey } = options;
  if (wrappingKey === undefined) {
    if (key === undefined) throw new UsageError('security-key', 'expected a key, or a key to wrap a fresh one under');
    return { key: key.reveal(), wrapped: undefined };
  }
  if (!isWrappingKeyLength(wrappingKey.length)) {
    throw new UsageError('security-key', `${wrappingKey} cannot wrap keys: expected 16, 24 or 32 bytes`);
  }
  if (key !== undefined && (key.length < 16 || key.length > MAX_WRAPPABLE_KEY_BYTES || key.length % 8 !== 0)) {
    throw new UsageError(
      'security-key',
      `${key} cannot be wrapped: expected a multiple of 8 bytes, 16 to ${MAX_WRAPPABLE_KEY_BYTES}`,
    );
  }
  const content = key?.reveal() ?? crypto.randomBytes(keyBytes);
  return { key: content, wrapped: crypto.wrapKey(wrappingKey.reveal(), content) };
}

/** The content keys that a received security block may have been made with. */
export function contentKeys(
  crypto: SecurityCrypto,
  source: KeySource,
  request: Omit<KeyRequest, 'wrapped'>,
  wrappedKey: Uint8Array | undefined,
): { readonly hadKey: boolean; readonly keys: readonly Uint8Array[] } {
  const found = keysFor(source, { ...request, wrapped: wrappedKey !== undefined });
  if (wrappedKey === undefined) return { hadKey: found.length > 0, keys: found.map((key) => key.reveal()) };
  const keys: Uint8Array[] = [];
  for (const key of found) {
    if (!isWrappingKeyLength(key.length)) continue;
    const content = crypto.unwrapKey(key.reveal(), wrappedKey);
    if (content !== undefined) keys.push(content);
  }
  return { hadKey: found.length > 0, keys };
}

/** True where an HMAC key is long enough: of the output's length, or where short keys are allowed of 16 bytes or more. */
export function isHmacKeyLength(length: number, variant: HmacVariant, allowShortKeys: boolean): boolean {
  return allowShortKeys ? length >= MIN_HMAC_KEY_BYTES : length === MAC_BYTES[variant];
}

function isWrappingKeyLength(length: number): boolean {
  return length === 16 || length === 24 || length === 32;
}
