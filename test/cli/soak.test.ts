import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SoakOptions, SoakTotals } from '../../src/soak/soak.node.js';
import { leodtn } from './test-io.js';

const GOOD: SoakTotals = { seedsRun: 0, bundles: 0, crashes: 0, jobsDone: 0, jobsFailed: 0, violations: [] };
const VIOLATION = { seed: 3, checker: 'custody', detail: 'node 2 let go of 1.2-0-7', file: 'out/soak-harsh-3.yaml' };

/** A soak that runs as many seeds as it is asked for, at most `most`. */
function fakeSoak(totals: Partial<SoakTotals> = {}, most = Number.POSITIVE_INFINITY) {
  const asked: SoakOptions[] = [];
  const soak = async (options: SoakOptions): Promise<SoakTotals> => {
    asked.push(options);
    const seedsRun = Math.min(most, options.lastSeed - options.firstSeed + 1);
    const result = { ...GOOD, seedsRun, ...totals };
    for (const { seed, ...violation } of result.violations) {
      options.onShrinking?.(seed);
      options.onViolations?.(seed, [violation], violation.file ?? undefined);
    }
    options.onSeed?.(result);
    return result;
  };
  return { soak, asked };
}

const out = () => join(mkdtempSync(join(tmpdir(), 'leodtn-soak-')), 'failures');

describe('leodtn soak', () => {
  it('runs the seeds asked for, both ends included, and says that all holds', async () => {
    const { soak, asked } = fakeSoak({ bundles: 1234, crashes: 5, jobsDone: 6 });
    const folder = out();
    const {
      status,
      out: text,
      err,
    } = await leodtn(['soak', '--seeds', '3..12', '--profile', 'mild', '--workers', '3', '--out', folder], { soak });
    expect(status).toBe(0);
    expect(asked[0]).toMatchObject({ firstSeed: 3, lastSeed: 12, profile: 'mild', workers: 3, outFolder: folder });
    expect(text).toContain('soak mild: 10 seeds, 3 to 12');
    expect(text).toContain('1,234 bundles made, 6 jobs done, 0 failed');
    expect(text).toContain('no checker found anything wrong');
    expect(err).toContain('10 of 10 seeds');
    expect(existsSync(folder)).toBe(false);
  });

  it('prints one JSON object with --json', async () => {
    const { soak } = fakeSoak({ bundles: 7, crashes: 1, jobsDone: 2, jobsFailed: 1, violations: [VIOLATION] });
    const { status, out: text, err } = await leodtn(['soak', '--seeds', '1..5', '--json', '--out', out()], { soak });
    expect(status).toBe(1);
    expect(JSON.parse(text)).toEqual({
      seedsRun: 5,
      firstSeed: 1,
      lastSeed: 5,
      bundles: 7,
      crashes: 1,
      jobsDone: 2,
      jobsFailed: 1,
      violations: [VIOLATION],
    });
    expect(err).toBe('');
  });

  it('names the file of a failing seed, and ends with status 1', async () => {
    const { soak } = fakeSoak({ violations: [VIOLATION] });
    const { status, out: text, err } = await leodtn(['soak', '--seeds', '1..5', '--out', out()], { soak });
    expect(status).toBe(1);
    expect(text).toContain('seed 3, custody: node 2 let go of 1.2-0-7');
    expect(text).toContain('npx leodtn run out/soak-harsh-3.yaml');
    expect(err).toContain('seed 3 fails; making it small');
  });

  it('ends with status 1 where fewer seeds were run than asked for', async () => {
    const { soak } = fakeSoak({}, 4);
    const short = await leodtn(['soak', '--seeds', '1..9', '--minutes', '1', '--out', out(), '--json'], { soak });
    expect(short.status).toBe(1);
    expect(JSON.parse(short.out)).toMatchObject({ seedsRun: 4, firstSeed: 1, lastSeed: 4, violations: [] });
    expect(short.err).toContain('ran 4 of 9 seeds, since the minutes were over');
  });

  it('runs as many seeds as the minutes allow where no seeds are asked for', async () => {
    const { soak, asked } = fakeSoak({}, 40);
    const { status } = await leodtn(['soak', '--minutes', '0.5', '--out', out()], { soak });
    expect(status).toBe(0);
    expect(asked[0]).toMatchObject({ firstSeed: 1, lastSeed: Number.POSITIVE_INFINITY });
  });

  it('stops with what it has at an interrupt, with status 1', async () => {
    let interrupt = () => {};
    const soak = async ({ signal }: SoakOptions): Promise<SoakTotals> => {
      interrupt();
      expect(signal.aborted).toBe(true);
      return { ...GOOD, seedsRun: 2 };
    };
    const onReady = (stop: () => void) => {
      interrupt = stop;
    };
    const { status, err } = await leodtn(['soak', '--seeds', '1..9', '--out', out()], { soak, onReady });
    expect(status).toBe(1);
    expect(err).toContain('ran 2 of 9 seeds, since it was interrupted');
  });

  it.each([
    [['--seeds', '5..2'], 'Expected the smaller seed first: 2..5'],
    [['--seeds', 'x..y'], 'Expected A..B, two whole numbers of at least 0, such as 1..200'],
    [['--seeds', '7'], 'Expected A..B'],
    [['--minutes', '0'], 'Expected a number of minutes above 0'],
    [['--minutes', 'soon'], 'Expected a number of minutes above 0'],
    [['--profile', 'kind'], 'Expected one of mild, harsh, hostile'],
    [['--workers', '0'], 'Expected a whole number of at least 1'],
    [['--scenario', 'scenarios/none.yaml'], 'scenarios/none.yaml'],
    [['--out', ''], '--out'],
    [['extra'], 'too many arguments'],
  ])('refuses %j with status 2', async (args, message) => {
    const { soak, asked } = fakeSoak();
    const { status, err, out: text } = await leodtn(['soak', ...args], { soak });
    expect(status).toBe(2);
    expect(err).toContain(message);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(text).toBe('');
    expect(asked).toEqual([]);
  });

  it('refuses a folder that cannot be written, before it runs anything', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'leodtn-soak-')), 'file');
    writeFileSync(file, '');
    const { soak, asked } = fakeSoak();
    const { status, err } = await leodtn(['soak', '--out', file], { soak });
    expect(status).toBe(2);
    expect(err).toContain(`--out ${file}`);
    expect(asked).toEqual([]);
  });

  it('teaches with examples in its help', async () => {
    const { status, out: text } = await leodtn(['soak', '--help']);
    expect(status).toBe(0);
    expect(text).toContain('leodtn soak --seeds 1..10000 --profile harsh --workers 2');
    expect(text).toContain(
      'Exit status: 0 no checker found anything wrong, 1 one did, or fewer seeds were run than asked for',
    );
  });
});
