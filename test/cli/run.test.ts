import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/errors.js';
import type { Engine } from '../../src/cli/engine.js';
import type { RunEvent } from '../../src/simulator/report.js';
import { fakeEngine } from './fake-engine.js';
import { leodtn } from './test-io.js';

const FLAGSHIP = 'scenarios/crossover-wordcount.yaml';
const folder = () => mkdtempSync(join(tmpdir(), 'leodtn-'));

describe('leodtn run', () => {
  it('reports in words and ends with 0 when all is well', async () => {
    const { status, out, err } = await leodtn(['run', FLAGSHIP, '--seed', '5', '--set', 'links.loss=0.2']);
    expect(status).toBe(0);
    expect(out).toContain('Job 1-1: done after');
    expect(out).toContain('13,721  the');
    expect(out).toContain('(empty)');
    expect(out).toContain('2,000 lost (20 %)');
    expect(out).toContain('holds   result: equal to a local count');
    expect(out).toContain(`npx leodtn run ${FLAGSHIP} --seed 5 --set links.loss=0.2`);
    expect(out).toContain('hash-5-0.2');
    expect(out).not.toContain('\x1b');
    expect(err).toContain('seed 5');
    expect(err).toContain('mapping');
  });

  it('prints one JSON object and nothing else with --json', async () => {
    const { status, out, err } = await leodtn(['run', FLAGSHIP, '--json', '--seed=-3']);
    expect(status).toBe(0);
    expect(err).toBe('');
    const report = JSON.parse(out);
    expect(Object.keys(report)).toEqual(
      'scenario seed virtualSeconds wallSeconds jobs network checks traceHash'.split(' '),
    );
    expect(Object.keys(report.jobs[0])).toEqual(
      'id state reason result jobTimeSeconds collectors mappers reducer los'.split(' '),
    );
    expect(report.seed).toBe(-3);
  });

  it('takes several path=value after one --set', async () => {
    const { engine, seen } = fakeEngine();
    await leodtn(['run', FLAGSHIP, '--set', 'links.loss=0.3', 'jobs.0.collectors=5', '--quiet'], { engine });
    expect(seen[0]).toMatchObject({ links: { loss: 0.3 }, jobs: [{ collectors: 5 }] });
  });

  it('says nothing on stderr with --quiet', async () => {
    expect((await leodtn(['run', FLAGSHIP, '--quiet'])).err).toBe('');
  });

  it.each([
    ['a failed job', { failedJobs: true }, [], 1],
    ['a broken check', { brokenCheck: true }, [], 1],
    ['a job that is expected to fail', { failedJobs: true }, ['--set', 'expect.jobs=failed'], 0],
    ['a job that is expected to fail and does not', {}, ['--set', 'expect.jobs=failed'], 1],
  ])('ends as it should after %s', async (_, options, more, expected) => {
    const { status, out } = await leodtn(['run', FLAGSHIP, ...more], { engine: fakeEngine(options).engine });
    expect(status).toBe(expected);
    if ('failedJobs' in options) expect(out).toContain('deadline: mapper 3 on [4, 4] is missing');
    if ('brokenCheck' in options) expect(out).toContain('BROKEN  result');
  });

  it.each([
    ['an unknown command', ['fly'], 'unknown command'],
    ['no command', [], 'expected a command'],
    ['an unknown option', ['run', FLAGSHIP, '--sed', '1'], "unknown option '--sed'"],
    ['no scenario', ['run'], "missing required argument 'scenario'"],
    ['two scenarios', ['run', FLAGSHIP, FLAGSHIP], 'expected one scenario file'],
    ['a bad seed', ['run', FLAGSHIP, '--seed', '1.5'], 'Expected a whole number'],
    ['a bad level', ['run', FLAGSHIP, '--log', 'loud'], 'Expected one of trace'],
    ['a missing file', ['run', '/nowhere.yaml'], '/nowhere.yaml: no such file'],
    ['0 collectors', ['run', FLAGSHIP, '--set', 'jobs.0.collectors=0'], 'jobs.0.collectors: found 0'],
    [
      'too few satellites',
      ['run', FLAGSHIP, '--set', 'jobs.0.collectors=41'],
      'jobs.0.collectors: found 41, which need 82 satellites',
    ],
    ['an unknown processor', ['run', FLAGSHIP, '--set', 'jobs.0.map=wordcuntmapper'], 'did you mean "wordcountmapper"'],
    [
      'satellites that cannot see each other',
      [
        'run',
        FLAGSHIP,
        '--set',
        'constellation.satellitesPerPlane=5',
        '--set',
        'jobs.0.aoi=null',
        '--set',
        'jobs.0.collectors=2',
      ],
      'constellation: the 5 satellites of a plane',
    ],
    [
      'a node that the plan lacks',
      ['run', 'scenarios/plan-file.yaml', '--set', 'jobs.0.los=99'],
      "found node 99; expected one of the plan's 8 nodes: 1, 2, 3",
    ],
    [
      'more satellites than fit',
      ['run', FLAGSHIP, '--set', 'constellation.planes=1000', '--set', 'constellation.satellitesPerPlane=1000'],
      'expected at most 20000 satellites',
    ],
    [
      'a fault on a link that never is',
      ['run', FLAGSHIP, '--set', 'faults=[{at: 1, kind: link-down, from: [1, 1], to: [5, 4]}]'],
      'faults.0.to: found node 38, which never has a contact with node 1 in the',
    ],
    [
      'a fault on a link that the plan lacks',
      ['run', 'scenarios/plan-file.yaml', '--set', 'faults=[{at: 1, kind: link-up, from: 1, to: 4}]'],
      'faults.0.to: found node 4, which never has a contact with node 1',
    ],
    [
      'a fault after the end',
      ['run', FLAGSHIP, '--set', 'faults=[{at: 5000, kind: node-down, node: 1}]', '--set', 'endSeconds=4000'],
      'faults.0.at: found 5000, after the end of the scenario; expected at most 4000',
    ],
    [
      'a collector without its file',
      ['run', FLAGSHIP, '--set', 'jobs.0.data={}'],
      'jobs.0.data.filename: missing; expected the name of a text file, which the doccollector reads',
    ],
    [
      'a file that is a number',
      ['run', 'scenarios/combiner.yaml', '--set', 'jobs.0.data.filename=7'],
      'jobs.0.data.filename: found 7; expected the name of a text file, which the wordcountcollector reads',
    ],
    ['a sweep without a step', ['sweep', FLAGSHIP, '--set', 'links.loss=0..1'], 'the range has no step'],
  ])('refuses %s with 2, one line, and nothing on stdout', async (_, args, message) => {
    const { status, out, err } = await leodtn(
      [...args, '--json'].filter((arg, i, all) => arg !== '--json' || all.length > 2 || i > 0),
    );
    expect(status).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/^leodtn: [^\n]+\n$/);
    expect(err).toContain(message);
  });

  it('names the line of a plan that makes no sense', async () => {
    const file = join(folder(), 'bad.ionrc');
    writeFileSync(file, 'a range +0 +10 1 2 1\na contact +0 +10 1 two 1000\n');
    const args = ['run', 'scenarios/plan-file.yaml', '--set', `plan.filename=${file}`];
    const { status, err } = await leodtn(args);
    expect(status).toBe(2);
    expect(err).toContain(`${file}:2:`);
  });

  it.each([
    [['scenario'], 'expected a command after leodtn scenario: check or schema; leodtn scenario --help says more'],
    [
      ['help', 'fly'],
      'expected a command after leodtn: run, scenario, sweep, soak, plan, route, bundle, node, node-schema, send, receive, ledger or status; leodtn --help says more',
    ],
    [
      ['--'],
      'expected a command after leodtn: run, scenario, sweep, soak, plan, route, bundle, node, node-schema, send, receive, ledger or status; leodtn --help says more',
    ],
  ])('says which commands there are after %j', async (args, message) => {
    expect(await leodtn(args)).toMatchObject({ status: 2, out: '', err: `leodtn: ${message}\n` });
  });

  it('warns of plan lines that have no effect, and names one where nothing is left', async () => {
    const file = join(folder(), 'odd.ionrc');
    const usable = Array.from(
      { length: 7 },
      (_, i) => `a range +0 +99 ${i + 1} ${i + 2} 0\na contact +0 +99 ${i + 1} ${i + 2} 1e6\n`,
    );
    writeFileSync(file, `${usable.join('')}a contact +5 +9 1 5 1e6\na contact +90 +100 2 1 1e6\n`);
    const set = ['scenarios/plan-file.yaml', '--set', `plan.filename=${file}`];
    const lines =
      `leodtn: warning: ${file}:15: no range covers the contact from 1 to 5: not usable\n` +
      `leodtn: warning: ${file}:16: no range covers 1 s of the contact from 2 to 1: not usable\n`;
    const ran = await leodtn(['run', ...set, '--quiet']);
    expect(ran).toMatchObject({ status: 0, err: lines });
    const swept = await leodtn(['sweep', ...set, '--set', 'links.loss=[0, 0.1]', '--quiet']);
    expect(swept).toMatchObject({ status: 0, err: lines });
    const checked = await leodtn(['scenario', 'check', ...set, '--json']);
    expect(checked).toMatchObject({ status: 0, err: lines });
    expect(JSON.parse(checked.out).warnings).toEqual([
      { file, line: 15, message: 'no range covers the contact from 1 to 5: not usable' },
      { file, line: 16, message: 'no range covers 1 s of the contact from 2 to 1: not usable' },
    ]);

    writeFileSync(file, '# no ranges\na contact +0 +9 1 2 1e6\na contact +0 +9 2 1 1e6\n');
    expect(await leodtn(['scenario', 'check', ...set])).toMatchObject({
      status: 2,
      err: `leodtn: ${file}:2: no range covers the contact from 1 to 2: not usable; expected at least one usable contact\n`,
    });
    writeFileSync(file, '# nothing\n');
    expect((await leodtn(['scenario', 'check', ...set])).err).toContain(`${file}: found no contacts`);
    writeFileSync(file, 'a range +0 +9 1 2 0\na contact +0 +9 0 2 1e6\n');
    expect((await leodtn(['run', ...set])).err).toMatch(
      /odd\.ionrc:2:17: from: found "0", expected a node number from 1/,
    );
  });

  it('puts the file before what the engine refuses, and calls what it cannot explain a failure', async () => {
    const refusing: Engine = () => Promise.reject(new UsageError('no-such-thing', 'this cannot be'));
    expect(await leodtn(['run', FLAGSHIP, '--quiet'], { engine: refusing })).toMatchObject({
      status: 2,
      err: `leodtn: ${FLAGSHIP}: this cannot be\n`,
    });
    const broken: Engine = () => Promise.reject(new TypeError('x is not\n a function'));
    expect(await leodtn(['run', FLAGSHIP, '--quiet'], { engine: broken })).toMatchObject({
      status: 1,
      err: 'leodtn: unexpected failure: x is not a function\n',
    });
  });

  it('writes structured logs with --log', async () => {
    const { err } = await leodtn(['run', FLAGSHIP, '--log', 'info', '--quiet']);
    expect(JSON.parse(err.split('\n')[0]!)).toMatchObject({ name: 'leodtn', msg: 'run begins', seed: 2026 });
    expect((await leodtn(['run', FLAGSHIP, '--log', 'error', '--quiet'])).err).toBe('');
  });

  it('rewrites one progress line and uses colours on a terminal, unless NO_COLOR is set', async () => {
    const dressed = await leodtn(['run', FLAGSHIP], { tty: true });
    expect(dressed.err).toContain('\r\x1b[2K');
    expect(dressed.out).toContain('\x1b[32m');
    const plain = await leodtn(['run', FLAGSHIP], { tty: true, env: { NO_COLOR: '1' } });
    expect(plain.out).not.toContain('\x1b');
  });

  it('shows hostile words without letting them move the cursor', async () => {
    const result = { '\x1b[2J\u202e': 3, 'a\nb': 2, '\u0085': 1 };
    const { out } = await leodtn(['run', FLAGSHIP], { engine: fakeEngine({ result }).engine });
    expect(out).toContain('\\u001b[2J\\u202e');
    expect(out).toContain('a\\nb');
    expect(out).not.toContain('\x1b');
  });

  it.each([
    [{}, 'an empty map'],
    [[1, 2], '[1,2]'],
    ['text', '"text"'],
    [{ files: ['out.bin'] }, 'files'],
  ])('shows a result of another kind: %j', async (result, text) => {
    const { out, status } = await leodtn(['run', FLAGSHIP], { engine: fakeEngine({ result }).engine });
    expect(status).toBe(0);
    expect(out).toContain(text);
  });
});

describe('Ctrl-C', () => {
  it('ends a run with what it has, and at once when it comes twice', async () => {
    let interrupt = () => {};
    const { engine } = fakeEngine({
      during: async (signal) => {
        interrupt();
        expect(signal?.aborted).toBe(true);
        interrupt();
      },
    });
    const onReady = (listener: () => void) => {
      interrupt = listener;
    };
    const { status, out, exits } = await leodtn(['run', FLAGSHIP], { engine, onReady });
    expect(status).toBe(1);
    expect(exits).toEqual([130]);
    expect(out).toContain('Stopped before its end');
  });
});

describe('--out', () => {
  it('keeps the run in a folder', async () => {
    const dir = join(folder(), 'deep', 'er');
    const hostile = { job: '../../evil', name: '../..', bytes: new Uint8Array([1, 2]) };
    const files = [
      hostile,
      { job: '1-1', name: 'a/b.txt', bytes: new Uint8Array([3]) },
      { job: '1-1', name: 'A_b.txt', bytes: new Uint8Array([4]) },
    ];
    const { status, out } = await leodtn(['run', FLAGSHIP, '--out', dir, '--json'], {
      engine: fakeEngine({ files }).engine,
    });
    expect(status).toBe(0);
    expect(readdirSync(dir).sort()).toEqual([
      'contact-plan.ionrc',
      'events.jsonl',
      'files',
      'report.html',
      'report.json',
    ]);
    expect(readFileSync(join(dir, 'report.json'), 'utf8')).toBe(out);
    const events = readFileSync(join(dir, 'events.jsonl'), 'utf8').trimEnd().split('\n');
    expect(events.length).toBeGreaterThan(1000);
    for (const line of events) expect(typeof (JSON.parse(line) as RunEvent).atSeconds).toBe('number');
    expect(readdirSync(join(dir, 'files')).sort()).toEqual(['1-1', '_._.._evil']);
    expect(readdirSync(join(dir, 'files', '1-1')).sort()).toEqual(['2-A_b.txt', 'a_b.txt']);
    expect(existsSync(join(dir, '..', 'evil'))).toBe(false);
  });

  it('refuses a folder that cannot be written before anything runs', async () => {
    const { engine, seen } = fakeEngine();
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    const { status, err, out } = await leodtn(['run', FLAGSHIP, '--out', join(file, 'x')], { engine });
    expect(status).toBe(2);
    expect(err).toMatch(/^leodtn: --out .*: cannot write there: /);
    expect(out).toBe('');
    expect(seen).toEqual([]);
  });
});

describe('help and version', () => {
  it.each([['--help'], ['run', '--help'], ['sweep', '--help'], ['scenario', 'check', '--help'], ['help', 'run']])(
    'teaches: %s %s',
    async (...args) => {
      const { status, out, err } = await leodtn(args);
      expect(status).toBe(0);
      expect(out).toContain('Examples:');
      expect(err).toBe('');
    },
  );

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(await leodtn(['--version'])).toMatchObject({ status: 0, out: `${version}\n` });
  });
});

describe('leodtn scenario', () => {
  it('says what a scenario asks for', async () => {
    const { status, out } = await leodtn(['scenario', 'check', 'scenarios/plan-file.yaml']);
    expect(status).toBe(0);
    expect(out).toContain('right');
    expect(out).toContain('contact plan relay.ionrc');
  });

  it('prints the scenario as it would be run', async () => {
    const { out } = await leodtn(['scenario', 'check', FLAGSHIP, '--set', 'links.loss=0.4', '--json']);
    expect(JSON.parse(out)).toMatchObject({ links: { loss: 0.4 }, custody: { enabled: true } });
  });

  it.each(readdirSync('scenarios').filter((name) => name.endsWith('.yaml')))(
    'prints %s in a form that loads to the same',
    async (name) => {
      const first = await leodtn(['scenario', 'check', join('scenarios', name), '--json']);
      const copy = join(folder(), 'copy.yaml');
      writeFileSync(copy, first.out);
      expect(await leodtn(['scenario', 'check', copy, '--json'])).toEqual(first);
    },
  );

  it('refuses a bad one', async () => {
    const { status, out, err } = await leodtn(['scenario', 'check', FLAGSHIP, '--set', 'links.los=1']);
    expect({ status, out, err }).toEqual({
      status: 2,
      out: '',
      err: "leodtn: --set links.los=1: links.los: unknown field; did you mean 'links.loss'?\n",
    });
  });

  it('prints the JSON Schema', async () => {
    const schema = JSON.parse((await leodtn(['scenario', 'schema'])).out);
    expect(schema.$schema).toContain('json-schema.org');
    expect(schema.properties.links.properties.loss).toMatchObject({ minimum: 0, maximum: 1 });
  });
});
