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
  for (const match of line.matchAll(/\S+/g)) words.push({ text: match[0], column: match.index + 1 });
  return words;
}
