/** When nodes and links are down, planned or by chance: found once for each, and taken out of the windows of its links. */
import { Random } from '../base/random.js';
import { mergeWindows, type OutageRates, randomOutages, subtractWindows, type Window } from '../orbit/index.js';
import type { Constellation } from './constellation.js';

/** Down times of a constellation. */
export class Downtimes {
  readonly #random: Random;
  readonly #horizonUs: number;
  readonly #outages: Constellation['outages'];
  readonly #nameOf: (node: number) => string;
  readonly #isStation: (node: number) => boolean;
  /** What is planned, by node or by `a b` with a < b. */
  readonly #planned = new Map<string, Window[]>();
  readonly #ofNodes = new Map<number, readonly Window[]>();

  /** Random outages are drawn by name, so that a node keeps its own when others come or go. */
  constructor(constellation: Constellation, nameOf: (node: number) => string, isStation: (node: number) => boolean) {
    this.#random = new Random(constellation.seed, 'outages');
    this.#horizonUs = constellation.horizonUs;
    this.#outages = constellation.outages;
    this.#nameOf = nameOf;
    this.#isStation = isStation;
    for (const { nodes, startUs, endUs, everyUs } of constellation.maintenance) {
      const key = [...nodes].sort((a, b) => a - b).join(' ');
      const windows = this.#planned.get(key) ?? [];
      this.#planned.set(key, windows);
      for (let shiftUs = 0; startUs + shiftUs < this.#horizonUs; shiftUs += everyUs ?? Infinity) {
        windows.push({ startUs: startUs + shiftUs, endUs: endUs + shiftUs });
      }
    }
  }

  /** What is left of the windows of a link. */
  cut(a: number, b: number, windows: readonly Window[]): readonly Window[] {
    const down = [...this.#ofNode(a), ...this.#ofNode(b), ...this.#ofLink(a, b)];
    return down.length === 0 ? windows : subtractWindows(windows, mergeWindows(down));
  }

  #ofNode(node: number): readonly Window[] {
    const known = this.#ofNodes.get(node);
    if (known !== undefined) return known;
    const { satellites, stations } = this.#outages;
    const windows = [
      ...(this.#planned.get(`${node}`) ?? []),
      ...this.#drawn(this.#isStation(node) ? stations : satellites, () => this.#nameOf(node)),
    ];
    this.#ofNodes.set(node, windows);
    return windows;
  }

  #ofLink(a: number, b: number): readonly Window[] {
    const isGround = this.#isStation(a) || this.#isStation(b);
    const rates = isGround ? this.#outages.groundLinks : this.#outages.satelliteLinks;
    const planned = this.#planned.size === 0 ? undefined : this.#planned.get(a < b ? `${a} ${b}` : `${b} ${a}`);
    const name = () => [this.#nameOf(a), this.#nameOf(b)].sort((x, y) => (x < y ? -1 : 1)).join(' ');
    return [...(planned ?? []), ...this.#drawn(rates, name)];
  }

  #drawn(rates: OutageRates | undefined, name: () => string): readonly Window[] {
    return rates === undefined ? [] : randomOutages(this.#random.fork(name()), rates, this.#horizonUs);
  }
}
