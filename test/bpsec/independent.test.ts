/** Bundles that an implementation other than ours has secured: what RFC 9173 leads two people to must be the same bytes. */
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { decryptBundle, SecretKey, type SecurityBlock, verifyBundle } from '../../src/bpsec/index.js';
import { type Bundle, decodeBundle, type UInt } from '../../src/bpv7/index.js';
import { loadVectors } from '../bpv7/support.js';
import { crypto } from './support.js';

interface Vector {
  readonly id: string;
  readonly features: readonly string[];
  readonly bibs: number;
  readonly bcbs: number;
  readonly bundle: string;
  readonly keys: { readonly [block: string]: string };
  readonly plain: { readonly [block: string]: string };
}

const { vectors } = loadVectors<{ vectors: Vector[] }>('bpsec-independent.json');

/** Everything that `only` a security block of this number answers for, with its own key. */
function eachBlock(
  vector: Vector,
  run: (only: (target: UInt, security: SecurityBlock) => boolean, key: SecretKey) => void,
) {
  for (const [number, key] of Object.entries(vector.keys)) {
    run((_, { block }) => String(block.number) === number, new SecretKey(fromHex(key)));
  }
}

describe('a bundle secured by another implementation', () => {
  it.each(vectors)('is decrypted and verified: $id', (vector) => {
    let bundle: Bundle = decodeBundle(fromHex(vector.bundle));
    let opened = 0;
    eachBlock(vector, (only, keys) => {
      const result = decryptBundle(bundle, { crypto, keys, only, isDestination: true });
      if (result.operations.length === 0) return;
      expect(result.operations.map(({ detail }) => detail).join('')).toBe('');
      bundle = result.bundle as Bundle;
      opened++;
    });
    expect(opened).toBe(vector.bcbs);
    for (const { number, data } of bundle.blocks) expect(toHex(data)).toBe(vector.plain[String(number)]);
    let checked = 0;
    eachBlock(vector, (only, keys) => {
      const { operations } = verifyBundle(bundle, { crypto, keys, only });
      expect(operations.every(({ status }) => status === 'verified')).toBe(true);
      if (operations.length > 0) checked++;
    });
    expect(checked).toBe(vector.bibs);
  });

  it('covers every variant, wrapped keys, reserved bits and all vector lengths', () => {
    const features = new Set(vectors.flatMap((vector) => vector.features));
    for (let bytes = 8; bytes <= 16; bytes++) expect(features).toContain(`IV of ${bytes} bytes`);
    for (const variant of [5, 6, 7]) expect(features).toContain(`HMAC variant ${variant}`);
    expect(features).toContain('reserved scope flags');
    expect(features).toContain('reserved scope flags of a BCB');
    expect(features).toContain('unassigned block flags');
  });
});
