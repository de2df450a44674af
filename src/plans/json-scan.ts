/**
 * Where things stand in a JSON text: what JSON.parse does not tell. Used only where there is something to say about a place, so it
 * may cost more than parsing does. Nothing here recurses, so that deep nesting is no danger.
 */

/** A way into a JSON value: names of members and places in lists. */
export type JsonPath = readonly (string | number)[];

/** A fault of a text that is no JSON. */
export interface JsonFault {
  readonly offset: number;
  /** The value in which it lies. */
  readonly path: JsonPath;
  readonly expected: string;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Finds values in a text that is JSON. */
export class JsonPlaces {
  readonly #text: string;
  /** Offsets of the elements or members of each container that was looked into, by the container's own offset. */
  readonly #inside = new Map<number, ReadonlyMap<string | number, number>>();

  constructor(text: string) {
    this.#text = text;
  }

  /** The offset of a value, or of the innermost of its surroundings that exists. */
  offsetOf(path: JsonPath): number {
    let at = skipSpace(this.#text, 0);
    for (const step of path) {
      const inside = this.#childrenOf(at).get(step);
      if (inside === undefined) return at;
      at = inside;
    }
    return at;
  }

  /** A value as it is written. */
  sourceOf(path: JsonPath): string {
    const at = this.offsetOf(path);
    return this.#text.slice(at, skipValue(this.#text, at));
  }

  #childrenOf(container: number): ReadonlyMap<string | number, number> {
    const known = this.#inside.get(container);
    if (known !== undefined) return known;
    const text = this.#text;
    const children = new Map<string | number, number>();
    const isList = text[container] === '[';
    if (isList || text[container] === '{') {
      let at = skipSpace(text, container + 1);
      for (let i = 0; text[at] !== ']' && text[at] !== '}'; i++) {
        let key: string | number = i;
        if (!isList) {
          const end = skipValue(text, at);
          key = JSON.parse(text.slice(at, end)) as string;
          at = skipSpace(text, skipSpace(text, end) + 1);
        }
        children.set(key, at);
        at = skipSpace(text, skipValue(text, at));
        if (text[at] === ',') at = skipSpace(text, at + 1);
      }
    }
    this.#inside.set(container, children);
    return children;
  }
}

/** The first fault of a text that is no JSON; undefined where it is JSON. */
export function findJsonFault(text: string): JsonFault | undefined {
  const around: { readonly isList: boolean; key: string | number }[] = [];
  const fault = (offset: number, expected: string): JsonFault => ({
    offset,
    path: around.map(({ key }) => key),
    expected,
  });
  const nameExpected = 'the name of a member in double quotes and a colon';
  let at = 0;
  for (let isValueDue = true; ; ) {
    at = skipSpace(text, at);
    const inner = around[around.length - 1];
    if (isValueDue) {
      const isList = text[at] === '[';
      if (isList || text[at] === '{') {
        around.push({ isList, key: isList ? 0 : '' });
        at = skipSpace(text, at + 1);
        if (text[at] === (isList ? ']' : '}')) {
          around.pop();
          at++;
          isValueDue = false;
        } else if (!isList) {
          at = enterMember();
          if (at < 0) return fault(-at - 1, nameExpected);
        }
      } else {
        at = endOfScalar(text, at);
        isValueDue = false;
      }
      if (at < 0) return fault(-at - 1, 'a JSON value');
    } else if (inner === undefined) {
      return at === text.length ? undefined : fault(at, 'nothing after the end of the JSON value');
    } else if (text[at] === ',') {
      at = skipSpace(text, at + 1);
      if (typeof inner.key === 'number') inner.key++;
      else at = enterMember();
      if (at < 0) return fault(-at - 1, nameExpected);
      isValueDue = true;
    } else if (text[at] === (inner.isList ? ']' : '}')) {
      around.pop();
      at++;
    } else return fault(at, inner.isList ? '"," or "]"' : '"," or "}"');
  }

  /** Past the name of a member and its colon; -1 - offset where there is none. */
  function enterMember(): number {
    const start = skipSpace(text, at);
    const end = text[start] === '"' ? endOfScalar(text, start) : -1 - start;
    if (end < 0) return end;
    (around[around.length - 1] as { key: string | number }).key = JSON.parse(text.slice(start, end)) as string;
    const colon = skipSpace(text, end);
    return text[colon] === ':' ? colon + 1 : -1 - colon;
  }
}

/**
 * The first member of a JSON text whose name another member of its object has already, and where it begins; undefined without one.
 * JSON.parse would keep the last of them and drop the others without a word.
 */
export function findRepeatedMember(text: string): { readonly offset: number; readonly path: JsonPath } | undefined {
  const around: { key: string | number; readonly names: Set<string> | undefined }[] = [];
  let isNameDue = false;
  for (let at = 0; at < text.length; at++) {
    const inner = around[around.length - 1];
    const unit = text[at];
    if (unit === '{' || unit === '[') {
      const isList = unit === '[';
      around.push(isList ? { key: 0, names: undefined } : { key: '', names: new Set() });
      isNameDue = !isList;
    } else if (unit === '}' || unit === ']') around.pop();
    else if (unit === ',') {
      if (typeof inner?.key === 'number') inner.key++;
      else isNameDue = true;
    } else if (unit === '"') {
      const end = skipString(text, at);
      if (isNameDue && inner?.names !== undefined) {
        const source = text.slice(at, end);
        const name = source.includes('\\') ? (JSON.parse(source) as string) : source.slice(1, -1);
        inner.key = name;
        if (inner.names.has(name)) return { offset: at, path: around.map(({ key }) => key) };
        inner.names.add(name);
        isNameDue = false;
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** The end of a string, number or word; -1 - offset of what is wrong with it. */
function endOfScalar(text: string, start: number): number {
  if (text[start] !== '"') {
    for (const pattern of [NUMBER, WORD]) {
      pattern.lastIndex = start;
      if (pattern.test(text)) return pattern.lastIndex;
    }
    return -1 - start;
  }
  let at = start + 1;
  while (at < text.length && text[at] !== '"') {
    if (text[at] === '\\') {
      ESCAPE.lastIndex = at;
      if (!ESCAPE.test(text)) return -1 - at;
      at = ESCAPE.lastIndex;
    } else if (text.charCodeAt(at) < 0x20) return -1 - at;
    else at++;
  }
  return at < text.length ? at + 1 : -1 - start;
}

/** The end of a value of JSON. */
function skipValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const unit = text[at];
    if (unit === '"') at = skipString(text, at);
    else if (unit === '{' || unit === '[') {
      depth++;
      at++;
    } else if (unit === '}' || unit === ']') {
      depth--;
      at++;
    } else if (depth > 0) at++;
    else while (at < text.length && !/[\s,\]}]/.test(text[at] as string)) at++;
  } while (depth > 0 && at < text.length);
  return at;
}

function skipString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
  return text.length;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  for (;;) {
    const unit = text.charCodeAt(at);
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return at;
    at++;
  }
}
