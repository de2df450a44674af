/** What a plan loses in a target format: the kinds of losses, and the book that counts them. */
import type { Contact } from '../routing/index.js';
import { formatSeconds } from './decimal.js';

/**
 * Something of a plan that a format cannot hold. `refused`: it changes when or how much can be sent, or who a node is; a writer does it
 * only where that is allowed, and then writes `nearest`. `listed`: nothing that a route depends on.
 */
export interface PlanLoss {
  readonly kind: LossKind;
  /** How many contacts or nodes it concerns. */
  readonly count: number;
  readonly severity: 'refused' | 'listed';
  /** What is lost, in one line. */
  readonly message: string;
  /** What is written in its place; undefined where nothing can be, so that allowing the loss does not help. */
  readonly nearest: string | undefined;
  /** The first few of what it concerns, in words. */
  readonly examples: readonly string[];
}

/** The kinds of losses. */
export type LossKind = keyof typeof LOSSES;

/**
 * The rate in bytes per second that stands for an unlimited one where a loss is allowed: 1 Tbit/s, above what links carry and well
 * within what every peer can compute with.
 */
export const UNLIMITED_AS_BYTES_PER_SECOND = 125_000_000_000;

/** Examples that a loss names. */
const MOST_EXAMPLES = 3;

interface LossFacts {
  readonly severity: 'refused' | 'listed';
  readonly message: string;
  readonly nearest?: string;
}

const LOSSES = {
  'unlimited-rate': {
    severity: 'refused',
    message: 'contacts have no limit on their rate, which the format cannot say',
    nearest: `${UNLIMITED_AS_BYTES_PER_SECOND} bytes/s`,
  },
  'rate-too-high': {
    severity: 'refused',
    message: 'contacts have a rate above what the format can say',
    nearest: 'the highest rate that it can say',
  },
  'rate-fraction': {
    severity: 'refused',
    message: 'contacts have a rate that is no whole number of bits per second',
    nearest: 'the next lower rate; contacts below 1 bit/s are left out',
  },
  'time-fraction': {
    severity: 'refused',
    message: 'contacts have times that are no whole seconds',
    nearest: 'starts and light times rounded up, ends down; contacts of which nothing is left are left out',
  },
  overlap: {
    severity: 'refused',
    message: 'contacts overlap another of the same direction, which the format forbids',
    nearest: 'what begins later is cut to begin where the other ends, or left out',
  },
  'no-length': {
    severity: 'refused',
    message: 'contacts have no length, which the format cannot say',
    nearest: 'left out',
  },
  'node-zero': {
    severity: 'refused',
    message: 'node 0 cannot be said',
    nearest: 'the first number that is free',
  },
  'too-many-nodes': { severity: 'refused', message: 'nodes are more than the 65,536 of the format' },
  epoch: { severity: 'listed', message: "the date of the axis' beginning is not kept" },
  names: { severity: 'listed', message: 'nodes have a name, which is not kept' },
  'names-changed': { severity: 'listed', message: 'nodes get another name' },
  'numbers-changed': { severity: 'listed', message: 'nodes get another number' },
  'idle-nodes': { severity: 'listed', message: 'nodes without a contact are not kept' },
  rangeless: {
    severity: 'listed',
    message: 'contacts have no light time, so that nobody can use them, and are not kept',
  },
  confidence: { severity: 'listed', message: 'contacts have a confidence, which is not kept' },
  dialect: {
    severity: 'listed',
    message:
      'contacts have fractions or times that this library reads back, but not the program that the format is from',
  },
} satisfies { readonly [kind: string]: LossFacts };

/** Counts losses by kind while a plan is made to fit a format. */
export class LossBook {
  readonly #losses = new Map<LossKind, { count: number; examples: string[] }>();

  /** Counts one more, with an example in words. */
  add(kind: LossKind, example: string): void {
    let loss = this.#losses.get(kind);
    if (loss === undefined) {
      loss = { count: 0, examples: [] };
      this.#losses.set(kind, loss);
    }
    loss.count++;
    if (loss.examples.length < MOST_EXAMPLES) loss.examples.push(example);
  }

  /** Counts a contact. */
  addContact(kind: LossKind, { from, to, startUs }: Pick<Contact, 'from' | 'to' | 'startUs'>, detail: string): void {
    if ((this.#losses.get(kind)?.count ?? 0) < MOST_EXAMPLES) {
      this.add(kind, `${from} to ${to} at ${formatSeconds(startUs)} s: ${detail}`);
    } else this.add(kind, '');
  }

  /** What was lost: refused ones first. */
  get all(): PlanLoss[] {
    const kinds = Object.keys(LOSSES) as LossKind[];
    return kinds.flatMap((kind): PlanLoss[] => {
      const loss = this.#losses.get(kind);
      if (loss === undefined) return [];
      const { severity, message, nearest }: LossFacts = LOSSES[kind];
      return [{ kind, count: loss.count, severity, message, nearest, examples: loss.examples }];
    });
  }
}
