/** The checker of custody transfer: it watches the doors of the stores and knows nothing of how a node works. */
import type { BundleRecord, RemovalReason } from '../agent/index.js';
import { US_PER_MS, usToSeconds } from '../base/time.js';
import type { BundleIdentity } from '../base/trace.js';
import { bundleName, Checker, type DeliveredBundles } from './checkers.js';
import type { CheckReport } from './report.js';

/** The time of a run: true time, whatever the clocks of its nodes say. */
export interface RunClock {
  /** Microseconds; Infinity where nobody can tell, so that no lifetime ends too early. */
  nowUs: number;
}

/** Clocks count milliseconds, and each hop may round once. */
const EXPIRY_TOLERANCE_US = 1_000_000;

interface Custody {
  holders: number;
  isExpired: boolean;
  /** Somebody's record of it was damaged on purpose, which nobody can make up for. */
  isDamaged: boolean;
  /** When its lifetime ends by true time, microseconds; -Infinity where its creation was not seen. */
  readonly endUs: number;
}

/**
 * No bundle in custody is lost: from the moment a node durably holds it in custody until it is delivered or its lifetime ends, some
 * node durably holds it. Watches what goes into and out of the stores. Lifetimes end by true time: a node whose clock was put
 * forward has no right to take one for over.
 */
export class CustodyChecker {
  readonly #checker = new Checker('custody: no bundle in custody lost');
  readonly #delivered: DeliveredBundles;
  /** Bundles in custody that a node holds: by source node, then sequence number. */
  readonly #open = new Map<number, Map<number, Custody>>();
  readonly #clock: RunClock;
  #bundles = 0;

  /** `delivered` is kept by the DeliveryChecker. */
  constructor(delivered: DeliveredBundles, clock: RunClock) {
    this.#delivered = delivered;
    this.#clock = clock;
  }

  stored(record: BundleRecord): void {
    if (!record.inCustody) return;
    let bySequence = this.#open.get(record.sourceNode);
    if (bySequence === undefined) {
      bySequence = new Map();
      this.#open.set(record.sourceNode, bySequence);
    }
    const custody = bySequence.get(record.sequence);
    if (custody === undefined) {
      const lifetimeUs = Number(record.primary.lifetimeMs) * US_PER_MS;
      const endUs = record.isLocal ? record.receivedUs + lifetimeUs : Number.NEGATIVE_INFINITY;
      bySequence.set(record.sequence, { holders: 1, isExpired: false, isDamaged: false, endUs });
      if (record.isLocal) this.#bundles++;
    } else custody.holders++;
  }

  removed(node: number, record: BundleRecord, reason: RemovalReason): void {
    if (!record.inCustody) return;
    const bySequence = this.#open.get(record.sourceNode);
    const custody = bySequence?.get(record.sequence);
    if (bySequence === undefined || custody === undefined) return;
    if (reason === 'expired') {
      custody.isExpired = true;
      const { nowUs } = this.#clock;
      if (nowUs + EXPIRY_TOLERANCE_US < custody.endUs && !this.#delivered.has(record)) {
        const earlySeconds = usToSeconds(custody.endUs - nowUs);
        this.#checker.violated(`node ${node} took ${bundleName(record)} for expired ${earlySeconds} s too early`);
      }
    }
    this.#letGo(node, record, bySequence, custody, reason);
  }

  /** A node that started again set a record in custody aside; where it was damaged on purpose, that loss is allowed. */
  setAside(node: number, bundle: BundleIdentity, isDamaged: boolean): void {
    const bySequence = this.#open.get(bundle.sourceNode);
    const custody = bySequence?.get(bundle.sequence);
    if (bySequence === undefined || custody === undefined) return;
    if (isDamaged) custody.isDamaged = true;
    this.#letGo(node, bundle, bySequence, custody, 'set aside');
  }

  #letGo(
    node: number,
    bundle: BundleIdentity,
    bySequence: Map<number, Custody>,
    custody: Custody,
    reason: string,
  ): void {
    custody.holders--;
    if (custody.holders > 0) return;
    bySequence.delete(bundle.sequence);
    if (!custody.isExpired && !custody.isDamaged && !this.#delivered.has(bundle)) {
      this.#checker.violated(`node ${node} let go of ${bundleName(bundle)} (${reason}) and nobody else holds it`);
    }
  }

  report(): CheckReport {
    return this.#checker.report(`${this.#bundles} bundles in custody, all delivered, held or expired`);
  }
}
