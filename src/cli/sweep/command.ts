/** `leodtn sweep`: one scenario over a grid of values, several seeds at each point. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { messageOf, UsageError } from '../../base/errors.js';
import { trafficShares } from '../../simulator/html/traffic-shares.js';
import type { RunReport } from '../../simulator/report.js';
import type { Scenario } from '../../simulator/scenario.js';
import { loadScenarioWithPlaces } from '../../simulator/scenario-file.node.js';
import type { Io } from '../io.js';
import { addSetOption, logLevel, makeLog, splitArguments, wholeNumber } from '../options.js';
import { preflight, warningText } from '../preflight.js';
import { ProgressLine, progressText } from '../progress.js';
import { interruptible, located, statusOf } from '../run-command.js';
import { STATUS_FAILED, STATUS_OK, type StatusCell } from '../status.js';
import { duration, styleFor } from '../style.js';
import { parseGrid, pointsOf, type SweepGrid, type SweepPoint, setsAt } from './grid.js';
import { foldPoint, type PointResult, type SweepReport } from './result.js';
import { sweepSvg } from './svg.js';
import { sweepText } from './text.js';

interface SweepFlags {
  readonly set: string[];
  readonly seeds: number;
  readonly seed?: number;
  readonly json?: boolean;
  readonly svg?: string;
  readonly udp?: boolean;
  readonly log?: string;
  readonly quiet?: boolean;
}

/** Adds the command to the program. */
export function addSweepCommand(program: Command, io: Io, cell: StatusCell): void {
  const command = program
    .command('sweep')
    .description('run a scenario over a grid of values: delivery ratio, job time and overhead as a table and a plot')
    .argument('<scenario...>', 'scenario file (YAML)')
    .usage('[options] <scenario.yaml>');
  addSetOption(command, 'a range a..b:step (both ends included), a list [a, b, c] or a plain value; may be repeated')
    .option('--seeds <n>', 'runs at each point, each with the next seed', wholeNumber(1), 1)
    .option('--seed <n>', 'first seed; by default that of the scenario', wholeNumber(Number.MIN_SAFE_INTEGER))
    .option('--json', 'print one JSON object on standard output and nothing else')
    .option('--svg <file>', 'draw the plots into an SVG file')
    .option('--udp', 'run over real UDP sockets')
    .option('--log <level>', 'structured logs on standard error', logLevel)
    .option('--quiet', 'no progress lines')
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn sweep scenarios/crossover-wordcount.yaml --set links.loss=0..0.5:0.1 --seeds 3
  $ leodtn sweep scenarios/traffic.yaml --set links.loss=0..0.3:0.05 --svg loss.svg
  $ leodtn sweep scenarios/no-faults.yaml --set 'jobs.0.collectors=[1, 5, 11]' --set 'custody.enabled=[true, false]'

Every combination of the ranges and lists is one point. A list that the field takes as it is, such as a satellite, is one value; a list of such lists varies it.
The deliveryRatio and the bounds on counters that a scenario expects are of the scenario as it is written; a sweep leaves them out.
`,
    )
    .action(async (given: string[], flags: Omit<SweepFlags, 'set'> & { set?: string[] }) => {
      const { file, extraSets } = splitArguments(given, 'scenario file');
      cell.status = await sweep(file, { ...flags, set: [...(flags.set ?? []), ...extraSets] }, io);
    });
}

async function sweep(file: string, flags: SweepFlags, io: Io): Promise<number> {
  const grid = parseGrid(flags.set);
  const plan = await planRuns(file, grid, flags, io);
  if (flags.svg !== undefined) checkWritable(flags.svg);
  const first = plan[0]!.scenarios[0]!;
  const started = io.now();
  const { points, status, interrupted } = await runAll(file, grid, plan, flags, io);
  const report: SweepReport = {
    scenario: first.name,
    seeds: plan[0]!.scenarios.map((scenario) => scenario.seed),
    axes: grid.axes,
    points,
    wallSeconds: (io.now() - started) / 1000,
    interrupted,
  };
  if (flags.svg !== undefined) writeFileSync(flags.svg, sweepSvg(report));
  io.out(flags.json === true ? `${JSON.stringify(report)}\n` : sweepText(report, styleFor(io.outIsTty, io.env)));
  if (flags.svg !== undefined && flags.json !== true) io.out(`\nPlots are in ${flags.svg}\n`);
  return status;
}

interface PlannedPoint {
  readonly point: SweepPoint;
  /** One for each seed. */
  readonly scenarios: readonly Scenario[];
}

/** Loads every point before the first run, so that a bad value at the end of a range shows at once. */
async function planRuns(file: string, grid: SweepGrid, flags: SweepFlags, io: Io): Promise<PlannedPoint[]> {
  const warned = new Set<string>();
  const planned: PlannedPoint[] = [];
  for (const point of pointsOf(grid)) {
    const loaded = await loadScenarioWithPlaces(file, { set: setsAt(grid, point), seed: flags.seed });
    for (const text of (await preflight(loaded, file)).map(warningText)) {
      if (!warned.has(text)) io.err(text);
      warned.add(text);
    }
    // What a scenario expects of traffic and counters describes it as written; a sweep measures how they change.
    const scenario = {
      ...loaded.scenario,
      expect: { ...loaded.scenario.expect, deliveryRatio: undefined, network: {} },
    };
    const scenarios = Array.from({ length: flags.seeds }, (_, i) => ({ ...scenario, seed: scenario.seed + i }));
    planned.push({ point, scenarios });
  }
  return planned;
}

interface SweepOutcome {
  readonly points: PointResult[];
  readonly status: number;
  readonly interrupted: boolean;
}

async function runAll(
  file: string,
  grid: SweepGrid,
  plan: readonly PlannedPoint[],
  flags: SweepFlags,
  io: Io,
): Promise<SweepOutcome> {
  const progress = new ProgressLine(io, {
    quiet: flags.quiet === true,
    json: flags.json === true,
    plain: flags.log !== undefined,
  });
  const total = plan.length * flags.seeds;
  const points: PointResult[] = [];
  let status = STATUS_OK;
  let done = 0;
  try {
    return await interruptible(io, async (signal) => {
      const runScenario = await io.engine();
      for (const { point, scenarios } of plan) {
        const reports: RunReport[] = [];
        const where = point.map((value, i) => `${grid.axes[i]!.path}=${value}`).join(' ');
        for (const scenario of scenarios) {
          const label = `run ${done + 1} of ${total}: ${where === '' ? '' : `${where}, `}seed ${scenario.seed}`;
          const { report } = await runScenario(scenario, {
            udp: flags.udp === true,
            baseDir: dirname(resolve(file)),
            signal,
            onProgress: (state) => progress.update(() => `${label} | ${progressText(state)}`),
            ...(flags.log === undefined ? {} : { log: makeLog(flags.log, io) }),
          });
          if (signal.aborted) break; // A run cut short says nothing about its point.
          done++;
          reports.push(report);
          if (statusOf(report, scenario) !== STATUS_OK) status = STATUS_FAILED;
          if (!io.errIsTty) progress.note(`${label}: ${verdict(report)}`);
        }
        if (reports.length > 0) points.push(foldPoint(grid.axes, point, reports));
        if (signal.aborted) return { points, status: STATUS_FAILED, interrupted: true };
      }
      return { points, status, interrupted: false };
    });
  } catch (error) {
    throw located(error, file);
  } finally {
    progress.clear();
  }
}

function verdict(report: RunReport): string {
  const times = report.jobs.map((job) => `job ${job.id} ${job.state} after ${duration(job.jobTimeSeconds)}`);
  const traffic = trafficShares(report.network).map(
    ({ kind, sent, delivered }) => `${delivered} of ${sent} delivered ${kind}`,
  );
  return [...times, ...traffic, `${duration(report.wallSeconds)} on the wall clock`].join(', ');
}

function checkWritable(file: string): void {
  try {
    closeSync(openSync(file, 'w'));
  } catch (error) {
    throw new UsageError('svg-not-writable', `--svg ${file}: cannot write it: ${messageOf(error)}`);
  }
}
