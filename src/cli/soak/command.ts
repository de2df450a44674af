/** `leodtn soak`: random networks on which everything goes wrong, seed after seed, watched by checkers. */
import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { messageOf, UsageError } from '../../base/errors.js';
import { loadScenarioWithPlaces } from '../../simulator/scenario-file.node.js';
import { DEFAULT_PROFILE, type SoakProfileName } from '../../soak/profiles.js';
import type { SoakTotals } from '../../soak/soak.node.js';
import type { Io } from '../io.js';
import { wholeNumber } from '../options.js';
import { makeFolder } from '../output-folder.js';
import { preflight, warningText } from '../preflight.js';
import { ProgressLine } from '../progress.js';
import { interruptible } from '../run-command.js';
import { STATUS_FAILED, STATUS_OK, type StatusCell } from '../status.js';
import { plural, styleFor } from '../style.js';
import { minutes, profileName, type SeedRange, seedRange } from './options.js';
import { soakReport } from './report.js';
import { soakProgress, soakText } from './text.js';

/** Seeds that are run where neither seeds nor minutes are asked for. */
const DEFAULT_SEEDS: SeedRange = { first: 1, last: 100 };

interface SoakFlags {
  readonly seeds?: SeedRange;
  readonly minutes?: number;
  readonly profile?: SoakProfileName;
  readonly scenario?: string;
  readonly workers?: number;
  readonly out: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds the command to the program. */
export function addSoakCommand(program: Command, io: Io, cell: StatusCell): void {
  program
    .command('soak')
    .description(
      'try to break it: random networks, jobs and traffic under random faults, seed after seed, watched by checkers',
    )
    .option(
      '--seeds <a..b>',
      'seeds to run, both ends included; by default 1..100, or as many as fit into --minutes',
      seedRange,
    )
    .option('--minutes <m>', 'end after so many minutes', minutes)
    .option(
      '--profile <name>',
      `how hard it is: mild, harsh (loss up to 50 %, crashes, plan errors) or hostile (more of all, and forgeries); by default ${DEFAULT_PROFILE}`,
      profileName,
    )
    .option(
      '--scenario <file>',
      'run this scenario with each seed in place of random networks; with --profile its hardships come on top',
    )
    .option('--workers <n>', 'seeds run side by side; by default as many as there are processors', wholeNumber(1))
    .option('--out <dir>', 'folder for the scenarios of failing seeds', 'soak-failures')
    .option('--json', 'print one JSON object on standard output and nothing else')
    .option('--quiet', 'no progress lines')
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn soak
        100 seeds of the harsh profile
  $ leodtn soak --seeds 1..10000 --profile harsh --workers 2
        what a release is held to
  $ leodtn soak --minutes 30 --profile hostile
        as many seeds as half an hour takes, from 1 on
  $ leodtn soak --scenario scenarios/crossover-wordcount.yaml --seeds 1..20
        one scenario with 20 seeds, all checkers on
  $ leodtn soak --scenario my.yaml --profile harsh --seeds 1..20
        the same, with random losses, crashes and clock steps in the first half of its time
  $ leodtn soak --seeds 1..1000 --json | jq '.violations[0].file'
        where the first failing seed is kept

Each seed makes a network of 3 to 14 satellites, a contact plan, flows of bundles and jobs, and draws what goes wrong: lost, damaged,
repeated, late and overtaking bundles, contacts that do not come, come late or are slower, crashes before, behind and in between a
flush and what follows on it, clocks that jump and drift, full stores, slow processors, forged signals. Then it heals, and
everything must complete. Checkers watch from outside: no bundle in custody is lost, none is delivered twice, no result is
wrong, no contact carries more than it can, and in the end nothing is held any more. The same seed gives the same run on every
machine.

A failing seed is made small, and kept in the folder of --out as a scenario with its contact plan in ION's text form:
leodtn run on that file fails in the same way. A run that throws, or does not end, fails the checker "run".

Ctrl-C ends a soak with what it has.
Exit status: 0 no checker found anything wrong, 1 one did, or fewer seeds were run than asked for, 2 cannot be run as asked.
With --json: {seedsRun, firstSeed, lastSeed, bundles, crashes, jobsDone, jobsFailed, violations: [{seed, checker, detail, file}]}
`,
    )
    .action(async (flags: SoakFlags) => {
      cell.status = await runSoak(flags, io);
    });
}

async function runSoak(flags: SoakFlags, io: Io): Promise<number> {
  if (flags.scenario !== undefined) {
    const loaded = await loadScenarioWithPlaces(flags.scenario);
    for (const warning of await preflight(loaded, flags.scenario)) io.err(warningText(warning));
  }
  const isNew = !existsSync(flags.out);
  prepareFolder(flags.out);
  try {
    return await soakInto(flags, io);
  } finally {
    if (isNew && readdirSync(flags.out).length === 0) rmdirSync(flags.out);
  }
}

/** Makes the folder of failing seeds, so that one nobody can write shows before the soak and not after it. */
function prepareFolder(folder: string): void {
  const refused = (why: string) => new UsageError('out-not-writable', `--out ${folder}: ${why}; expected a folder`);
  if (folder === '') throw refused('found no name');
  try {
    makeFolder(resolve(folder));
    readdirSync(folder);
  } catch (error) {
    throw refused(`cannot write there: ${messageOf(error)}`);
  }
}

async function soakInto(flags: SoakFlags, io: Io): Promise<number> {
  const seeds =
    flags.seeds ?? (flags.minutes === undefined ? DEFAULT_SEEDS : { first: 1, last: Number.POSITIVE_INFINITY });
  const asked = seeds.last - seeds.first + 1;
  const limitMs = flags.minutes === undefined ? undefined : flags.minutes * 60_000;
  const progress = new ProgressLine(io, { quiet: flags.quiet === true, json: flags.json === true });
  const startedMs = io.now();
  const what = `soak ${flags.scenario ?? flags.profile ?? DEFAULT_PROFILE}`;
  const { totals, isInterrupted } = await interruptible(io, async (interrupt) => {
    const soak = await io.soak();
    const ended = await within(limitMs, interrupt, (signal) =>
      soak({
        firstSeed: seeds.first,
        lastSeed: seeds.last,
        workers: flags.workers ?? availableParallelism(),
        profile: flags.profile,
        scenario: flags.scenario,
        outFolder: flags.out,
        signal,
        onSeed: (sofar) => progress.update(() => soakProgress(sofar, asked, io.now() - startedMs, limitMs)),
        onShrinking: (seed) => progress.note(`seed ${seed} fails; making it small`),
        onViolations: (seed, violations, file) => {
          for (const { checker, detail } of violations) progress.note(`seed ${seed}, ${checker}: ${detail}`);
          if (file !== undefined) progress.note(`seed ${seed} is kept in ${file}`);
        },
      }),
    );
    return { totals: ended, isInterrupted: interrupt.aborted };
  }).finally(() => progress.clear());
  const report = soakReport(seeds.first, totals);
  const style = styleFor(io.outIsTty, io.env);
  io.out(flags.json === true ? `${JSON.stringify(report)}\n` : soakText(report, what, io.now() - startedMs, style));
  return statusOf(totals, { asked, isInterrupted }, io);
}

/** Runs `work` with a signal that is aborted by an interrupt, or when the time is over. */
async function within(
  limitMs: number | undefined,
  interrupt: AbortSignal,
  work: (signal: AbortSignal) => Promise<SoakTotals>,
): Promise<SoakTotals> {
  if (limitMs === undefined) return work(interrupt);
  const time = new AbortController();
  const timer = setTimeout(() => time.abort(), limitMs);
  try {
    return await work(AbortSignal.any([interrupt, time.signal]));
  } finally {
    clearTimeout(timer);
  }
}

function statusOf(
  { seedsRun, violations }: SoakTotals,
  { asked, isInterrupted }: { readonly asked: number; readonly isInterrupted: boolean },
  io: Io,
): number {
  const isShort = Number.isFinite(asked) && seedsRun < asked;
  if (isShort) {
    const why = isInterrupted ? 'it was interrupted' : 'the minutes were over';
    io.err(`leodtn: ran ${seedsRun} of ${plural(asked, 'seed')}, since ${why}\n`);
  }
  return violations.length > 0 || isShort || isInterrupted ? STATUS_FAILED : STATUS_OK;
}
