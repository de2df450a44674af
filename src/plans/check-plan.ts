/** What an operator wants to know of a plan before it flies: its size, and what in it looks like a mistake. */
import { US_PER_SECOND } from '../base/time.js';
import { type PlanContact, type PlanDocument, PlanNames } from '../routing/index.js';
import { formatSeconds } from './decimal.js';
import { allNodes } from './fit.js';

/** Limits from which on a contact is remarkable. */
export interface CheckPlanOptions {
  /** Contacts shorter than this are told of. One second unless given. */
  readonly shortUs?: number | undefined;
  /** Light times above this are told of. Six hours unless given: Neptune is 4.2 light hours away. */
  readonly longLightUs?: number | undefined;
}

/**
 * Something worth a look. `warning`s are most likely mistakes; what is `info` is often meant.
 *
 * `duplicate`: contacts equal to an earlier one. `overlap`: contacts that overlap another of the same direction. `no-length`, `short`:
 * contacts that carry nothing or little. `long-light-time`: light times beyond the planets. `uncountable`: contacts whose rate times
 * length is above 2^53 bytes, as happens where units are mixed. `one-way`: pairs without a contact in the other direction, so that no
 * answer takes the same way. `never-reached`, `never-sends`, `idle`: nodes that no contact leads to, from, or either. `islands`: groups
 * of nodes without any contact between them. `rates-differ`, `light-times-differ`: pairs whose directions are not alike. `unlimited`:
 * contacts without a limit on their rate.
 */
export interface PlanFinding {
  readonly kind: FindingKind;
  readonly severity: 'warning' | 'info';
  /** How many contacts, pairs, nodes or groups it concerns. */
  readonly count: number;
  readonly message: string;
  /** The first few of them, in words. */
  readonly examples: readonly string[];
}

/** A plan in figures, and what is remarkable about it. */
export interface PlanReport {
  readonly nodes: number;
  readonly contacts: number;
  /** Directed pairs of nodes with a contact. */
  readonly pairs: number;
  /** The first start; 0 for a plan without contacts. */
  readonly startUs: number;
  /** The last end; 0 for a plan without contacts. */
  readonly endUs: number;
  /** Warnings first. */
  readonly findings: readonly PlanFinding[];
}

type FindingKind = keyof typeof FINDINGS;

const MOST_EXAMPLES = 3;

const FINDINGS = {
  duplicate: ['warning', 'contacts are equal to another'],
  overlap: ['warning', 'contacts overlap another of the same direction'],
  'no-length': ['warning', 'contacts have no length: only bundles without length can use them'],
  short: ['warning', 'contacts are short'],
  'long-light-time': ['warning', 'contacts have a light time beyond the planets'],
  uncountable: ['warning', 'contacts carry more than 2^53 bytes: are rates in the right unit?'],
  'one-way': ['warning', 'pairs have contacts in one direction only'],
  'never-reached': ['warning', 'nodes send, but no contact leads to them'],
  'never-sends': ['warning', 'nodes are sent to, but send nothing'],
  idle: ['warning', 'nodes have no contact at all'],
  islands: ['warning', 'groups of nodes have no contact with each other'],
  'rates-differ': ['info', 'pairs have other rates in the other direction'],
  'light-times-differ': ['info', 'pairs have other light times in the other direction'],
  unlimited: ['info', 'contacts have no limit on their rate'],
} as const;

/** Looks a plan over. The plan may be any; nothing is thrown. */
export function checkPlan(document: PlanDocument, options: CheckPlanOptions = {}): PlanReport {
  const findings = new FindingBook(document);
  const pairs = byPair(document.contacts);
  for (const contact of document.contacts) checkContact(contact, findings, options);
  for (const contacts of pairs.values()) checkDirection(contacts, findings);
  for (const [pair, contacts] of pairs) checkBothWays(contacts, pairs.get(reverseOf(pair)), findings);
  checkNodes(document, findings);
  let startUs = Infinity;
  let endUs = 0;
  for (const contact of document.contacts) {
    startUs = Math.min(startUs, contact.startUs);
    endUs = Math.max(endUs, contact.endUs);
  }
  return {
    nodes: allNodes(document).length,
    contacts: document.contacts.length,
    pairs: pairs.size,
    startUs: startUs === Infinity ? 0 : startUs,
    endUs,
    findings: findings.all,
  };
}

/** Findings by kind, counted, with the first few in words. */
class FindingBook {
  readonly #names: PlanNames;
  readonly #found = new Map<FindingKind, { count: number; examples: string[] }>();

  constructor({ nodes }: PlanDocument) {
    this.#names = new PlanNames(nodes);
  }

  add(kind: FindingKind, example: () => string): void {
    let found = this.#found.get(kind);
    if (found === undefined) {
      found = { count: 0, examples: [] };
      this.#found.set(kind, found);
    }
    found.count++;
    if (found.examples.length < MOST_EXAMPLES) found.examples.push(example());
  }

  contact(kind: FindingKind, contact: PlanContact, detail = ''): void {
    this.add(kind, () => {
      const { from, to, startUs, endUs, line } = contact;
      const place = line === undefined ? '' : ` (line ${line})`;
      const window = `${formatSeconds(startUs)} to ${formatSeconds(endUs)} s`;
      return `${this.label(from)} to ${this.label(to)}, ${window}${detail}${place}`;
    });
  }

  label(node: number): string {
    return String(this.#names.labelOf(node));
  }

  get all(): PlanFinding[] {
    return (Object.keys(FINDINGS) as FindingKind[]).flatMap((kind) => {
      const found = this.#found.get(kind);
      if (found === undefined) return [];
      const [severity, message] = FINDINGS[kind];
      return [{ kind, severity, message, ...found }];
    });
  }
}

function checkContact(contact: PlanContact, findings: FindingBook, options: CheckPlanOptions): void {
  const { startUs, endUs, rateBytesPerSecond, owltUs } = contact;
  const lengthUs = endUs - startUs;
  if (lengthUs === 0) findings.contact('no-length', contact);
  else if (lengthUs < (options.shortUs ?? US_PER_SECOND)) findings.contact('short', contact);
  if (owltUs > (options.longLightUs ?? 6 * 3600 * US_PER_SECOND)) {
    findings.contact('long-light-time', contact, `: ${formatSeconds(owltUs)} s`);
  }
  if (rateBytesPerSecond === Infinity) findings.contact('unlimited', contact);
  else if ((rateBytesPerSecond / US_PER_SECOND) * lengthUs > Number.MAX_SAFE_INTEGER) {
    findings.contact('uncountable', contact, ` at ${rateBytesPerSecond} bytes/s`);
  }
}

/** Contacts of one direction, sorted by start and end: those that another overlaps, and those that are there twice. */
function checkDirection(contacts: readonly PlanContact[], findings: FindingBook): void {
  let openUntilUs = -1;
  const seen = new Set<string>();
  for (const contact of contacts) {
    const { startUs, endUs, rateBytesPerSecond, owltUs } = contact;
    const key = `${startUs} ${endUs} ${rateBytesPerSecond} ${owltUs}`;
    if (seen.has(key)) findings.contact('duplicate', contact);
    else if (startUs < openUntilUs) findings.contact('overlap', contact);
    seen.add(key);
    openUntilUs = Math.max(openUntilUs, endUs);
  }
}

function checkBothWays(
  contacts: readonly PlanContact[],
  back: readonly PlanContact[] | undefined,
  findings: FindingBook,
): void {
  const { from, to } = contacts[0] as PlanContact;
  if (back === undefined) {
    findings.add('one-way', () => `${findings.label(from)} to ${findings.label(to)}`);
    return;
  }
  if (from > to) return; // told of with the other direction
  const pair = `${findings.label(from)} and ${findings.label(to)}`;
  const rates = [contacts, back].map((list) => span(list.map(({ rateBytesPerSecond }) => rateBytesPerSecond)));
  if (rates[0] !== rates[1]) findings.add('rates-differ', () => `${pair}: ${rates.join(' against ')} bytes/s`);
  const lights = [contacts, back].map((list) => span(list.map(({ owltUs }) => owltUs / US_PER_SECOND)));
  if (lights[0] !== lights[1]) findings.add('light-times-differ', () => `${pair}: ${lights.join(' against ')} s`);
}

function checkNodes(document: PlanDocument, findings: FindingBook): void {
  const senders = new Set<number>();
  const receivers = new Set<number>();
  const groups = new Map<number, number>();
  const groupOf = (node: number): number => {
    let top = node;
    for (let up = groups.get(top); up !== undefined; up = groups.get(top)) top = up;
    for (let at = node; at !== top; ) {
      const up = groups.get(at) as number;
      groups.set(at, top);
      at = up;
    }
    return top;
  };
  for (const { from, to } of document.contacts) {
    senders.add(from);
    receivers.add(to);
    const [one, other] = [groupOf(from), groupOf(to)];
    if (one !== other) groups.set(Math.max(one, other), Math.min(one, other));
  }
  const tops = new Set<number>();
  for (const { number } of allNodes(document)) {
    const example = () => findings.label(number);
    const [sends, receives] = [senders.has(number), receivers.has(number)];
    if (sends && !receives) findings.add('never-reached', example);
    else if (receives && !sends) findings.add('never-sends', example);
    else if (!sends) findings.add('idle', example);
    if (sends || receives) tops.add(groupOf(number));
  }
  if (tops.size > 1) for (const top of tops) findings.add('islands', () => `that of ${findings.label(top)}`);
}

/** Contacts by direction, each list sorted by start; those without length come before others that start with them and do not overlap them. */
function byPair(contacts: readonly PlanContact[]): Map<string, PlanContact[]> {
  const pairs = new Map<string, PlanContact[]>();
  for (const contact of contacts) {
    const pair = `${contact.from} ${contact.to}`;
    const list = pairs.get(pair);
    if (list === undefined) pairs.set(pair, [contact]);
    else list.push(contact);
  }
  for (const list of pairs.values()) list.sort((a, b) => a.startUs - b.startUs || a.endUs - b.endUs);
  return pairs;
}

function reverseOf(pair: string): string {
  const [from, to] = pair.split(' ');
  return `${to} ${from}`;
}

/** The least and the greatest of some numbers, as text; one where they are equal. */
function span(values: readonly number[]): string {
  const least = values.reduce((a, b) => Math.min(a, b));
  const greatest = values.reduce((a, b) => Math.max(a, b));
  return least === greatest ? String(least) : `${least} to ${greatest}`;
}
