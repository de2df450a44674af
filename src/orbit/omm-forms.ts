/**
 * The fields of orbit mean-elements messages as texts, out of JSON, CSV, XML or keyword-value notation, with the place of each for
 * error messages. What the fields mean is up to omm.ts.
 */
import { type FilePosition, InputFileError, messageOf } from '../base/errors.js';

/** The fields of one message. */
export class OmmFields {
  readonly #texts = new Map<string, string>();
  readonly #places = new Map<string, FilePosition>();

  /** `place` is where the message begins. */
  constructor(readonly place: FilePosition) {}

  /** A field without the space around it. */
  get(field: string): string | undefined {
    return this.#texts.get(field);
  }

  /** Where a field stands, or where the message does that lacks it. */
  placeOf(field: string): FilePosition {
    const { field: within } = this.place;
    const place = this.#places.get(field) ?? this.place;
    return { ...place, field: within === undefined ? field : `${within}.${field}` };
  }

  /** Takes a field in; `place` is its line. Throws an InputFileError where it was there before. */
  add(field: string, text: string, place: FilePosition): void {
    if (this.#texts.has(field)) throw new InputFileError({ ...place, field }, 'is given twice in one message');
    this.#texts.set(field, text.trim());
    this.#places.set(field, place);
  }
}

/** The messages of a text, one after the other. Throws an InputFileError for a text in none of the forms. */
export function ommFieldsOf(text: string, file: string): Iterable<OmmFields> {
  const clean = text.replace(/^\ufeff/, '');
  const start = /\S/.exec(clean)?.[0];
  if (start === '[' || start === '{') return jsonMessages(clean, file);
  if (start === '<') return xmlMessages(clean, file);
  if (/^\s*(?:CCSDS_OMM_VERS|COMMENT|[A-Z_0-9]+ *=)/.test(clean)) return keywordMessages(clean, file);
  if (/^[^\n]*\bEPOCH\b[^\n]*,|^[^\n]*,[^\n]*\bEPOCH\b/.test(clean.slice(0, 4096))) return tableMessages(clean, file);
  const expected = 'JSON, XML, CSV with a line of field names, or lines of KEYWORD = VALUE';
  throw new InputFileError({ file }, `found no orbit mean-elements messages (OMM), expected ${expected}`);
}

function* jsonMessages(text: string, file: string): Generator<OmmFields> {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (thrown) {
    // Of the parser's words the place is of use; a file in one line has no other.
    const offset = /position (\d+)/.exec(messageOf(thrown))?.[1];
    const place = offset === undefined ? {} : placeAt(text, Number(offset));
    throw new InputFileError({ file, ...place }, 'this is no JSON');
  }
  const list = Array.isArray(root) ? (root as readonly unknown[]) : [root];
  for (let i = 0; i < list.length; i++) {
    const value = list[i];
    const place = { file, field: String(i) };
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw new InputFileError(
        place,
        `found ${JSON.stringify(value).slice(0, 40)}, expected an object with OMM fields`,
      );
    }
    const fields = new OmmFields(place);
    for (const [field, content] of Object.entries(value)) {
      // A null is a field that is not there; Space-Track writes numbers as texts.
      if (typeof content !== 'string' && typeof content !== 'number') continue;
      fields.add(field, String(content), place);
    }
    yield fields;
  }
}

function placeAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf('\n');
  return { line: before.split('\n').length, column: offset - lastBreak };
}

function* tableMessages(text: string, file: string): Generator<OmmFields> {
  const lines = text.split(/\r\n|\n|\r/);
  let head: readonly string[] | undefined;
  for (let i = 0; i < lines.length; i++) {
    const source = lines[i] as string;
    if (source.trim() === '') continue;
    const place = { file, line: i + 1 };
    const cells = cellsOf(source, place);
    if (head === undefined) {
      head = cells.map((cell) => cell.trim());
      continue;
    }
    if (cells.length !== head.length) {
      throw new InputFileError(place, `found ${cells.length} values, expected ${head.length} as in the first line`);
    }
    const fields = new OmmFields(place);
    cells.forEach((cell, at) => {
      fields.add((head as readonly string[])[at] as string, cell, place);
    });
    yield fields;
  }
}

/** The values of a line of CSV (RFC 4180), which may stand in quotes. */
function cellsOf(line: string, place: FilePosition): string[] {
  const cells: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (let at = 0; ; at = cell.lastIndex) {
    cell.lastIndex = at;
    const found = cell.exec(line);
    if (found === null) throw new InputFileError({ ...place, column: at + 1 }, 'found a quote that does not end');
    cells.push(found[1]?.replaceAll('""', '"') ?? (found[2] as string));
    if (found[3] === '') return cells;
  }
}

function* keywordMessages(text: string, file: string): Generator<OmmFields> {
  let fields: OmmFields | undefined;
  const lines = text.split(/\r\n|\n|\r/);
  for (let i = 0; i < lines.length; i++) {
    const source = (lines[i] as string).trim();
    if (source === '' || source.startsWith('COMMENT')) continue;
    const place = { file, line: i + 1 };
    const equals = source.indexOf('=');
    if (equals < 0) throw new InputFileError(place, `found "${source.slice(0, 40)}", expected KEYWORD = VALUE`);
    const field = source.slice(0, equals).trim();
    // A message begins with its version (CCSDS 502.0-B-3 section 4.2.2).
    if (field === 'CCSDS_OMM_VERS' && fields !== undefined) {
      yield fields;
      fields = undefined;
    }
    fields ??= new OmmFields(place);
    fields.add(field, source.slice(equals + 1).replace(/\[[^\]]*\]\s*$/, ''), place);
  }
  if (fields !== undefined) yield fields;
}

/** Elements that hold other elements; all others of a message are fields. */
const XML_CONTAINERS =
  /^(?:ndm|omm|header|body|segment|metadata|data|meanElements|tleParameters|covarianceMatrix|spacecraftParameters|userDefinedParameters)$/;

function* xmlMessages(text: string, file: string): Generator<OmmFields> {
  let fields: OmmFields | undefined;
  let line = 1;
  let counted = 0;
  for (let at = text.indexOf('<'); at >= 0; ) {
    for (let next = text.indexOf('\n', counted); next >= 0 && next < at; next = text.indexOf('\n', counted)) {
      line++;
      counted = next + 1;
    }
    const place = { file, line };
    const isComment = text.startsWith('<!--', at);
    const end = text.indexOf(isComment ? '-->' : '>', at);
    if (end < 0) throw new InputFileError(place, `found "${text.slice(at, at + 20)}" without an end`);
    const next = text.indexOf('<', end);
    const { isEnd, isEmpty, name } = isComment ? NO_TAG : tagOf(text.slice(at + 1, end));
    if (name === 'omm' && !isEnd) {
      if (fields !== undefined) throw new InputFileError(place, 'found <omm> within <omm>');
      fields = new OmmFields(place);
    } else if (name === 'omm' && fields !== undefined) {
      yield fields;
      fields = undefined;
    } else if (fields !== undefined && !isEnd && !isEmpty && !isPassedOver(name)) {
      fields.add(name, entitiesResolved(text.slice(end + 1, next < 0 ? text.length : next)), place);
    }
    at = next;
  }
  if (fields !== undefined) throw new InputFileError(fields.place, 'found <omm> without </omm>');
}

interface XmlTag {
  readonly isEnd: boolean;
  readonly isEmpty: boolean;
  /** Without a prefix of a namespace; empty for declarations. */
  readonly name: string;
}

const NO_TAG: XmlTag = { isEnd: false, isEmpty: true, name: '' };

function tagOf(inner: string): XmlTag {
  const found = /^(\/?)(?:[\w.-]{1,64}:)?([A-Za-z_][\w.-]{0,63})(?![\w.:-])/.exec(inner);
  if (found === null) return NO_TAG;
  return { isEnd: found[1] === '/', isEmpty: inner.endsWith('/'), name: found[2] as string };
}

function isPassedOver(name: string): boolean {
  return XML_CONTAINERS.test(name) || name === 'COMMENT' || name === 'USER_DEFINED';
}

function entitiesResolved(text: string): string {
  const known: { readonly [name: string]: string } = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => known[name] as string);
}
