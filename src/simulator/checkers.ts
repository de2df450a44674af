/**
 * Checkers: they watch a run from outside (the stores' doors, the links, the deliveries) and know nothing of how a node works.
 * Each keeps its first violations in words; a run holds only where none has any. Here is what they have in common, and the checker of
 * contacts; the others are in files by what they check.
 */
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
export class NumbersByKey<K> {
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

/** Nothing is sent outside a contact, faster than its rate, or beyond its volume. Fed by the links. */
export class ContactChecker {
  readonly #checker = new Checker('contacts: nothing sent outside a contact or beyond its volume');
  readonly #slackUs: number;
  #transmissions = 0;

  /** `slackUs` is by how much transmissions may be late: what wall-clock timers take, or flushes of the store; else 0. */
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
