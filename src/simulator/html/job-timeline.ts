/** The phases of a job on a time line: a row for each role, bars from its start to its end. */
import { escapeHtml, px } from './markup.js';
import { type History, inputKey, type JobStep } from './run-history.js';
import type { SatelliteNames } from './satellite-names.js';
import { CHART_WIDTH, TimeAxis } from './time-axis.js';
import { duration, plural } from './words.js';

/** Rows of a time line; a job with more roles shows the first of them. */
export const MAX_ROLE_ROWS = 70;

const ROW = 18;
const TOP = 34;
const ROLE_ORDER = ['coordinator', 'collector', 'combiner', 'mapper', 'reducer'];

interface RoleRow {
  readonly role: string;
  readonly index: number;
  readonly node: number;
  start: number | undefined;
  end: number | undefined;
  failed: string | undefined;
}

/** The time line of one job as SVG, or a sentence where the run has no events of it. */
export function jobTimeline(history: History, job: string, names: SatelliteNames): string {
  const steps = history.steps.filter((step) => step.job === job);
  if (steps.length === 0) return '<p class="note">No events of this job were recorded.</p>';
  const all = rowsOf(steps);
  const rows = all.slice(0, MAX_ROLE_ROWS);
  const begin = Math.min(...steps.map((step) => step.atSeconds));
  const ending = steps.find((step) => isJobStep(step) && (step.event === 'done' || step.event === 'failed'));
  const last = ending?.atSeconds ?? Math.max(history.lastSeconds, ...steps.map((step) => step.atSeconds));
  const margin = (last - begin) * 0.02 || 0.001;
  const axis = new TimeAxis(begin, last + margin);
  const bottom = TOP + ROW * rows.length + 4;
  const body = rows.map((row, i) => renderRow(row, TOP + ROW * i, axis, last, history, job, names)).join('');
  const note =
    all.length > rows.length ? `<p class="note">${all.length - rows.length} further roles are not drawn.</p>` : '';
  return `<div class="scroll"><svg viewBox="0 0 ${CHART_WIDTH} ${bottom + 26}" role="img" aria-label="${escapeHtml(`Time line of job ${job}`)}">
${axis.render(TOP - 6, bottom)}${body}${moments(steps, axis, bottom)}</svg></div>${note}`;
}

function rowsOf(steps: readonly JobStep[]): RoleRow[] {
  const rows = new Map<string, RoleRow>();
  for (const { event, role, index, node, atSeconds, detail } of steps) {
    if (!event.startsWith('role-')) continue;
    const key = `${role}/${index}/${node}`;
    let row = rows.get(key);
    if (row === undefined) {
      row = { role, index, node, start: undefined, end: undefined, failed: undefined };
      rows.set(key, row);
    }
    if (event === 'role-started') row.start ??= atSeconds;
    else row.end = atSeconds;
    if (event === 'role-failed') row.failed = detail === '' ? 'failed' : detail;
  }
  const rank = (role: string) => (ROLE_ORDER.includes(role) ? ROLE_ORDER.indexOf(role) : ROLE_ORDER.length);
  return [...rows.values()].sort((a, b) => rank(a.role) - rank(b.role) || a.index - b.index || a.node - b.node);
}

function renderRow(
  row: RoleRow,
  top: number,
  axis: TimeAxis,
  last: number,
  history: History,
  job: string,
  names: SatelliteNames,
): string {
  const label = `${row.role}${row.role === 'reducer' ? '' : ` ${row.index}`} at ${names.label(row.node)}`;
  const start = row.start ?? row.end ?? last;
  const end = row.end ?? last;
  const inputs = history.inputs.get(inputKey(job, row.role, row.index, row.node)) ?? 0;
  const took = inputs === 0 ? '' : `, took ${plural(inputs, 'message')}`;
  const how = row.failed !== undefined ? `failed: ${row.failed}` : row.end === undefined ? 'not done' : 'done';
  const tip = `${label}: ${how} after ${duration(end - start)}${took}`;
  const kind = row.failed === undefined ? (row.end === undefined ? 'open' : `role-${cssRole(row.role)}`) : 'failed';
  const x = axis.x(start);
  const width = Math.max(2.5, axis.x(end) - x);
  return `<g><title>${escapeHtml(tip)}</title><text class="label" x="182" y="${top + 12}" text-anchor="end">${escapeHtml(label)}</text>
<rect class="bar ${kind}" x="${px(x)}" y="${top + 3}" width="${px(width)}" height="${ROW - 6}" rx="3"/></g>`;
}

/** Submitted, planned and the end, as lines across all rows. */
function moments(steps: readonly JobStep[], axis: TimeAxis, bottom: number): string {
  const parts: string[] = [];
  let lastX = Number.NEGATIVE_INFINITY;
  for (const step of steps.filter(isJobStep)) {
    const x = axis.x(step.atSeconds);
    const label = step.event === 'done' ? 'result at the LOS' : step.event;
    const isClose = x - lastX < 74;
    const y = isClose ? TOP - 22 : TOP - 10;
    const anchor = x > CHART_WIDTH - 120 ? 'end' : 'start';
    parts.push(
      `<g><title>${escapeHtml(`${label} at ${duration(step.atSeconds)}`)}</title><line class="moment" x1="${px(x)}" x2="${px(x)}" y1="${y + 3}" y2="${bottom}"/>`,
      `<text class="tick strong" x="${px(x + (anchor === 'end' ? -4 : 4))}" y="${y}" text-anchor="${anchor}">${escapeHtml(label)}</text></g>`,
    );
    lastX = isClose ? lastX : x;
  }
  return parts.join('');
}

function isJobStep(step: JobStep): boolean {
  return ['submitted', 'planned', 'done', 'failed'].includes(step.event);
}

function cssRole(role: string): string {
  return ROLE_ORDER.includes(role) ? role : 'other';
}
