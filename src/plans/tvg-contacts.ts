/** The contacts of a graph of dtn-tvg-util, in all their forms: see tvg-plan.ts. */
import { formatSeconds } from './decimal.js';
import type { JsonItem } from './json-file.js';
import type { PlanDraft } from './plan-draft.js';

/** The nodes that an edge joins. */
export interface TvgPair {
  readonly from: number;
  readonly to: number;
  readonly names: readonly [from: string, to: string];
}

interface Span {
  readonly startUs: number;
  readonly endUs: number;
}

/** A part of a contact with a rate and a delay of its own. */
interface Interval extends Span {
  readonly rateBytesPerSecond: number;
  readonly owltUs: number;
}

const TIME = 'a time in seconds of at least 0';
const DELAY = 'a delay in seconds of at least 0';

/** Reads contacts into a draft. */
export class TvgContacts {
  readonly #draft: PlanDraft;
  readonly #bytesPerUnit: number;
  /** Legacy contacts that were read, since both directions of one may be listed. */
  readonly #legacy = new Set<string>();

  constructor(draft: PlanDraft, bytesPerUnit: number) {
    this.#draft = draft;
    this.#bytesPerUnit = bytesPerUnit;
  }

  /** Reads one contact of an edge. Throws an InputFileError where it is bad. */
  read(item: JsonItem, pair: TvgPair): void {
    if (item.length === 3) {
      this.#readLegacy(item, pair);
      return;
    }
    if (item.length !== 5 && item.length !== 7) {
      throw item.badItself('a list of 5 elements (current form), 7 (older form) or 3 (legacy form)');
    }
    for (const at of [0, 1] as const) {
      if (item.get(at) !== pair.names[at]) throw item.bad(at, `${JSON.stringify(pair.names[at])} as in the edge`);
    }
    const span = this.#span(item, 2);
    const [probability, intervals] = item.length === 5 ? this.#current(item, span) : this.#older(item, span);
    this.#add(item, pair, probability, intervals);
  }

  #readLegacy(item: JsonItem, pair: TvgPair): void {
    const span = this.#span(item, 0);
    const probability = this.#probability(item, 2);
    const { from, to } = pair;
    const key = [Math.min(from, to), Math.max(from, to), span.startUs, span.endUs, probability].join(' ');
    if (this.#legacy.has(key)) {
      this.#draft.count('ignored', 'a legacy contact holds for both directions and is listed again: taken once');
      return;
    }
    this.#legacy.add(key);
    this.#draft.count(
      'assumed',
      'the legacy form gives no rates and no delays: contacts without a limit and a delay of 0',
    );
    const interval = { ...span, rateBytesPerSecond: Infinity, owltUs: 0 };
    this.#add(item, pair, probability, [interval]);
    this.#add(item, { ...pair, from: to, to: from }, probability, [interval]);
  }

  /** The current form: predictions, or what was observed. */
  #current(item: JsonItem, span: Span): [probability: number, intervals: Interval[]] {
    const list = item.list(4, 'a list of predictions or of intervals');
    if (list.length === 0) throw item.bad(4, 'at least one prediction or interval');
    const first = list.list(0, 'a prediction or an interval, as a list');
    if (first.length === 4) {
      return [
        1,
        this.#intervals(list, span, (interval) => [this.#rate(interval, 1), this.#errorsIgnored(interval, 2, 3)]),
      ];
    }
    if (list.length > 1) this.#draft.count('ignored', 'a contact has earlier predictions, which are not kept');
    const prediction = list.list(list.length - 1, 'a prediction as a list');
    if (prediction.length !== 3) throw list.bad(list.length - 1, '[valid from, probability, [intervals]]');
    prediction.number(0, TIME);
    const probability = this.#probability(prediction, 1);
    const intervals = prediction.list(2, 'a list of intervals');
    return [
      probability,
      this.#intervals(intervals, span, (interval) => [this.#rate(interval, 1), this.#seconds(interval, 2, DELAY)]),
    ];
  }

  /** The form of seven elements: predicted volumes, or a rate that was observed. */
  #older(item: JsonItem, span: Span): [probability: number, intervals: Interval[]] {
    if (typeof item.get(4) === 'number') {
      const rateBytesPerSecond = this.#rate(item, 4);
      return [1, [{ ...span, rateBytesPerSecond, owltUs: this.#errorsIgnored(item, 5, 6) }]];
    }
    const list = item.list(4, 'a rate, or a list of predicted volumes');
    if (list.length === 0) throw item.bad(4, 'at least one predicted volume');
    if (list.length > 1) this.#draft.count('ignored', 'a contact has earlier predictions, which are not kept');
    const prediction = list.list(list.length - 1, '[valid from, volume]');
    if (prediction.length !== 2) throw list.bad(list.length - 1, '[valid from, volume]');
    prediction.number(0, TIME);
    const expected = 'a volume above 0';
    const volume = prediction.number(1, expected);
    const seconds = item.number(3, TIME) - item.number(2, TIME);
    if (!(seconds > 0)) throw item.bad(3, 'an end after the start, since a volume needs time');
    const rateBytesPerSecond = (volume * this.#bytesPerUnit) / seconds;
    if (!(rateBytesPerSecond > 0 && rateBytesPerSecond < Infinity)) throw prediction.bad(1, expected);
    return [this.#probability(item, 5), [{ ...span, rateBytesPerSecond, owltUs: this.#seconds(item, 6, DELAY) }]];
  }

  /** The parts of a contact; each begins where its interval does and ends where the next begins. */
  #intervals(list: JsonItem, span: Span, read: (interval: JsonItem) => [rate: number, owltUs: number]): Interval[] {
    const parts: { startUs: number; rateBytesPerSecond: number; owltUs: number }[] = [];
    let beforeUs = 0;
    for (let i = 0; i < list.length; i++) {
      const interval = list.list(i, 'an interval as a list');
      const start = interval.seconds(0, TIME);
      if (start.us < beforeUs) throw interval.bad(0, 'intervals in the order of their starts');
      beforeUs = start.us;
      const [rateBytesPerSecond, owltUs] = read(interval);
      if (start.us <= span.startUs) parts.length = 0;
      else if (parts.length === 0) {
        throw interval.bad(0, `an interval from the start of the contact, ${formatSeconds(span.startUs)}`);
      } else if (start.us < span.endUs) this.#draft.wholeUs(start);
      if (start.us <= span.startUs || start.us < span.endUs) {
        parts.push({ startUs: Math.max(start.us, span.startUs), rateBytesPerSecond, owltUs });
      }
    }
    if (parts.length === 0) throw list.badItself('at least one interval');
    return parts.map((part, i) => ({ ...part, endUs: parts[i + 1]?.startUs ?? span.endUs }));
  }

  #add(item: JsonItem, { from, to }: TvgPair, probability: number, intervals: readonly Interval[]): void {
    if (probability === 0) {
      const { line } = item.badItself('').position;
      this.#draft.note({ kind: 'unusable', line, field: item.path.join('.'), message: 'probability 0: not usable' });
      return;
    }
    // Every contact has a probability here, so that certainty says no more than none given.
    const confidence = probability === 1 ? undefined : probability;
    if (intervals.length > 1) this.#draft.countCut();
    for (const interval of intervals) this.#draft.contacts.push({ from, to, ...interval, confidence });
  }

  #span(item: JsonItem, at: number): Span {
    const startUs = this.#seconds(item, at, TIME);
    const endUs = this.#seconds(item, at + 1, TIME);
    if (endUs < startUs) throw item.bad(at + 1, `an end not before the start, which is ${formatSeconds(startUs)}`);
    return { startUs, endUs };
  }

  #seconds(item: JsonItem, at: number, expected: string): number {
    return this.#draft.wholeUs(item.seconds(at, expected));
  }

  #rate(item: JsonItem, at: number): number {
    const rate = item.number(at, 'a rate above 0') * this.#bytesPerUnit;
    if (rate === 0) throw item.bad(at, 'a rate above 0');
    return rate;
  }

  #probability(item: JsonItem, at: number): number {
    const probability = item.number(at, 'a probability from 0 to 1');
    if (probability > 1) throw item.bad(at, 'a probability from 0 to 1');
    return probability;
  }

  /** The delay behind a bit error rate. */
  #errorsIgnored(item: JsonItem, errorsAt: number, delayAt: number): number {
    if (item.number(errorsAt, 'a bit error rate from 0 to 1') > 0)
      this.#draft.count('ignored', 'bit error rates are not kept');
    return this.#seconds(item, delayAt, DELAY);
  }
}
