/**
 * report.html: one page that tells a run's story and needs nothing beside itself. Charts are drawn here, as SVG; the page's
 * script only adds the slider. Every text that comes from outside goes through escapeHtml or scriptJson.
 */
import type { RunReport } from '../report.js';
import type { Scenario } from '../scenario.js';
import { contactGantt, type PlannedContact } from './contact-gantt.js';
import { checkList, counters, jobFigures, tiles } from './figures.js';
import { jobTimeline } from './job-timeline.js';
import { linkMap } from './link-map.js';
import { escapeHtml, scriptJson } from './markup.js';
import { PAGE_SCRIPT } from './page-script.js';
import { PAGE_STYLE } from './page-style.js';
import type { History } from './run-history.js';
import { SatelliteNames } from './satellite-names.js';
import { count, duration } from './words.js';

/** Jobs that the page shows one by one. */
export const MAX_SHOWN_JOBS = 12;

/** What a page is made of. */
export interface ReportPageInput {
  readonly report: RunReport;
  readonly scenario: Scenario;
  readonly grid: { readonly planes: number; readonly satellitesPerPlane: number } | undefined;
  readonly contacts: readonly PlannedContact[];
  readonly history: History;
  /** The command that repeats the run. */
  readonly replay: string;
}

/** The page as text of one HTML file. */
export function renderReportPage(input: ReportPageInput): string {
  const { report, scenario, grid, contacts, history } = input;
  const names = new SatelliteNames(grid?.satellitesPerPlane ?? scenario.plan?.satellitesPerPlane);
  const end = Math.max(report.virtualSeconds, history.lastSeconds, 0.001);
  const map = linkMap(history, contacts, grid, report.jobs, names, end);
  const jobs = report.jobs.slice(0, MAX_SHOWN_JOBS);
  const moreJobs = report.jobs.length - jobs.length;
  const jobSections = jobs.map(
    (job) => `<section><h2>Job ${escapeHtml(job.id)}</h2>${jobFigures(job)}
<h3>Phases</h3>${jobTimeline(history, job.id, names)}</section>`,
  );
  const cuts = [...history.cuts, ...(moreJobs > 0 ? [`${count(moreJobs)} further jobs are in report.json only.`] : [])];
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(report.scenario)} - leodtn report</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<header><h1>${escapeHtml(report.scenario)}</h1>
<p>${escapeHtml(scenario.description)}</p>
${report.interrupted ? '<p><b class="bad">Stopped before its end.</b> The page shows what there was by then.</p>' : ''}
${tiles(report)}</header>
${jobSections.join('\n')}
<section><h2>Satellites and traffic</h2>${mapLegend(report.jobs.length > 0)}
<div class="slider" id="slider" hidden><button id="play" type="button">Play</button>
<input id="moment" type="range" min="0" max="${map.data.buckets}" value="0" aria-label="Stretch of time"><output id="moment-text" for="moment"></output></div>
${map.svg}</section>
<section><h2>Contacts and outages</h2>${GANTT_LEGEND}${contactGantt(history, contacts, end, names)}</section>
<section><h2>Counters</h2>${counters(report.network)}</section>
<section><h2>Checks</h2>${checkList(report.checks)}</section>
<section><h2>Again</h2>
<pre id="replay">${escapeHtml(input.replay)}</pre><button id="copy" type="button" hidden>Copy</button>
<p class="note">Seed ${report.seed}. ${hashWords(report)} ${count(history.events)} events in ${escapeHtml(duration(end))}; events.jsonl has each of them.</p>
${cuts.map((cut) => `<p class="note">${escapeHtml(cut)}</p>`).join('')}</section>
</main>
<script type="application/json" id="data">${scriptJson({ report: withoutResults(report), map: map.data })}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

function mapLegend(hasRoles: boolean): string {
  const role = (name: string, label: string) =>
    `<span><i class="round" style="background:var(--${name})"></i>${label}</span>`;
  const roles = hasRoles
    ? role('los', 'L line of sight') +
      role('collector', 'C collector') +
      role('mapper', 'M mapper') +
      role('reducer', 'R reducer')
    : '';
  return `<div class="legend">${roles}<span><i style="background:var(--h1)"></i><i style="background:var(--h3)"></i><i style="background:var(--h5)"></i>little to much traffic</span><span><i style="background:var(--h0)"></i>none</span><span><i style="background:var(--bad)"></i>down all the time (dashed)</span></div>`;
}

const GANTT_LEGEND = `<div class="legend"><span><i style="background:var(--up)"></i>contact</span><span><i style="background:var(--down)"></i>outage</span><span><i class="round" style="background:var(--bad)"></i>cut by a fault</span><span><i style="background:var(--wait)"></i>bundles that waited for it, higher for more</span></div>`;

function hashWords(report: RunReport): string {
  if (report.traceHash === null)
    return report.interrupted
      ? 'No trace hash: the run was stopped.'
      : 'No trace hash: the run used real sockets and clocks.';
  return `Trace hash <code>${escapeHtml(report.traceHash)}</code>, equal in every run of this command.`;
}

/** Results can be large, and the page shows what it needs of them already. */
function withoutResults(report: RunReport): unknown {
  return { ...report, jobs: report.jobs.map(({ result: _, ...job }) => job) };
}
