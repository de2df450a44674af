/**
 * Contact plans in A-SABR's text.
 *
 *   node 0 name
 *   contact FROM TO START END [MARKER] RATE DELAY [BUDGET BUDGET BUDGET]
 *   contact FROM TO START END seg rate [START END RATE, ...] delay [START END DELAY, ...]
 *
 * White space is free: a statement may run over lines. The form has no units; rates are taken as bytes per second, times and delays as
 * seconds. MARKER says how A-SABR books volume (eto, qd, evl, each also with p or pb before it) and is not kept, nor are budgets of
 * priorities. With seg or pseg, or without a marker, rates and delays may be given by interval: the contact becomes one for each
 * stretch in which both are constant. `enode`, a node of another region, is read as a node; `vnode`, a name for several nodes, is not
 * kept. Nodes are declared before they are used.
 */
import type { PlanContact, PlanDocument, PlanNode } from '../routing/index.js';
import { MAX_NODE } from '../routing/index.js';
import { type AsabrWord, AsabrWords } from './asabr-words.js';
import { formatSeconds, parseSeconds, type ReadSeconds } from './decimal.js';
import { allNodes, countDialect, countUnkept, limitRates, renumber, uniqueNames } from './fit.js';
import type { PlanDraft } from './plan-draft.js';
import { factsOf, type ReadPlan, type ReadPlanOptions } from './plan-format.js';
import type { LossBook } from './plan-losses.js';

const MARKERS: ReadonlySet<string> = new Set(
  ['', 'p', 'pb'].flatMap((kind) => [`${kind}eto`, `${kind}evl`, `${kind}qd`]),
);

/** Nodes are numbered in 16 bits. */
const MOST_NODES = 65_536;

/** Reads A-SABR's text into a draft. Throws an InputFileError with line, column, field and what was expected. */
export function readAsabrPlan(text: string, draft: PlanDraft, options: ReadPlanOptions): ReadPlan {
  const words = new AsabrWords(text, draft.file);
  const bytesPerUnit = (options.rateUnit ?? factsOf('asabr').rateUnit) === 'bits' ? 1 / 8 : 1;
  const statements = new Statements(words, draft, bytesPerUnit);
  while (words.peek() !== undefined) {
    let isRead = false;
    draft.attempt(() => {
      statements.read();
      isRead = true;
    });
    if (!isRead) words.skipStatement();
  }
  return draft.finish('asabr', statements.nodes.values(), undefined);
}

/** The nearest text, with its losses counted. Nodes get the numbers from 0 up in the order of their own, as the form wants it. */
export function formatAsabrPlan(document: PlanDocument, book: LossBook): string {
  countUnkept(document, { names: true, idleNodes: true }, book);
  const nodes = allNodes(document);
  for (const { number } of nodes.slice(MOST_NODES)) book.add('too-many-nodes', `node ${number}`);
  const names = uniqueNames(nodes, (name) => name.replace(/[\s#[\],]/gu, '_') || '_', book);
  const places = new Map(nodes.map(({ number }, i) => [number, i]));
  let text = '';
  for (const [number, place] of places) {
    if (number !== place) book.add('numbers-changed', `${number} to ${place}`);
    text += `node ${place} ${names.get(number)}\n`;
  }
  const contacts = renumber(limitRates(document.contacts, book, Number.MAX_VALUE), places);
  countDialect(contacts, book);
  for (const { from, to, startUs, endUs, rateBytesPerSecond, owltUs } of contacts) {
    const window = `${formatSeconds(startUs)} ${formatSeconds(endUs)}`;
    text += `contact ${from} ${to} ${window} ${rateBytesPerSecond} ${formatSeconds(owltUs)}\n`;
  }
  return text;
}

interface Segment {
  readonly startUs: number;
  readonly endUs: number;
  readonly value: number;
}

/** Reads statements one by one. */
class Statements {
  readonly nodes = new Map<number, PlanNode>();
  readonly #words: AsabrWords;
  readonly #draft: PlanDraft;
  readonly #bytesPerUnit: number;

  constructor(words: AsabrWords, draft: PlanDraft, bytesPerUnit: number) {
    this.#words = words;
    this.#draft = draft;
    this.#bytesPerUnit = bytesPerUnit;
  }

  read(): void {
    const keyword = this.#words.begin();
    const { line } = keyword;
    switch (keyword.text) {
      case 'contact':
        this.#readContact(line);
        return;
      case 'enode':
        this.#draft.note({
          kind: 'ignored',
          line,
          message: 'enode: taken as a node, that it is of another region is not kept',
        });
        this.#readNode();
        return;
      case 'node':
        this.#readNode();
        return;
      case 'vnode':
        this.#draft.note({ kind: 'ignored', line, message: 'vnode: a name for several nodes is not kept' });
        while (this.#words.peek() !== undefined && !this.#words.isAtKeyword) this.#words.take('vnode', 'a node');
        return;
      default:
        throw this.#words.unexpected(keyword, 'command', 'node, contact, enode or vnode');
    }
  }

  #readNode(): void {
    const word = this.#words.take('node', 'a node number');
    const number = this.#nodeNumber(word, 'node');
    if (this.nodes.has(number)) throw this.#words.unexpected(word, 'node', 'every node once');
    // A node may be called like a keyword, but hardly at the beginning of a line: there its name is missing.
    const next = this.#words.peek();
    if (next?.isFirst === true && this.#words.isAtKeyword) throw this.#words.unexpected(next, 'name', 'a name');
    const name = this.#words.take('name', 'a name').text;
    this.nodes.set(number, { number, name });
    if (this.#words.mayEnd) return;
    this.#draft.count('ignored', 'how a node manages bundles is not kept');
    while (!this.#words.mayEnd) this.#words.take('node', 'a node');
  }

  #readContact(line: number): void {
    const from = this.#declared('from');
    const toWord = this.#words.peek();
    const to = this.#declared('to');
    if (from === to) throw this.#words.unexpected(toWord as AsabrWord, 'to', 'another node than the sender');
    const startUs = this.#draft.wholeUs(this.#seconds('start', 'a time in seconds'));
    const endWord = this.#words.peek();
    const endUs = this.#draft.wholeUs(this.#seconds('end', 'a time in seconds'));
    if (endUs < startUs) throw this.#words.unexpected(endWord as AsabrWord, 'end', 'an end not before the start');
    const contact = { from, to, line };
    const isBooked = MARKERS.has(this.#words.peek()?.text ?? '');
    if (isBooked) this.#words.take('marker', 'a marker');
    const isSegmented = !isBooked && (this.#words.takeIf('seg') || this.#words.takeIf('pseg'));
    const next = this.#words.peek()?.text;
    if (isBooked || isSegmented) {
      this.#draft.count('ignored', 'the marker of a contact, which says how volume is booked, is not kept');
    }
    if (isSegmented || next === 'rate' || next === 'delay') {
      this.#readSegments(contact, startUs, endUs);
    } else {
      const rateBytesPerSecond = this.#rate();
      const owltUs = this.#draft.wholeUs(this.#seconds('delay', 'a delay in seconds'));
      this.#readBudgets();
      this.#draft.contacts.push({ ...contact, startUs, endUs, rateBytesPerSecond, owltUs });
    }
    const rest = this.#words.peek();
    if (rest !== undefined && !this.#words.mayEnd)
      throw this.#words.unexpected(rest, 'contact', 'the end of the contact');
  }

  #readBudgets(): void {
    if (this.#words.mayEnd) return;
    for (let i = 0; i < 3; i++) {
      const word = this.#words.take('budget', 'three budgets or none');
      if (Number.isNaN(numberOf(word.text))) throw this.#words.unexpected(word, 'budget', 'three budgets or none');
    }
    this.#draft.count('ignored', 'the budgets of the priorities of a contact are not kept');
  }

  /** Rates and delays by interval: each list covers the contact without a gap. */
  #readSegments(contact: Pick<PlanContact, 'from' | 'to' | 'line'>, startUs: number, endUs: number): void {
    const lists: { readonly [kind: string]: Segment[] } = { rate: [], delay: [] };
    for (;;) {
      const kind = this.#words.peek()?.text;
      if (kind !== 'rate' && kind !== 'delay') break;
      this.#words.take(kind, kind);
      const list = lists[kind] as Segment[];
      if (!this.#words.takeIf('[')) list.push(this.#segment(kind, list, startUs, endUs));
      else {
        while (!this.#words.takeIf(']')) {
          list.push(this.#segment(kind, list, startUs, endUs));
          if (!this.#words.takeIf(',') && this.#words.peek()?.text !== ']') {
            throw this.#words.unexpected(this.#words.take(kind, '"," or "]"'), kind, '"," or "]"');
          }
        }
      }
    }
    for (const [kind, list] of Object.entries(lists)) {
      if (list.length > 0 && (list[list.length - 1] as Segment).endUs === endUs) continue;
      const expected = `intervals of the ${kind} until the end of the contact, ${formatSeconds(endUs)}`;
      const word = this.#words.peek();
      if (word === undefined) throw this.#words.error(kind, `the file ends, expected ${expected}`);
      throw this.#words.unexpected(word, kind, expected);
    }
    const [rates, delays] = [lists['rate'], lists['delay']] as [Segment[], Segment[]];
    const before = this.#draft.contacts.length;
    for (let r = 0, d = 0, atUs = startUs; r < rates.length && d < delays.length; ) {
      const [rate, delay] = [rates[r], delays[d]] as [Segment, Segment];
      const untilUs = Math.min(rate.endUs, delay.endUs);
      // Intervals without length say something only in a contact without length.
      if (untilUs > atUs || endUs === startUs) {
        this.#draft.contacts.push({
          ...contact,
          startUs: atUs,
          endUs: untilUs,
          rateBytesPerSecond: rate.value,
          owltUs: delay.value,
        });
      }
      atUs = untilUs;
      if (rate.endUs === untilUs) r++;
      if (delay.endUs === untilUs) d++;
    }
    if (this.#draft.contacts.length > before + 1) this.#draft.countCut(contact.line);
  }

  #segment(kind: 'rate' | 'delay', before: readonly Segment[], fromUs: number, untilUs: number): Segment {
    const dueUs = before[before.length - 1]?.endUs ?? fromUs;
    const startWord = this.#words.peek();
    const startUs = this.#draft.wholeUs(this.#seconds(kind, 'the start of an interval in seconds'));
    if (startUs !== dueUs) {
      const expected = `an interval from ${formatSeconds(dueUs)}, so that there is no gap`;
      throw this.#words.unexpected(startWord as AsabrWord, kind, expected);
    }
    const endWord = this.#words.peek();
    const endUs = this.#draft.wholeUs(this.#seconds(kind, 'the end of an interval in seconds'));
    if (endUs < startUs || endUs > untilUs) {
      throw this.#words.unexpected(endWord as AsabrWord, kind, 'an end after the start and within the contact');
    }
    const value = kind === 'rate' ? this.#rate() : this.#draft.wholeUs(this.#seconds('delay', 'a delay in seconds'));
    return { startUs, endUs, value };
  }

  #declared(field: string): number {
    const word = this.#words.take(field, 'a node number');
    const number = this.#nodeNumber(word, field);
    if (this.nodes.has(number)) return number;
    throw this.#words.unexpected(word, field, 'a node that a line "node NUMBER NAME" before declares');
  }

  #nodeNumber(word: AsabrWord, field: string): number {
    const number = /^\d+$/.test(word.text) ? Number(word.text) : Number.NaN;
    if (number <= MAX_NODE) return number;
    throw this.#words.unexpected(word, field, `a whole node number from 0 to ${MAX_NODE}`);
  }

  #seconds(field: string, expected: string): ReadSeconds {
    const word = this.#words.take(field, expected);
    const seconds = parseSeconds(word.text);
    if (seconds === undefined) throw this.#words.unexpected(word, field, `${expected} of at least 0`);
    if (!Number.isSafeInteger(seconds.us))
      throw this.#words.unexpected(word, field, `${expected}, within 2^53 microseconds`);
    return seconds;
  }

  #rate(): number {
    const word = this.#words.take('rate', 'a rate above 0');
    const rate = numberOf(word.text) * this.#bytesPerUnit;
    if (rate > 0) return rate;
    throw this.#words.unexpected(word, 'rate', 'a rate above 0');
  }
}

/** A finite decimal of at least 0; NaN for anything else. */
function numberOf(text: string): number {
  const value = /^\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}
