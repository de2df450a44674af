/** The annotated tree of a bundle as text: one line a field, with marks where a rule is broken or was let pass. */
import { toHex } from '../../base/bytes.js';
import { type Allowance, annotateBundle, type BundleError, type BundleField } from '../../bpv7/index.js';
import { printable, type Style } from '../style.js';

/** A place in the input that a rule is about. */
type Mark = Pick<BundleError, 'code' | 'offset'> | Pick<Allowance, 'code' | 'offset'>;

const HEX_COLUMN = 26;
const NAME_COLUMN = 32;
const MEANING_COLUMN = 44;

/** Bytes that a line shows in full; of more it shows the start and the length. */
const MAX_SHOWN_BYTES = 12;

/** The lines of the tree, each ended; `error` and `allowances` are marked at the innermost field that holds their offset. */
export function* treeLines(
  bytes: Uint8Array,
  error: BundleError | undefined,
  allowances: readonly Allowance[],
  style: Style,
): Generator<string> {
  const offsetColumn = String(bytes.length).length + 1;
  const marks = marksOf(error, allowances);
  let next = 0;
  for (const field of annotateBundle(bytes)) {
    let line = fieldLine(field, bytes, offsetColumn, style);
    for (; next < marks.length && marks[next]!.offset < field.offset + field.length; next++) {
      line += markText(marks[next]!, error, style);
    }
    yield `${line}\n`;
  }
  for (; next < marks.length; next++) {
    const end = `${String(marks[next]!.offset).padStart(offsetColumn)}  end of input`;
    yield `${end}${markText(marks[next]!, error, style)}\n`;
  }
}

function marksOf(error: BundleError | undefined, allowances: readonly Allowance[]): Mark[] {
  const marks: Mark[] = error === undefined ? [...allowances] : [...allowances, error];
  return marks.sort((a, b) => a.offset - b.offset);
}

function markText(mark: Mark, error: BundleError | undefined, style: Style): string {
  return mark === error ? `  ${style.bad(`<-- ${mark.code}`)}` : `  ${style.accent(`<-- let pass: ${mark.code}`)}`;
}

function fieldLine(field: BundleField, bytes: Uint8Array, offsetColumn: number, style: Style): string {
  const { offset, length, depth, name, meaning, section, verdict } = field;
  const shown = `${String(offset).padStart(offsetColumn)}  ${hexText(bytes, offset, length).padEnd(HEX_COLUMN)}`;
  const words = printable(meaning);
  const padding = ' '.repeat(Math.max(0, MEANING_COLUMN - words.length));
  const dressed = verdict === 'right' ? style.good(words) : verdict === undefined ? words : style.bad(words);
  const label = `${'  '.repeat(depth)}${name}`.padEnd(NAME_COLUMN);
  const head = name.startsWith('block ') || depth === 0 ? style.bold(label) : label;
  return `${style.dim(shown)}  ${head}  ${dressed}${section === '' ? '' : `${padding}  ${style.dim(section)}`}`;
}

function hexText(bytes: Uint8Array, offset: number, length: number): string {
  if (length <= MAX_SHOWN_BYTES) return toHex(bytes.subarray(offset, offset + length));
  return `${toHex(bytes.subarray(offset, offset + 6))}... (${length})`;
}
