/**
 * What a machine can check about the sources, as functions from files to violations in words. No rule knows the tree by
 * itself, so that each can be shown a planted violation.
 */
import { posix } from 'node:path';
import { importsOf, lineOf, resolveImport, type SourceFile, type TreeFile } from './tree.js';

/** The folders of src/ by rung; imports go down only, and src/index.ts stands above all. */
export const LADDER: { readonly [folder: string]: number } = {
  base: 0,
  bpv7: 1,
  routing: 1,
  processors: 1,
  documents: 1,
  plans: 2,
  orbit: 2,
  convergence: 2,
  bpsec: 2,
  agent: 3,
  scheduler: 3,
  constellation: 3,
  streams: 4,
  spacecomp: 5,
  runtime: 6,
  simulator: 7,
  gateway: 7,
  node: 7,
  soak: 8,
  cli: 9,
};

const TOP = 10;

/** The two legs meet only above both: a folder on the left imports nothing from those on the right. */
const APART: { readonly [folder: string]: readonly string[] } = {
  agent: ['orbit', 'scheduler', 'processors'],
  streams: ['orbit', 'scheduler', 'processors'],
  scheduler: ['agent', 'bpv7', 'streams', 'convergence'],
  orbit: ['agent', 'bpv7', 'streams', 'convergence'],
  constellation: ['agent', 'bpv7', 'streams', 'convergence'],
};

/** Where src/ may be entered from outside. */
export const ENTRIES = ['src/index.ts', 'src/cli/main.ts'];

/** The most lines of a source file. */
export const MAX_FILE_LINES = 500;

/** The most lines of a function. */
export const MAX_FUNCTION_LINES = 90;

/** Imports go down the rungs, and the planning leg and the transport leg stay apart. */
export function ladderViolations(file: SourceFile): string[] {
  const folder = folderOf(file.path);
  const rung = rungOf(file.path);
  if (rung === undefined) return [`${file.path}: the folder ${folder} has no rung`];
  const violations: string[] = [];
  for (const { specifier, offset } of importsOf(file)) {
    const target = resolveImport(file.path, specifier);
    if (target === undefined || !target.startsWith('src/')) continue;
    const other = folderOf(target);
    if (other === folder) continue;
    const place = `${file.path}:${lineOf(file.text, offset)}: imports ${target}`;
    const below = rungOf(target);
    if (below === undefined || below >= rung) violations.push(`${place}: rung ${rung} may import lower ones only`);
    else if (APART[folder]?.includes(other)) violations.push(`${place}: ${folder} and ${other} stay apart`);
  }
  return violations;
}

const IMPURE: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Date.now', /(?<![\w$.#])Date\s*\.\s*now\b/g],
  ['new Date', /\bnew\s+Date\b/g],
  ['Math.random', /(?<![\w$.#])Math\s*\.\s*random\b/g],
  ['a timer', /(?<![\w$.#])(?:set(?:Timeout|Interval|Immediate)|queueMicrotask)\b/g],
  ['performance', /(?<![\w$.#])performance\s*\??\./g],
  ['process', /(?<![\w$.#])process\s*(?:\??\.|\[)/g],
  ['Buffer', /(?<![\w$.#])Buffer\b/g],
  ['TextEncoder or TextDecoder', /(?<![\w$.#])Text(?:En|De)coder\b/g],
  ['console', /(?<![\w$.#])console\s*\??\./g],
  ['globalThis', /(?<![\w$.#])globalThis\b/g],
];

/** Only *.node.ts, cli/, gateway/ and src/index.ts touch the machine: its modules, clock, randomness, streams. */
export function purityViolations(file: SourceFile): string[] {
  if (isMachineFile(file.path)) return [];
  const violations: string[] = [];
  for (const { specifier, offset } of importsOf(file)) {
    if (!specifier.startsWith('node:') && !specifier.endsWith('.node.js')) continue;
    violations.push(`${file.path}:${lineOf(file.text, offset)}: pure code imports ${specifier}`);
  }
  for (const [name, pattern] of IMPURE) {
    for (const match of file.code.matchAll(pattern)) {
      violations.push(`${file.path}:${lineOf(file.text, match.index)}: pure code uses ${name}`);
    }
  }
  return violations;
}

/** Relative imports name the compiled file, as ESM wants it. */
export function importFormViolations(file: SourceFile): string[] {
  return importsOf(file)
    .filter(({ specifier, isStatement }) => isStatement && specifier.startsWith('.') && !/\.js$/.test(specifier))
    .map(({ specifier, offset }) => `${file.path}:${lineOf(file.text, offset)}: '${specifier}' does not end in .js`);
}

/** Every file can be reached from an entry. */
export function deadFiles(files: readonly SourceFile[], entries: readonly string[] = ENTRIES): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const queue = [...entries];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const { specifier } of importsOf(file)) {
      const target = resolveImport(path, specifier);
      if (target !== undefined) queue.push(target);
    }
  }
  return files.filter(({ path }) => !reached.has(path)).map(({ path }) => `${path}: nothing imports it`);
}

/** Every import cycle, as the files that it runs through. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    const file = byPath.get(path);
    if (file === undefined || state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      return;
    }
    state.set(path, 'open');
    for (const target of runtimeImports(file)) visit(target, [...trail, path]);
    state.set(path, 'done');
  };
  for (const { path } of files) visit(path, []);
  return cycles;
}

/** What a file loads when it runs: type imports vanish in compilation. */
function runtimeImports(file: SourceFile): string[] {
  return importsOf(file).flatMap(({ specifier, isStatement, offset }) => {
    const isType = /^(?:import|export)\s+type\b/.test(file.code.slice(offset));
    const target = resolveImport(file.path, specifier);
    return target === undefined || isType || !isStatement ? [] : [target];
  });
}

const EXPORT =
  /^export (?:default )?(?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|interface|type|const|let|enum) ([\w$]+)/;

/** Every exported declaration has a doc comment right above it; of overloads the first. */
export function docViolations(file: SourceFile): string[] {
  const lines = file.text.split('\n');
  const codeLines = file.code.split('\n');
  const violations: string[] = [];
  let before = '';
  codeLines.forEach((line, i) => {
    const name = EXPORT.exec(line)?.[1];
    if (name === undefined) return;
    const isOverload = name === before && /^export (?:async )?function/.test(line);
    before = name;
    if (!isOverload && !hasDocAbove(lines, i)) {
      violations.push(`${file.path}:${i + 1}: the export ${name} has no doc comment`);
    }
  });
  return violations;
}

function hasDocAbove(lines: readonly string[], at: number): boolean {
  const end = lines[at - 1]?.trimEnd() ?? '';
  if (!end.endsWith('*/')) return false;
  let start = at - 1;
  while (start > 0 && !(lines[start] as string).includes('/*')) start--;
  const comment = lines.slice(start, at).join(' ');
  return /\/\*\*/.test(comment) && (comment.match(/[A-Za-z]{2,}/g)?.length ?? 0) > 0;
}

/** No `any`: what is not known is `unknown`. */
export function anyViolations(file: SourceFile): string[] {
  return [...file.code.matchAll(/(?<![\w$.#])any(?![\w$]|\s*[(=]|\s*:)/g)].map(
    (match) => `${file.path}:${lineOf(file.text, match.index)}: the type any`,
  );
}

/** Files and functions of a size that is read at one sitting. */
export function sizeViolations(file: SourceFile): string[] {
  const violations: string[] = [];
  const lines = file.text.split('\n').length - 1;
  if (lines > MAX_FILE_LINES) violations.push(`${file.path}: ${lines} lines, at most ${MAX_FILE_LINES}`);
  for (const { offset, length } of functionsOf(file.code)) {
    if (length <= MAX_FUNCTION_LINES) continue;
    violations.push(
      `${file.path}:${lineOf(file.text, offset)}: a function of ${length} lines, at most ${MAX_FUNCTION_LINES}`,
    );
  }
  return violations;
}

const NO_FUNCTION = /\b(?:if|for|while|switch|catch|with)\s*\([^{}]*$/;

/** Bodies of functions, methods and arrow functions, with their lengths in lines. */
function functionsOf(code: string): { offset: number; length: number }[] {
  const functions: { offset: number; length: number }[] = [];
  const open: number[] = [];
  for (let i = 0; i < code.length; i++) {
    if (code[i] === '{') open.push(i);
    if (code[i] !== '}') continue;
    const start = open.pop();
    if (start === undefined) continue;
    const head = code.slice(Math.max(0, start - 400), start);
    const statement = head.slice(Math.max(head.lastIndexOf(';'), head.lastIndexOf('{'), head.lastIndexOf('}')) + 1);
    const isArrow = /=>\s*$/.test(head);
    const isBody = isArrow || (/\)\s*(?::[^;{}]*)?$/.test(statement) && !NO_FUNCTION.test(statement));
    if (isBody) functions.push({ offset: start, length: lineOf(code.slice(start, i), i - start) });
  }
  return functions;
}

const WORDS: readonly RegExp[] = [
  // Written in parts, so that this file does not break its own rule.
  new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`, 'g'),
  new RegExp(['not ' + 'implemented', 'for ' + 'now', 'place' + 'holder', 'lorem ' + 'ipsum'].join('|'), 'gi'),
];

/** Words that say that something is not finished. */
export function wordViolations({ path, text }: TreeFile): string[] {
  return WORDS.flatMap((word) =>
    [...text.matchAll(word)].map((match) => `${path}:${lineOf(text, match.index)}: the words "${match[0]}"`),
  );
}

/** No test runs alone; one that is left out says why, in a comment on its line or above it or as `(skipped ...)` in its name. */
export function focusViolations(file: SourceFile): string[] {
  const lines = file.text.split('\n');
  return [...file.code.matchAll(/\b(?:it|test|describe|suite)\s*\.\s*(only|skip|skipIf|runIf|todo|fails)\b/g)].flatMap(
    (match) => {
      const line = lineOf(file.text, match.index);
      const near = `${lines[line - 2] ?? ''}\n${lines[line - 1] ?? ''}`;
      if (match[1] !== 'only' && /\/\/\s*\S+|\*\/|\(skipped \w/.test(near)) return [];
      return [`${file.path}:${line}: .${match[1]} without a reason`];
    },
  );
}

const MACHINE_PATH =
  /(?<![\w.:/-])\/(?:home|Users|root|work|tmp|mnt|private|var\/folders)\/[\w.-]+|\b[A-Z]:\\{1,2}[A-Za-z]+\\/g;

/** No path that exists on one machine only. */
export function machinePathViolations({ path, text }: TreeFile): string[] {
  return [...text.matchAll(MACHINE_PATH)].map(
    (match) => `${path}:${lineOf(text, match.index)}: the path ${match[0]} is of one machine`,
  );
}

/** Every scenario has a line in the README of its folder. */
export function unlistedScenarios(names: readonly string[], readme: string): string[] {
  return names
    .filter((name) => !new RegExp(`\\(${name.replace(/\./g, '\\.')}\\)[^\\n]*\\w`).test(readme))
    .map((name) => `scenarios/${name}: has no line in scenarios/README.md`);
}

/** The folders of src/ stand in the table of the README, in ladder order. */
export function folderTableViolations(folders: readonly string[], readme: string): string[] {
  const rows = [...readme.matchAll(/^\| `src\/(\w+)\/` \|/gm)].map((match) => match[1] as string);
  const missing = folders.filter((folder) => !rows.includes(folder));
  const unknown = rows.filter((row) => !folders.includes(row));
  const rungs = rows.map((row) => LADDER[row] ?? -1);
  const isOrdered = rungs.every((rung, i) => i === 0 || rung >= (rungs[i - 1] as number));
  return [
    ...missing.map((folder) => `README.md: the table of folders lacks src/${folder}/`),
    ...unknown.map((folder) => `README.md: the table of folders has src/${folder}/, which does not exist`),
    ...(isOrdered ? [] : ['README.md: the table of folders is not in ladder order']),
  ];
}

/** Files and constants that a document names in backticks exist. */
export function staleNames(
  { path, text }: TreeFile,
  exists: (path: string) => boolean,
  constants: ReadonlySet<string>,
): string[] {
  const violations: string[] = [];
  for (const match of text.matchAll(/`((?:src|test|scenarios|scripts|bench|docs|\.ci)\/[\w./-]*)`/g)) {
    const named = match[1] as string;
    if (!exists(named)) violations.push(`${path}:${lineOf(text, match.index)}: ${named} does not exist`);
  }
  for (const match of text.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)) {
    const named = match[1] as string;
    if (!constants.has(named)) violations.push(`${path}:${lineOf(text, match.index)}: no constant ${named} in src/`);
  }
  return violations;
}

interface Dependencies {
  readonly dependencies?: { readonly [name: string]: string };
  readonly optionalDependencies?: { readonly [name: string]: string };
  readonly devDependencies?: { readonly [name: string]: string };
}

interface LockedPackage extends Dependencies {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
}

/** Pins are exact, and the lock file has all of them and all that they need, platform packages included. */
export function lockViolations(
  manifest: Dependencies,
  lock: { readonly packages: { readonly [path: string]: LockedPackage } },
): string[] {
  const violations: string[] = [];
  const root = lock.packages[''] ?? {};
  for (const kind of ['dependencies', 'optionalDependencies', 'devDependencies'] as const) {
    for (const [name, range] of Object.entries(manifest[kind] ?? {})) {
      if (!/^\d+\.\d+\.\d+$/.test(range)) violations.push(`package.json: ${name} is ${range}, not an exact version`);
      if (root[kind]?.[name] !== range) violations.push(`package-lock.json: ${kind} has no ${name} ${range}`);
    }
  }
  for (const [path, each] of Object.entries(lock.packages)) {
    if (path !== '' && each.integrity === undefined) violations.push(`package-lock.json: ${path} has no integrity`);
    if (each.resolved !== undefined && !each.resolved.startsWith('https://registry.npmjs.org/')) {
      violations.push(`package-lock.json: ${path} comes from ${each.resolved}`);
    }
    for (const name of Object.keys({ ...each.dependencies, ...each.optionalDependencies })) {
      if (!isLocked(path, name, lock.packages))
        violations.push(`package-lock.json: ${path || 'the root'} lacks ${name}`);
    }
  }
  return violations;
}

/** Whether a package that stands at `path` finds `name`, looking upwards as Node does. */
function isLocked(path: string, name: string, packages: { readonly [path: string]: unknown }): boolean {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`] !== undefined) return true;
    if (at === '') return false;
  }
}

function isMachineFile(path: string): boolean {
  return /\.node\.ts$|^src\/(?:cli|gateway)\//.test(path) || path === 'src/index.ts';
}

function folderOf(path: string): string {
  return posix.dirname(path) === 'src' ? posix.basename(path) : (path.split('/')[1] as string);
}

function rungOf(path: string): number | undefined {
  return path === 'src/index.ts' ? TOP : LADDER[folderOf(path)];
}
