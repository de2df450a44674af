/**
 * Two-line element sets, with or without a line for the name before them. The form is that of NORAD: 69 columns with a checksum in
 * the last, catalogue numbers of five digits or of a letter and four digits (alpha-5: A is 10 to Z is 33, without I and O), epochs
 * with years of two digits from 1957 to 2056. Blank lines are passed over.
 */
import { daysOfYear, US_PER_DAY } from '../base/calendar.js';
import { InputFileError } from '../base/errors.js';
import { MAX_ELEMENT_SETS, type MeanElements } from './mean-elements.js';

/** Columns of a line. */
const LINE_LENGTH = 69;

/** Years of two digits below this are of the 21st century. */
const FIRST_YEAR = 57;

/** Letters of alpha-5 in their order; the first stands for 10. */
const ALPHA_5 = 'ABCDEFGHJKLMNPQRSTUVWXYZ';

/**
 * Reads all sets of a file, in order. Throws an InputFileError with line, column and field for a line that is not of the form, a
 * wrong checksum, a value out of range, lines of two satellites in one set, or a file without any set.
 */
export function readTle(text: string, file: string): MeanElements[] {
  const sets: MeanElements[] = [];
  let name: TleLine | undefined;
  let first: TleLine | undefined;
  const lines = text.split(/\r\n|\n|\r/);
  for (let i = 0; i < lines.length; i++) {
    const line = new TleLine((lines[i] as string).trimEnd(), i + 1, file);
    if (line.text === '') continue;
    if (first !== undefined) {
      if (!line.isNumbered('2')) throw line.error(1, '', `found "${line.start}", expected line 2 of the set`);
      sets.push(elementsOf(nameOf(name), first, line));
      if (sets.length > MAX_ELEMENT_SETS)
        throw line.error(1, '', `more than ${MAX_ELEMENT_SETS} sets, the most in one file`);
      name = undefined;
      first = undefined;
    } else if (line.isNumbered('1')) first = line;
    else if (name !== undefined) throw line.error(1, '', `found "${line.start}", expected line 1 of the set`);
    else if (line.isNumbered('2'))
      throw line.error(1, '', 'found line 2 of a set, expected its line 1 or a name before it');
    else name = line;
  }
  const open = first ?? name;
  if (open !== undefined) {
    const missing = first === undefined ? 'lines 1 and 2 of the set' : 'line 2 of the set';
    throw open.error(1, '', `the file ends after "${open.start}", expected ${missing}`);
  }
  if (sets.length === 0)
    throw new InputFileError({ file }, 'found no elements, expected sets of two or three lines (TLE)');
  return sets;
}

/** Whether a text looks like TLE: a first or second line that begins as line 1 of a set does. */
export function looksLikeTle(text: string): boolean {
  const lines = text.slice(0, 4096).split(/\r\n|\n|\r/, 50);
  const [first = '', second = ''] = lines.filter((line) => line.trim() !== '');
  return /^1 [ \dA-Z]{5}/.test(first) || /^1 [ \dA-Z]{5}/.test(second);
}

/** One line, whose fields are asked for by their columns, counted from 1 as descriptions of the form do. */
class TleLine {
  constructor(
    readonly text: string,
    readonly line: number,
    readonly file: string,
  ) {}

  /** What an error message shows of it. */
  get start(): string {
    return this.text.length <= 24 ? this.text : `${this.text.slice(0, 24)}...`;
  }

  /** Whether it is line 1 or 2 of a set, be it a damaged one, and no name. */
  isNumbered(number: '1' | '2'): boolean {
    return this.text.startsWith(`${number} `) && /^. [ \dA-Z]/.test(this.text) && this.text.length > 24;
  }

  error(column: number, field: string, problem: string): InputFileError {
    return new InputFileError({ file: this.file, line: this.line, column, field }, problem);
  }

  /** Throws unless the line has its length and its checksum: digits added up, each minus counted as 1, modulo 10. */
  check(): void {
    const { text } = this;
    if (text.length !== LINE_LENGTH) {
      throw this.error(
        Math.min(text.length, LINE_LENGTH) + 1,
        '',
        `found ${text.length} columns, expected ${LINE_LENGTH}`,
      );
    }
    let sum = 0;
    for (let i = 0; i < LINE_LENGTH - 1; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x30 && code <= 0x39) sum += code - 0x30;
      else if (code === 0x2d) sum += 1;
      else if (code < 0x20 || code > 0x7e) throw this.error(i + 1, '', 'found a character that is not ASCII');
    }
    const expected = String(sum % 10);
    if (text[LINE_LENGTH - 1] !== expected) {
      const found = JSON.stringify(text[LINE_LENGTH - 1]);
      throw this.error(
        LINE_LENGTH,
        'checksum',
        `found ${found}, expected ${expected} as the sum of the digits before it`,
      );
    }
  }

  /** The columns from `from` to `to`, which match a form. */
  field(from: number, to: number, field: string, form: RegExp, expected: string): string {
    const value = this.text.slice(from - 1, to);
    if (!form.test(value)) throw this.error(from, field, `found ${JSON.stringify(value)}, expected ${expected}`);
    return value;
  }

  /** A decimal number within bounds. */
  decimal(from: number, to: number, field: string, low: number, high: number): number {
    const expected = `a number from ${low} to ${high}`;
    const value = Number(this.field(from, to, field, /^ *[+-]?\d*\.\d+ *$/, expected));
    if (!(value >= low && value <= high)) throw this.error(from, field, `found ${value}, expected ${expected}`);
    return value;
  }

  /** A number such as ` 28098-4`, which is 0.28098e-4. */
  exponential(from: number, field: string): number {
    const value = this.field(
      from,
      from + 7,
      field,
      /^[ +-][ \d]{5}[ +-]\d$/,
      'a number such as 28098-4 for 0.28098e-4',
    );
    const digits = value.slice(1, 6).replace(/ /g, '0');
    return Number(`${value[0] === '-' ? '-' : ''}0.${digits}e${value[6] === '-' ? '-' : ''}${value[7]}`);
  }

  /** The catalogue number in columns 3 to 7. */
  catalogueNumber(): number {
    const field = 'catalogue number';
    const expected = 'five digits, or a letter without I and O and four digits';
    const value = this.field(3, 7, field, /^(?: *\d+|[A-HJ-NP-Z]\d{4})$/, expected);
    const letter = ALPHA_5.indexOf(value[0] as string);
    return letter < 0 ? Number(value) : (letter + 10) * 10_000 + Number(value.slice(1));
  }
}

function nameOf(line: TleLine | undefined): string {
  return line === undefined ? '' : line.text.replace(/^0 /, '').trim();
}

function elementsOf(name: string, first: TleLine, second: TleLine): MeanElements {
  first.check();
  second.check();
  const catalogueNumber = first.catalogueNumber();
  if (second.catalogueNumber() !== catalogueNumber) {
    const [found, expected] = [second.text.slice(2, 7), first.text.slice(2, 7)];
    throw second.error(3, 'catalogue number', `found ${found}, expected ${expected} as in line 1`);
  }
  first.decimal(34, 43, 'first derivative of the mean motion', -1, 1);
  first.exponential(45, 'second derivative of the mean motion');
  first.field(63, 63, 'ephemeris type', /^[ 0]$/, '0 or blank, which means SGP4');
  return {
    name,
    catalogueNumber,
    internationalDesignator: designatorOf(first.text.slice(9, 17).trimEnd()),
    epochUnixUs: epochOf(first),
    dragPerEarthRadius: first.exponential(54, 'drag term'),
    inclinationDeg: second.decimal(9, 16, 'inclination', 0, 180),
    ascendingNodeDeg: second.decimal(18, 25, 'right ascension of the ascending node', 0, 360),
    eccentricity: Number(`0.${second.field(27, 33, 'eccentricity', /^ *\d+$/, 'seven digits').replace(/ /g, '0')}`),
    argumentOfPerigeeDeg: second.decimal(35, 42, 'argument of perigee', 0, 360),
    meanAnomalyDeg: second.decimal(44, 51, 'mean anomaly', 0, 360),
    revolutionsPerDay: second.decimal(53, 63, 'mean motion', 1e-4, 20),
  };
}

/** `98067A` as `1998-067A`; anything else as it is. */
function designatorOf(text: string): string {
  const found = /^(\d\d)(\d{3})([A-Z]{1,3})$/.exec(text);
  if (found === null) return text;
  return `${fullYear(Number(found[1]))}-${found[2]}${found[3]}`;
}

function epochOf(line: TleLine): number {
  const year = fullYear(Number(line.field(19, 20, 'epoch year', /^[ \d]\d$/, 'two digits')));
  const expected = 'a day of the year with eight decimals, such as 179.78495062';
  const text = line.field(21, 32, 'epoch day', /^[ \d]{2}\d\.\d{8}$/, expected);
  const days = daysOfYear(year, Number(text.slice(0, 3)));
  if (days === undefined)
    throw line.error(21, 'epoch day', `found ${text.trim()}, which the year ${year} does not have`);
  // A hundred-millionth of a day is 864 microseconds.
  return days * US_PER_DAY + Number(text.slice(4)) * (US_PER_DAY / 1e8);
}

function fullYear(year: number): number {
  return year < FIRST_YEAR ? 2000 + year : 1900 + year;
}
