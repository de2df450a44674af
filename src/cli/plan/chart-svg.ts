/** The chart of a plan as one SVG file: a bar a contact, coloured by its rate, with a title that gives its figures. */
import { formatIsoTime, formatSeconds } from '../../plans/index.js';
import type { PlanContact, PlanNames } from '../../routing/index.js';
import { bytes, plural } from '../style.js';
import { escapeXml, fixed, SVG_COLOURS, SVG_STYLE } from '../svg.js';
import { axisTicks, type Chart, type ChartRow } from './chart.js';

const WIDTH = 1_000;
const TOP = 78;
const RIGHT = 24;
const ROW_HEIGHT = 20;
const BAR_HEIGHT = 12;
const LEGEND_COLUMN = 190;

/** Width of a letter in a label, about, and that of a capital or another wide one. */
const LETTER = 7;
const WIDE_LETTER = 10;

/** The least room left of the chart: what says the unit of time stands there, and half of the first time. */
const MIN_LEFT = 110;

/** Characters of the longest label; longer ones are cut. */
const MAX_LABEL = 36;

/** Rates that get a colour each; where a plan has more of them, a colour stands for a power of ten. */
const MAX_RATES = 6;

/** What stands above the rows. */
export interface ChartTitle {
  readonly title: string;
  /** Date of time 0, in microseconds since 1970, where it is known. */
  readonly epochUnixUs: number | undefined;
  /** What is not in the picture, in words; undefined where everything is. */
  readonly leftOut: string | undefined;
}

/** The chart as text of an SVG file. */
export function chartSvg(chart: Chart, names: PlanNames, { title, epochUnixUs, leftOut }: ChartTitle): string {
  const widest = chart.rows.reduce((most, row) => Math.max(most, labelWidth(shownLabel(row))), 0);
  const left = Math.max(MIN_LEFT, 20 + widest + 10);
  const bottom = TOP + ROW_HEIGHT * chart.rows.length;
  const spanUs = chart.untilUs - chart.fromUs;
  const x = (us: number) => left + (Math.min(Math.max(us - chart.fromUs, 0), spanUs) / spanUs) * (WIDTH - left - RIGHT);
  const colours = colourScale(chart.rows.flatMap(({ contacts }) => contacts));
  const legendRows = Math.ceil(colours.entries.length / Math.floor((WIDTH - 40) / LEGEND_COLUMN));
  const height = bottom + 58 + 20 * legendRows;
  const times = `${formatSeconds(chart.fromUs)} to ${formatSeconds(chart.untilUs)} s`;
  const date = epochUnixUs === undefined ? '' : `; time 0 is ${formatIsoTime(epochUnixUs)}`;
  const twoWay = chart.rows.some(({ isTwoWay }) => isTwoWay) ? '; a <-> b: a to b above, b to a below' : '';
  const facts = `${plural(chart.rows.length, 'row')}, ${times}${date}${twoWay}`;
  const below = leftOut === undefined ? '' : `<text class="faint" x="20" y="66">${escapeXml(leftOut)}</text>\n`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeXml(`Contacts of ${title}`)}">
<style>
${SVG_STYLE}
</style>
<text class="head" x="20" y="30">${escapeXml(title)}</text>
<text class="faint" x="20" y="50">${escapeXml(facts)}</text>
${below}${axis(chart, x, bottom)}
${chart.rows.map((row, i) => rowSvg(row, names, left, TOP + ROW_HEIGHT * i, x, colours.of)).join('\n')}
<g transform="translate(20 ${bottom + 46})">${colours.entries.map(legendEntry).join('')}</g>
</svg>
`;
}

function axis({ fromUs, untilUs }: Chart, x: (us: number) => number, bottom: number): string {
  const ticks = axisTicks(fromUs, untilUs, 8);
  const lines = ticks.map((us) => {
    const at = fixed(x(us));
    return `<line class="rule" x1="${at}" x2="${at}" y1="${TOP - 4}" y2="${bottom}"/><text class="faint" x="${at}" y="${bottom + 18}" text-anchor="middle">${formatSeconds(us)}</text>`;
  });
  const unit = `<text class="faint" x="20" y="${bottom + 18}">time in s</text>`;
  const line = `<line class="axis" x1="${fixed(x(fromUs))}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}"/>`;
  return [...lines, unit, line].join('\n');
}

function rowSvg(
  row: ChartRow,
  names: PlanNames,
  left: number,
  top: number,
  x: (us: number) => number,
  colourOf: (contact: PlanContact) => string,
): string {
  const label = shownLabel(row);
  const bars = row.contacts.map((contact) => {
    const start = x(contact.startUs);
    // A bar is never too thin to be seen, as that of a contact of an instant would be.
    const width = Math.max(1, x(contact.endUs) - start);
    const height = row.isTwoWay ? BAR_HEIGHT / 2 - 0.5 : BAR_HEIGHT;
    const y = row.isTwoWay && contact.from > contact.to ? top + 4 + BAR_HEIGHT - height : top + 4;
    return `<rect x="${fixed(start)}" y="${y}" width="${fixed(width)}" height="${height}" fill="${colourOf(contact)}" fill-opacity="0.8"><title>${escapeXml(wordsOf(contact, names))}</title></rect>`;
  });
  return `<text x="${left - 8}" y="${top + 14}" text-anchor="end">${escapeXml(label)}</text>${bars.join('')}`;
}

function shownLabel({ label }: ChartRow): string {
  return label.length > MAX_LABEL ? `${label.slice(0, MAX_LABEL - 3)}...` : label;
}

function labelWidth(label: string): number {
  const wide = label.match(/[A-Z@%&<>]/g)?.length ?? 0;
  return wide * WIDE_LETTER + (label.length - wide) * LETTER;
}

function wordsOf(contact: PlanContact, names: PlanNames): string {
  const { from, to, startUs, endUs, rateBytesPerSecond, owltUs } = contact;
  const times = `${formatSeconds(startUs)} to ${formatSeconds(endUs)} s`;
  const light = `light time ${formatSeconds(owltUs)} s`;
  return `${names.labelOf(from)} -> ${names.labelOf(to)}: ${times}, ${rateWords(rateBytesPerSecond)}, ${light}`;
}

function rateWords(rateBytesPerSecond: number): string {
  return rateBytesPerSecond === Infinity ? 'no rate limit' : `${bytes(rateBytesPerSecond)}/s`;
}

interface ColourEntry {
  readonly label: string;
  readonly colour: string;
}

/** A colour for each rate, or where there are many for each power of ten; the slowest first. */
function colourScale(contacts: readonly PlanContact[]): {
  readonly entries: readonly ColourEntry[];
  readonly of: (contact: PlanContact) => string;
} {
  const rates = [...new Set(contacts.map((contact) => contact.rateBytesPerSecond))].sort((a, b) => a - b);
  const classOf =
    rates.length <= MAX_RATES ? (rate: number) => rate : (rate: number) => 10 ** Math.floor(Math.log10(rate));
  const classes = [...new Set(rates.map(classOf))];
  const colourOf = (rate: number) => SVG_COLOURS[classes.indexOf(classOf(rate)) % SVG_COLOURS.length]!;
  const entries = classes.map((least) => {
    const isExact = rates.length <= MAX_RATES || least === Infinity;
    return { label: isExact ? rateWords(least) : `from ${rateWords(least)} on`, colour: colourOf(least) };
  });
  return { entries, of: ({ rateBytesPerSecond }) => colourOf(rateBytesPerSecond) };
}

function legendEntry({ label, colour }: ColourEntry, i: number): string {
  const perRow = Math.floor((WIDTH - 40) / LEGEND_COLUMN);
  const [left, top] = [LEGEND_COLUMN * (i % perRow), 20 * Math.floor(i / perRow)];
  return `<rect x="${left}" y="${top - 9}" width="12" height="12" fill="${colour}" fill-opacity="0.8"/><text x="${left + 18}" y="${top + 2}">${escapeXml(label)}</text>`;
}
