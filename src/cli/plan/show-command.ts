/** `leodtn plan show`: a plan as a chart over time, in the terminal and as a picture. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../../base/errors.js';
import { formatIsoTime, formatSeconds } from '../../plans/index.js';
import { PlanNames } from '../../routing/index.js';
import type { Io } from '../io.js';
import { wholeNumber } from '../options.js';
import { writeFile } from '../output.js';
import { STATUS_OK, type StatusCell } from '../status.js';
import { count, plural, printable, styleFor } from '../style.js';
import { type Chart, type ChartRowKind, chartOf } from './chart.js';
import { chartSvg } from './chart-svg.js';
import { chartText } from './chart-text.js';
import { addPlanInputOptions, type NamedPlan, type PlanInputFlags, readPlanInput } from './input.js';
import { nodesOf } from './nodes.js';
import { checkPlanOutput } from './output.js';
import { axisTime, epochOf } from './time.js';

interface ShowFlags extends PlanInputFlags {
  readonly rows: ChartRowKind;
  readonly node?: readonly string[];
  readonly from?: string;
  readonly until?: string;
  readonly epoch?: string;
  readonly maxRows: number;
  readonly width?: number;
  readonly svg?: string;
}

/** Rows that are drawn unless more are asked for. */
const DEFAULT_ROWS = 40;

/** The narrowest chart. */
const MIN_WIDTH = 40;

/** Adds the command to the group. */
export function addShowCommand(group: Command, io: Io, cell: StatusCell): void {
  const list = (value: string, before: string[] | undefined) => [...(before ?? []), value];
  const command = group
    .command('show')
    .description('draw a contact plan as a Gantt chart: a row a pair of nodes or a node, time to the right')
    .argument('[file]', 'plan file, gzipped or not; standard input where it is left out or -')
    .addOption(
      new Option(
        '--rows <kind>',
        'what a row stands for; a pair is a line in one direction, or in both where they are alike',
      )
        .choices(['pairs', 'nodes'])
        .default('pairs'),
    )
    .option('--node <nodes>', 'only what these nodes have part in, separated by commas; may be repeated', list)
    .option('--from <time>', 'draw from then on: seconds on the axis of the plan, or a date with a zone')
    .option('--until <time>', 'draw up to then')
    .option('--epoch <date>', 'the date of time 0 of the plan, where the plan does not give it')
    .option('--max-rows <n>', 'the most rows', maxRows, DEFAULT_ROWS)
    .option('--width <columns>', 'columns of the chart; by default those of the terminal', wholeNumber(MIN_WIDTH))
    .option('--svg <file>', 'draw a picture into an SVG file, beside the chart');
  addPlanInputOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn plan show scenarios/plans/moon.json
  $ leodtn plan show scenarios/plans/relay.ionrc --node 5,7 --until 360
  $ leodtn plan show big.json.gz --rows nodes --max-rows all --svg big.svg

The picture has the rows of the chart, a bar a contact in the colour of its rate, and the figures of a contact where the mouse rests on
it. Exit status: 0 drawn, 2 a wrong command or file.
`,
    )
    .action(async (file: string | undefined, flags: ShowFlags) => {
      if (flags.svg === '-') throw new UsageError('svg-not-writable', '--svg: expected a file');
      checkPlanOutput({ out: flags.svg, option: '--svg' }, file === undefined ? [] : [file]);
      show(await readPlanInput(file, flags, io), flags, io);
      cell.status = STATUS_OK;
    });
}

function maxRows(text: string): number {
  if (text === 'all') return Infinity;
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('Expected a whole number of at least 1, or all.');
}

function show(plan: NamedPlan, flags: ShowFlags, io: Io): void {
  const { document } = plan;
  const names = new PlanNames(document.nodes);
  const epochUnixUs = epochOf(document.epochUnixUs, flags.epoch);
  const time = (option: string, text: string | undefined) =>
    text === undefined ? undefined : axisTime(option, text, epochUnixUs);
  const [fromUs, untilUs] = [time('--from', flags.from), time('--until', flags.until)];
  if (fromUs !== undefined && untilUs !== undefined && untilUs <= fromUs) {
    throw new UsageError('bad-time', `--until ${flags.until}: not after --from ${flags.from}; expected a later time`);
  }
  const nodes = flags.node === undefined ? undefined : nodesOf('--node', flags.node, document, names);
  const chart = chartOf(document, names, { rows: flags.rows, nodes, fromUs, untilUs, maxRows: flags.maxRows });
  const style = styleFor(io.outIsTty, io.env);
  const leftOut = leftOutWords(chart);
  const date = epochUnixUs === undefined ? '' : `; time 0 is ${formatIsoTime(epochUnixUs)}`;
  const size = `${plural(document.nodes.length, 'node')}, ${plural(document.contacts.length, 'contact')}`;
  const isEmpty = document.contacts.length === 0;
  const span = isEmpty ? '' : `; ${formatSeconds(chart.fromUs)} to ${formatSeconds(chart.untilUs)} s`;
  io.out(`${style.bold(printable(plan.name))}: ${plan.format}, ${size}${span}${date}\n\n`);
  if (isEmpty) io.out('The plan has no contact.\n');
  else if (chart.rows.length === 0) io.out('No contact at that time.\n');
  else io.out(`${chartText(chart, flags.width ?? Math.max(MIN_WIDTH, io.columns), style)}\n`);
  if (leftOut !== undefined) io.out(`${leftOut}; --node NAMES, --rows nodes or --max-rows all show others\n`);
  if (flags.svg === undefined) return;
  writeFile(flags.svg, Buffer.from(chartSvg(chart, names, { title: plan.name, epochUnixUs, leftOut })), '--svg');
  io.out(`The picture is in ${flags.svg}\n`);
}

function leftOutWords({ kind, rows, leftOut }: Chart): string | undefined {
  if (leftOut === 0) return undefined;
  return `${count(leftOut)} of ${count(rows.length + leftOut)} ${kind} are left out`;
}
