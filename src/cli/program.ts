/** The command line: which commands there are, and which exit status each end of them gives. */
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { messageOf, UsageError } from '../base/errors.js';
import { addBundleCommand } from './bundle/command.js';
import type { Io } from './io.js';
import { addNodeCommands } from './node/command.js';
import { addPlanCommand } from './plan/command.js';
import { addRouteCommand } from './route/command.js';
import { addRunCommand } from './run-command.js';
import { addScenarioCommand } from './scenario-command.js';
import { addSoakCommand } from './soak/command.js';
import { STATUS_FAILED, STATUS_OK, STATUS_USAGE, type StatusCell } from './status.js';
import { addSweepCommand } from './sweep/command.js';

/** Runs one command line (without `node` and the script) and returns its exit status. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const cell: StatusCell = { status: STATUS_OK };
  const program = buildProgram(io, cell);
  try {
    if (argv.length === 0)
      throw new UsageError(
        'no-command',
        'expected a command: run, scenario, sweep, soak, plan, route, bundle, node, send, receive, ledger or status; leodtn --help shows examples',
      );
    await program.parseAsync(argv as string[], { from: 'user' });
    return cell.status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return STATUS_OK;
    if (error instanceof CommanderError && error.code === 'commander.help')
      return refuse(io, missingCommand(program, argv));
    if (error instanceof CommanderError) return refuse(io, error.message.replace(/^error: /, ''));
    if (error instanceof UsageError) return refuse(io, error.message);
    io.err(`leodtn: unexpected failure: ${oneLine(messageOf(error))}\n`);
    if (io.env['LEODTN_STACK'] && error instanceof Error) io.err(`${error.stack}\n`);
    return STATUS_FAILED;
  }
}

function refuse(io: Io, message: string): number {
  io.err(`leodtn: ${oneLine(message)}\n`);
  return STATUS_USAGE;
}

/** What to say where commander would show help because a command is missing or not there. */
function missingCommand(program: Command, argv: readonly string[]): string {
  let command = program;
  let path = 'leodtn';
  for (const word of argv) {
    const next = command.commands.find((child) => child.name() === word);
    if (next === undefined) continue;
    command = next;
    path += ` ${word}`;
  }
  const names = command.commands.map((child) => child.name());
  const choice = names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
  return `expected a command after ${path}: ${choice}; ${path} --help says more`;
}

function buildProgram(io: Io, cell: StatusCell): Command {
  const program = new Command('leodtn');
  program
    .description('Runs SpaceCoMP jobs over a delay-tolerant network of satellites, in a simulator or over UDP sockets.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .showSuggestionAfterError(true)
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn run scenarios/crossover-wordcount.yaml
        count the words of a book across outages and lossy links, and see that the count is right
  $ leodtn run scenarios/crossover-wordcount.yaml --set links.loss=0.3 --set jobs.0.collectors=23
        the same, with other links and more collectors
  $ leodtn run scenarios/crossover-wordcount.yaml --set jobs.0.data.filename=/path/to/text.txt --out out
        a text of your own; open out/report.html afterwards
  $ leodtn sweep scenarios/crossover-wordcount.yaml --set links.loss=0..0.5:0.1 --seeds 3
        how delivery, job time and overhead depend on loss
  $ leodtn scenario check my.yaml
        is a scenario right, and what does it say
  $ leodtn soak --seeds 1..200
        random networks under random faults: is anything lost, doubled or wrong
  $ leodtn plan show scenarios/plans/moon.json
        who can send to whom, and when
  $ leodtn plan coverage --tle stations.tle --circle 48.1,11.6,500
        which satellites cover a place, from when to when
  $ leodtn route --plan scenarios/plans/relay.ionrc --from 2 --to 5 --at 30 --explain
        the way that a bundle takes, and why no other
  $ leodtn bundle decode captured.bin
        what is in a bundle, byte by byte, and which rule it breaks
  $ leodtn bundle verify signed.bin --keys keys.json
        is its integrity block right; sign, encrypt and decrypt are there too
  $ leodtn node --config node.yaml
        be one satellite over UDP, with a store that survives restarts; send, receive, ledger and status talk to it

Exit status: 0 all jobs done and all checks hold, 1 something failed in flight, 2 cannot be run as asked.
`,
    );
  addRunCommand(program, io, cell);
  addScenarioCommand(program, io, cell);
  addSweepCommand(program, io, cell);
  addSoakCommand(program, io, cell);
  addPlanCommand(program, io, cell);
  addRouteCommand(program, io, cell);
  addBundleCommand(program, io, cell);
  addNodeCommands(program, io, cell);
  prepare(program, io);
  return program;
}

/** Help to the streams of `io`, errors to the catch above: commander would end the process by itself. */
function prepare(command: Command, io: Io): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => io.out(text),
    writeErr: () => {},
    outputError: () => {},
    getOutHelpWidth: () => 100,
    getErrHelpWidth: () => 100,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  for (const child of command.commands) prepare(child, io);
}

function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  return version;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
