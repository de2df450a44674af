/** The lines of an ION plan file as numbers on the plan's axis; what they mean together is ion-plan.ts' concern. */
import { InputFileError } from '../base/errors.js';
import { MAX_NODE } from '../routing/index.js';
import { CALENDAR_YEARS, type DateParts, unixUsOf } from './calendar.js';
import { parseSeconds, type ReadSeconds } from './decimal.js';
import type { PlanDraft } from './plan-draft.js';
import { splitWords, type Word } from './words.js';

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
  /** From 0 to 1; undefined where the line gives none. */
  readonly confidence: number | undefined;
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

/** A time before the axis is known: absolute in microseconds since 1970, or relative to the reference time. */
interface Time extends ReadSeconds {
  readonly absolute: boolean;
}

interface Row {
  readonly line: number;
  readonly words: readonly Word[];
}

/**
 * Commands of ionadmin that stand in files of whole nodes and change no contact and no range: help, echo, version, start and stop, the
 * node's number, its congestion forecast, what is listed, and to which region the contacts belong. What deletes or changes is not here.
 */
const OTHER_COMMANDS: ReadonlySet<string> = new Set('? 1 ^ e h i l m q r s v w x'.split(' '));

/** Reads all lines of a file; the constructor throws an InputFileError at a bad one, unless the draft lets it be skipped. */
export class IonLines {
  readonly contacts: IonContactLine[] = [];
  readonly ranges: IonRangeLine[] = [];
  /** The axis' beginning in microseconds since 1970; undefined where all times are relative. */
  readonly originUs: number | undefined;
  readonly #draft: PlanDraft;
  /** What a rate in the file is multiplied with to give bytes per second. */
  readonly #bytesPerUnit: number;
  #referenceUs = 0;

  constructor(text: string, draft: PlanDraft, rateUnit: 'bits' | 'bytes') {
    this.#draft = draft;
    this.#bytesPerUnit = rateUnit === 'bits' ? 1 / 8 : 1;
    const rows = splitRows(text);
    this.originUs = findOrigin(rows);
    for (const row of rows) {
      // What follows a reference time that cannot be read would stand at wrong times: no skipping there.
      if (row.words[0]?.text === '@') this.#moveReference(row);
      else draft.attempt(() => this.#read(row));
    }
  }

  /** An error about a field of a line, for rules that span several lines. */
  error(line: number, field: string, problem: string, column?: number): InputFileError {
    return new InputFileError({ file: this.#draft.file, line, column, field }, problem);
  }

  #moveReference(row: Row): void {
    this.#expectCount(row, 2, 2, '@ TIME');
    this.#referenceUs = this.#onAxis(row.line, 'time', row.words[1] as Word);
  }

  #read(row: Row): void {
    const { line, words } = row;
    const [command, object] = words;
    if (command?.text === 'a' && object?.text === 'contact') {
      this.#expectCount(row, 7, 8, 'a contact START END FROM TO RATE [CONFIDENCE]');
      const window = this.#window(row);
      const rateBytesPerSecond = this.#rate(line, words[6] as Word);
      const confidence = words[7] === undefined ? undefined : this.#confidence(line, words[7]);
      this.contacts.push({ kind: 'contact', line, ...window, rateBytesPerSecond, confidence });
    } else if (command?.text === 'a' && object?.text === 'range') {
      this.#expectCount(row, 7, 7, 'a range START END FROM TO OWLT');
      const window = this.#window(row);
      this.ranges.push({ kind: 'range', line, ...window, owltUs: this.#lightTime(line, words[6] as Word) });
    } else if (OTHER_COMMANDS.has(command?.text ?? '')) {
      if (object?.text === 'horizon') return;
      this.#draft.count('ignored', 'a command of ionadmin that adds no contact and no range is not kept', line);
    } else {
      const found = words.map((word) => word.text).join(' ');
      throw this.error(
        line,
        'command',
        `found "${found}", expected a contact, a range, @, # or a command of ionadmin that changes neither`,
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
    const us = time.absolute ? time.us - (this.originUs ?? 0) : this.#referenceUs + time.us;
    if (us < 0) throw this.#unexpected(line, field, word, "a time not before the plan's beginning");
    if (!Number.isSafeInteger(us)) throw this.#unexpected(line, field, word, 'a time within the reach of microseconds');
    return this.#draft.wholeUs({ us, isRounded: time.isRounded });
  }

  #node(line: number, field: string, word: Word): number {
    const node = /^\d+$/.test(word.text) ? Number(word.text) : Number.NaN;
    if (!(node >= 1 && node <= MAX_NODE)) {
      throw this.#unexpected(line, field, word, `a node number from 1 to ${MAX_NODE}`);
    }
    return node;
  }

  #rate(line: number, word: Word): number {
    const rate = this.#number(word) * this.#bytesPerUnit;
    if (rate > 0) return rate;
    const unit = this.#bytesPerUnit === 1 ? 'bytes' : 'bits';
    throw this.#unexpected(line, 'rate', word, `a rate in ${unit} per second above 0`);
  }

  #confidence(line: number, word: Word): number {
    const confidence = this.#number(word);
    if (confidence <= 1) return confidence;
    throw this.#unexpected(line, 'confidence', word, 'a confidence from 0 to 1');
  }

  #lightTime(line: number, word: Word): number {
    const owlt = parseSeconds(word.text);
    if (owlt !== undefined && Number.isSafeInteger(owlt.us)) return this.#draft.wholeUs(owlt);
    throw this.#unexpected(line, 'owlt', word, 'a one-way light time in seconds');
  }

  /** A decimal, or NaN for what is none or not finite. */
  #number(word: Word): number {
    const value = /^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(word.text) ? Number(word.text) : Number.NaN;
    return Number.isFinite(value) ? value : Number.NaN;
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

/** The axis' beginning: see ion-plan.ts. Faults are left for the second pass, which is in line order. */
function findOrigin(rows: readonly Row[]): number | undefined {
  let earliestUs: number | undefined;
  for (const { words } of rows) {
    const command = words[0]?.text;
    const candidates = command === '@' ? [words[1]] : command === 'a' ? [words[2], words[3]] : [];
    for (const word of candidates) {
      if (word === undefined || word.text.startsWith('+')) continue;
      const time = readTime(word.text);
      if (typeof time === 'string' || !time.absolute) continue;
      if (command === '@') return time.us;
      if (earliestUs === undefined || time.us < earliestUs) earliestUs = time.us;
    }
  }
  return earliestUs;
}

/** The time that a word says, or what was expected in its place. */
function readTime(text: string): Time | string {
  const relative = /^\+(\d+(?:\.\d+)?)$/.exec(text);
  if (relative !== null) return { absolute: false, ...(parseSeconds(relative[1] as string) as ReadSeconds) };
  const parts = /^(\d{4})\/(\d\d)\/(\d\d)-(\d\d):(\d\d):(\d\d(?:\.\d+)?)$/.exec(text);
  if (parts === null) return 'a time such as +90, +1.5 or 2026/06/15-00:00:00';
  const [, year, month, day, hour, minute, second] = parts;
  const time = unixUsOf({ year, month, day, hour, minute, second } as DateParts);
  return time === undefined
    ? `a date and time that exist, in the years ${CALENDAR_YEARS}`
    : { absolute: true, ...time };
}

/** The lines that say something, as words. ION has comments in lines of their own only; behind a command they are left out, too. */
function splitRows(text: string): Row[] {
  const rows: Row[] = [];
  const lines = text.split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const all = splitWords(lines[i] as string);
    const comment = all.findIndex(({ text }) => text.startsWith('#'));
    const words = comment < 0 ? all : all.slice(0, comment);
    if (words.length > 0) rows.push({ line: i + 1, words });
  }
  return rows;
}
