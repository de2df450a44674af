/** `leodtn run`: one scenario, once. */
import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { InputFileError, messageOf, UsageError } from '../base/errors.js';
import { renderReportPage } from '../simulator/html/report-page.js';
import { RunHistory } from '../simulator/html/run-history.js';
import type { RunReport } from '../simulator/report.js';
import type { RunOutcome } from '../simulator/run.node.js';
import type { Scenario } from '../simulator/scenario.js';
import { loadScenarioWithPlaces } from '../simulator/scenario-file.node.js';
import { CaptureFile } from './capture-file.js';
import type { Io } from './io.js';
import { addSetOption, logLevel, makeLog, splitArguments, wholeNumber } from './options.js';
import { OutputFolder } from './output-folder.js';
import { preflight, warningText } from './preflight.js';
import { ProgressLine, progressText } from './progress.js';
import { reportJson } from './report-json.js';
import { reportText } from './report-text.js';
import { STATUS_FAILED, STATUS_INTERRUPTED, STATUS_OK, type StatusCell } from './status.js';
import { plural, shellWord, styleFor } from './style.js';

interface RunFlags {
  readonly seed?: number;
  readonly set: string[];
  readonly json?: boolean;
  readonly out?: string;
  readonly pcap?: string;
  readonly udp?: boolean;
  readonly log?: string;
  readonly quiet?: boolean;
}

/** Adds the command to the program. */
export function addRunCommand(program: Command, io: Io, cell: StatusCell): void {
  const command = program
    .command('run')
    .description('run a scenario and report on it')
    .argument('<scenario...>', 'scenario file (YAML)')
    .usage('[options] <scenario.yaml>')
    .option(
      '--seed <n>',
      'seed of all randomness; equal seeds replay equal runs',
      wholeNumber(Number.MIN_SAFE_INTEGER),
    );
  addSetOption(command, 'override a field of the scenario, the value as YAML; may be repeated')
    .option('--json', 'print one JSON object on standard output and nothing else')
    .option(
      '--out <dir>',
      'keep report.json, events.jsonl, contact-plan.ionrc, report.html and result files in a folder',
    )
    .option(
      '--pcap <file>',
      'write every datagram that a satellite sends to a capture for Wireshark (pcapng); those lost are marked',
    )
    .option('--udp', 'run over real UDP sockets on 127.0.0.1 in scaled wall-clock time')
    .option(
      '--log <level>',
      'structured logs on standard error: trace, debug, info, warn, error, fatal or silent',
      logLevel,
    )
    .option('--quiet', 'no progress lines')
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn run scenarios/crossover-wordcount.yaml
  $ leodtn run scenarios/heavy-loss.yaml --seed 7 --json | jq '.jobs[0].jobTimeSeconds'
  $ leodtn run scenarios/node-down.yaml --set faults.0.at=10 --set 'jobs.0.aoi={sats: [2, 9], orbs: [2, 9]}'
  $ leodtn run scenarios/crossover-wordcount.yaml --out out && open out/report.html
  $ leodtn run scenarios/traffic.yaml --pcap traffic.pcapng && wireshark traffic.pcapng

A capture has a packet for each datagram, at the time of sending: virtual time, which agrees with the bundles' creation times.
Packet comments say what the link did: lost it, delayed it, repeated it, or damaged it, and then the packet holds the bytes that
arrived. What a fault cuts off in flight, or a dark satellite misses, bears no mark. Addresses are node numbers, two decimal
digits in each of the last places: node 1234 is 10.0.12.34. Wireshark reads the packets as bundles (UDP port 4556) as they are.

A relative file name in a scenario is looked up beside it; package:NAME/path is a file of an installed npm package.
Ctrl-C ends a run with what it has.
`,
    )
    .action(async (given: string[], flags: Partial<RunFlags>) => {
      const { file, extraSets } = splitArguments(given, 'scenario file');
      cell.status = await run(file, { ...flags, set: [...(flags.set ?? []), ...extraSets] }, io);
    });
}

async function run(file: string, flags: RunFlags, io: Io): Promise<number> {
  const loaded = await loadScenarioWithPlaces(file, { set: flags.set, seed: flags.seed });
  for (const warning of await preflight(loaded, file)) io.err(warningText(warning));
  const { scenario } = loaded;
  const folder = flags.out === undefined ? undefined : new OutputFolder(flags.out);
  const history = folder === undefined ? undefined : new RunHistory();
  const capture = flags.pcap === undefined ? undefined : openCapture(flags.pcap, folder);
  const progress = new ProgressLine(io, {
    quiet: flags.quiet === true,
    json: flags.json === true,
    plain: flags.log !== undefined,
  });
  progress.note(`${scenario.name}: ${inShort(scenario)}, seed ${scenario.seed}`);
  let outcome: RunOutcome;
  try {
    outcome = await interruptible(io, async (signal) => {
      const runScenario = await io.engine();
      return runScenario(scenario, {
        udp: flags.udp === true,
        baseDir: dirname(resolve(file)),
        signal,
        onProgress: (state) => progress.update(() => progressText(state)),
        ...(folder && history
          ? {
              onEvent: (event) => {
                folder.addEvent(event);
                history.add(event);
              },
            }
          : {}),
        ...(capture === undefined ? {} : { onDatagram: (sent) => capture.add(sent) }),
        ...(flags.log === undefined ? {} : { log: makeLog(flags.log, io) }),
      });
    });
  } catch (error) {
    folder?.close();
    capture?.close();
    throw located(error, file);
  } finally {
    progress.clear();
  }
  const isCaptured = closeCapture(capture, flags, io);
  const status = conclude(outcome, scenario, file, flags, io, folder, history);
  return isCaptured ? status : STATUS_FAILED;
}

function openCapture(file: string, folder: OutputFolder | undefined): CaptureFile {
  try {
    return new CaptureFile(file);
  } catch (error) {
    folder?.close();
    throw error;
  }
}

/** False where the capture is not whole, which it tells. */
function closeCapture(capture: CaptureFile | undefined, { pcap }: RunFlags, io: Io): boolean {
  capture?.close();
  if (capture?.failure === undefined) return true;
  io.err(`leodtn: --pcap ${pcap}: the run is not kept in full: ${messageOf(capture.failure)}\n`);
  return false;
}

function conclude(
  outcome: RunOutcome,
  scenario: Scenario,
  file: string,
  flags: RunFlags,
  io: Io,
  folder: OutputFolder | undefined,
  history: RunHistory | undefined,
): number {
  const { report } = outcome;
  const replay = replayCommand(file, flags, scenario);
  let status = statusOf(report, scenario);
  if (folder !== undefined && history !== undefined) {
    try {
      const page = {
        report,
        scenario,
        grid: outcome.grid,
        contacts: outcome.contacts,
        history: history.finish(),
        replay,
      };
      folder.finish(outcome, renderReportPage(page));
    } catch (error) {
      io.err(`leodtn: --out ${folder.path}: the run is not kept in full: ${messageOf(error)}\n`);
      status = STATUS_FAILED;
    }
  }
  if (flags.json === true) io.out(reportJson(report));
  else {
    const style = styleFor(io.outIsTty, io.env);
    const { description } = scenario;
    const kept = { folder: folder?.path, capture: flags.pcap };
    io.out(reportText(report, { style, description, replay, ...kept, udp: flags.udp === true }));
  }
  return status;
}

/** 0 where all jobs ended as the scenario expects, all checks hold, and nobody stopped the run. */
export function statusOf(report: RunReport, scenario: Scenario): number {
  const asExpected = report.jobs.every((job) => job.state === scenario.expect.jobs);
  const complete = report.jobs.length === scenario.jobs.length && !report.interrupted;
  return asExpected && complete && report.checks.every((check) => check.ok) ? STATUS_OK : STATUS_FAILED;
}

/** Runs `work` so that Ctrl-C aborts its signal, and a second Ctrl-C the process. */
export async function interruptible<T>(io: Io, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stopListening = io.onInterrupt(() => {
    if (controller.signal.aborted) io.exit(STATUS_INTERRUPTED);
    else {
      io.err('\nleodtn: stopping with what there is; Ctrl-C again ends at once\n');
      controller.abort();
    }
  });
  try {
    return await work(controller.signal);
  } finally {
    stopListening();
  }
}

/** An error that the engine found in a scenario, with the file's name where it lacks one. */
export function located(error: unknown, file: string): unknown {
  if (!(error instanceof UsageError) || error instanceof InputFileError) return error;
  return new UsageError(error.code, `${file}: ${error.message}`);
}

function replayCommand(file: string, flags: RunFlags, scenario: Scenario): string {
  const words = ['npx', 'leodtn', 'run', file, '--seed', String(scenario.seed)];
  for (const set of flags.set) words.push('--set', set);
  if (flags.udp === true) words.push('--udp');
  return words.map(shellWord).join(' ');
}

/** A scenario's world and load in a few words. */
export function inShort(scenario: Scenario): string {
  const { constellation, plan, jobs, traffic, faults } = scenario;
  const world =
    constellation === undefined
      ? `contact plan ${basename(plan?.filename ?? '')}`
      : `${constellation.planes} x ${constellation.satellitesPerPlane} satellites (${constellation.pattern})`;
  const load = [
    jobs.length > 0 ? plural(jobs.length, 'job') : '',
    traffic.length > 0 ? plural(traffic.length, 'flow') : '',
  ];
  const bad = faults.length > 0 ? plural(faults.length, 'fault') : '';
  return [world, ...load, `loss ${scenario.links.loss}`, bad].filter((part) => part !== '').join(', ');
}
