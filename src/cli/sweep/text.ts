/** A sweep as a table and a plot of bars for a terminal. */
import { bytes, decimal, duration, printable, type Style } from '../style.js';
import { METRICS, type Metric } from './metrics.js';
import type { PointResult, SweepReport } from './result.js';

/** Columns that the longest bar takes. */
const BAR = 40;

/** The whole sweep as text. */
export function sweepText(report: SweepReport, style: Style): string {
  const shown = METRICS.filter((metric) => report.points.some((point) => metric.value(point) !== null));
  const plural =
    report.seeds.length === 1 ? `seed ${report.seeds[0]}` : `seeds ${report.seeds[0]} to ${report.seeds.at(-1)}`;
  const head = `${style.bold(printable(report.scenario))}: ${report.points.length} points, ${plural}, ${duration(report.wallSeconds)} on the wall clock`;
  const parts = [head];
  if (report.interrupted) parts.push(style.bad('Stopped before its end; what follows is what there was by then.'));
  if (report.points.length > 0)
    parts.push(table(report, shown, style), ...shown.map((metric) => bars(report, metric, style)));
  const broken = report.points.flatMap((point) => notes(point));
  if (broken.length > 0) parts.push([style.bold('What went wrong'), ...broken].join('\n'));
  return `${parts.join('\n\n')}\n`;
}

function table(report: SweepReport, shown: readonly Metric[], style: Style): string {
  const paths = report.axes.map(({ path }) => path);
  const heads = [...paths, ...shown.map((metric) => metric.column), 'lost', 'sent again', 'bytes'];
  const rows = report.points.map((point) => [
    ...paths.map((path) => printable(point.set[path]!)),
    ...shown.map((metric) => metric.text(point)),
    decimal(point.lost / point.runs, 0),
    decimal(point.retransmissions / point.runs, 0),
    bytes(point.bytesTransmitted / point.runs),
  ]);
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) => cells.map((cell, i) => cell.padStart(widths[i]!)).join('  ');
  return [style.bold(line(heads)), ...rows.map(line)].join('\n');
}

function bars(report: SweepReport, metric: Metric, style: Style): string {
  const values = report.points.map((point) => metric.value(point));
  const most = metric.limit ?? Math.max(...values.map((value) => value ?? 0));
  const labels = report.points.map((point) => printable(labelOf(report, point)));
  const widest = Math.max(...labels.map((label) => label.length));
  const lines = report.points.map((point, i) => {
    const value = values[i];
    const length = value === null || value === undefined || most <= 0 ? 0 : Math.round((BAR * value) / most);
    const bar = '#'.repeat(length).padEnd(BAR, '.');
    return `  ${labels[i]!.padStart(widest)} |${style.accent(bar)}| ${metric.text(point)}`;
  });
  return [style.bold(metric.title), ...lines].join('\n');
}

/** The values of a point in a few words: bare where only one field varies. */
export function labelOf(report: SweepReport, point: PointResult): string {
  const { axes } = report;
  if (axes.length === 0) return 'as is';
  if (axes.length === 1) return point.set[axes[0]!.path]!;
  return axes.map(({ path }) => `${path.split('.').at(-1)} ${point.set[path]}`).join(', ');
}

function notes(point: PointResult): string[] {
  const values = Object.entries(point.set).map(([path, value]) => `${path}=${value}`);
  const where = values.length === 0 ? '' : `${printable(values.join(' '))}: `;
  return [
    ...point.brokenChecks.map((name) => `  ${where}check broken: ${printable(name)}`),
    ...point.reasons.slice(0, 3).map((reason) => `  ${where}${printable(reason)}`),
  ];
}
