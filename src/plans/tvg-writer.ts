/**
 * Writes JSON of dtn-tvg-util in its current form, or in its legacy form where that says all: contacts of both directions alike,
 * without a limit and without a delay.
 */
import type { PlanContact, PlanDocument, PlanNode } from '../routing/index.js';
import { formatSeconds } from './decimal.js';
import { allNodes, countUnkept, limitRates, uniqueNames } from './fit.js';
import type { LossBook } from './plan-losses.js';

/** The nearest text, with its losses counted. Contacts of one pair stand together. */
export function formatTvgPlan(document: PlanDocument, book: LossBook): string {
  countUnkept(document, { names: true, idleNodes: true, confidence: true }, book);
  const nodes = allNodes(document);
  const names = uniqueNames(nodes, (name) => name, book);
  countNewNumbers(nodes, names, book);
  for (const contact of document.contacts) {
    if (contact.confidence === 1) book.addContact('confidence', contact, '1, which is read back as none given');
  }
  const mutual = mutualContacts(document.contacts);
  if (mutual !== undefined) return formatGraph(JSON.stringify([...names.values()]), mutual, names, formatLegacy, '');
  const contacts = limitRates(document.contacts, book, Number.MAX_VALUE / 8);
  const neighbours = new Map(nodes.map(({ number }) => [number, new Set<string>()]));
  for (const { from, to } of contacts) neighbours.get(from)?.add(names.get(to) as string);
  const vertices = nodes.map(
    ({ number }) => `${JSON.stringify(names.get(number))}: ${JSON.stringify([...(neighbours.get(number) ?? [])])}`,
  );
  return formatGraph(
    `{${vertices.join(', ')}}`,
    contacts,
    names,
    formatCurrent,
    ', "contact_type": "PredictedContact_v2"',
  );
}

function formatGraph(
  vertices: string,
  contacts: readonly PlanContact[],
  names: ReadonlyMap<number, string>,
  format: (contact: PlanContact, from: string, to: string) => string,
  end: string,
): string {
  const edges = new Map<string, string[]>();
  for (const contact of contacts) {
    const [from, to] = [contact.from, contact.to].map((node) => JSON.stringify(names.get(node))) as [string, string];
    const pair = `[${from}, ${to}]`;
    const lines = edges.get(pair);
    const line = format(contact, from, to);
    if (lines === undefined) edges.set(pair, [line]);
    else lines.push(line);
  }
  const texts = [...edges].map(([pair, lines]) => `{"vertices": ${pair}, "contacts": [\n${lines.join(',\n')}\n]}`);
  return `{"vertices": ${vertices},\n"edges": [${texts.join(',\n')}]${end}}\n`;
}

function formatCurrent(contact: PlanContact, from: string, to: string): string {
  const [start, end, delay] = [contact.startUs, contact.endUs, contact.owltUs].map(formatSeconds);
  const rate = contact.rateBytesPerSecond * 8;
  return `[${from}, ${to}, ${start}, ${end}, [[0, ${contact.confidence ?? 1}, [[${start}, ${rate}, ${delay}]]]]]`;
}

function formatLegacy({ startUs, endUs, confidence }: PlanContact): string {
  return `[${formatSeconds(startUs)}, ${formatSeconds(endUs)}, ${confidence ?? 1}]`;
}

/** One contact of each two that are alike in both directions; undefined unless all are, without a limit and without a delay. */
function mutualContacts(contacts: readonly PlanContact[]): PlanContact[] | undefined {
  if (contacts.length === 0) return undefined;
  const waiting = new Map<string, number>();
  const firsts: PlanContact[] = [];
  const seen = new Set<string>();
  let open = 0;
  for (const contact of contacts) {
    const { from, to, startUs, endUs, rateBytesPerSecond, owltUs, confidence } = contact;
    if (rateBytesPerSecond < Infinity || owltUs > 0) return undefined;
    const window = `${startUs} ${endUs} ${confidence}`;
    const partner = `${to} ${from} ${window}`;
    const waits = waiting.get(partner) ?? 0;
    if (waits > 0) {
      waiting.set(partner, waits - 1);
      open--;
      continue;
    }
    const key = `${from} ${to} ${window}`;
    if (seen.has(key)) return undefined; // twice the same: the legacy form would be read as one
    seen.add(key).add(partner);
    waiting.set(key, 1);
    firsts.push(contact);
    open++;
  }
  return open === 0 ? firsts : undefined;
}

/** Nodes that get another number when the text is read, since numbers follow from names. */
function countNewNumbers(nodes: readonly PlanNode[], names: ReadonlyMap<number, string>, book: LossBook): void {
  const sorted = [...names.values()].sort();
  const places = new Map(sorted.map((name, i) => [name, i + 1]));
  for (const { number } of nodes) {
    const place = places.get(names.get(number) as string);
    if (place !== number) book.add('numbers-changed', `${number} to ${place}`);
  }
}
