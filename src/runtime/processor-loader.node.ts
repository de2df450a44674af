/** Users' processors from JavaScript modules, beside the built-in ones. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, UsageError } from '../base/errors.js';
import type { Platform } from '../base/platform.js';
import { checkProcessor, PROCESSOR_SHAPES, ProcessorCatalogue } from '../processors/catalogue.js';
import type { ProcessorFactory, ProcessorKind } from '../processors/contract.js';
import { nodePlatform } from './platform.node.js';
import { withinLimit } from './time-limit.node.js';

/** Wall-clock time that a module may take to load: a model of some size takes seconds, one that waits for ever waits for ever. */
const LOAD_LIMIT_SECONDS = 60;

/** A processor that a job asks for. */
export interface ProcessorName {
  readonly kind: ProcessorKind;
  /** A built-in name; or a path (it starts with `./`, `../` or `/`, or ends in `.mjs` or `.js`). */
  readonly name: string;
}

/**
 * A catalogue that has all the named processors. Paths are relative to `baseDir`; each is registered under the path as given.
 *
 * A module exports `get_task`, a function that returns the processor (LeoPyMR's convention), or by default a class, a function
 * that returns the processor, or the processor itself, which then serves all jobs; functions and classes get the
 * {@link Platform}. Rejects with a UsageError: `processor-module` where a module cannot be loaded, `bad-processor` where it has
 * another shape, `unknown-processor` for a name that is neither built in nor a path.
 */
export async function loadProcessors(names: readonly ProcessorName[], baseDir: string): Promise<ProcessorCatalogue> {
  const catalogue = new ProcessorCatalogue();
  for (const { kind, name } of names) {
    if (catalogue.has(kind, name)) continue;
    if (isModulePath(name)) catalogue.register(kind, name, await loadFactory(kind, name, baseDir));
    catalogue.create(kind, name, nodePlatform);
  }
  return catalogue;
}

/** True where a processor's name is a path to a module. */
export function isModulePath(name: string): boolean {
  return /^(\.{0,2}\/)|\.m?js$/.test(name);
}

async function loadFactory<K extends ProcessorKind>(
  kind: K,
  name: string,
  baseDir: string,
): Promise<ProcessorFactory<K>> {
  const path = resolve(baseDir, name);
  let module: { readonly get_task?: unknown; readonly default?: unknown };
  try {
    const loading = import(pathToFileURL(path).href);
    module = await withinLimit(loading, LOAD_LIMIT_SECONDS, `it did not load within ${LOAD_LIMIT_SECONDS} s`);
  } catch (thrown) {
    throw new UsageError(
      'processor-module',
      `cannot load ${PROCESSOR_SHAPES[kind].noun} ${path}: ${messageOf(thrown)}`,
    );
  }
  const make = makerOf(module);
  if (make === undefined) throw new UsageError('bad-processor', expectation(kind, path, 'it exports neither'));
  return (platform) => {
    let made: unknown;
    try {
      made = make(platform);
    } catch (thrown) {
      throw new UsageError('bad-processor', expectation(kind, path, `making it failed: ${messageOf(thrown)}`));
    }
    checkProcessor(kind, path, made);
    return made;
  };
}

/** A function that makes the processor from the module's exports; undefined where there is nothing to make it from. */
function makerOf(module: {
  readonly get_task?: unknown;
  readonly default?: unknown;
}): ((platform: Platform) => unknown) | undefined {
  const { get_task: getTask, default: byDefault } = module;
  if (typeof getTask === 'function') return (platform) => getTask(platform);
  if (typeof byDefault === 'object' && byDefault !== null) return () => byDefault;
  if (typeof byDefault !== 'function') return undefined;
  if (isClass(byDefault)) {
    const Processor = byDefault as new (platform: Platform) => unknown;
    return (platform) => new Processor(platform);
  }
  return (platform) => byDefault(platform);
}

/** A class, or a function of the older style whose prototype has methods. */
function isClass(value: object): boolean {
  if (/^class\b/.test(Function.prototype.toString.call(value))) return true;
  const prototype: unknown = (value as { prototype?: unknown }).prototype;
  return typeof prototype === 'object' && prototype !== null && Object.keys(prototype).length > 0;
}

function expectation(kind: ProcessorKind, path: string, problem: string): string {
  const { method, noun } = PROCESSOR_SHAPES[kind];
  return (
    `${path} is no ${noun}: ${problem}; expected an export get_task() that returns an object with a method ${method}(), ` +
    'or a default export that is a class, a function that returns such an object, or the object itself'
  );
}
