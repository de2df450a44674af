/** `leodtn plan shift`: a plan earlier or later. */
import { type Command, Option } from 'commander';
import { UsageError } from '../../base/errors.js';
import { formatSeconds, PLAN_FORMATS, type PlanFormat, parseSeconds, shiftPlan } from '../../plans/index.js';
import type { PlanDocument } from '../../routing/index.js';
import type { Io } from '../io.js';
import type { StatusCell } from '../status.js';
import { addPlanOutputOptions } from './convert-command.js';
import { addPlanInputOptions, type PlanInputFlags, readPlanInput } from './input.js';
import { checkPlanOutput, type PlanOutputFlags, writePlanOutput } from './output.js';
import { dateOf } from './time.js';

interface ShiftFlags extends PlanInputFlags, PlanOutputFlags {
  readonly by?: string;
  readonly to?: string;
  readonly writeAs?: PlanFormat;
}

/** Formats that keep the date of their time 0. */
const DATED: ReadonlySet<PlanFormat> = new Set(['ion', 'leodtn']);

/** Adds the command to the group. */
export function addShiftCommand(group: Command, io: Io, cell: StatusCell): void {
  const command = group
    .command('shift')
    .description('move a contact plan in time')
    .argument('[file]', 'plan file, gzipped or not; standard input where it is left out or -')
    .option('--by <seconds>', 'every contact this much later on the axis of the plan, or earlier where it is negative')
    .option('--to <date>', 'give the plan the date that its first contact begins at; the axis stays as it is')
    .addOption(
      new Option('--write-as <format>', 'the format to write; by default that of the input').choices(
        PLAN_FORMATS.map(({ format }) => format),
      ),
    );
  addPlanInputOptions(addPlanOutputOptions(command))
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn plan shift scenarios/plans/relay.ionrc --by 3600
  $ leodtn plan shift scenarios/plans/moon.json --by -0.5 --out earlier.json
        refused where a contact would begin before time 0
  $ leodtn plan shift scenarios/plans/moon.json --to 2026-07-01T12:00:00Z --out july.json

One of --by and --to must be given. HDTN, A-SABR and dtn-tvg-util plans have no date, so --to needs --write-as ion or leodtn there.

Exit status: 0 written, 2 a wrong command or file, or a loss that was not allowed; then nothing is written.
`,
    )
    .action(async (file: string | undefined, flags: ShiftFlags) => {
      checkPlanOutput(flags, file === undefined ? [] : [file]);
      if ((flags.by === undefined) === (flags.to === undefined)) {
        throw new UsageError('shift', 'expected one of --by SECONDS and --to DATE');
      }
      const plan = await readPlanInput(file, flags, io);
      const format = flags.writeAs ?? plan.format;
      const document =
        flags.to === undefined ? shifted(plan.document, flags.by!) : dated(plan.document, flags.to, format);
      cell.status = await writePlanOutput(document, format, [plan], flags, io);
    });
}

function signedUs(text: string): number {
  const [, sign, digits] = /^([+-]?)(.*)$/s.exec(text.trim()) as unknown as [string, string, string];
  const seconds = parseSeconds(digits);
  if (seconds === undefined || seconds.isRounded) {
    throw new UsageError('shift', `--by ${text}: expected seconds such as 90 or -0.5, to the microsecond`);
  }
  return sign === '-' ? -seconds.us : seconds.us;
}

/** Refuses a shift that the axis has no room for. */
function shifted(document: PlanDocument, text: string): PlanDocument {
  const byUs = signedUs(text);
  const firstUs = firstStartUs(document);
  if (firstUs + byUs < 0) {
    const most = formatSeconds(firstUs);
    throw new UsageError(
      'shift',
      `--by ${text}: a contact begins at ${most} s, and none can before 0; expected at least -${most}`,
    );
  }
  return shiftPlan(document, byUs);
}

function firstStartUs({ contacts }: PlanDocument): number {
  return contacts.reduce((least, { startUs }) => Math.min(least, startUs), Infinity);
}

function dated(document: PlanDocument, text: string, format: PlanFormat): PlanDocument {
  if (!DATED.has(format)) {
    throw new UsageError(
      'shift',
      `--to ${text}: ${format} plans have no date to change; use --by, or add --write-as ion or --write-as leodtn`,
    );
  }
  const date = dateOf('--to', text);
  const firstUs = firstStartUs(document);
  return { ...document, epochUnixUs: date - (firstUs === Infinity ? 0 : firstUs) };
}
