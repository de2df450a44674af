/** `leodtn plan check`: what is in a plan, and what in it looks like a mistake. */
import type { Command } from 'commander';
import { usToSeconds } from '../../base/time.js';
import { checkPlan, formatIsoTime, type PlanFinding, type PlanReport } from '../../plans/index.js';
import type { Io } from '../io.js';
import { STATUS_FAILED, STATUS_OK, type StatusCell } from '../status.js';
import { count, plural, printable, type Style, styleFor } from '../style.js';
import {
  addPlanInputOptions,
  formatsHelp,
  isOnFile,
  type NamedPlan,
  notesJson,
  type PlanInputFlags,
  readPlanInput,
} from './input.js';
import { timeWords } from './time.js';

interface CheckFlags extends PlanInputFlags {
  readonly json?: boolean;
}

/** Adds the command to the group. */
export function addCheckCommand(group: Command, io: Io, cell: StatusCell): void {
  const command = group
    .command('check')
    .description('say whether a contact plan is right, what is in it, and what in it looks like a mistake')
    .argument('[file]', 'plan file, gzipped or not; standard input where it is left out or -');
  addPlanInputOptions(command)
    .option('--json', 'print one JSON object on standard output and nothing else')
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn plan check scenarios/plans/relay.ionrc
  $ leodtn plan check public-plan.json.gz --skip-bad
        name and count the bad contacts instead of stopping at the first
  $ leodtn plan check scenarios/plans/moon.json --json | jq '.findings[].kind'

${formatsHelp()}

JSON: {file, format, nodes, contacts, pairs, start, end, epoch, notes, findings}; start and end are seconds on the axis, epoch is the date
of time 0 or null. notes are what the reader did not take as it stands; each finding has kind, severity, count, message and examples.

Exit status: 0 nothing to tell but what is often meant, 1 a warning, a skipped contact or an unusable one, 2 the file is wrong (with
file, line, field and what was expected) or cannot be read.
`,
    )
    .action(async (file: string | undefined, flags: CheckFlags) => {
      const plan = await readPlanInput(file, flags, io);
      const report = checkPlan(plan.document);
      const isDoubtful =
        report.findings.some(({ severity }) => severity === 'warning') ||
        plan.notes.some(({ kind }) => kind === 'skipped' || kind === 'unusable');
      if (flags.json === true) io.out(`${JSON.stringify(reportJson(plan, report))}\n`);
      else io.out(reportText(plan, report, styleFor(io.outIsTty, io.env)));
      cell.status = isDoubtful ? STATUS_FAILED : STATUS_OK;
    });
}

function reportJson(plan: NamedPlan, report: PlanReport): object {
  const { epochUnixUs } = plan.document;
  return {
    file: plan.name,
    format: plan.format,
    nodes: report.nodes,
    contacts: report.contacts,
    pairs: report.pairs,
    start: usToSeconds(report.startUs),
    end: usToSeconds(report.endUs),
    epoch: epochUnixUs === undefined ? null : formatIsoTime(epochUnixUs),
    notes: notesJson(plan),
    findings: report.findings,
  };
}

function reportText(plan: NamedPlan, report: PlanReport, style: Style): string {
  const { epochUnixUs } = plan.document;
  const lines = [
    `${style.bold(printable(plan.name))}: ${plan.format}, ${planFigures(report)}`,
    `  from ${timeWords(report.startUs, epochUnixUs)} to ${timeWords(report.endUs, epochUnixUs)}`,
  ];
  for (const finding of report.findings) lines.push(findingText(finding, style));
  for (const note of plan.notes.filter(isOnFile)) lines.push(`  reader   ${printable(note.message)}`);
  const placed = plan.notes.filter((note) => !isOnFile(note)).map(({ kind }) => kind);
  for (const kind of new Set(placed)) {
    lines.push(`  reader   ${plural(placed.filter((other) => other === kind).length, 'note')} on what is ${kind}`);
  }
  if (report.findings.length === 0 && plan.notes.length === 0) lines.push(`  ${style.good('nothing to tell')}`);
  return `${lines.join('\n')}\n`;
}

function planFigures({ nodes, contacts, pairs }: PlanReport): string {
  return `${plural(nodes, 'node')}, ${plural(contacts, 'contact')} of ${plural(pairs, 'directed pair')}`;
}

function findingText({ severity, count: concerned, message, examples }: PlanFinding, style: Style): string {
  const such = examples.length === 0 ? '' : `: ${printable(examples.join('; '))}`;
  const rest =
    concerned > examples.length && examples.length > 0 ? `; and ${count(concerned - examples.length)} more` : '';
  const head = severity === 'warning' ? style.bad('warning') : 'info   ';
  return `  ${head}  ${message} (${count(concerned)})${such}${rest}`;
}
