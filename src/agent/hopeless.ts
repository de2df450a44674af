/**
 * What was found just now to have no way, so that a crowd of bundles alike is not searched for one by one: where a bundle got none,
 * another to the same place that is as urgent, as long or longer and lives as long or shorter gets none either.
 *
 * That holds for one moment, and until volume is given back; whoever asks makes it anew for each look over many bundles.
 */
import type { BundleRecord } from './bundle-record.js';
import { mayCut } from './cutting.js';
import type { LimboReason } from './limbo.js';

/** Findings of one moment; see the head of this file. */
export class Hopeless {
  /** By destination: the records that last found no way, one for each class of urgency, node that they came from, and reason. */
  readonly #found = new Map<number, Map<string, BundleRecord>>();

  /** Notes a record that was just left in limbo, if it says anything about others. */
  note(record: BundleRecord, nowUs: number): void {
    if (!isTypical(record, nowUs)) return;
    let found = this.#found.get(record.destinationNode);
    if (found === undefined) {
      found = new Map();
      this.#found.set(record.destinationNode, found);
    }
    found.set(keyOf(record), record);
  }

  /** Whether a record that is in limbo would be left there for the same reason. */
  covers(record: BundleRecord, nowUs: number): boolean {
    const found = this.#found.get(record.destinationNode)?.get(keyOf(record));
    if (found === undefined || !isTypical(record, nowUs)) return false;
    if (record.expiryUs > found.expiryUs || (mayCut(record) && !mayCut(found))) return false;
    if (record.sizeBytes === found.sizeBytes && record.payloadBytes === found.payloadBytes) return true;
    return record.sizeBytes > found.sizeBytes && !mayCut(record) && WHATEVER_THE_SIZE.includes(found.limboReason);
  }

  /** Volume was given back: nothing is known any more. */
  clear(): void {
    this.#found.clear();
  }
}

/** Reasons that hold for longer bundles too; one that lacks volume, or comes too late, could be too large besides. */
const WHATEVER_THE_SIZE: readonly (LimboReason | undefined)[] = ['unknown node', 'no route', 'too large'];

function keyOf({ rank, notBackTo, limboReason }: BundleRecord): string {
  return `${rank} ${notBackTo} ${limboReason}`;
}

/** Nothing but the plan and what is taken of it decides about it. */
function isTypical({ state, limboReason, isCritical, avoided }: BundleRecord, nowUs: number): boolean {
  return (
    state === 'limbo' && limboReason !== undefined && !isCritical && avoided.every(({ untilUs }) => untilUs <= nowUs)
  );
}
