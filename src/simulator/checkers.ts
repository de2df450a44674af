/**
 * Checkers: they watch a run from outside (the stores' doors, the links, the deliveries) and know nothing of how a node works.
 * Each keeps its first violations in words; a run holds only where none has any.
 */
import type { BundleRecord, RemovalReason } from '../agent/index.js';
import { IntervalSet } from '../base/interval-set.js';
import type { BundleIdentity } from '../base/trace.js';
import type { CheckReport } from './report.js';

/** Violations told in full; the others are counted. */
const MAX_TOLD_VIOLATIONS = 5;

/** Gathers the violations of one rule. */
export class Checker {
  readonly #name: string;
  readonly #told: string[] = [];
  #violations = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Notes a violation. */
  violated(detail: string): void {
    this.#violations++;
    if (this.#told.length < MAX_TOLD_VIOLATIONS) this.#told.push(detail);
  }

  /** The verdict; `summary` is what the checker saw where nothing was wrong. */
  report(summary: string): CheckReport {
    if (this.#violations === 0) return { name: this.#name, ok: true, detail: summary };
    const more = this.#violations > this.#told.length ? ` (and ${this.#violations - this.#told.length} more)` : '';
    return { name: this.#name, ok: false, detail: this.#told.join('; ') + more };
  }
}

/** `node.service-time-sequence` of a bundle. */
export function bundleName(bundle: BundleIdentity): string {
  return `${bundle.sourceNode}.${bundle.sourceService}-${bundle.creationTimeMs}-${bundle.sequence}`;
}

/** Numbers seen under each key, as intervals: what comes nearly in order costs next to nothing. */
class NumbersByKey<K> {
  readonly #sets = new Map<K, IntervalSet>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(key: K, number: number): boolean {
    return this.#sets.get(key)?.has(number) ?? false;
  }

  /** False where it was there already. */
  add(key: K, number: number): boolean {
    let numbers = this.#sets.get(key);
    if (numbers === undefined) {
      numbers = new IntervalSet(Number.MAX_SAFE_INTEGER);
      this.#sets.set(key, numbers);
    }
    const isNew = numbers.add(number);
    if (isNew) this.#size++;
    return isNew;
  }
}

/** The bundles that reached their destination; one set for all checkers. A node's sequence numbers never repeat in a run. */
export class DeliveredBundles {
  readonly #sequences = new NumbersByKey<number>();

  get size(): number {
    return this.#sequences.size;
  }

  has(bundle: BundleIdentity): boolean {
    return this.hasNumber(bundle.sourceNode, bundle.sequence);
  }

  /** The same for a bundle by its source node and its sequence number. */
  hasNumber(sourceNode: number, sequence: number): boolean {
    return this.#sequences.has(sourceNode, sequence);
  }

  /** False where it was delivered before. */
  add(bundle: BundleIdentity): boolean {
    return this.#sequences.add(bundle.sourceNode, bundle.sequence);
  }
}

interface Custody {
  holders: number;
  isExpired: boolean;
}

/**
 * No bundle in custody is lost: from the moment a node holds it in custody until it is delivered or its lifetime ends, some node
 * holds it. Watches what goes into and out of the stores.
 */
export class CustodyChecker {
  readonly #checker = new Checker('custody: no bundle in custody lost');
  readonly #delivered: DeliveredBundles;
  /** Bundles in custody that a node holds: by source node, then sequence number. */
  readonly #open = new Map<number, Map<number, Custody>>();
  #bundles = 0;

  /** `delivered` is kept by the {@link DeliveryChecker}. */
  constructor(delivered: DeliveredBundles) {
    this.#delivered = delivered;
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
      bySequence.set(record.sequence, { holders: 1, isExpired: false });
      if (record.isLocal) this.#bundles++;
    } else custody.holders++;
  }

  removed(node: number, record: BundleRecord, reason: RemovalReason): void {
    if (!record.inCustody) return;
    const bySequence = this.#open.get(record.sourceNode);
    const custody = bySequence?.get(record.sequence);
    if (bySequence === undefined || custody === undefined) return;
    custody.holders--;
    if (reason === 'expired') custody.isExpired = true;
    if (custody.holders > 0) return;
    bySequence.delete(record.sequence);
    if (!custody.isExpired && !this.#delivered.has(record)) {
      this.#checker.violated(`node ${node} let go of ${bundleName(record)} (${reason}) and nobody else holds it`);
    }
  }

  report(): CheckReport {
    return this.#checker.report(`${this.#bundles} bundles in custody, all delivered, held or expired`);
  }
}

/** No bundle is delivered twice, and no role takes an input twice. */
export class DeliveryChecker {
  readonly #checker = new Checker('delivery: nothing delivered twice');
  readonly #delivered: DeliveredBundles;
  /** Ordinals of the inputs by job, role, index and sender. */
  readonly #inputs = new NumbersByKey<string>();

  constructor(delivered: DeliveredBundles) {
    this.#delivered = delivered;
  }

  delivered(bundle: BundleIdentity): void {
    if (this.#delivered.add(bundle)) return;
    this.#checker.violated(`bundle ${bundleName(bundle)} was delivered twice at node ${bundle.destinationNode}`);
  }

  /** `key` is `from/ordinal`. */
  roleInput(job: string, role: string, index: number, key: string): void {
    const slash = key.lastIndexOf('/');
    const ordinal = slash < 0 ? Number.NaN : Number(key.slice(slash + 1));
    const input = `${job}/${role} ${index} input ${key.slice(0, slash)}`;
    if (!Number.isSafeInteger(ordinal))
      this.#checker.violated(`${job}/${role} ${index} took an input without a key: ${key}`);
    else if (!this.#inputs.add(input, ordinal)) this.#checker.violated(`${input}/${ordinal} was taken twice`);
  }

  report(): CheckReport {
    return this.#checker.report(`${this.#delivered.size} bundles and ${this.#inputs.size} role inputs, each once`);
  }
}

/** Nothing is sent outside a contact, faster than its rate, or beyond its volume. Fed by the links. */
export class ContactChecker {
  readonly #checker = new Checker('contacts: nothing sent outside a contact or beyond its volume');
  readonly #slackUs: number;
  #transmissions = 0;

  /** `slackUs` is what wall-clock timers may be late; 0 in the simulator. */
  constructor(slackUs: number) {
    this.#slackUs = slackUs;
  }

  /**
   * One transmission that begins now; `contact` is undefined where none was open, and `lastEndUs` is when the last one on that
   * link ended.
   */
  transmitted(
    from: number,
    to: number,
    nowUs: number,
    durationUs: number,
    contact: { endUs: number; busyUntilUs: number } | undefined,
    lastEndUs = Number.NEGATIVE_INFINITY,
  ): void {
    this.#transmissions++;
    if (contact === undefined) {
      if (this.#slackUs > 0 && nowUs - lastEndUs <= this.#slackUs) return;
      this.#checker.violated(`node ${from} sent to ${to} at ${nowUs} us, where no contact was open`);
      return;
    }
    const startUs = Math.max(nowUs, contact.busyUntilUs);
    if (startUs - nowUs > this.#slackUs) {
      this.#checker.violated(`node ${from} sent to ${to} at ${nowUs} us, faster than the contact's rate`);
    }
    if (startUs + durationUs > contact.endUs + this.#slackUs) {
      this.#checker.violated(
        `node ${from} sent to ${to} at ${nowUs} us beyond the contact's end at ${contact.endUs} us`,
      );
    }
  }

  report(): CheckReport {
    return this.#checker.report(`${this.#transmissions} transmissions within their contacts`);
  }
}
