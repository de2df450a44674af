/**
 * A contact plan as a file says it: the contacts with what a file may add to them, and the names of the nodes. Searches need
 * none of that and work on a {@link ContactPlan} of the same contacts.
 */
import type { Contact } from './contact-plan.js';

/** A node of a plan. */
export interface PlanNode {
  /** Its number in the plan: as the file gives it, or where the file has only names the place of its name among them, from 1. */
  readonly number: number;
  /** Undefined where the file has only numbers. */
  readonly name: string | undefined;
}

/** A contact with what a file says of it beside. */
export interface PlanContact extends Contact {
  /** Probability that it takes place, above 0 to 1; undefined where the file does not say. Routes do not depend on it. */
  readonly confidence?: number | undefined;
  /** Line of the file, from 1; undefined where the file has no lines to speak of. */
  readonly line?: number | undefined;
}

/** A contact that nobody can use, since the file does not say how far apart its nodes are then. */
export type RangelessContact = Omit<PlanContact, 'owltUs'>;

/** All that is kept of a plan file, whatever its form. */
export interface PlanDocument {
  /** Ascending by number: every node that the file names, those without a contact too. */
  readonly nodes: readonly PlanNode[];
  /** In the order of the file. */
  readonly contacts: readonly PlanContact[];
  /** Contacts, and parts of contacts, outside every range: no route uses them, but they are not lost. Undefined where there are none. */
  readonly rangeless?: readonly RangelessContact[] | undefined;
  /** The date of the axis' beginning, in microseconds since 1970-01-01T00:00:00Z; undefined where the file gives no date. */
  readonly epochUnixUs: number | undefined;
}

/** Finds nodes of a plan by what a user calls them, and calls them what the file does. */
export class PlanNames {
  readonly #byName = new Map<string, number[]>();
  readonly #byNumber = new Map<number, PlanNode>();

  constructor(nodes: readonly PlanNode[]) {
    for (const node of nodes) {
      this.#byNumber.set(node.number, node);
      if (node.name === undefined) continue;
      const numbers = this.#byName.get(node.name);
      if (numbers === undefined) this.#byName.set(node.name, [node.number]);
      else numbers.push(node.number);
    }
  }

  /** The number of the first node with this name, or else of the one with this number; undefined where there is neither. */
  numberOf(text: string): number | undefined {
    const named = this.numbersNamed(text);
    if (named.length > 0) return named[0];
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return this.#byNumber.has(number) ? number : undefined;
  }

  /** The numbers of all nodes with this name: plans may give one name to several. */
  numbersNamed(name: string): readonly number[] {
    return this.#byName.get(name) ?? [];
  }

  /** The node's name, or its number where it has none. */
  labelOf(number: number): string | number {
    return this.#byNumber.get(number)?.name ?? number;
  }
}
