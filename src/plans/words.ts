/** Lines of text as words with their columns. */

/** A word of a line with the column where it begins. */
export interface Word {
  readonly text: string;
  /** 1-based. */
  readonly column: number;
}

/** What stands between white space. */
export function splitWords(line: string): Word[] {
  const words: Word[] = [];
  for (let at = 0; at < line.length; at++) {
    if (isSpace(line, at)) continue;
    const start = at;
    while (at < line.length && !isSpace(line, at)) at++;
    words.push({ text: line.slice(start, at), column: start + 1 });
  }
  return words;
}

/** As `\s` of regular expressions has it, with a short way for ASCII. */
function isSpace(line: string, at: number): boolean {
  const unit = line.charCodeAt(at);
  return unit < 0x80 ? unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) : /\s/.test(line[at] as string);
}
