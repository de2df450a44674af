/** The words of an A-SABR file, whose statements may run over lines. */
import { InputFileError } from '../base/errors.js';
import { splitWords, type Word } from './words.js';

/** A word with its line. */
export interface AsabrWord extends Word {
  /** 1-based. */
  readonly line: number;
  /** Whether it is the first of its line. */
  readonly isFirst: boolean;
}

const KEYWORDS: ReadonlySet<string> = new Set(['node', 'contact', 'enode', 'vnode']);

/** Reads words one after the other. */
export class AsabrWords {
  readonly #words: readonly AsabrWord[];
  readonly #file: string;
  #at = 0;
  /** Behind the first word of the statement. */
  #begun = 0;

  constructor(text: string, file: string) {
    this.#words = wordsOf(text);
    this.#file = file;
  }

  /** The next word, which stays; undefined at the end. */
  peek(): AsabrWord | undefined {
    return this.#words[this.#at];
  }

  /** Whether a statement may begin here. */
  get isAtKeyword(): boolean {
    return KEYWORDS.has(this.peek()?.text ?? '');
  }

  /** Whether a statement that may have more words need not: at the end, at a keyword, and at the end of the line. */
  get mayEnd(): boolean {
    return this.peek() === undefined || this.isAtKeyword || this.peek()?.isFirst === true;
  }

  /** Takes the next word. Throws an InputFileError at the end of the file. */
  take(field: string, expected: string): AsabrWord {
    const word = this.peek();
    if (word === undefined) throw this.error(field, `the file ends, expected ${expected}`);
    this.#at++;
    return word;
  }

  /** Takes the next word if it is this one. */
  takeIf(text: string): boolean {
    if (this.peek()?.text !== text) return false;
    this.#at++;
    return true;
  }

  /** Takes the word that begins a statement. */
  begin(): AsabrWord {
    const word = this.take('command', 'node, contact, enode or vnode');
    this.#begun = this.#at;
    return word;
  }

  /** Leaves the rest of a statement that was begun, up to a keyword at the beginning of a line. */
  skipStatement(): void {
    this.#at = this.#begun;
    while (this.peek() !== undefined && !(this.isAtKeyword && this.peek()?.isFirst === true)) this.#at++;
  }

  /** An error about a word; about the last one of the file where there is none. */
  error(field: string, problem: string, word = this.#words[this.#words.length - 1]): InputFileError {
    return new InputFileError({ file: this.#file, line: word?.line, column: word?.column, field }, problem);
  }

  /** An error about a word that should have been another. */
  unexpected(word: AsabrWord, field: string, expected: string): InputFileError {
    return this.error(field, `found "${word.text}", expected ${expected}`, word);
  }
}

/** Words without comments; brackets and commas at the ends of a word are words of their own. */
function wordsOf(text: string): AsabrWord[] {
  const words: AsabrWord[] = [];
  text.split(/\r?\n/).forEach((whole, i) => {
    const hash = whole.indexOf('#');
    let isFirst = true;
    for (const { text: word, column } of splitWords(hash < 0 ? whole : whole.slice(0, hash))) {
      const add = (start: number, end: number) => {
        words.push({ text: word.slice(start, end), line: i + 1, column: column + start, isFirst });
        isFirst = false;
      };
      let start = 0;
      let end = word.length;
      while (start < end && isDelimiter(word[start])) start++;
      while (end > start && isDelimiter(word[end - 1])) end--;
      for (let at = 0; at < start; at++) add(at, at + 1);
      if (end > start) add(start, end);
      for (let at = end; at < word.length; at++) add(at, at + 1);
    }
  });
  return words;
}

function isDelimiter(unit: string | undefined): boolean {
  return unit === '[' || unit === ']' || unit === ',';
}
