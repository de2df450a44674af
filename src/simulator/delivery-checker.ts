/** The checker of deliveries: it hears what nodes hand over, and what applications get. */
import type { Delivery } from '../agent/index.js';
import type { BundleIdentity } from '../base/trace.js';
import { COMPUTE_SERVICE } from '../runtime/node.js';
import { bundleName, Checker, DeliveredBundles, NumbersByKey } from './checkers.js';
import type { CheckReport } from './report.js';

/**
 * No bundle is delivered twice, and no role takes an input twice.
 *
 * Where stores are durable, an application outside of the node has a bundle when it got it, not when the node says so: a crash can
 * come in between, and then the node delivers it again and says that it may have done so before.
 */
export class DeliveryChecker {
  readonly #checker = new Checker('delivery: nothing delivered twice');
  readonly #isDurable: boolean;
  /** What applications have, and the compute services inside of nodes. */
  readonly #delivered: DeliveredBundles;
  /** What nodes say that they delivered. */
  readonly handedOver: DeliveredBundles;
  /** Ordinals of the inputs by job, role, index and sender. */
  readonly #inputs = new NumbersByKey<string>();

  constructor(delivered: DeliveredBundles, isDurable = false) {
    this.#delivered = delivered;
    this.#isDurable = isDurable;
    this.handedOver = isDurable ? new DeliveredBundles() : delivered;
  }

  /** A node says that a bundle was delivered. */
  delivered(bundle: BundleIdentity): void {
    if (this.#isDurable) {
      this.handedOver.add(bundle);
      if (bundle.destinationService !== COMPUTE_SERVICE) return;
    }
    this.#add(bundle);
  }

  /** An application got a delivery, where stores are durable. */
  received({ bundle, isRepeated }: Delivery): void {
    if (this.#isDurable && !(isRepeated && this.#delivered.has(bundle))) this.#add(bundle);
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

  #add(bundle: BundleIdentity): void {
    if (this.#delivered.add(bundle)) return;
    this.#checker.violated(`bundle ${bundleName(bundle)} was delivered twice at node ${bundle.destinationNode}`);
  }
}
