/** What a target of the fuzzer is, and what it tells about an input. */
import { equalBytes } from '../src/base/bytes.js';
import type { Random } from '../src/base/random.js';
import { BUNDLE_RULES, BundleError } from '../src/bpv7/index.js';

/** A part of the project that takes bytes from outside. */
export interface Target {
  readonly name: string;
  /** How often a case goes over its input, 1 by default: its memory, garbage included, is bounded by so many multiples. */
  readonly passes?: number;
  /** An input in the form that the target takes, most often a valid one. */
  draw(random: Random): Uint8Array;
  /** Hands the input to the part and checks what it does; throws where a promise is broken. The same input does the same each time. */
  run(input: Uint8Array, tally: Tally): void;
}

/** A promise is broken: a finding. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

/** Breaks off with a finding unless the promise holds. */
export function expect(isKept: boolean, promise: string): asserts isKept {
  if (!isKept) throw new BrokenPromise(promise);
}

/** What inputs reached: counted for people, and told the fuzzer so that it keeps inputs that reach something new. */
export class Tally {
  /** How often each rule was reported, or each other outcome was seen. */
  readonly counts = new Map<string, number>();
  readonly #features = new Set<string>();
  #foundNew = false;

  /** Counts an outcome under a name with few values. */
  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  /** Marks that this was seen; the first time makes the input worth keeping. */
  see(feature: string): void {
    const before = this.#features.size;
    if (before >= MAX_FEATURES) return;
    this.#features.add(feature);
    if (this.#features.size > before) this.#foundNew = true;
  }

  /** Whether anything was seen for the first time since the last call. */
  takeNew(): boolean {
    const result = this.#foundNew;
    this.#foundNew = false;
    return result;
  }
}

/** Far above the number of places where something is reported; a bound for the case that a message has a value in words. */
const MAX_FEATURES = 50_000;

const RULES: ReadonlySet<string> = new Set(BUNDLE_RULES);

/** Calls `decode`; undefined where it reports a fault as it should. A fault reported in another way is a finding. */
export function decoded<T>(tally: Tally, input: Uint8Array, where: string, decode: () => T): T | undefined {
  try {
    return decode();
  } catch (thrown) {
    if (!(thrown instanceof BundleError)) throw thrown;
    checkFault(thrown, input.length);
    tally.count(thrown.code);
    tally.see(`${where} ${thrown.code} ${Math.min(thrown.block ?? -1, 3)} ${thrown.detail.replace(/\d+/g, '')}`);
    return undefined;
  }
}

/** A reported fault names a rule, its section, and a place in the input. */
export function checkFault(
  fault: { code: string; section: string; offset: number; block: number | undefined },
  length: number,
): void {
  const { code, section, offset, block } = fault;
  expect(RULES.has(code), `the rule ${code} is no rule`);
  expect(section.length > 0, `${code} has no section`);
  expect(Number.isInteger(offset) && offset >= 0 && offset <= length, `${code}: the offset is outside of the input`);
  expect(block === undefined || (Number.isInteger(block) && block >= 0), `${code}: no position of a block`);
}

/** Whether two values have the same content, bytes and big integers included. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && equalBytes(a, b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [one, other] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    if (!sameValue(one[key], other[key])) return false;
  }
  return true;
}
