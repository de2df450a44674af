/**
 * `npm run fuzz [-- --seconds N --seed S --target NAME --cases N --out DIR --json]`: runs the targets one after the other and writes
 * findings to files. Exit status 1 where there are findings, 2 for a wrong command.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BUNDLE_RULES } from '../src/bpv7/index.js';
import type { CampaignResult, Finding } from './campaign.js';
import { superviseTarget } from './supervisor.js';
import { TARGETS } from './targets.js';

const DEFAULT_SECONDS = 60;
const DEFAULT_SEED = 1;

const HELP = `Throws made-up and damaged bundles at the codec, the reassembler, security and the annotator, and looks whether they keep
their promises. The same seed and number of cases draw the same inputs.

  npm run fuzz -- [options]

  --seconds N    how long, over all targets together (default ${DEFAULT_SECONDS}, where --cases is not given)
  --cases N      how many inputs, over all targets together
  --seed S       where to begin (default ${DEFAULT_SEED})
  --target NAME  one target only: ${TARGETS.map(({ target }) => target.name).join(', ')}
  --out DIR      where findings go, made as small as they get (default fuzz/findings)
  --json         results as one JSON object

Exit status 0: nothing found, 1: something found, 2: a wrong command.`;

interface Command {
  readonly seed: number;
  readonly cases: number;
  readonly seconds: number;
  readonly targets: typeof TARGETS;
  readonly out: string;
  readonly json: boolean;
}

interface TimedResult extends CampaignResult {
  readonly seconds: number;
}

const command = readCommand(process.argv.slice(2));
if (command === 'help') {
  console.log(HELP);
} else if (typeof command === 'string') {
  console.error(`fuzz: ${command}`);
  process.exitCode = 2;
} else {
  const results = await run(command);
  const findings = results.flatMap((result) => result.findings);
  if (findings.length > 0) write(command.out, findings);
  if (command.json) console.log(JSON.stringify({ seed: command.seed, results }, undefined, 2));
  else print(command, results, findings);
  process.exitCode = findings.length > 0 ? 1 : 0;
}

/** The command, `help` where that is asked for, or what is wrong with it. */
function readCommand(args: string[]): Command | string {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      args,
      options: {
        seconds: text,
        seed: text,
        target: text,
        cases: text,
        out: text,
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help === true) return 'help';
    const count = (name: 'seconds' | 'seed' | 'cases', otherwise: number): number => {
      const value = values[name] === undefined ? otherwise : Number(values[name]);
      if (!(value >= 0))
        throw new Error(`--${name} takes a number of at least 0, got ${values[name]}; --help says more`);
      return value;
    };
    const targets = TARGETS.filter(({ target }) => values.target === undefined || values.target === target.name);
    if (targets.length === 0) {
      throw new Error(`--target takes one of ${TARGETS.map(({ target }) => target.name).join(', ')}`);
    }
    const isCounted = values.cases !== undefined && values.seconds === undefined;
    return {
      seed: count('seed', DEFAULT_SEED),
      cases: count('cases', Number.POSITIVE_INFINITY),
      seconds: count('seconds', isCounted ? Number.POSITIVE_INFINITY : DEFAULT_SECONDS),
      targets,
      out: values.out ?? 'fuzz/findings',
      json: values.json ?? false,
    };
  } catch (error) {
    return (error as Error).message;
  }
}

/** Every target gets its share of the cases, and of the seconds as they cost. */
async function run({ targets, seed, cases, seconds, json }: Command): Promise<TimedResult[]> {
  const allShares = targets.reduce((sum, { share }) => sum + share, 0);
  const allCosts = targets.reduce((sum, { share, cost }) => sum + share * cost, 0);
  const results: TimedResult[] = [];
  for (const { target, share, cost } of targets) {
    const startMs = performance.now();
    console.error(`fuzz: ${target.name} ...`);
    const result = await superviseTarget({
      targetName: target.name,
      seed,
      cases: Math.ceil((cases * share) / allShares),
      milliseconds: (seconds * 1000 * share * cost) / allCosts,
    });
    results.push({ ...result, seconds: (performance.now() - startMs) / 1000 });
    if (!json) printTarget(results[results.length - 1]);
  }
  return results;
}

function printTarget({ target, cases, seconds, corpus, blocks, counts, findings }: TimedResult): void {
  const rate = Math.round(cases / seconds).toLocaleString('en-US');
  const kept = `${corpus} inputs kept, ${blocks} blocks of code reached`;
  console.log(
    `${target}: ${cases.toLocaleString('en-US')} cases in ${seconds.toFixed(1)} s, ${rate}/s; ${kept}; ${findings.length} findings`,
  );
  for (const [name, count] of Object.entries(counts))
    console.log(`  ${count.toLocaleString('en-US').padStart(12)} ${name}`);
}

function print({ seed, out }: Command, results: readonly TimedResult[], findings: readonly Finding[]): void {
  const reached = new Set(results.flatMap(({ counts }) => Object.keys(counts)));
  const unreached = BUNDLE_RULES.filter((rule) => !reached.has(rule));
  if (unreached.length > 0) console.log(`rules that no input reached: ${unreached.join(', ')}`);
  for (const { target, message, hex } of findings) console.log(`FOUND in ${target}: ${message}\n  ${hex}`);
  const cases = results.reduce((sum, result) => sum + result.cases, 0);
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  const verdict = findings.length === 0 ? 'nothing found' : `${findings.length} findings in ${out}`;
  console.log(`seed ${seed}: ${cases.toLocaleString('en-US')} cases in ${seconds.toFixed(1)} s, ${verdict}`);
}

function write(folder: string, findings: readonly Finding[]): void {
  mkdirSync(folder, { recursive: true });
  findings.forEach((finding, i) => {
    writeFileSync(
      `${folder}/${finding.target}-${finding.seed}-${i + 1}.json`,
      `${JSON.stringify(finding, undefined, 2)}\n`,
    );
  });
}
