/** Values of this rung and the next in a node's {@link StateStore}: a CBOR array with a version first, and numbers in keys that sort. */
import { Encoder } from 'cbor-x';

/** Of all values below `stream/` and `job/`; what another version wrote is not read. */
const STATE_VERSION = 1;

const encoder = new Encoder({ useRecords: false, tagUint8Array: false, int64AsNumber: true } as ConstructorParameters<
  typeof Encoder
>[0]);

/** The bytes of a value. */
export function encodeState(items: readonly unknown[]): Uint8Array {
  return encoder.encode([STATE_VERSION, ...items]);
}

/** The items of a value; undefined where the bytes are damaged or of another version, or are not as many as there should be. */
export function decodeState(bytes: Uint8Array, count: number): unknown[] | undefined {
  try {
    const items: unknown = encoder.decode(bytes);
    if (!Array.isArray(items) || items.length !== count + 1 || items[0] !== STATE_VERSION) return undefined;
    return items.slice(1);
  } catch {
    return undefined;
  }
}

/** Digits of the largest exact integer. */
const KEY_DIGITS = 16;

/** A whole number as it stands in a key: keys sort as numbers do. */
export function keyNumber(value: number): string {
  return String(value).padStart(KEY_DIGITS, '0');
}

/** True for a whole number from 0 on. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** True for bounds of an interval set as it gives them. */
export function isBounds(value: unknown): value is number[] {
  if (!Array.isArray(value) || value.length % 2 !== 0 || !value.every(isCount)) return false;
  return value.every((bound, i) => i === 0 || bound - (value[i - 1] as number) >= (i % 2 === 0 ? 2 : 0));
}
