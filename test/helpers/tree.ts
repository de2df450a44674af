/** The repository as text: its files, and TypeScript with comments or strings blanked out, for tests that read sources. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** A file of the tree; paths are relative to the root and have forward slashes. */
export interface TreeFile {
  readonly path: string;
  readonly text: string;
}

/** A TypeScript file; all three texts have the same length, so an offset means the same place in each. */
export interface SourceFile extends TreeFile {
  /** Without comments. */
  readonly uncommented: string;
  /** Without comments and without what stands between quotes or in a regular expression. */
  readonly code: string;
}

/** An import, export-from or quoted relative path to a module. */
export interface Import {
  readonly specifier: string;
  /** `import` and `export ... from` statements and `import()`; false for a mere string that names a module. */
  readonly isStatement: boolean;
  readonly offset: number;
}

/** Reads the files under `folders` (or the named files) whose names end in one of `endings`. */
export function readTree(folders: readonly string[], endings: readonly string[]): TreeFile[] {
  const files: TreeFile[] = [];
  const visit = (path: string) => {
    if (statSync(join(ROOT, path)).isDirectory()) {
      for (const name of readdirSync(join(ROOT, path)).sort()) visit(`${path}/${name}`);
    } else if (endings.some((ending) => path.endsWith(ending))) files.push(readFile(path));
  };
  for (const folder of folders) visit(folder);
  return files;
}

/** One file of the tree. */
export function readFile(path: string): TreeFile {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') };
}

/** A TypeScript file with its blanked texts. */
export function sourceOf({ path, text }: TreeFile): SourceFile {
  return { path, text, ...new Scanner(text).scan() };
}

/** The 1-based line of an offset. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Every module that a source names. */
export function importsOf({ uncommented, code }: SourceFile): Import[] {
  const imports: Import[] = [];
  const statement = /\b(?:import|export)\b(?:[^'";`]*?\bfrom)?\s*\(?\s*'([^'\n]+)'/g;
  for (const match of uncommented.matchAll(statement)) {
    if (!/^(?:import|export)/.test(code.slice(match.index))) continue; // the words stood inside a string
    imports.push({ specifier: match[1] as string, isStatement: true, offset: match.index });
  }
  for (const match of uncommented.matchAll(/'(\.{1,2}\/[^'\n]*\.js)'/g)) {
    const isKnown = imports.some((each) => each.specifier === match[1]);
    if (!isKnown) imports.push({ specifier: match[1] as string, isStatement: false, offset: match.index });
  }
  return imports;
}

/** The path in the tree that a relative specifier names, `.js` meaning the `.ts` beside it; undefined for a package. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

const VALUE_KEYWORDS = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'delete',
  'void',
  'throw',
  'new',
  'else',
  'do',
]);

/** Tells code from comments, strings, templates and regular expressions; knows just enough of TypeScript for that. */
class Scanner {
  readonly #text: string;
  readonly #uncommented: string[];
  readonly #code: string[];
  #at = 0;
  /** The last word or character of code: what a slash after it means depends on it. */
  #last = '';
  #depth = 0;
  /** Depth of braces at which each open template goes on. */
  readonly #templates: number[] = [];

  constructor(text: string) {
    this.#text = text;
    this.#uncommented = [...Array.from({ length: text.length }, (_, i) => text[i] as string)];
    this.#code = this.#uncommented.slice();
  }

  scan(): { uncommented: string; code: string } {
    while (this.#at < this.#text.length) this.#step();
    return { uncommented: this.#uncommented.join(''), code: this.#code.join('') };
  }

  #step(): void {
    const rest = this.#text[this.#at + 1];
    const char = this.#text[this.#at] as string;
    if (char === '/' && rest === '/') this.#comment(this.#find('\n', this.#at));
    else if (char === '#' && rest === '!' && this.#at === 0) this.#comment(this.#find('\n', 0));
    else if (char === '/' && rest === '*') this.#comment(this.#find('*/', this.#at + 2) + 2);
    else if (char === "'" || char === '"') this.#string(char);
    else if (char === '`') this.#template();
    else if (char === '/' && this.#startsRegex()) this.#regex();
    else if (char === '}' && this.#templates.at(-1) === this.#depth) {
      this.#templates.pop();
      this.#template();
    } else this.#plain(char);
  }

  #plain(char: string): void {
    if (char === '{') this.#depth++;
    if (char === '}') this.#depth--;
    const word = /^[\w$]+/.exec(this.#text.slice(this.#at, this.#at + 64))?.[0];
    if (!/\s/.test(char)) this.#last = word ?? char;
    this.#at += word?.length ?? 1;
  }

  #comment(end: number): void {
    this.#blank(this.#uncommented, this.#at, end);
    this.#blank(this.#code, this.#at, end);
    this.#at = end;
  }

  #string(quote: string): void {
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text[end] !== quote && this.#text[end] !== '\n') {
      end += this.#text[end] === '\\' ? 2 : 1;
    }
    this.#blank(this.#code, this.#at + 1, end);
    this.#at = end + 1;
    this.#last = '"';
  }

  /** From a backtick, or from the brace that ends a substitution, to the next of either. */
  #template(): void {
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text[end] !== '`' && !this.#text.startsWith('${', end)) {
      end += this.#text[end] === '\\' ? 2 : 1;
    }
    this.#blank(this.#code, this.#at + 1, end);
    if (this.#text[end] === '`') {
      this.#at = end + 1;
      this.#last = '"';
    } else {
      this.#templates.push(this.#depth);
      this.#at = end + 2;
      this.#last = '(';
    }
  }

  #startsRegex(): boolean {
    return this.#last === '' || '(,=:[!&|?{};+-*%<>~^'.includes(this.#last) || VALUE_KEYWORDS.has(this.#last);
  }

  #regex(): void {
    let end = this.#at + 1;
    let inClass = false;
    for (; end < this.#text.length && this.#text[end] !== '\n'; end++) {
      const char = this.#text[end];
      if (char === '\\') end++;
      else if (char === '[') inClass = true;
      else if (char === ']') inClass = false;
      else if (char === '/' && !inClass) break;
    }
    this.#blank(this.#code, this.#at + 1, end);
    this.#at = end + 1;
    this.#last = '"';
  }

  #find(what: string, from: number): number {
    const found = this.#text.indexOf(what, from);
    return found < 0 ? this.#text.length : found;
  }

  #blank(into: string[], from: number, to: number): void {
    for (let i = from; i < to && i < into.length; i++) if (into[i] !== '\n') into[i] = ' ';
  }
}
