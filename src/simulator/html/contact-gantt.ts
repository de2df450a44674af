/** Contacts and outages of links as a Gantt chart, with the bundles that waited for them. */
import { escapeHtml, px } from './markup.js';
import type { ContactSpan, History, LinkHistory } from './run-history.js';
import type { SatelliteNames } from './satellite-names.js';
import { CHART_WIDTH, TimeAxis } from './time-axis.js';
import { count, duration, plural } from './words.js';

/** Links that the chart shows. */
export const MAX_GANTT_ROWS = 48;

/** Of the links that were up, or down, all the time. */
const STEADY_ROWS = 8;

const ROW = 22;
const TOP = 8;

/** A contact of the plan. */
export interface PlannedContact {
  readonly from: number;
  readonly to: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly interPlane: boolean;
}

/** The chart for the time from 0 to `endSeconds`. */
export function contactGantt(
  history: History,
  planned: readonly PlannedContact[],
  endSeconds: number,
  names: SatelliteNames,
): string {
  const links = withSpans(history, planned, endSeconds);
  if (links.length === 0) return '<p class="note">No contacts were recorded.</p>';
  const shown = choose(links, endSeconds);
  const axis = new TimeAxis(0, endSeconds);
  const bottom = TOP + ROW * shown.length + 2;
  const deepest = Math.max(1, ...shown.flatMap(({ waitsOverTime }) => waitsOverTime.map(([, waiting]) => waiting)));
  const rows = shown.map((row, i) =>
    renderRow(row, TOP + ROW * i, axis, endSeconds, history.bucketSeconds, deepest, names),
  );
  const left =
    links.length > shown.length
      ? `<p class="note">${shown.length} of ${count(links.length)} links: those that bundles waited for, those that came or went, and the busiest of those that were down or up all the time.</p>`
      : '';
  return `<div class="scroll"><svg viewBox="0 0 ${CHART_WIDTH} ${bottom + 26}" role="img" aria-label="Contacts and outages of links over time">
${axis.render(TOP - 4, bottom)}${rows.join('')}</svg></div>${left}${waitTable(history, names)}`;
}

interface GanttRow {
  readonly from: number;
  readonly to: number;
  /** Stands for the reverse direction as well. */
  readonly isBoth: boolean;
  readonly spans: readonly ContactSpan[];
  readonly sent: number;
  readonly waits: number;
  readonly longestWaitSeconds: number;
  readonly waitsOverTime: LinkHistory['waitsOverTime'];
}

/** What the nodes saw of their contacts; where they said nothing at all, the plan. A link that never came up has no spans. */
function withSpans(history: History, planned: readonly PlannedContact[], endSeconds: number): GanttRow[] {
  const rows = new Map<string, GanttRow>();
  const hasEvents = history.links.some((link) => link.contacts.length > 0);
  for (const { from, to, contacts, sent, waits, longestWaitSeconds, waitsOverTime } of history.links) {
    if (to === 0 && waits === 0) continue;
    const row = { from, to, isBoth: false, spans: contacts, sent, waits, longestWaitSeconds, waitsOverTime };
    rows.set(`${from}>${to}`, row);
  }
  for (const { from, to, startSeconds, endSeconds: end } of planned) {
    const before = rows.get(`${from}>${to}`) ?? NO_ROW;
    const isSeen = hasEvents || startSeconds > endSeconds;
    const span = { startSeconds, endSeconds: end, isFailed: false };
    rows.set(`${from}>${to}`, { ...before, from, to, spans: isSeen ? before.spans : [...before.spans, span] });
  }
  return merged(rows);
}

const NO_ROW = { isBoth: false, spans: [], sent: 0, waits: 0, longestWaitSeconds: 0, waitsOverTime: [] };

/** One row for both directions of a link where they were up at the same times. */
function merged(rows: ReadonlyMap<string, GanttRow>): GanttRow[] {
  const result: GanttRow[] = [];
  for (const row of rows.values()) {
    const reverse = rows.get(`${row.to}>${row.from}`);
    if (reverse === undefined || !sameSpans(row.spans, reverse.spans)) result.push(row);
    else if (row.from < row.to) {
      const waiting = new Map(row.waitsOverTime);
      for (const [bucket, count] of reverse.waitsOverTime) waiting.set(bucket, (waiting.get(bucket) ?? 0) + count);
      result.push({
        ...row,
        isBoth: true,
        sent: row.sent + reverse.sent,
        waits: row.waits + reverse.waits,
        longestWaitSeconds: Math.max(row.longestWaitSeconds, reverse.longestWaitSeconds),
        waitsOverTime: [...waiting],
      });
    }
  }
  return result;
}

function sameSpans(a: readonly ContactSpan[], b: readonly ContactSpan[]): boolean {
  const same = (x: ContactSpan, y: ContactSpan) =>
    x.startSeconds === y.startSeconds && x.endSeconds === y.endSeconds && x.isFailed === y.isFailed;
  return a.length === b.length && a.every((span, i) => same(span, b[i]!));
}

/** Links that bundles waited for, then links that came or went, then some that were down or up all the time, the busiest first. */
function choose(rows: readonly GanttRow[], endSeconds: number): GanttRow[] {
  const isChanging = ({ spans }: GanttRow) =>
    spans.some(({ startSeconds, endSeconds: end }) => startSeconds > 0 || (end !== undefined && end < endSeconds));
  const byTraffic = (a: GanttRow, b: GanttRow) =>
    b.waits - a.waits || b.sent - a.sent || a.from - b.from || a.to - b.to;
  const telling = rows.filter((row) => row.waits > 0 || isChanging(row)).sort(byTraffic);
  const steady = rows.filter((row) => row.waits === 0 && !isChanging(row)).sort(byTraffic);
  const few = (wanted: GanttRow[]) => wanted.slice(0, STEADY_ROWS);
  const rest = [
    ...few(steady.filter(({ spans }) => spans.length === 0)),
    ...few(steady.filter(({ spans }) => spans.length > 0)),
  ];
  return [...telling, ...rest].slice(0, MAX_GANTT_ROWS);
}

function renderRow(
  row: GanttRow,
  top: number,
  axis: TimeAxis,
  endSeconds: number,
  bucketSeconds: number,
  deepest: number,
  names: SatelliteNames,
): string {
  const label = labelOf(row, names);
  const waits =
    row.waits > 0 ? `; ${plural(row.waits, 'bundle')} waited, the longest ${duration(row.longestWaitSeconds)}` : '';
  const tip = `${label}: ${count(row.sent)} sent${waits}`;
  const parts = [
    `<title>${escapeHtml(tip)}</title>`,
    `<text class="label" x="182" y="${top + 13}" text-anchor="end">${escapeHtml(label)}</text>`,
  ];
  let at = 0;
  for (const span of row.spans) {
    if (span.startSeconds >= endSeconds) break;
    const end = Math.min(endSeconds, span.endSeconds ?? endSeconds);
    parts.push(
      outage(at, span.startSeconds, top, axis, label),
      bar('up', span.startSeconds, end, top, axis, `${label}: up`),
    );
    if (span.isFailed)
      parts.push(
        `<circle class="cut" cx="${px(axis.x(end))}" cy="${top + 8}" r="4"><title>${escapeHtml(`${label}: cut by a fault at ${duration(end)}`)}</title></circle>`,
      );
    at = end;
  }
  if (row.to !== 0) parts.push(outage(at, endSeconds, top, axis, label));
  for (const [bucket, waiting] of row.waitsOverTime) {
    const start = bucket * bucketSeconds;
    if (start >= endSeconds) continue;
    const height = 2 + (6 * waiting) / deepest;
    const x = axis.x(start);
    const width = Math.max(1.5, axis.x(start + bucketSeconds) - x);
    parts.push(
      `<rect class="wait" x="${px(x)}" y="${px(top + 18 - height)}" width="${px(width)}" height="${px(height)}"><title>${escapeHtml(`${label}: ${plural(waiting, 'bundle')} waited about ${duration(start)}`)}</title></rect>`,
    );
  }
  return `<g>${parts.join('')}</g>`;
}

function labelOf({ from, to, isBoth }: GanttRow, names: SatelliteNames): string {
  if (to === 0) return `${names.label(from)} no route`;
  return `${names.label(from)} ${isBoth ? 'and' : 'to'} ${names.label(to)}`;
}

function outage(start: number, end: number, top: number, axis: TimeAxis, label: string): string {
  return end - start <= 1e-6 ? '' : bar('down', start, end, top, axis, `${label}: down`);
}

function bar(kind: string, start: number, end: number, top: number, axis: TimeAxis, tip: string): string {
  const x = axis.x(start);
  const width = Math.max(1, axis.x(end) - x);
  const words = `${tip} from ${duration(start)} to ${duration(end)}`;
  return `<rect class="${kind}" x="${px(x)}" y="${top + 3}" width="${px(width)}" height="10" rx="2"><title>${escapeHtml(words)}</title></rect>`;
}

function waitTable(history: History, names: SatelliteNames): string {
  if (history.longestWaits.length === 0) return '<p class="note">No bundle had to wait for a contact.</p>';
  const rows = history.longestWaits.map(({ bundle, node, peer, startSeconds, endSeconds }) => {
    const waited = endSeconds === undefined ? 'until the end' : duration(endSeconds - startSeconds);
    const towards = peer === 0 ? 'no route' : names.label(peer);
    const cells = [bundle, names.label(node), towards, duration(startSeconds), waited];
    return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
  });
  return `<details><summary>The longest waits</summary><div class="scroll"><table>
<thead><tr><th>bundle</th><th>at</th><th>for</th><th>since</th><th>waited</th></tr></thead>
<tbody>${rows.join('')}</tbody></table></div></details>`;
}
