/**
 * Contact plans in HDTN's JSON:
 *
 *   {"contacts": [{"contact": 0, "source": 1, "dest": 2, "startTime": 0, "endTime": 60, "rateBitsPerSec": 1000000, "owlt": 1}]}
 *
 * Rates are bits per second in `rateBitsPerSec`, megabits per second in the older `rate`; 0 is no limit. Times and light times are
 * seconds. Numbers may stand in quotes; the number of a contact may be missing and is not kept. HDTN itself takes whole seconds
 * only and silently reads others as 0; they are read exactly here, and not written.
 */
import type { PlanDocument } from '../routing/index.js';
import { formatSeconds } from './decimal.js';
import { countUnkept, limitRates, wholeBits, wholeSeconds } from './fit.js';
import { type JsonFile, JsonItem } from './json-file.js';
import type { PlanDraft } from './plan-draft.js';
import { factsOf, type ReadPlan, type ReadPlanOptions } from './plan-format.js';
import type { LossBook } from './plan-losses.js';

const CONTACT_FIELDS = ['contact', 'source', 'dest', 'startTime', 'endTime', 'rateBitsPerSec', 'rate', 'owlt'];

/** The highest rate, in bytes per second: the greatest number of bits below 2^64 that is a double. */
const MOST_BYTES_PER_SECOND = (2 ** 64 - 2 ** 11) / 8;

/** Reads HDTN's form into a draft. Throws an InputFileError for whatever is missing or not what it must be. */
export function readHdtnPlan(file: JsonFile, draft: PlanDraft, options: ReadPlanOptions): ReadPlan {
  const root = new JsonItem(file, [], file.root, 'an object such as {"contacts": [...]}', { acceptsTexts: true });
  for (const key of root.keys) {
    if (key !== 'contacts') draft.count('ignored', `the member ${JSON.stringify(key)} is not kept`);
  }
  const bytesPerUnit = (options.rateUnit ?? factsOf('hdtn').rateUnit) === 'bits' ? 1 / 8 : 1;
  const nodes = new Set<number>();
  const list = root.list('contacts', 'a list of contacts');
  for (let i = 0; i < list.length; i++) {
    draft.attempt(() => readContact(list.object(i, 'a contact'), nodes, draft, bytesPerUnit));
  }
  const numbered = [...nodes].map((number) => ({ number, name: undefined }));
  return draft.finish('hdtn', numbered, undefined);
}

function readContact(item: JsonItem, nodes: Set<number>, draft: PlanDraft, bytesPerUnit: number): void {
  const from = item.node('source');
  const to = item.node('dest');
  if (from === to) throw item.bad('dest', 'another node than the source');
  const startUs = draft.wholeUs(item.seconds('startTime', 'a time in seconds of at least 0'));
  const endUs = draft.wholeUs(item.seconds('endTime', 'a time in seconds of at least 0'));
  if (endUs < startUs) {
    throw item.bad('endTime', `an end not before the start, which is ${formatSeconds(startUs)}`);
  }
  const rateBytesPerSecond = rateOf(item, bytesPerUnit);
  const owltUs = draft.wholeUs(item.seconds('owlt', 'a one-way light time in seconds'));
  for (const key of item.keys) {
    if (!CONTACT_FIELDS.includes(key)) draft.count('ignored', `${JSON.stringify(key)} of contacts is not kept`);
  }
  nodes.add(from).add(to);
  draft.contacts.push({ from, to, startUs, endUs, rateBytesPerSecond, owltUs });
}

/** Infinity for 0. The newer field counts where both are there. */
function rateOf(item: JsonItem, bytesPerUnit: number): number {
  const isOld = item.get('rateBitsPerSec') === undefined && item.get('rate') !== undefined;
  const key = isOld ? 'rate' : 'rateBitsPerSec';
  const expected = isOld ? 'a rate in Mbit/s, or 0 for no limit' : 'a rate in bit/s, or 0 for no limit';
  const value = item.number(key, expected);
  const rate = value * (isOld ? 1_000_000 * bytesPerUnit : bytesPerUnit);
  if (rate === Infinity || (rate === 0 && value > 0)) throw item.bad(key, `${expected}, within the reach of numbers`);
  return rate === 0 ? Infinity : rate;
}

/** The nearest text in HDTN's form, with its losses counted. */
export function formatHdtnPlan(document: PlanDocument, book: LossBook): string {
  countUnkept(document, {}, book);
  let contacts = wholeSeconds(document.contacts, book);
  contacts = limitRates(contacts, book, MOST_BYTES_PER_SECOND, Infinity);
  contacts = wholeBits(contacts, book);
  let text = '{"contacts": [';
  contacts.forEach(({ from, to, startUs, endUs, rateBytesPerSecond, owltUs }, i) => {
    const rate = rateBytesPerSecond === Infinity ? 0 : BigInt(rateBytesPerSecond * 8);
    const window = `"startTime": ${formatSeconds(startUs)}, "endTime": ${formatSeconds(endUs)}`;
    text += `${i === 0 ? '' : ','}\n{"contact": ${i}, "source": ${from}, "dest": ${to}, ${window}, "rateBitsPerSec": ${rate}, "owlt": ${formatSeconds(owltUs)}}`;
  });
  return `${text}${contacts.length > 0 ? '\n' : ''}]}\n`;
}
