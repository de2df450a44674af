/** A sweep as one SVG file: a line chart for each quantity over the first field that varies, a line for each combination of the others. */
import { escapeXml, fixed, SVG_COLOURS, SVG_STYLE } from '../svg.js';
import { METRICS, type Metric } from './metrics.js';
import type { PointResult, SweepReport } from './result.js';

const WIDTH = 760;
const PANEL = 220;
const TOP = 64;
const LEFT = 74;
const RIGHT = 24;
const PLOT_HEIGHT = 140;

/** The chart as text of an SVG file. */
export function sweepSvg(report: SweepReport): string {
  const metrics = METRICS.filter((metric) => report.points.some((point) => metric.value(point) !== null));
  const series = seriesOf(report);
  const legend = series.length < 2 ? '' : series.map(({ label }, i) => legendEntry(label, i)).join('');
  const legendHeight = series.length < 2 ? 0 : 20 * series.length + 16;
  const height = TOP + PANEL * metrics.length + legendHeight;
  const seeds =
    report.seeds.length === 1 ? `seed ${report.seeds[0]}` : `seeds ${report.seeds[0]} to ${report.seeds.at(-1)}`;
  const body = metrics.map((metric, i) => panel(report, metric, series, TOP + PANEL * i)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeXml(`Sweep of ${report.scenario}`)}">
<style>
${SVG_STYLE}
  .line { fill: none; stroke-width: 2; }
</style>
<text class="head" x="20" y="30">${escapeXml(report.scenario)}</text>
<text class="faint" x="20" y="50">${escapeXml(`${report.points.length} points, ${seeds}`)}</text>
${body}
<g transform="translate(${LEFT} ${TOP + PANEL * metrics.length})">${legend}</g>
</svg>
`;
}

interface Series {
  readonly label: string;
  readonly points: readonly PointResult[];
}

function seriesOf(report: SweepReport): Series[] {
  const others = report.axes.slice(1).map(({ path }) => path);
  const groups = new Map<string, PointResult[]>();
  for (const point of report.points) {
    const label = others.map((path) => `${path} = ${point.set[path]}`).join(', ');
    groups.set(label, [...(groups.get(label) ?? []), point]);
  }
  return [...groups].map(([label, points]) => ({ label, points }));
}

function panel(report: SweepReport, metric: Metric, series: readonly Series[], top: number): string {
  const axis = report.axes[0];
  const labels = axis?.values ?? ['as is'];
  const numbers = labels.map(Number);
  const isNumeric = axis !== undefined && numbers.every(Number.isFinite) && numbers.length > 1;
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const width = WIDTH - LEFT - RIGHT;
  const x = (value: string) => {
    const share = isNumeric
      ? (Number(value) - least) / (most - least || 1)
      : (labels.indexOf(value) + 0.5) / labels.length;
    return LEFT + share * width;
  };
  const ceiling = niceCeiling(metric.limit ?? Math.max(0, ...report.points.map((point) => metric.value(point) ?? 0)));
  const bottom = top + 30 + PLOT_HEIGHT;
  const y = (value: number) => bottom - (value / ceiling) * PLOT_HEIGHT;
  const parts = [`<text x="20" y="${top + 16}" font-weight="600">${escapeXml(metric.title)}</text>`];
  for (let i = 0; i <= 4; i++) {
    const value = (ceiling * i) / 4;
    parts.push(
      `<line class="${i === 0 ? 'axis' : 'rule'}" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fixed(y(value))}" y2="${fixed(y(value))}"/>`,
      `<text class="faint" x="${LEFT - 8}" y="${fixed(y(value) + 4)}" text-anchor="end">${Number(value.toPrecision(3))}</text>`,
    );
  }
  const every = Math.ceil(labels.length / 12);
  labels.forEach((label, i) => {
    if (i % every !== 0) return;
    parts.push(
      `<text class="faint" x="${fixed(x(label))}" y="${bottom + 18}" text-anchor="middle">${escapeXml(label)}</text>`,
    );
  });
  if (axis !== undefined)
    parts.push(
      `<text class="faint" x="${WIDTH - RIGHT}" y="${bottom + 34}" text-anchor="end">${escapeXml(axis.path)}</text>`,
    );
  series.forEach(({ points }, i) => {
    parts.push(line(points, axis?.path, metric, x, y, SVG_COLOURS[i % SVG_COLOURS.length]!));
  });
  return parts.join('\n');
}

function line(
  points: readonly PointResult[],
  path: string | undefined,
  metric: Metric,
  x: (value: string) => number,
  y: (value: number) => number,
  colour: string,
): string {
  const marks: string[] = [];
  let route = '';
  let isOpen = false;
  for (const point of points) {
    const value = metric.value(point);
    if (value === null) {
      isOpen = false; // No value, no line through it.
      continue;
    }
    const label = path === undefined ? 'as is' : point.set[path]!;
    const [px, py] = [fixed(x(label)), fixed(y(value))];
    route += `${isOpen ? 'L' : 'M'}${px} ${py}`;
    isOpen = true;
    marks.push(
      `<circle cx="${px}" cy="${py}" r="4" fill="${colour}"><title>${escapeXml(`${label}: ${metric.text(point)}`)}</title></circle>`,
    );
  }
  return `<path class="line" stroke="${colour}" d="${route}"/>${marks.join('')}`;
}

function legendEntry(label: string, i: number): string {
  const y = 20 * i + 12;
  return `<circle cx="0" cy="${y - 4}" r="5" fill="${SVG_COLOURS[i % SVG_COLOURS.length]}"/><text x="14" y="${y}">${escapeXml(label)}</text>`;
}

/** The next of 1, 2, 2.5, 4, 5 or 8 times a power of ten, so that quarters of it are short numbers. */
function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const factor of [1, 2, 2.4, 4, 6, 8, 10]) if (value <= factor * power * (1 + 1e-9)) return factor * power;
  return 10 * power;
}
