/** The lines of an ION plan file as numbers on the plan's axis; what they mean together is ion-plan.ts' concern. */
import { InputFileError } from '../base/errors.js';
import { MAX_NODE } from './contact-plan.js';

/** `a contact`. */
export interface IonContactLine {
  readonly kind: 'contact';
  /** 1-based. */
  readonly line: number;
  readonly startUs: number;
  readonly endUs: number;
  readonly from: number;
  readonly to: number;
  readonly rateBytesPerSecond: number;
}

/** `a range`. */
export interface IonRangeLine {
  readonly kind: 'range';
  /** 1-based. */
  readonly line: number;
  readonly startUs: number;
  readonly endUs: number;
  readonly from: number;
  readonly to: number;
  readonly owltUs: number;
}

/** A word of a line with the column where it begins. */
interface Word {
  readonly text: string;
  readonly column: number;
}

/** A time before the axis is known: absolute in microseconds since 1970, or relative to the reference time. */
interface Time {
  readonly absolute: boolean;
  readonly us: number;
}

interface Row {
  readonly line: number;
  readonly words: readonly Word[];
}

/** Reads all lines of a file; the constructor throws an InputFileError at the first that breaks a rule. */
export class IonLines {
  readonly contacts: IonContactLine[] = [];
  readonly ranges: IonRangeLine[] = [];
  readonly #file: string;
  #originUs = 0;
  #referenceUs = 0;

  constructor(text: string, file: string) {
    this.#file = file;
    const rows = splitRows(text);
    this.#originUs = this.#findOrigin(rows);
    for (const row of rows) this.#read(row);
  }

  /** An error about a field of a line, for rules that span several lines. */
  error(line: number, field: string, problem: string, column?: number): InputFileError {
    return new InputFileError({ file: this.#file, line, column, field }, problem);
  }

  /** The axis' beginning in microseconds since 1970: see ion-plan.ts. Faults are left for the second pass, which is in line order. */
  #findOrigin(rows: readonly Row[]): number {
    let earliestUs = Infinity;
    for (const { words } of rows) {
      const [command, , start, end] = words.map((word) => word.text);
      const candidates = command === '@' ? [words[1]?.text] : command === 'a' ? [start, end] : [];
      for (const text of candidates) {
        const time = text === undefined ? undefined : readTime(text);
        if (time === undefined || typeof time === 'string' || !time.absolute) continue;
        if (command === '@') return time.us;
        earliestUs = Math.min(earliestUs, time.us);
      }
    }
    return earliestUs === Infinity ? 0 : earliestUs;
  }

  #read(row: Row): void {
    const { line, words } = row;
    const [command, object] = words;
    if (command?.text === '@') {
      this.#expectCount(row, 2, 2, '@ TIME');
      this.#referenceUs = this.#onAxis(line, 'time', words[1] as Word);
    } else if (command?.text === 'a' && object?.text === 'contact') {
      this.#expectCount(row, 7, 8, 'a contact START END FROM TO RATE [CONFIDENCE]');
      const window = this.#window(row);
      const rate = words[6] as Word;
      const rateBytesPerSecond = this.#number(line, 'rate', rate, 'a rate in bytes per second above 0');
      if (rateBytesPerSecond === 0) throw this.#unexpected(line, 'rate', rate, 'a rate in bytes per second above 0');
      const confidence = words[7];
      if (confidence !== undefined && this.#number(line, 'confidence', confidence, 'a confidence from 0 to 1') > 1) {
        throw this.#unexpected(line, 'confidence', confidence, 'a confidence from 0 to 1');
      }
      this.contacts.push({ kind: 'contact', line, ...window, rateBytesPerSecond });
    } else if (command?.text === 'a' && object?.text === 'range') {
      this.#expectCount(row, 7, 7, 'a range START END FROM TO OWLT');
      const window = this.#window(row);
      const owlt = this.#number(line, 'owlt', words[6] as Word, 'a one-way light time in seconds');
      this.ranges.push({ kind: 'range', line, ...window, owltUs: Math.round(owlt * 1e6) });
    } else if (!(command?.text === 'm' && object?.text === 'horizon')) {
      const found = words.map((word) => word.text).join(' ');
      throw this.error(
        line,
        'command',
        `found "${found}", expected a contact, a range, m horizon, @ or # at the start of the line`,
        command?.column,
      );
    }
  }

  #window(row: Row): { startUs: number; endUs: number; from: number; to: number } {
    const { line, words } = row;
    const startUs = this.#onAxis(line, 'start', words[2] as Word);
    const endUs = this.#onAxis(line, 'end', words[3] as Word);
    if (endUs <= startUs) throw this.#unexpected(line, 'end', words[3] as Word, 'an end later than the start');
    return {
      startUs,
      endUs,
      from: this.#node(line, 'from', words[4] as Word),
      to: this.#node(line, 'to', words[5] as Word),
    };
  }

  #onAxis(line: number, field: string, word: Word): number {
    const time = readTime(word.text);
    if (typeof time === 'string') throw this.#unexpected(line, field, word, time);
    const us = time.absolute ? time.us - this.#originUs : this.#referenceUs + time.us;
    if (us < 0) throw this.#unexpected(line, field, word, "a time not before the plan's beginning");
    if (!Number.isSafeInteger(us)) throw this.#unexpected(line, field, word, 'a time within the reach of microseconds');
    return us;
  }

  #node(line: number, field: string, word: Word): number {
    const node = /^\d+$/.test(word.text) ? Number(word.text) : Number.NaN;
    if (!(node >= 1 && node <= MAX_NODE)) {
      throw this.#unexpected(line, field, word, `a node number from 1 to ${MAX_NODE}`);
    }
    return node;
  }

  #number(line: number, field: string, word: Word, expected: string): number {
    const value = /^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(word.text) ? Number(word.text) : Number.NaN;
    if (!Number.isFinite(value)) throw this.#unexpected(line, field, word, expected);
    return value;
  }

  #expectCount(row: Row, least: number, most: number, form: string): void {
    const count = row.words.length;
    if (count >= least && count <= most) return;
    const problem = `found ${count} words, expected ${form}`;
    throw this.error(row.line, 'line', problem, row.words[Math.min(count, most) - 1]?.column);
  }

  #unexpected(line: number, field: string, word: Word, expected: string): InputFileError {
    return this.error(line, field, `found "${word.text}", expected ${expected}`, word.column);
  }
}

/** The time that a word says, or what was expected in its place. */
function readTime(text: string): Time | string {
  const relative = /^\+(\d+(?:\.\d+)?)$/.exec(text);
  if (relative !== null) return { absolute: false, us: Math.round(Number(relative[1]) * 1e6) };
  const parts = /^(\d{4})\/(\d\d)\/(\d\d)-(\d\d):(\d\d):(\d\d(?:\.\d+)?)$/.exec(text);
  if (parts === null) return 'a time such as +90, +1.5 or 2026/06/15-00:00:00';
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (
    month < 1 ||
    month > 12 ||
    day < 1 ||
    day > daysInMonth(year, month) ||
    hour > 23 ||
    minute > 59 ||
    second >= 60
  ) {
    return 'a date and time that exist';
  }
  const minutes = (daysSince1970(year, month, day) * 24 + hour) * 60 + minute;
  return { absolute: true, us: minutes * 60e6 + Math.round(second * 1e6) };
}

/** The lines that say something, as words. */
function splitRows(text: string): Row[] {
  const rows: Row[] = [];
  const lines = text.split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const words: Word[] = [];
    for (const match of (lines[i] as string).matchAll(/\S+/g)) words.push({ text: match[0], column: match.index + 1 });
    if (words.length > 0 && !(words[0] as Word).text.startsWith('#')) rows.push({ line: i + 1, words });
  }
  return rows;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01 to a date of the Gregorian calendar; negative before it. */
function daysSince1970(year: number, month: number, day: number): number {
  const before = year - 1;
  let days = 365 * before + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 719_162;
  for (let m = 1; m < month; m++) days += daysInMonth(year, m);
  return days + day - 1;
}
