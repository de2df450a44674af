/**
 * Contact plans in JSON of our own: units in the names of fields, numbers as exact decimals, one contact a line.
 *
 *   {"leodtnContactPlan": 1, "epoch": "2026-06-15T00:00:00Z",
 *    "nodes": [{"number": 1, "name": "a"}, {"number": 2}],
 *    "contacts": [{"from": 1, "to": 2, "startSeconds": 0, "endSeconds": 60, "rateBytesPerSecond": 125000,
 *                  "oneWayLightTimeSeconds": 0.5, "confidence": 0.9}]}
 *
 * `epoch`, `nodes`, `name` and `confidence` may be missing. A light time of null says that none is known: nobody can use the contact. `from` and `to` are numbers or names. A rate may be "unlimited". With
 * `nodes` given a contact may name only these. A member that is not known is refused, since it is most likely misspelt.
 */

import { formatIsoTime } from '../base/calendar.js';
import type { PlanContact, PlanDocument, PlanNode, RangelessContact } from '../routing/index.js';
import { CALENDAR_YEARS, parseIsoTime } from './calendar.js';
import { formatSeconds } from './decimal.js';
import { allNodes } from './fit.js';
import { type JsonFile, JsonItem } from './json-file.js';
import type { PlanDraft } from './plan-draft.js';
import type { ReadPlan, ReadPlanOptions } from './plan-format.js';

/** The version of the form that is read and written. */
export const LEODTN_PLAN_VERSION = 1;

const ROOT_FIELDS = ['leodtnContactPlan', 'epoch', 'nodes', 'contacts'];
const NODE_FIELDS = ['number', 'name'];
const CONTACT_FIELDS = [
  'from',
  'to',
  'startSeconds',
  'endSeconds',
  'rateBytesPerSecond',
  'oneWayLightTimeSeconds',
  'confidence',
];

/** Reads our own form into a draft. Throws an InputFileError for whatever is missing, unknown, or not what it must be. */
export function readLeodtnPlan(file: JsonFile, draft: PlanDraft, options: ReadPlanOptions): ReadPlan {
  const root = new JsonItem(file, [], file.root, 'an object such as {"leodtnContactPlan": 1, "contacts": [...]}');
  if (root.get('leodtnContactPlan') !== LEODTN_PLAN_VERSION) {
    throw root.bad('leodtnContactPlan', `version ${LEODTN_PLAN_VERSION}`);
  }
  refuseUnknown(root, ROOT_FIELDS);
  const epochUnixUs = root.get('epoch') === undefined ? undefined : readEpoch(root, draft);
  const nodes = new NodeBook();
  if (root.get('nodes') !== undefined) {
    const list = root.list('nodes', 'a list of nodes');
    for (let i = 0; i < list.length; i++)
      draft.attempt(() => nodes.declare(list.object(i, 'a node such as {"number": 1}')));
    nodes.close();
  }
  const list = root.list('contacts', 'a list of contacts');
  const bytesPerUnit = options.rateUnit === 'bits' ? 1 / 8 : 1;
  for (let i = 0; i < list.length; i++) {
    draft.attempt(() => readContact(list.object(i, 'a contact'), nodes, draft, bytesPerUnit));
  }
  return draft.finish('leodtn', nodes.all, epochUnixUs);
}

/** Writes a document. Every document can be written, and reads back equal. */
export function formatLeodtnPlan(document: PlanDocument): string {
  const { epochUnixUs } = document;
  const contacts: readonly (PlanContact | RangelessContact)[] = [...document.contacts, ...(document.rangeless ?? [])];
  const nodes = allNodes(document);
  let text = `{"leodtnContactPlan": ${LEODTN_PLAN_VERSION},\n`;
  if (epochUnixUs !== undefined) text += `"epoch": ${JSON.stringify(formatIsoTime(epochUnixUs))},\n`;
  const nodeLines = nodes.map(({ number, name }) =>
    name === undefined ? `{"number": ${number}}` : `{"number": ${number}, "name": ${JSON.stringify(name)}}`,
  );
  text += `"nodes": [${nodeLines.map((line) => `\n${line}`).join(',')}${nodes.length > 0 ? '\n' : ''}],\n"contacts": [`;
  let separator = '\n';
  for (const contact of contacts) {
    const { from, to, startUs, endUs, rateBytesPerSecond, confidence } = contact;
    const light = 'owltUs' in contact ? formatSeconds(contact.owltUs) : 'null';
    const rate = rateBytesPerSecond === Infinity ? '"unlimited"' : String(rateBytesPerSecond);
    text += `${separator}{"from": ${from}, "to": ${to}, "startSeconds": ${formatSeconds(startUs)}, "endSeconds": ${formatSeconds(endUs)}, "rateBytesPerSecond": ${rate}, "oneWayLightTimeSeconds": ${light}`;
    if (confidence !== undefined) text += `, "confidence": ${confidence}`;
    text += '}';
    separator = ',\n';
  }
  return `${text}${contacts.length > 0 ? '\n' : ''}]}\n`;
}

/** The nodes of a file: those that it lists, or else those that its contacts name by number. */
class NodeBook {
  readonly #byNumber = new Map<number, PlanNode>();
  readonly #byName = new Map<string, number>();
  readonly #ambiguous = new Set<string>();
  #isClosed = false;

  get all(): Iterable<PlanNode> {
    return this.#byNumber.values();
  }

  declare(item: JsonItem): void {
    refuseUnknown(item, NODE_FIELDS);
    const number = item.node('number');
    const name = item.get('name') === undefined ? undefined : item.text('name', 'a name in double quotes');
    if (this.#byNumber.has(number)) throw item.bad('number', 'every node once');
    this.#byNumber.set(number, { number, name });
    if (name === undefined) return;
    if (this.#byName.has(name)) this.#ambiguous.add(name);
    else this.#byName.set(name, number);
  }

  /** From here on only nodes that were declared exist. */
  close(): void {
    this.#isClosed = true;
  }

  numberOf(item: JsonItem, key: string): number {
    const value = item.get(key);
    if (typeof value === 'string') {
      const number = this.#byName.get(value);
      if (number === undefined) throw item.bad(key, 'a node number, or a name from "nodes"');
      if (this.#ambiguous.has(value)) throw item.bad(key, 'the number, since several nodes have this name');
      return number;
    }
    const number = item.node(key);
    if (!this.#byNumber.has(number)) {
      if (this.#isClosed) throw item.bad(key, 'a node that "nodes" lists');
      this.#byNumber.set(number, { number, name: undefined });
    }
    return number;
  }
}

function readContact(item: JsonItem, nodes: NodeBook, draft: PlanDraft, bytesPerUnit: number): void {
  refuseUnknown(item, CONTACT_FIELDS);
  const startUs = draft.wholeUs(item.seconds('startSeconds', 'a time in seconds of at least 0'));
  const endUs = draft.wholeUs(item.seconds('endSeconds', 'a time in seconds of at least 0'));
  if (endUs < startUs) throw item.bad('endSeconds', 'an end not before the start');
  const isRangeless = item.get('oneWayLightTimeSeconds') === null;
  const light = 'a light time in seconds of at least 0, or null where none is known';
  const owltUs = isRangeless ? 0 : draft.wholeUs(item.seconds('oneWayLightTimeSeconds', light));
  const expected = 'a rate above 0, or "unlimited"';
  const isUnlimited = item.get('rateBytesPerSecond') === 'unlimited';
  const rateBytesPerSecond = isUnlimited ? Infinity : item.number('rateBytesPerSecond', expected) * bytesPerUnit;
  if (rateBytesPerSecond === 0) throw item.bad('rateBytesPerSecond', expected);
  let confidence: number | undefined;
  if (item.get('confidence') !== undefined) {
    confidence = item.number('confidence', 'a confidence above 0 and at most 1');
    if (confidence === 0 || confidence > 1) throw item.bad('confidence', 'a confidence above 0 and at most 1');
  }
  const from = nodes.numberOf(item, 'from');
  const to = nodes.numberOf(item, 'to');
  if (from === to) throw item.bad('to', 'another node than the sender');
  const contact = { from, to, startUs, endUs, rateBytesPerSecond, confidence };
  if (!isRangeless) draft.contacts.push({ ...contact, owltUs });
  else {
    draft.rangeless.push(contact);
    draft.count('unusable', 'no light time is known for a contact: not usable');
  }
}

function readEpoch(root: JsonItem, draft: PlanDraft): number {
  const expected = `a date with its zone, such as "2026-06-15T00:00:00Z", in the years ${CALENDAR_YEARS}`;
  const time = parseIsoTime(root.text('epoch', expected));
  if (time === undefined) throw root.bad('epoch', expected);
  return draft.wholeUs(time);
}

function refuseUnknown(item: JsonItem, known: readonly string[]): void {
  for (const key of item.keys) {
    if (!known.includes(key)) throw item.unknown(key, known);
  }
}
