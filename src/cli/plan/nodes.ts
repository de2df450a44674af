/** Nodes of a plan on a command line: by name or number, and what to say of one that is not there. */
import { UsageError } from '../../base/errors.js';
import { nearest } from '../../documents/problem.js';
import type { PlanDocument, PlanNames } from '../../routing/index.js';
import { count, printable } from '../style.js';

/** How many nodes are named where none is like the one that was asked for. */
const NAMED_NODES = 8;

/**
 * The number of the node that `text` calls by name or number. Throws a UsageError: `unknown-node`, which names the nearest ones, or
 * `ambiguous-node` for a name that several nodes have.
 */
export function nodeOf(option: string, text: string, document: PlanDocument, names: PlanNames): number {
  // Blanks around a name are most likely those around a comma, unless a node is called so.
  const asked = names.numbersNamed(text).length > 0 ? text : text.trim();
  const named = names.numbersNamed(asked);
  if (named.length > 1) {
    const some = named.slice(0, NAMED_NODES).join(', ');
    const more = named.length > NAMED_NODES ? `, and ${count(named.length - NAMED_NODES)} more` : '';
    const problem = `several nodes have this name; expected one of their numbers: ${some}${more}`;
    throw new UsageError('ambiguous-node', `${option} ${printable(text)}: ${problem}`);
  }
  const number = names.numberOf(asked);
  if (number !== undefined) return number;
  throw new UsageError(
    'unknown-node',
    `${option} ${printable(text)}: no such node in the plan; ${suggestion(asked, document)}`,
  );
}

/** The nodes of comma-separated lists. A name that has commas itself is taken whole. Throws like {@link nodeOf}. */
export function nodesOf(
  option: string,
  lists: readonly string[],
  document: PlanDocument,
  names: PlanNames,
): Set<number> {
  const texts = lists.flatMap((list) => (names.numberOf(list) === undefined ? list.split(',') : [list]));
  return new Set(texts.map((text) => nodeOf(option, text, document, names)));
}

function suggestion(text: string, { nodes }: PlanDocument): string {
  if (nodes.length === 0) return 'it has none at all';
  const labels = nodes.map(({ number, name }) => name ?? String(number));
  const near: string[] = [];
  for (let rest = labels; near.length < 3; rest = rest.filter((label) => !near.includes(label))) {
    const found = nearest(text, rest);
    if (found === undefined) break;
    near.push(found);
  }
  if (near.length > 0) return `did you mean ${near.map(printable).join(' or ')}?`;
  const some = labels.slice(0, NAMED_NODES).map(printable).join(', ');
  const more = labels.length > NAMED_NODES ? `, and ${count(labels.length - NAMED_NODES)} more` : '';
  return `it has ${some}${more}`;
}
