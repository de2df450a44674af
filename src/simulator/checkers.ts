/**
 * Checkers: they watch a run from outside (the stores' doors, the links, the deliveries) and know nothing of how a node works.
 * Each keeps its first violations in words; a run holds only where none has any.
 */
import type { BundleRecord, RemovalReason } from '../agent/index.js';
import type { BundleIdentity } from '../base/trace.js';
import { DuplicateSet } from '../base/duplicate-set.js';
import type { CheckReport } from './report.js';

/** Violations told in full; the others are counted. */
const MAX_TOLD_VIOLATIONS = 5;

/** Deliveries remembered in one run. */
const MAX_DELIVERIES = 1 << 24;

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
  /** Bundles in custody that were not seen delivered, or are still held: by source node, then sequence number. */
  readonly #open = new Map<number, Map<number, Custody>>();
  readonly #delivered = new DuplicateSet(MAX_DELIVERIES);
  #bundles = 0;

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
    if (!custody.isExpired && !this.#wasDelivered(record)) {
      this.#checker.violated(`node ${node} let go of ${bundleName(record)} (${reason}) and nobody else holds it`);
    }
  }

  delivered(bundle: BundleIdentity): void {
    this.#delivered.add(bundle.sourceNode, bundle.creationTimeMs, bundle.sequence, 0, Number.MAX_SAFE_INTEGER, 0);
  }

  report(): CheckReport {
    return this.#checker.report(`${this.#bundles} bundles in custody, all delivered, held or expired`);
  }

  #wasDelivered(bundle: BundleIdentity): boolean {
    return this.#delivered.has(bundle.sourceNode, bundle.creationTimeMs, bundle.sequence, 0);
  }
}

/** No bundle is delivered twice, and no role takes an input twice. */
export class DeliveryChecker {
  readonly #checker = new Checker('delivery: nothing delivered twice');
  readonly #bundles = new DuplicateSet(MAX_DELIVERIES);
  readonly #inputs = new Set<string>();

  delivered(bundle: BundleIdentity): void {
    const { sourceNode, creationTimeMs, sequence } = bundle;
    if (this.#bundles.add(sourceNode, creationTimeMs, sequence, 0, Number.MAX_SAFE_INTEGER, 0)) return;
    this.#checker.violated(`bundle ${bundleName(bundle)} was delivered twice at node ${bundle.destinationNode}`);
  }

  roleInput(job: string, role: string, index: number, key: string): void {
    const input = `${job}/${role} ${index} input ${key}`;
    if (this.#inputs.has(input)) this.#checker.violated(`${input} was taken twice`);
    this.#inputs.add(input);
  }

  report(): CheckReport {
    return this.#checker.report(`${this.#bundles.size} bundles and ${this.#inputs.size} role inputs, each once`);
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

  /** One transmission that begins now; `contact` is undefined where none was open. */
  transmitted(
    from: number,
    to: number,
    nowUs: number,
    durationUs: number,
    contact: { endUs: number; busyUntilUs: number } | undefined,
  ): void {
    this.#transmissions++;
    if (contact === undefined) {
      this.#checker.violated(`node ${from} sent to ${to} at ${nowUs} us, where no contact was open`);
      return;
    }
    const startUs = Math.max(nowUs, contact.busyUntilUs);
    if (startUs - nowUs > this.#slackUs) {
      this.#checker.violated(`node ${from} sent to ${to} at ${nowUs} us, faster than the contact's rate`);
    }
    if (startUs + durationUs > contact.endUs + this.#slackUs) {
      this.#checker.violated(`node ${from} sent to ${to} at ${nowUs} us beyond the contact's end at ${contact.endUs} us`);
    }
  }

  report(): CheckReport {
    return this.#checker.report(`${this.#transmissions} transmissions within their contacts`);
  }
}
