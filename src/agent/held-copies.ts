/**
 * Bundles with a custody block that this node holds, to recognise a copy that comes another way or once more: a custodian joins
 * it with its own, a relay drops what it has yet to pass on.
 */
import type { BundleRecord } from './bundle-record.js';

/** The index of those bundles; see the head of this file. */
export class HeldCopies {
  /** By source, then by creation timestamp folded into one number; the few that share it stand in one list. */
  readonly #bySource = new Map<number, Map<number, BundleRecord[]>>();

  add(record: BundleRecord): void {
    let byTime = this.#bySource.get(record.sourceKey);
    if (byTime === undefined) {
      byTime = new Map();
      this.#bySource.set(record.sourceKey, byTime);
    }
    const records = byTime.get(timestampKey(record));
    if (records === undefined) byTime.set(timestampKey(record), [record]);
    else records.push(record);
  }

  remove(record: BundleRecord): void {
    const byTime = this.#bySource.get(record.sourceKey);
    const records = byTime?.get(timestampKey(record));
    const at = records?.indexOf(record) ?? -1;
    if (byTime === undefined || records === undefined || at < 0) return;
    records.splice(at, 1);
    if (records.length === 0) byTime.delete(timestampKey(record));
    if (byTime.size === 0) this.#bySource.delete(record.sourceKey);
  }

  /** The copy that makes `record` needless: one in this node's custody, else one under the same custody number. */
  find(record: BundleRecord): BundleRecord | undefined {
    const records = this.#bySource.get(record.sourceKey)?.get(timestampKey(record));
    if (records === undefined) return undefined;
    const alike = records.filter(
      (each) => each.creationTimeMs === record.creationTimeMs && each.sequence === record.sequence,
    );
    return alike.find((each) => each.inCustody) ?? alike.find((each) => hasSameCustody(each, record));
  }
}

function timestampKey(record: BundleRecord): number {
  return (record.creationTimeMs % 4_294_967_296) * 65_536 + (record.sequence % 65_536);
}

/** Whether two copies came under one number of one custodian, or both without. */
export function hasSameCustody(a: BundleRecord, b: BundleRecord): boolean {
  const [one, other] = [a.receivedCustody, b.receivedCustody];
  if (one === undefined || other === undefined) return one === other;
  return one.custodian === other.custodian && one.sequenceId === other.sequenceId && one.sequence === other.sequence;
}
