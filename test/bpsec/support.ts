/** What the tests of bpsec share: bundles, keys, and a crypto whose randomness is given. */

import { nodeSecurityCrypto } from '../../src/bpsec/crypto.node.js';
import { InitializationVectors, SecretKey, type SecurityCrypto } from '../../src/bpsec/index.js';
import {
  type Bundle,
  type CanonicalBlock,
  encodeBundleAge,
  encodeHopCount,
  ipn,
  newBlock,
  type PrimaryBlock,
} from '../../src/bpv7/index.js';

export const crypto = nodeSecurityCrypto;
export const NODE = ipn(10, 0);

/** A key whose bytes count up from `first`. */
export const keyOf = (bytes: number, first = 1, kid = ''): SecretKey =>
  new SecretKey(
    Uint8Array.from({ length: bytes }, (_, i) => first + i),
    kid,
  );

export const vectors = (): InitializationVectors => new InitializationVectors(crypto);

export const PRIMARY: PrimaryBlock = {
  flags: 0,
  crcType: 1,
  destination: ipn(20, 2),
  source: ipn(10, 1),
  reportTo: ipn(10, 0),
  creationTimeMs: 815_000_000_123,
  sequence: 7,
  lifetimeMs: 3_600_000,
};

export const AGE: CanonicalBlock = newBlock(7, 2, encodeBundleAge(300), 0, 1);
export const HOP: CanonicalBlock = newBlock(10, 3, encodeHopCount(30, 1), 0, 2);
export const PAYLOAD: CanonicalBlock = newBlock(1, 1, Uint8Array.from([1, 2, 3, 4, 5, 6, 7]), 0, 2);

/** A bundle with an age block 2, a hop count block 3 and a payload, all with CRCs. */
export const BUNDLE: Bundle = { primary: PRIMARY, blocks: [AGE, HOP, PAYLOAD] };

/** A crypto whose random bytes come from a list, one entry a call. */
export function cryptoWith(random: readonly Uint8Array[]): SecurityCrypto {
  const left = [...random];
  return {
    ...crypto,
    randomBytes(length) {
      const bytes = left.shift();
      if (bytes === undefined || bytes.length !== length) throw new Error('no more randomness of this length');
      return bytes;
    },
  };
}
