/**
 * Reads contact plans in the JSON of dtn-tvg-util, a graph that varies in time:
 *
 *   {"vertices": {"a": ["b"], "b": []}, "edges": [{"vertices": ["a", "b"], "contacts": [...]}]}
 *
 * `vertices` is an object or a list of names. A contact is a list in one of these forms, told apart by their shape; rates are bits
 * per second, volumes bits, times and delays seconds:
 *
 *   ["a", "b", start, end, [[validFrom, probability, [[intervalStart, rate, delay], ...]], ...]]   predicted
 *   ["a", "b", start, end, [[intervalStart, rate, bitErrorRate, delay], ...]]                      factual
 *   ["a", "b", start, end, [[validFrom, volume], ...], probability, delay]                         predicted, older
 *   ["a", "b", start, end, rate, bitErrorRate, delay]                                              factual, older
 *   [start, end, probability]                                                                      legacy: both directions, no rate
 *
 * Of several predictions the last counts. Every interval of a contact becomes a contact. Nodes have names only: their numbers are the
 * places of the names in the list of all, sorted by code units, from 1.
 */
import { type JsonFile, JsonItem } from './json-file.js';
import type { PlanDraft } from './plan-draft.js';
import { factsOf, type ReadPlan, type ReadPlanOptions } from './plan-format.js';
import { TvgContacts } from './tvg-contacts.js';

/** Reads a graph into a draft. Throws an InputFileError for whatever is missing or not what it must be. */
export function readTvgPlan(file: JsonFile, draft: PlanDraft, options: ReadPlanOptions): ReadPlan {
  const root = new JsonItem(file, [], file.root, 'an object such as {"vertices": {...}, "edges": [...]}');
  for (const key of root.keys) {
    if (key === 'vertices' || key === 'edges' || key === 'contact_type') continue;
    draft.count('ignored', `the member ${JSON.stringify(key)} is not kept`);
  }
  const names = readNames(root);
  const numbers = new Map(names.map((name, i) => [name, i + 1]));
  const bytesPerUnit = (options.rateUnit ?? factsOf('tvg').rateUnit) === 'bits' ? 1 / 8 : 1;
  const contacts = new TvgContacts(draft, bytesPerUnit);
  const edges = root.list('edges', 'a list of edges');
  for (let i = 0; i < edges.length; i++) {
    draft.attempt(() =>
      readEdge(edges.object(i, 'an edge such as {"vertices": [...], "contacts": [...]}'), numbers, contacts, draft),
    );
  }
  return draft.finish(
    'tvg',
    names.map((name, i) => ({ number: i + 1, name })),
    undefined,
  );
}

/** All names, sorted by code units. */
function readNames(root: JsonItem): string[] {
  const expected = 'an object or a list of names';
  if (!Array.isArray(root.get('vertices'))) return root.object('vertices', expected).keys.sort();
  const list = root.list('vertices', expected);
  const names = new Set<string>();
  for (let i = 0; i < list.length; i++) {
    const name = list.text(i, 'a name in double quotes');
    if (names.has(name)) throw list.bad(i, 'every name once');
    names.add(name);
  }
  return [...names].sort();
}

function readEdge(edge: JsonItem, numbers: ReadonlyMap<string, number>, contacts: TvgContacts, draft: PlanDraft): void {
  const vertices = edge.list('vertices', 'a list of two names');
  if (vertices.length !== 2) throw edge.bad('vertices', 'a list of two names');
  const [from, to] = [0, 1].map((at) => {
    const number = numbers.get(vertices.text(at, 'a name that "vertices" lists'));
    if (number === undefined) throw vertices.bad(at, 'a name that "vertices" lists');
    return number;
  }) as [number, number];
  if (from === to) throw vertices.bad(1, 'another node than the first');
  const pair = { from, to, names: [vertices.get(0), vertices.get(1)] as [string, string] };
  const list = edge.list('contacts', 'a list of contacts');
  for (let i = 0; i < list.length; i++) draft.attempt(() => contacts.read(list.list(i, 'a contact as a list'), pair));
}
