/** The package as a user gets it: packed, unpacked into a project of its own, imported, type-checked and run. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, readFile } from './helpers/tree.js';

interface Manifest {
  readonly version: string;
  readonly exports: { readonly [subpath: string]: string | { readonly types: string; readonly default: string } };
  readonly dependencies: { readonly [name: string]: string };
  readonly optionalDependencies: { readonly [name: string]: string };
}

const manifest: Manifest = JSON.parse(readFile('package.json').text);
const subpaths = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === 'string' ? [] : [{ subpath, name: subpath.replace(/^\./, 'leodtn'), ...target }],
);

/** What the README promises; more may be exported, nothing of this may go. */
const PROMISED = [
  'BundleAgent',
  'BundleError',
  'ContactPlan',
  'MemoryBundleStore',
  'ProcessorCatalogue',
  'SatelliteNode',
  'UsageError',
  'constellationPlan',
  'decodeBundle',
  'encodeBundle',
  'findRoute',
  'formatIonPlan',
  'loadScenario',
  'parseIonPlan',
  'planJob',
  'readPlan',
  'runScenario',
  'writePlan',
];

let project: string;
let installed: string;

beforeAll(() => {
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'setup.mjs'), '--quiet'], { stdio: 'ignore' });
  project = mkdtempSync(join(tmpdir(), 'leodtn-package-'));
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', project], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  const modules = join(project, 'node_modules');
  installed = join(modules, 'leodtn');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(project, filename), '-C', installed, '--strip-components=1']);
  // No network: what the package depends on, and nothing else, comes from the repository's own installation.
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    const target = join(ROOT, 'node_modules', name);
    if (!existsSync(target)) continue; // an optional dependency that this machine has no binary of
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(target, join(modules, name), 'junction');
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
});

afterAll(() => {
  if (project !== undefined) rmSync(project, { recursive: true, force: true });
});

/** Runs Node in the project. */
function node(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8' });
}

describe('the packed package', () => {
  it('holds what it needs and nothing of the workshop', () => {
    const top = readdirSync(installed).sort();
    expect(top).toEqual(
      [
        'ARCHITECTURE.md',
        'CHANGELOG.md',
        'LICENSE',
        'NOTICE',
        'README.md',
        'dist',
        'docs',
        'package.json',
        'scenarios',
      ].sort(),
    );
    for (const { types, default: main } of subpaths) {
      expect(existsSync(join(installed, types)), types).toBe(true);
      expect(existsSync(join(installed, main)), main).toBe(true);
    }
  });

  it('has every entry importable, with the promised names at its root', () => {
    const script = `
      const names = {};
      for (const name of ${JSON.stringify(subpaths.map(({ name }) => name))}) names[name] = Object.keys(await import(name));
      process.stdout.write(JSON.stringify(names));
    `;
    const { status, stdout, stderr } = node('--input-type=module', '-e', script);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const names: { [entry: string]: string[] } = JSON.parse(stdout);
    expect(names['leodtn']).toEqual(expect.arrayContaining(PROMISED));
    for (const { name } of subpaths) expect(names[name]?.length, name).toBeGreaterThan(0);
  });

  it('does what it says through its public API', () => {
    const script = `
      import { decodeBundle, encodeBundle, loadScenario, parseIonPlan, runScenario, UsageError } from 'leodtn';
      const scenario = await loadScenario('node_modules/leodtn/scenarios/plan-file.yaml');
      const { report, planText } = await runScenario(scenario);
      const contacts = parseIonPlan(planText, 'plan').plan.contacts.length;
      let refused = '';
      try {
        await loadScenario('none.yaml');
      } catch (error) {
        refused = error instanceof UsageError ? 'UsageError' : String(error);
      }
      let fault = '';
      try {
        encodeBundle(decodeBundle(new Uint8Array([0x9f])));
      } catch (error) {
        fault = error.name;
      }
      process.stdout.write(JSON.stringify({ states: report.jobs.map((job) => job.state), contacts, refused, fault }));
    `;
    const { stdout, stderr } = node('--input-type=module', '-e', script);
    expect(stderr).toBe('');
    const { contacts, ...rest } = JSON.parse(stdout) as { contacts: number };
    expect(rest).toEqual({ states: ['done'], refused: 'UsageError', fault: 'BundleError' });
    expect(contacts).toBeGreaterThan(0);
  });

  it('type-checks in a strict project without any types of Node', () => {
    const imports = subpaths.map(({ name }, i) => `import * as entry${i} from '${name}';\nvoid entry${i};`);
    const use = `
      import { type Collector, ProcessorCatalogue, runScenario, type Scenario } from 'leodtn';
      const collector: Collector = { collect: (payload) => [payload.meta_data.data_id] };
      new ProcessorCatalogue().register('collect', 'mine', () => collector);
      export const go = async (scenario: Scenario): Promise<string | null> => (await runScenario(scenario)).report.traceHash;
    `;
    writeFileSync(join(project, 'user.ts'), `${imports.join('\n')}\n${use}`);
    const compilerOptions = {
      target: 'ES2022',
      module: 'NodeNext',
      moduleResolution: 'NodeNext',
      lib: ['ES2022', 'DOM'],
      types: [],
      strict: true,
      noEmit: true,
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['user.ts'] }));
    const { status, stdout } = node(join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.');
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  it('has a doc comment on every exported name', () => {
    const bare = subpaths.flatMap(({ types }) => undocumented(posix.normalize(types)));
    expect(bare).toEqual([]);
  });

  it('runs as a command', () => {
    const main = join('node_modules', 'leodtn', 'dist', 'cli', 'main.js');
    expect(readFileSync(join(installed, 'dist', 'cli', 'main.js'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(node(main, '--version')).toMatchObject({ status: 0, stdout: `${manifest.version}\n` });
    const scenario = join('node_modules', 'leodtn', 'scenarios', 'no-faults.yaml');
    const { status, stdout } = node(main, 'run', scenario, '--json');
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as { jobs: { state: string }[]; checks: { ok: boolean }[] };
    expect(report.jobs.map(({ state }) => state)).toEqual(['done']);
    expect(report.checks.every(({ ok }) => ok)).toBe(true);
    expect(node(main, 'run', 'none.yaml')).toMatchObject({ status: 2, stdout: '' });
  });
});

/** Names that a declaration file exports, itself or from others, without a doc comment where they are declared. */
function undocumented(path: string, only?: ReadonlySet<string>): string[] {
  const text = readFileSync(join(installed, path), 'utf8');
  const bare: string[] = [];
  const declared =
    /(\*\/\s*)?^export (?:declare )?(?:abstract )?(?:function|class|interface|type|const|let|enum) ([\w$]+)/gm;
  const seen = new Set<string>();
  for (const [, doc, name] of text.matchAll(declared)) {
    if (doc === undefined && !seen.has(name as string) && (only?.has(name as string) ?? true))
      bare.push(`${path}: ${name}`);
    seen.add(name as string);
  }
  for (const [, names, from] of text.matchAll(/^export (?:type )?(?:\{([^}]*)\}|\*) from '(\.[^']+)'/gm)) {
    const target = posix.join(posix.dirname(path), from as string).replace(/\.js$/, '.d.ts');
    if (names === undefined) bare.push(...undocumented(target, only));
    else {
      const wanted = names.split(',').map(
        (each) =>
          each
            .trim()
            .replace(/^type /, '')
            .split(' as ')[0] as string,
      );
      const inner = new Set(wanted.filter((name) => name !== '' && (only?.has(name) ?? true)));
      if (inner.size > 0) bare.push(...undocumented(target, inner));
    }
  }
  return bare;
}
