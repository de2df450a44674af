/** Line charts with both axes logarithmic, one above the other, as the text of one SVG file for light and dark pages. */
import { escapeXml, fixed, SVG_COLOURS, SVG_STYLE } from '../src/cli/svg.js';

const WIDTH = 760;
const TOP = 74;
const LEFT = 74;
const RIGHT = 190;
const DECADE_HEIGHT = 44;
const HEAD = 34;
const FOOT = 52;
/** Labels at the ends of lines stand at least this far apart. */
const LABEL_HEIGHT = 16;

/** Lines over a common x axis. */
export interface Chart {
  readonly title: string;
  /** With a metric prefix at the axis: s, B. */
  readonly unit: string;
  readonly series: readonly Series[];
}

/** One line; a point without a value is left out, and so is a line without any. */
export interface Series {
  readonly label: string;
  /** Place of its colour in SVG_COLOURS. */
  readonly colour: number;
  readonly dashed: boolean;
  readonly points: readonly (readonly [x: number, y: number | undefined])[];
}

/** The picture. All values are above 0. */
export function logLogSvg(title: string, subtitle: string, xTitle: string, charts: readonly Chart[]): string {
  let top = TOP;
  const panels: string[] = [];
  for (const chart of charts) {
    const { body, height } = panel(chart, xTitle, top);
    panels.push(body);
    top += height;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img" aria-label="${escapeXml(title)}">
<style>
${SVG_STYLE}
  .line { fill: none; stroke-width: 2; } .dashed { stroke-dasharray: 6 4; }
</style>
<text class="head" x="20" y="30">${escapeXml(title)}</text>
<text class="faint" x="20" y="50">${escapeXml(subtitle)}</text>
${panels.join('\n')}
</svg>
`;
}

type Point = readonly [x: number, y: number];

function panel(chart: Chart, xTitle: string, top: number): { body: string; height: number } {
  const lines = chart.series
    .map((series) => ({
      ...series,
      colour: SVG_COLOURS[series.colour]!,
      points: series.points.filter((point): point is Point => point[1] !== undefined),
    }))
    .filter(({ points }) => points.length > 0);
  const all = lines.flatMap(({ points }) => points);
  const [xLow, xHigh] = decades(all.map(([x]) => x));
  const [yLow, yHigh] = decades(all.map(([, y]) => y));
  const plotHeight = DECADE_HEIGHT * (yHigh - yLow);
  const bottom = top + HEAD + plotHeight;
  const width = WIDTH - LEFT - RIGHT;
  const px = (x: number) => fixed(LEFT + ((Math.log10(x) - xLow) / (xHigh - xLow)) * width);
  const py = (y: number) => fixed(bottom - (Math.log10(y) - yLow) * DECADE_HEIGHT);
  const parts = [`<text x="20" y="${top + 16}" font-weight="600">${escapeXml(chart.title)}</text>`];
  for (let power = yLow; power <= yHigh; power++) {
    const y = py(10 ** power);
    parts.push(
      `<line class="${power === yLow ? 'axis' : 'rule'}" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>`,
      `<text class="faint" x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${prefixed(power, chart.unit)}</text>`,
    );
  }
  for (const x of [...new Set(all.map(([value]) => value))]) {
    parts.push(
      `<line class="rule" x1="${px(x)}" x2="${px(x)}" y1="${top + HEAD}" y2="${bottom}"/>`,
      `<text class="faint" x="${px(x)}" y="${bottom + 18}" text-anchor="middle">${x.toLocaleString('en-US')}</text>`,
    );
  }
  parts.push(
    `<text class="faint" x="${WIDTH - RIGHT}" y="${bottom + 34}" text-anchor="end">${escapeXml(xTitle)}</text>`,
  );
  const labels = apart(lines.map(({ points }) => py(points.at(-1)![1])));
  lines.forEach(({ label, dashed, colour, points }, i) => {
    const style = dashed ? 'line dashed' : 'line';
    const route = points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${px(x)} ${py(y)}`).join('');
    const marks = points.map(([x, y]) => {
      const said = escapeXml(`${label}, ${x.toLocaleString('en-US')} ${xTitle}: ${y.toPrecision(3)} ${chart.unit}`);
      return `<circle cx="${px(x)}" cy="${py(y)}" r="4" fill="${colour}"><title>${said}</title></circle>`;
    });
    parts.push(
      `<path class="${style}" stroke="${colour}" d="${route}"/>${marks.join('')}`,
      `<path class="${style}" stroke="${colour}" d="M${WIDTH - RIGHT + 10} ${labels[i]}h16"/>`,
      `<text x="${WIDTH - RIGHT + 34}" y="${fixed(labels[i]! + 4)}">${escapeXml(label)}</text>`,
    );
  });
  return { body: parts.join('\n'), height: HEAD + plotHeight + FOOT };
}

/** The whole powers of ten that hold all values. */
function decades(values: readonly number[]): [low: number, high: number] {
  const low = Math.floor(Math.log10(Math.min(...values)));
  return [low, Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))];
}

/** The heights in the same order, each moved down as far as the one above it needs. */
function apart(heights: readonly number[]): number[] {
  const placed = heights.slice();
  const order = heights.map((_, i) => i).sort((a, b) => heights[a]! - heights[b]!);
  for (let i = 1; i < order.length; i++) {
    placed[order[i]!] = Math.max(placed[order[i]!]!, placed[order[i - 1]!]! + LABEL_HEIGHT);
  }
  return placed;
}

/** A power of ten with a metric prefix: 100 us, 1 MB. */
function prefixed(power: number, unit: string): string {
  const third = Math.floor(power / 3);
  const prefix = new Map([
    [-4, 'p'],
    [-3, 'n'],
    [-2, '\u00b5'],
    [-1, 'm'],
    [0, ''],
    [1, 'k'],
    [2, 'M'],
    [3, 'G'],
  ]).get(third);
  return prefix === undefined ? `1e${power} ${unit}` : `${10 ** (power - 3 * third)} ${prefix}${unit}`;
}
