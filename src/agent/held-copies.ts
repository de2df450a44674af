/**
 * Bundles with a custody block that this node holds, to recognise a copy that comes another way or once more: a custodian joins
 * it with its own, a relay drops what it has yet to pass on.
 */
import type { BundleRecord } from './bundle-record.js';

/** The index of those bundles; see the head of this file. */
export class HeldCopies {
  /** By source, then by creation timestamp folded into one number; the few that share it stand in one list, one alone in none. */
  readonly #bySource = new Map<number, Map<number, BundleRecord | BundleRecord[]>>();

  add(record: BundleRecord): void {
    let byTime = this.#bySource.get(record.sourceKey);
    if (byTime === undefined) {
      byTime = new Map();
      this.#bySource.set(record.sourceKey, byTime);
    }
    const key = timestampKey(record);
    const held = byTime.get(key);
    if (held === undefined) byTime.set(key, record);
    else if (Array.isArray(held)) held.push(record);
    else byTime.set(key, [held, record]);
  }

  remove(record: BundleRecord): void {
    const byTime = this.#bySource.get(record.sourceKey);
    if (byTime === undefined) return;
    const key = timestampKey(record);
    const held = byTime.get(key);
    if (Array.isArray(held)) {
      const at = held.indexOf(record);
      if (at < 0) return;
      held.splice(at, 1);
      if (held.length > 0) return;
    } else if (held !== record) return;
    byTime.delete(key);
    if (byTime.size === 0) this.#bySource.delete(record.sourceKey);
  }

  /** The copy that makes `record` needless: one in this node's custody, else one under the same custody number. */
  find(record: BundleRecord): BundleRecord | undefined {
    const held = this.#bySource.get(record.sourceKey)?.get(timestampKey(record));
    if (held === undefined) return undefined;
    const alike = (Array.isArray(held) ? held : [held]).filter(
      (each) => each.creationTimeMs === record.creationTimeMs && each.sequence === record.sequence,
    );
    return alike.find((each) => each.inCustody) ?? alike.find((each) => hasSameCustody(each, record));
  }
}

/** 32 bits, signed: the engine keeps such a key in place, and a greater one as an object of its own. */
function timestampKey({ creationTimeMs, sequence }: BundleRecord): number {
  return (Math.imul(creationTimeMs % 4_294_967_291, 0x9e3779b1) + (sequence % 4_294_967_291)) | 0;
}

/** Whether two copies came under one number of one custodian, or both without. */
export function hasSameCustody(a: BundleRecord, b: BundleRecord): boolean {
  const [one, other] = [a.receivedCustody, b.receivedCustody];
  if (one === undefined || other === undefined) return one === other;
  return one.custodian === other.custodian && one.sequenceId === other.sequenceId && one.sequence === other.sequence;
}
