/** Which processors there are, by kind and name. */
import { UsageError } from '../base/errors.js';
import type { Platform } from '../base/platform.js';
import type { ProcessorFactory, ProcessorKind, ProcessorKinds } from './contract.js';
import { DocCollector, WordCountCollector } from './doccollector.js';
import { MergeCombiner } from './mergecombiner.js';
import { describe } from './output.js';
import { SumReducer } from './sumreducer.js';
import { WordCountMapper } from './wordcountmapper.js';

/** The method that makes an object a processor of a kind, and what the kind is called in messages. */
export const PROCESSOR_SHAPES: { readonly [K in ProcessorKind]: { readonly method: string; readonly noun: string } } = {
  collect: { method: 'collect', noun: 'collector' },
  map: { method: 'run_map', noun: 'mapper' },
  combine: { method: 'combine', noun: 'combiner' },
  reduce: { method: 'reduce', noun: 'reducer' },
};

/** All four kinds, in the order of a job's phases. */
export const PROCESSOR_KINDS: readonly ProcessorKind[] = ['collect', 'map', 'combine', 'reduce'];

type Factories = { readonly [K in ProcessorKind]: Map<string, ProcessorFactory<K>> };

/**
 * Factories of processors. A new catalogue holds the built-in ones under LeoPyMR's names: `doccollector`,
 * `wordcountcollector`, `wordcountmapper`, `mergecombiner`, `sumreducer`.
 */
export class ProcessorCatalogue {
  readonly #factories: Factories = { collect: new Map(), map: new Map(), combine: new Map(), reduce: new Map() };

  constructor() {
    this.register('collect', 'doccollector', (platform) => new DocCollector(platform));
    this.register('collect', 'wordcountcollector', (platform) => new WordCountCollector(platform));
    this.register('map', 'wordcountmapper', () => new WordCountMapper());
    this.register('combine', 'mergecombiner', () => new MergeCombiner());
    this.register('reduce', 'sumreducer', () => new SumReducer());
  }

  /** Adds a factory. Throws a UsageError `processor-name-taken` where the kind has that name already. */
  register<K extends ProcessorKind>(kind: K, name: string, factory: ProcessorFactory<K>): void {
    if (this.#factories[kind].has(name)) {
      throw new UsageError('processor-name-taken', `there is already a ${PROCESSOR_SHAPES[kind].noun} named "${name}"`);
    }
    this.#factories[kind].set(name, factory);
  }

  has(kind: ProcessorKind, name: string): boolean {
    return this.#factories[kind].has(name);
  }

  /** All names of a kind, sorted. */
  names(kind: ProcessorKind): string[] {
    return [...this.#factories[kind].keys()].sort();
  }

  /**
   * A new processor. Throws a UsageError `unknown-processor` that names the nearest known one, or `bad-processor` where the
   * factory's product lacks the kind's method; what the factory throws passes through.
   */
  create<K extends ProcessorKind>(kind: K, name: string, platform: Platform): ProcessorKinds[K] {
    const factory = this.#factories[kind].get(name) as ProcessorFactory<K> | undefined;
    if (factory === undefined) throw new UsageError('unknown-processor', this.#unknownMessage(kind, name));
    const processor: unknown = factory(platform);
    checkProcessor(kind, name, processor);
    return processor;
  }

  /**
   * Whether the collector sends past the mappers: the value of COMP_SKIP_MAP of a fresh one, where LeoPyMR looks only for its
   * presence. Without a platform the collector must not use one while it is made. Errors are those of {@link create}.
   */
  skipsMap(name: string, platform: Platform = UNUSED_PLATFORM): boolean {
    return Boolean(this.create('collect', name, platform).COMP_SKIP_MAP);
  }

  #unknownMessage(kind: ProcessorKind, name: string): string {
    const { noun } = PROCESSOR_SHAPES[kind];
    const start = `there is no ${noun} named "${name}"`;
    const other = PROCESSOR_KINDS.find((candidate) => this.has(candidate, name));
    if (other !== undefined) return `${start}; "${name}" is a ${PROCESSOR_SHAPES[other].noun}`;
    const known = this.names(kind);
    return `${start}; did you mean "${nearestTo(name, known)}"? Known: ${known.join(', ')}`;
  }
}

/** Throws a UsageError `bad-processor` unless the object has the method that its kind needs. */
export function checkProcessor<K extends ProcessorKind>(
  kind: K,
  name: string,
  processor: unknown,
): asserts processor is ProcessorKinds[K] {
  const { method, noun } = PROCESSOR_SHAPES[kind];
  if (typeof processor === 'object' && processor !== null) {
    if (typeof (processor as { [key: string]: unknown })[method] === 'function') return;
  }
  const found = describe(processor);
  throw new UsageError(
    'bad-processor',
    `${noun} "${name}" must be an object with a method ${method}(), but is ${found}`,
  );
}

/** The name that takes the fewest edits to reach, the first of equals; `names` is not empty. */
function nearestTo(name: string, names: readonly string[]): string {
  let nearest = names[0] as string;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of names) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Insertions, deletions and replacements between two strings (Levenshtein). */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const current = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (previous[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] as number) + 1, (current[j - 1] as number) + 1));
    }
    previous = current;
  }
  return previous[to.length] as number;
}

const refuse = (): never => {
  throw new UsageError('no-platform', 'a collector must not use its platform while it is made');
};

/** For processors that are only looked at. */
const UNUSED_PLATFORM: Platform = { encodeUtf8: refuse, decodeUtf8: refuse, sha256: refuse, openFile: refuse };
