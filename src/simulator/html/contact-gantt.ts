/** Contacts and outages of links as a Gantt chart, with the bundles that waited for them. */
import { escapeHtml, px } from './markup.js';
import type { ContactSpan, History, LinkHistory } from './run-history.js';
import type { SatelliteNames } from './satellite-names.js';
import { CHART_WIDTH, TimeAxis } from './time-axis.js';
import { count, duration, plural } from './words.js';

/** Links that the chart shows. */
export const MAX_GANTT_ROWS = 48;

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
  const shown = choose(links, endSeconds).slice(0, MAX_GANTT_ROWS);
  const axis = new TimeAxis(0, endSeconds);
  const bottom = TOP + ROW * shown.length + 2;
  const deepest = Math.max(1, ...shown.flatMap(({ link }) => link?.waitsOverTime.map(([, waiting]) => waiting) ?? []));
  const rows = shown.map((row, i) =>
    renderRow(row, TOP + ROW * i, axis, endSeconds, history.bucketSeconds, deepest, names),
  );
  const left =
    links.length > shown.length
      ? `<p class="note">${shown.length} of ${count(links.length)} directed links: those that bundles waited for first, then those with outages, then the busiest.</p>`
      : '';
  return `<div class="scroll"><svg viewBox="0 0 ${CHART_WIDTH} ${bottom + 26}" role="img" aria-label="Contacts and outages of links over time">
${axis.render(TOP - 4, bottom)}${rows.join('')}</svg></div>${left}${waitTable(history, names)}`;
}

interface GanttRow {
  readonly from: number;
  readonly to: number;
  readonly spans: readonly ContactSpan[];
  readonly link: LinkHistory | undefined;
}

/** What the nodes saw of their contacts; where they said nothing, the plan. */
function withSpans(history: History, planned: readonly PlannedContact[], endSeconds: number): GanttRow[] {
  const rows = new Map<string, GanttRow>();
  const hasEvents = history.links.some((link) => link.contacts.length > 0);
  for (const link of history.links) {
    if (link.to === 0 && link.waits === 0) continue;
    rows.set(`${link.from}>${link.to}`, { from: link.from, to: link.to, spans: link.contacts, link });
  }
  if (hasEvents) return [...rows.values()];
  for (const contact of planned) {
    if (contact.startSeconds > endSeconds) continue;
    const key = `${contact.from}>${contact.to}`;
    const before = rows.get(key) ?? { from: contact.from, to: contact.to, spans: [], link: undefined };
    const span = { startSeconds: contact.startSeconds, endSeconds: contact.endSeconds, isFailed: false };
    rows.set(key, { ...before, spans: [...before.spans, span] });
  }
  return [...rows.values()];
}

/** The most telling rows first. */
function choose(rows: readonly GanttRow[], endSeconds: number): GanttRow[] {
  const weight = (row: GanttRow) => {
    const waits = row.link?.waits ?? 0;
    const sent = row.link?.sent ?? 0;
    const outages = row.spans.filter((span) => span.endSeconds !== undefined && span.endSeconds < endSeconds).length;
    return waits * 1e6 + (outages > 0 ? 1e3 : 0) * Math.min(1e3, sent + 1) + Math.min(999, sent);
  };
  return [...rows].sort((a, b) => weight(b) - weight(a) || a.from - b.from || a.to - b.to);
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
  const { link } = row;
  const label =
    row.to === 0 ? `${names.label(row.from)} no route` : `${names.label(row.from)} to ${names.label(row.to)}`;
  const waits =
    link && link.waits > 0
      ? `; ${plural(link.waits, 'bundle')} waited, the longest ${duration(link.longestWaitSeconds)}`
      : '';
  const tip = `${label}: ${count(link?.sent ?? 0)} sent${waits}`;
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
  for (const [bucket, waiting] of link?.waitsOverTime ?? []) {
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
