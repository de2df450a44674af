/** The cryptography of BPSec by node:crypto. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { HmacVariant, Sealed, SecurityCrypto } from './crypto.js';

const HASHES = { 5: 'sha256', 6: 'sha384', 7: 'sha512' } as const;

const TAG_BYTES = 16;

/** The initial value of AES key wrap (RFC 3394 section 2.2.3.1). */
const WRAP_IV = new Uint8Array(8).fill(0xa6);

/** The {@link SecurityCrypto} of Node. */
export const nodeSecurityCrypto: SecurityCrypto = {
  hmac(variant: HmacVariant, key, parts) {
    const hmac = createHmac(HASHES[variant], key);
    for (const part of parts) hmac.update(part);
    return plain(hmac.digest());
  },

  seal(key, iv, additionalData, plaintext): Sealed {
    const cipher = createCipheriv(gcmOf(key), key, iv, { authTagLength: TAG_BYTES });
    for (const part of additionalData) cipher.setAAD(part);
    const ciphertext = plain(cipher.update(plaintext));
    cipher.final();
    return { ciphertext, tag: plain(cipher.getAuthTag()) };
  },

  open(key, iv, additionalData, { ciphertext, tag }) {
    if (tag.length !== TAG_BYTES) return undefined;
    const decipher = createDecipheriv(gcmOf(key), key, iv, { authTagLength: TAG_BYTES });
    for (const part of additionalData) decipher.setAAD(part);
    decipher.setAuthTag(tag);
    const plaintext = plain(decipher.update(ciphertext));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return plaintext;
  },

  wrapKey(wrappingKey, key) {
    const cipher = createCipheriv(wrapOf(wrappingKey), wrappingKey, WRAP_IV);
    return plain(Buffer.concat([cipher.update(key), cipher.final()]));
  },

  unwrapKey(wrappingKey, wrapped) {
    if (wrapped.length < 24 || wrapped.length % 8 !== 0) return undefined;
    try {
      const decipher = createDecipheriv(wrapOf(wrappingKey), wrappingKey, WRAP_IV);
      return plain(Buffer.concat([decipher.update(wrapped), decipher.final()]));
    } catch {
      return undefined;
    }
  },

  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  randomBytes: (length) => plain(randomBytes(length)),
};

function gcmOf(key: Uint8Array): 'aes-128-gcm' | 'aes-256-gcm' {
  return key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm';
}

function wrapOf(key: Uint8Array): string {
  return `id-aes${key.length * 8}-wrap`;
}

/** The same bytes without the methods of a Buffer, which other code must not come to rely on. */
function plain(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
