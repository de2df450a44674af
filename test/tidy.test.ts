/** What a machine can check about style, checked on the tree; each rule is also shown a planted violation. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  anyViolations,
  deadFiles,
  docViolations,
  ENTRIES,
  focusViolations,
  folderTableViolations,
  importCycles,
  importFormViolations,
  LADDER,
  ladderViolations,
  lockViolations,
  MAX_FILE_LINES,
  MAX_FUNCTION_LINES,
  machinePathViolations,
  purityViolations,
  sizeViolations,
  staleNames,
  unlistedScenarios,
  wordViolations,
} from './helpers/tidy-rules.js';
import { importsOf, ROOT, readFile, readTree, type SourceFile, sourceOf } from './helpers/tree.js';

const sources = readTree(['src'], ['.ts']).map(sourceOf);
const tests = readTree(['test', 'bench', 'fuzz', 'vitest.config.ts'], ['.ts']).map(sourceOf);
const documents = [...readdirSync(ROOT), ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)]
  .filter((name) => name.endsWith('.md'))
  .map(readFile);
const texts = [
  ...readTree(
    ['src', 'test', 'bench', 'fuzz', 'scripts', 'scenarios', '.ci'],
    ['.ts', '.mjs', '.md', '.yaml', '.ionrc', 'run'],
  ),
  ...documents,
];
const json = (path: string) => JSON.parse(readFile(path).text);

const source = (path: string, text: string): SourceFile => sourceOf({ path, text });

describe('the import ladder', () => {
  it('goes down only, with the planning leg and the transport leg apart', () => {
    expect(sources.flatMap(ladderViolations)).toEqual([]);
  });

  it('has a rung for every folder', () => {
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).filter((name) => LADDER[name] === undefined)).toEqual([]);
  });

  it('has no cycle of files', () => {
    expect(importCycles(sources)).toEqual([]);
  });

  it.each([
    ['upwards', 'src/bpv7/x.ts', "import { a } from '../agent/a.js';"],
    ['sideways', 'src/bpv7/x.ts', "import { a } from '../routing/a.js';"],
    ['upwards in a type import', 'src/agent/x.ts', "import type { A } from '../runtime/a.js';"],
    ['upwards in a re-export', 'src/agent/x.ts', "export * from '../cli/a.js';"],
    ['upwards over several lines', 'src/agent/x.ts', "import {\n  a,\n} from '../cli/a.js';"],
    ['upwards in a dynamic import', 'src/agent/x.ts', "await import('../cli/a.js');"],
    ['upwards by a path in a string', 'src/agent/x.ts', "const PATH = '../cli/a.js';"],
    ['to the top', 'src/cli/x.ts', "import { a } from '../index.js';"],
    ['from an unknown folder', 'src/attic/x.ts', ''],
    ['from the transport leg to the planning leg', 'src/agent/x.ts', "import { a } from '../orbit/a.js';"],
    ['from streams to processors', 'src/streams/x.ts', "import { a } from '../processors/a.js';"],
    ['from the planning leg to the transport leg', 'src/scheduler/x.ts', "import { a } from '../convergence/a.js';"],
    ['from orbit to bundles', 'src/orbit/x.ts', "import { a } from '../bpv7/a.js';"],
  ])('catches an import %s', (_, path, text) => {
    expect(ladderViolations(source(path, text))).toHaveLength(1);
  });

  it('lets imports down pass, and words that only look like imports', () => {
    const text = `import { a } from '../base/a.js'; // from '../cli/a.js'\nconst text = "import x from '../cli/b'";`;
    expect(ladderViolations(source('src/agent/x.ts', text))).toEqual([]);
  });

  it('catches a cycle of files, though not one of types', () => {
    const a = source('src/base/a.ts', "import { b } from './b.js';");
    const b = (word: string) => source('src/base/b.ts', `${word} { a } from './a.js';`);
    expect(importCycles([a, b('import')])).toEqual(['src/base/a.ts -> src/base/b.ts -> src/base/a.ts']);
    expect(importCycles([a, b('import type')])).toEqual([]);
  });
});

describe('purity', () => {
  it('holds: only *.node.ts, cli/, gateway/ and the index touch the machine', () => {
    expect(sources.flatMap(purityViolations)).toEqual([]);
  });

  it.each([
    "import { readFile } from 'node:fs';",
    "export { x } from './x.node.js';",
    'const now = Date.now();',
    'const now = new Date(0);',
    'const luck = Math.random();',
    'setTimeout(go, 1);',
    'setInterval(go, 1);',
    'setImmediate(go);',
    'performance.now();',
    'process.exit(1);',
    "process['exit'](1);",
    'Buffer.from([]);',
    'new TextEncoder();',
    'new TextDecoder();',
    'console.log(1);',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is a source to be scanned
    'const text = `${Date.now()}`;',
    'globalThis.x = 1;',
  ])('catches %s', (text) => {
    expect(purityViolations(source('src/base/x.ts', text))).toHaveLength(1);
    expect(purityViolations(source('src/base/x.node.ts', text))).toEqual([]);
    expect(purityViolations(source('src/cli/x.ts', text))).toEqual([]);
  });

  it('lets words in comments and strings pass, and members of the same names', () => {
    const text =
      "// Date.now() is banned\nconst a = 'Date.now()'; /* Buffer */ this.process.run(ArrayBuffer, /console.log/);";
    expect(purityViolations(source('src/base/x.ts', text))).toEqual([]);
  });
});

describe('form', () => {
  it('relative imports end in .js', () => {
    expect([...sources, ...tests].flatMap(importFormViolations)).toEqual([]);
    expect(importFormViolations(source('src/base/x.ts', "import { a } from './a';"))).toHaveLength(1);
    expect(importFormViolations(source('src/base/x.ts', "import { a } from './a.ts';"))).toHaveLength(1);
  });

  it('nothing has the type any', () => {
    expect([...sources, ...tests].flatMap(anyViolations)).toEqual([]);
    for (const text of ['let a: any;', 'a as any', 'let a: Map<string, any>;', 'let a: any[];', 'type A = B | any;']) {
      expect(anyViolations(source('src/base/x.ts', text))).toHaveLength(1);
    }
    expect(anyViolations(source('src/base/x.ts', "// any\nPromise.any('any', { any: 1 });"))).toEqual([]);
  });

  it('every export in src/ has a doc comment', () => {
    expect(sources.flatMap(docViolations)).toEqual([]);
  });

  it.each([
    'export function a() {}',
    'export async function a() {}',
    'export class A {}',
    'export interface A {}',
    'export type A = 1;',
    'export const a = 1;',
    '/* no doc */\nexport const a = 1;',
    '/** A doc of something else. */\n\nexport const a = 1;',
    '/** */\nexport const a = 1;',
    '/** The a. */\nexport const a = 1;\nexport const b = 2;',
  ])('catches an export without one: %j', (text) => {
    expect(docViolations(source('src/base/x.ts', text))).toHaveLength(1);
  });

  it('takes one doc comment for all overloads, and none for a re-export', () => {
    const text =
      "/** Does a. */\nexport function a(x: 1): 1;\nexport function a(x: 2): 2;\nexport { b } from './b.js';";
    expect(docViolations(source('src/base/x.ts', text))).toEqual([]);
  });

  it('files and functions are of a size to be read', () => {
    expect(sources.flatMap(sizeViolations)).toEqual([]);
  });

  it('catches a file and a function that are too long', () => {
    expect(sizeViolations(source('src/base/x.ts', 'const a = 1;\n'.repeat(MAX_FILE_LINES + 1)))).toHaveLength(1);
    const lines = 'go();\n'.repeat(MAX_FUNCTION_LINES);
    const heads = [
      'function a(): void',
      'const a = () =>',
      'class A { #a(b: string): Map<string, number>',
      'export async function a(\n  b: 1,\n)',
    ];
    for (const head of heads) {
      const text = `${head} {\n${lines}}\n${head.startsWith('class') ? '}' : ''}`;
      expect(sizeViolations(source('src/base/x.ts', text)), head).toHaveLength(1);
    }
    expect(sizeViolations(source('src/base/x.ts', `class A {\n${lines}}\n`))).toEqual([]);
  });
});

describe('the tree', () => {
  it('has no dead file in src/', () => {
    expect(deadFiles(sources)).toEqual([]);
    const planted = [source(ENTRIES[0] as string, "import './a.js';"), source('src/a.ts', ''), source('src/b.ts', '')];
    expect(deadFiles(planted)).toEqual(['src/b.ts: nothing imports it']);
  });

  it('has no words that say that something is not finished', () => {
    expect(texts.flatMap(wordViolations)).toEqual([]);
    for (const word of [
      'TO' + 'DO',
      'FIX' + 'ME',
      'XX' + 'X',
      'Not ' + 'implemented',
      'for ' + 'now',
      'place' + 'holder',
    ]) {
      expect(wordViolations({ path: 'x', text: `a ${word} b` }), word).toHaveLength(1);
    }
  });

  it('runs every test, or says why not', () => {
    expect(tests.flatMap(focusViolations)).toEqual([]);
    for (const call of ['it.only', 'describe.only', 'it.skip', 'describe.skip', 'it.todo', 'it.skipIf']) {
      expect(focusViolations(source('test/x.test.ts', `${call}('a', () => {});`)), call).toHaveLength(1);
    }
    expect(focusViolations(source('test/x.test.ts', "// Needs a browser.\nit.skipIf(a)('b');"))).toEqual([]);
    expect(focusViolations(source('test/x.test.ts', "it.skipIf(a)('b (skipped without c)');"))).toEqual([]);
    expect(focusViolations(source('test/x.test.ts', "// Needs a browser.\nit.only('b');"))).toHaveLength(1);
  });

  it('names no path of one machine', () => {
    expect(texts.filter(({ path }) => path !== 'test/tidy.test.ts').flatMap(machinePathViolations)).toEqual([]);
    for (const path of ['/home/ada/x', '/Users/ada', '/work/x', '/tmp/x', 'C:\\Users\\ada']) {
      expect(machinePathViolations({ path: 'x', text: `open ${path} now` }), path).toHaveLength(1);
    }
    expect(machinePathViolations({ path: 'x', text: 'src/work/x ./tmp/x https://a.b/home/x' })).toEqual([]);
  });

  it('has a line in scenarios/README.md for every scenario', () => {
    const names = readdirSync(join(ROOT, 'scenarios')).filter((name) => name.endsWith('.yaml'));
    expect(unlistedScenarios(names, readFile('scenarios/README.md').text)).toEqual([]);
    expect(
      unlistedScenarios(['a.yaml', 'b.yaml'], '| [a.yaml](a.yaml) | Shows a. |\n| [b.yaml](b.yaml) |'),
    ).toHaveLength(1);
  });

  it('has a row in the README for every folder of src/, in ladder order', () => {
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const names = folders.map(({ name }) => name);
    expect(folderTableViolations(names, readFile('README.md').text)).toEqual([]);
    expect(folderTableViolations(['base', 'cli'], '| `src/cli/` | a |\n| `src/base/` | b |')).toHaveLength(1);
    expect(folderTableViolations(['base'], '| `src/cli/` | a |')).toHaveLength(2);
  });

  it('has documents that name only files and constants that exist', () => {
    const constants = new Set(sources.flatMap(({ code }) => code.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? []));
    const exists = (path: string) => existsSync(join(ROOT, path));
    expect(documents.flatMap((document) => staleNames(document, exists, constants))).toEqual([]);
    const planted = { path: 'x.md', text: '`src/a.ts`, `src/b.ts`, `MAX_A` and `MAX_B`' };
    expect(staleNames(planted, (path) => path === 'src/a.ts', new Set(['MAX_A']))).toHaveLength(2);
  });

  it('has exact pins and a whole lock file', () => {
    expect(lockViolations(json('package.json'), json('package-lock.json'))).toEqual([]);
    const locked = (version: string) => ({ version, integrity: 'sha512-x' });
    const packages = (a: object) => ({ packages: { '': { dependencies: { a: '1.0.0' } }, 'node_modules/a': a } });
    const manifest = { dependencies: { a: '1.0.0' } };
    expect(lockViolations(manifest, packages(locked('1.0.0')))).toEqual([]);
    expect(lockViolations({ dependencies: { a: '^1.0.0' } }, packages(locked('1.0.0')))).toHaveLength(2);
    expect(lockViolations(manifest, packages({ ...locked('1.0.0'), optionalDependencies: { b: '1' } }))).toHaveLength(
      1,
    );
    expect(
      lockViolations(manifest, packages({ ...locked('1.0.0'), resolved: 'http://mirror.example/a.tgz' })),
    ).toHaveLength(1);
    expect(lockViolations(manifest, packages({ version: '1.0.0' }))).toHaveLength(1);
  });
});

describe('the scanner under these rules', () => {
  it('tells code from comments, strings, templates and regular expressions', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is a source to be scanned
    const text = "a('x'); // b\n/* c */ `d ${e(`f ${g}`)} h` / i; j = /[/'k]/.test(l); m = n / o / p;";
    const { code, uncommented } = source('src/base/x.ts', text);
    expect(code.match(/[a-z]+/g)?.join('')).toBe('aegijtestlmnop');
    expect(uncommented.match(/\b[bc]\b/g)).toBeNull();
    expect(code).toHaveLength(text.length);
  });

  it('sees every import of a real file', () => {
    const file = sources.find(({ path }) => path === 'src/index.ts') as SourceFile;
    expect(importsOf(file)).toHaveLength(file.text.match(/ from '/g)?.length ?? 0);
  });
});
