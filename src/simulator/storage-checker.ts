/** Stores stay within their limits at every moment, also between two flushes. Watches what goes in and out of them. */
import { type BundleRecord, PRIORITY } from '../agent/index.js';
import { Checker } from './checkers.js';
import type { CheckReport } from './report.js';
import type { ScenarioStore } from './scenario.js';

interface Held {
  bundles: number;
  bytes: number;
  administrativeBundles: number;
  administrativeBytes: number;
}

/** Counts what each store holds against the limits of a scenario. */
export class StorageChecker {
  readonly #checker = new Checker('storage: no store beyond its limits');
  readonly #limits: ScenarioStore;
  readonly #held = new Map<number, Held>();
  #mostBundles = 0;

  constructor(limits: ScenarioStore) {
    this.#limits = limits;
  }

  took(node: number, record: BundleRecord): void {
    const held = this.#of(node);
    count(held, record, 1);
    const { bundles, bytes, administrativeBundles } = this.#limits;
    if (held.bundles > this.#mostBundles) this.#mostBundles = held.bundles;
    const exceeds = (what: string, has: number, limit: number) => {
      if (has > limit) this.#checker.violated(`node ${node} holds ${has} ${what}, and may hold ${limit}`);
    };
    if (record.priority === PRIORITY.administrative) {
      exceeds('administrative bundles', held.administrativeBundles, administrativeBundles);
      exceeds('bytes of administrative bundles', held.administrativeBytes, bytes);
    } else {
      exceeds('bundles', held.bundles, bundles);
      exceeds('bytes', held.bytes, bytes);
    }
  }

  gave(node: number, record: BundleRecord): void {
    count(this.#of(node), record, -1);
  }

  /** A node has crashed; what its store kept is told anew. */
  forget(node: number): void {
    this.#held.delete(node);
  }

  report(): CheckReport {
    return this.#checker.report(`at most ${this.#mostBundles} bundles at one node, beside administrative ones`);
  }

  #of(node: number): Held {
    let held = this.#held.get(node);
    if (held === undefined) {
      held = { bundles: 0, bytes: 0, administrativeBundles: 0, administrativeBytes: 0 };
      this.#held.set(node, held);
    }
    return held;
  }
}

function count(held: Held, { priority, sizeBytes }: BundleRecord, sign: 1 | -1): void {
  if (priority === PRIORITY.administrative) {
    held.administrativeBundles += sign;
    held.administrativeBytes += sign * sizeBytes;
  } else {
    held.bundles += sign;
    held.bytes += sign * sizeBytes;
  }
}
