import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/errors.js';
import { nodePlatform } from '../../src/runtime/platform.node.js';
import { isModulePath, loadProcessors } from '../../src/runtime/processor-loader.node.js';
import { reducePayloads } from '../processors/payloads.js';

let directory: string;

const modules: { readonly [name: string]: string } = {
  'get-task.mjs':
    'export function get_task(platform) { return { reduce: (p) => [p.length, typeof platform.openFile] }; }',
  'class.mjs':
    'export default class { constructor(platform) { this.p = platform; } reduce(p) { return [p.length, typeof this.p.openFile]; } }',
  'old-class.mjs': 'function Old() {} Old.prototype.reduce = (p) => [p.length, "function"]; export default Old;',
  'factory.mjs': 'export default (platform) => ({ reduce: (p) => [p.length, typeof platform.openFile] });',
  'object.mjs': 'export default { reduce: (p) => [p.length, "function"] };',
  'nothing.mjs': 'export const other = 1;',
  'mapper.mjs': 'export function get_task() { return { run_map() { return []; } }; }',
  'throws.mjs': 'export function get_task() { throw new Error("no licence"); }',
  'syntax.mjs': 'export default {',
  'skips.mjs': 'export default class { COMP_SKIP_MAP = true; collect() { return []; } }',
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'leodtn-loader-'));
  for (const [name, source] of Object.entries(modules)) await writeFile(join(directory, name), source);
});

afterAll(() => rm(directory, { recursive: true }));

describe('loadProcessors', () => {
  it.each(['./get-task.mjs', 'class.mjs', 'old-class.mjs', './factory.mjs', './object.mjs'])(
    'takes %s',
    async (name) => {
      const catalogue = await loadProcessors([{ kind: 'reduce', name }], directory);
      expect(catalogue.create('reduce', name, nodePlatform).reduce(reducePayloads([1, 2]))).toEqual([2, 'function']);
    },
  );

  it('takes absolute paths, built-in names and repeated names', async () => {
    const name = join(directory, 'object.mjs');
    const names = [
      { kind: 'reduce', name },
      { kind: 'reduce', name },
      { kind: 'map', name: 'wordcountmapper' },
    ] as const;
    expect((await loadProcessors(names, '/')).has('reduce', name)).toBe(true);
  });

  it('knows the flag of a loaded collector', async () => {
    const catalogue = await loadProcessors([{ kind: 'collect', name: './skips.mjs' }], directory);
    expect(catalogue.skipsMap('./skips.mjs')).toBe(true);
  });

  it.each([
    [
      './nothing.mjs',
      'bad-processor',
      /nothing\.mjs is no reducer: it exports neither; expected an export get_task\(\)/,
    ],
    ['./mapper.mjs', 'bad-processor', /must be an object with a method reduce\(\), but is an object/],
    ['./throws.mjs', 'bad-processor', /making it failed: no licence/],
    ['./syntax.mjs', 'processor-module', /cannot load reducer .*syntax\.mjs/],
    ['./nowhere.mjs', 'processor-module', /cannot load reducer .*nowhere\.mjs/],
    ['sumreducr', 'unknown-processor', /did you mean "sumreducer"/],
  ])('refuses %s', async (name, code, message) => {
    const error: unknown = await loadProcessors([{ kind: 'reduce', name }], directory).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).code).toBe(code);
    expect((error as UsageError).message).toMatch(message);
  });
});

describe('isModulePath', () => {
  it('tells paths from names', () => {
    const paths = ['./a', '../a', '/a', 'a.js', 'a.mjs', 'dir/a.mjs'];
    const names = ['sumreducer', 'a.json', '.hidden', 'my-js'];
    expect(paths.map(isModulePath)).toEqual(paths.map(() => true));
    expect(names.map(isModulePath)).toEqual(names.map(() => false));
  });
});
