/**
 * The cryptography that BPSec stands on, as an interface: bpsec itself holds no cipher. Node's implementation is in
 * crypto.node.ts. All functions are synchronous and keep nothing of what they are given.
 */

/** SHA variants of BIB-HMAC-SHA2 (RFC 9173 section 3.3.1). */
export type HmacVariant = 5 | 6 | 7;

/** What AES-GCM makes of a plaintext. */
export interface Sealed {
  /** As long as the plaintext. */
  readonly ciphertext: Uint8Array;
  /** The authentication tag, 16 bytes. */
  readonly tag: Uint8Array;
}

/** Message authentication, authenticated encryption, key wrapping and randomness. */
export interface SecurityCrypto {
  /** HMAC with SHA-256 (variant 5), SHA-384 (6) or SHA-512 (7), not truncated, over the parts in order (RFC 2104). */
  hmac(variant: HmacVariant, key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array;
  /** AES-GCM encryption; the key has 16 or 32 bytes, the initialization vector 8 to 16 (NIST SP 800-38D). */
  seal(key: Uint8Array, iv: Uint8Array, additionalData: readonly Uint8Array[], plaintext: Uint8Array): Sealed;
  /** AES-GCM decryption; undefined where the tag does not match. */
  open(key: Uint8Array, iv: Uint8Array, additionalData: readonly Uint8Array[], sealed: Sealed): Uint8Array | undefined;
  /** AES key wrap (RFC 3394) under a key of 16, 24 or 32 bytes; `key` has a multiple of 8 bytes, at least 16. */
  wrapKey(wrappingKey: Uint8Array, key: Uint8Array): Uint8Array;
  /** The wrapped key; undefined where its integrity check fails. */
  unwrapKey(wrappingKey: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined;
  /** True for equal bytes, in a time that does not tell where they differ. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  /** Bytes that nobody can predict. */
  randomBytes(length: number): Uint8Array;
}
