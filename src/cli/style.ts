/** Colours and safe text for a terminal; numbers and units in words are those of the report page. */
export { bytes, count, decimal, duration, plural, satelliteText } from '../simulator/html/words.js';

/** Dresses text for a terminal; every function returns its argument as it is where colours are off. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  accent(text: string): string;
}

/** Colours on a terminal only, and never where NO_COLOR is set. */
export function styleFor(isTty: boolean, env: { readonly [name: string]: string | undefined }): Style {
  const on = isTty && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  const dress = (code: number) => (text: string) => (on && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { bold: dress(1), dim: dress(2), good: dress(32), bad: dress(31), accent: dress(36) };
}

/** Text that cannot move the cursor or colour the terminal, whatever a file or a processor put in it. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    if (character === '\r') return '\\r';
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Text cut to a length, with dots where something is missing. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(1, length - 3))}...`;
}

/** Words in lines of at most `width` columns, each line after the first begun with `indent`. */
export function wrap(words: readonly string[], width: number, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${indent}`);
}

/** A word of a command line, quoted for a POSIX shell where it needs it. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
