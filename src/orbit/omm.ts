/**
 * Orbit Mean-Elements Messages (CCSDS 502.0-B-3 section 4) for SGP4, in the forms that catalogues are given out in: JSON and CSV as
 * of CelesTrak and Space-Track, XML (505.0-B-3) and keyword-value notation (KVN). Which form a text is in is seen from its start.
 * This file knows what the fields mean; omm-forms.ts finds them.
 */
import { parseIsoTime } from '../base/calendar.js';
import { InputFileError } from '../base/errors.js';
import { MAX_ELEMENT_SETS, type MeanElements } from './mean-elements.js';
import { type OmmFields, ommFieldsOf } from './omm-forms.js';

/**
 * Reads all messages of a file, in order. Throws an InputFileError that names line or field for a text in none of the forms, a
 * message without a field that SGP4 needs, a value out of range, elements of another theory, frame, centre or time system, or a
 * file without any message. Fields that positions do not depend on are passed over.
 */
export function readOmm(text: string, file: string): MeanElements[] {
  const sets: MeanElements[] = [];
  for (const fields of ommFieldsOf(text, file)) {
    if (sets.length >= MAX_ELEMENT_SETS) {
      throw new InputFileError(fields.place, `more than ${MAX_ELEMENT_SETS} messages, the most in one file`);
    }
    sets.push(new OmmReader(fields).elements());
  }
  if (sets.length === 0) {
    throw new InputFileError({ file }, 'found no elements, expected orbit mean-elements messages (OMM)');
  }
  return sets;
}

/** What a message may say of the theory, and what it must then be; each may be left out, as catalogues do. */
const PREMISES: readonly { readonly field: string; readonly form: RegExp; readonly expected: string }[] = [
  { field: 'CENTER_NAME', form: /^EARTH$/i, expected: 'EARTH' },
  { field: 'REF_FRAME', form: /^TEME(?:OFDATE)?$/i, expected: 'TEME' },
  { field: 'TIME_SYSTEM', form: /^UTC$/i, expected: 'UTC' },
  { field: 'MEAN_ELEMENT_THEORY', form: /^(?:SGP4|SGP\/SGP4|SDP4)$/i, expected: 'SGP4' },
  { field: 'EPHEMERIS_TYPE', form: /^0?$/, expected: '0, which means SGP4' },
];

class OmmReader {
  constructor(private readonly fields: OmmFields) {}

  elements(): MeanElements {
    for (const { field, form, expected } of PREMISES) {
      const found = this.fields.get(field);
      if (found !== undefined && !form.test(found)) throw this.#unexpected(field, expected);
    }
    return {
      name: this.fields.get('OBJECT_NAME') ?? '',
      catalogueNumber: this.#catalogueNumber(),
      internationalDesignator: this.fields.get('OBJECT_ID') ?? '',
      epochUnixUs: this.#epoch(),
      revolutionsPerDay: this.#number('MEAN_MOTION', 1e-4, 20),
      eccentricity: this.#number('ECCENTRICITY', 0, 0.9999999),
      inclinationDeg: this.#number('INCLINATION', 0, 180),
      ascendingNodeDeg: this.#number('RA_OF_ASC_NODE', -360, 360),
      argumentOfPerigeeDeg: this.#number('ARG_OF_PERICENTER', -360, 360),
      meanAnomalyDeg: this.#number('MEAN_ANOMALY', -360, 360),
      dragPerEarthRadius: this.#number('BSTAR', -10, 10),
    };
  }

  #catalogueNumber(): number {
    const text = this.#text('NORAD_CAT_ID', 'a catalogue number of up to nine digits');
    if (!/^\d{1,9}$/.test(text)) throw this.#unexpected('NORAD_CAT_ID', 'a catalogue number of up to nine digits');
    return Number(text);
  }

  #epoch(): number {
    const expected = 'a UTC time such as 2026-06-15T12:00:00.123456';
    const text = this.#text('EPOCH', expected);
    const epochUnixUs = parseIsoTime(text.endsWith('Z') ? text : `${text}Z`);
    if (epochUnixUs === undefined) throw this.#unexpected('EPOCH', expected);
    return epochUnixUs;
  }

  #number(field: string, low: number, high: number): number {
    const expected = `a number from ${low} to ${high}`;
    const text = this.#text(field, expected);
    const value = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= low && value <= high)) throw this.#unexpected(field, expected);
    return value;
  }

  #text(field: string, expected: string): string {
    const text = this.fields.get(field);
    if (text !== undefined && text !== '') return text;
    throw new InputFileError(this.fields.placeOf(field), `is missing, expected ${expected}`);
  }

  #unexpected(field: string, expected: string): InputFileError {
    const found = JSON.stringify(this.fields.get(field));
    const shown = found.length <= 40 ? found : `${found.slice(0, 36)}..."`;
    return new InputFileError(this.fields.placeOf(field), `found ${shown}, expected ${expected}`);
  }
}
