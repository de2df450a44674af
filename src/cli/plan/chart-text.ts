/** The chart of a plan for a terminal: a line a row, a column a span of time. */
import { US_PER_SECOND } from '../../base/time.js';
import { formatSeconds } from '../../plans/index.js';
import { count, decimal, printable, type Style, shorten } from '../style.js';
import { axisTicks, type Chart, type ChartRow, openSpans } from './chart.js';

/** Columns of the longest label; longer ones are cut. */
const MAX_LABEL = 28;

/** The fewest columns of time, however narrow the terminal is. */
const MIN_PLOT = 20;

/** Columns between two marks of the axis, which leave room for the time below each. */
const TICK_COLUMNS = 14;

/** The chart in lines of `width` columns at most, its legend below; those of rows that were left out are the caller's to tell. */
export function chartText(chart: Chart, width: number, style: Style): string {
  const labels = chart.rows.map(({ label }) => shorten(printable(label), MAX_LABEL));
  const labelWidth = Math.max(4, ...labels.map((label) => label.length));
  const counts = chart.rows.map(({ contacts }) => count(contacts.length));
  const countWidth = Math.max('contacts'.length, ...counts.map((text) => text.length));
  const plot = Math.max(MIN_PLOT, width - labelWidth - countWidth - 4);
  const lines = chart.rows.map((row, i) => {
    const cells = cellsOf(row, chart, plot);
    return `${labels[i]!.padEnd(labelWidth)} |${style.accent(cells)}| ${counts[i]!.padStart(countWidth)}`;
  });
  const head = `${''.padEnd(labelWidth)}  ${''.padEnd(plot)}  ${'contacts'.padStart(countWidth)}`;
  const columnSeconds = decimal((chart.untilUs - chart.fromUs) / plot / US_PER_SECOND, 3);
  const legend = `a column is ${columnSeconds} s: # open all the time, - some of it, . not at all`;
  return [style.dim(head), ...lines, ...axisLines(chart, labelWidth, plot), '', style.dim(legend)].join('\n');
}

/** A character for each column: what part of its time at least one contact is open. */
function cellsOf(row: ChartRow, { fromUs, untilUs }: Chart, plot: number): string {
  const columnUs = (untilUs - fromUs) / plot;
  const openUs = new Float64Array(plot);
  const isTouched = new Uint8Array(plot);
  for (const span of openSpans(row)) {
    const startUs = Math.max(span.startUs, fromUs) - fromUs;
    const endUs = Math.min(span.endUs, untilUs) - fromUs;
    const last = Math.min(plot - 1, Math.floor(endUs / columnUs));
    for (let column = Math.min(plot - 1, Math.floor(startUs / columnUs)); column <= last; column++) {
      const shareUs = Math.min(endUs, (column + 1) * columnUs) - Math.max(startUs, column * columnUs);
      // A contact that ends with a column does not reach into the next one; a contact of an instant shows all the same.
      if (shareUs > 0 || span.startUs === span.endUs) isTouched[column] = 1;
      openUs[column]! += Math.max(0, shareUs);
    }
  }
  const cell = (touched: number, column: number) => {
    if (touched === 0) return '.';
    return openUs[column]! >= columnUs * (1 - 1e-9) ? '#' : '-';
  };
  return Array.from(isTouched, cell).join('');
}

function axisLines({ fromUs, untilUs }: Chart, labelWidth: number, plot: number): string[] {
  const ticks = axisTicks(fromUs, untilUs, Math.max(1, Math.floor(plot / TICK_COLUMNS)));
  const marks = Array.from({ length: plot + 1 }, () => ' ');
  let times = '';
  for (const us of ticks) {
    const column = Math.round(((us - fromUs) / (untilUs - fromUs)) * plot);
    marks[column] = '+';
    times = times.length > column ? `${times} ` : times.padEnd(column);
    times += formatSeconds(us);
  }
  const indent = ''.padEnd(labelWidth + 1);
  return [`${indent} ${marks.join('')}`.trimEnd(), `${indent} ${times} s`];
}
