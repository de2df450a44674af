/** What a run comes to in figures: tiles, result, counters, checks. */
import type { CheckReport, JobReport, NetworkCounters, RunReport } from '../report.js';
import { escapeHtml } from './markup.js';
import { countedNoun, topCounts } from './top-counts.js';
import { trafficShares } from './traffic-shares.js';
import { bytes, count, decimal, duration, plural, satelliteText } from './words.js';

/** Longest JSON result that the page shows in full. */
const MAX_RESULT = 4_000;

/** The figures that a reader looks for first. */
export function tiles(report: RunReport): string {
  const { network, jobs } = report;
  const done = jobs.filter((job) => job.state === 'done').length;
  const broken = report.checks.filter((check) => !check.ok).length;
  const share =
    network.transmissions === 0 ? '' : `${decimal((100 * network.lost) / network.transmissions, 1)} % of all`;
  const entries: [label: string, figure: string, beside: string, kind: string][] = [];
  if (jobs.length > 0)
    entries.push(['jobs done', `${done} of ${jobs.length}`, longest(jobs), done === jobs.length ? 'good' : 'bad']);
  for (const { kind, sent, delivered } of trafficShares(network)) {
    const ratio = (100 * delivered) / sent;
    entries.push([`delivered ${kind}`, `${decimal(ratio, 1)} %`, `${count(delivered)} of ${count(sent)}`, '']);
  }
  entries.push(
    [
      'checks',
      broken === 0 ? `${report.checks.length} hold` : `${broken} broken`,
      `of ${report.checks.length}`,
      broken === 0 ? 'good' : 'bad',
    ],
    ['satellites', count(network.satellites), `${count(network.contacts)} contacts`, ''],
    ['outages met', count(network.outages), `${count(network.waited)} bundles waited`, ''],
    ['transmissions', count(network.transmissions), bytes(network.bytesTransmitted), ''],
    ['lost on links', count(network.lost), share, ''],
    ['sent again', count(network.retransmissions), 'for want of a custody signal', ''],
    ['time', duration(report.virtualSeconds), `${duration(report.wallSeconds)} on the wall clock`, ''],
  );
  const tile = ([label, figure, beside, kind]: (typeof entries)[number]) =>
    `<li class="${kind}"><span>${escapeHtml(label)}</span><strong>${escapeHtml(figure)}</strong><small>${escapeHtml(beside)}</small></li>`;
  return `<ul class="tiles">${entries.map(tile).join('')}</ul>`;
}

/** What a job came to, and who did what. */
export function jobFigures(job: JobReport): string {
  const verdict =
    job.state === 'done'
      ? `<p><b class="good">Done</b> after ${escapeHtml(duration(job.jobTimeSeconds))}.</p>`
      : `<p><b class="bad">Failed</b> after ${escapeHtml(duration(job.jobTimeSeconds))}: ${escapeHtml(job.reason ?? 'no reason given')}</p>`;
  const names = (list: JobReport['collectors']) => list.map(satelliteText).join(', ') || 'none';
  const people = [
    ['LOS', satelliteText(job.los)],
    [`collectors (${job.collectors.length})`, names(job.collectors)],
    [`mappers (${job.mappers.length})`, names(job.mappers)],
    ['reducer', job.reducer === null ? 'none' : satelliteText(job.reducer)],
  ];
  const list = people.map(([label, text]) => `<dt>${escapeHtml(label!)}</dt><dd>${escapeHtml(text!)}</dd>`).join('');
  return `${verdict}<div class="split"><div>${resultOf(job)}</div><dl>${list}</dl></div>`;
}

function longest(jobs: readonly JobReport[]): string {
  const times = jobs.filter((job) => job.state === 'done').map((job) => job.jobTimeSeconds);
  if (times.length === 0) return 'none in time';
  return times.length === 1 ? `after ${duration(times[0]!)}` : `the last after ${duration(Math.max(...times))}`;
}

function resultOf(job: JobReport): string {
  if (job.state !== 'done') return '<p class="note">No result.</p>';
  const files = (job.result as { files?: unknown } | null)?.files;
  if (Array.isArray(files)) {
    return `<h3>Files</h3><ul>${files.map((file) => `<li>${escapeHtml(String(file))}</li>`).join('')}</ul>`;
  }
  const counts = topCounts(job.result);
  if (counts === undefined) {
    const json = JSON.stringify(job.result, null, 2);
    return `<h3>Result</h3><pre>${escapeHtml(json.length > MAX_RESULT ? `${json.slice(0, MAX_RESULT)}\n...` : json)}</pre>`;
  }
  if (counts.distinct === 0) return '<h3>Result</h3><p class="note">An empty map: there was nothing to count.</p>';
  const most = Math.max(1, counts.top[0]![1]);
  const rows = counts.top.map(([word, n]) => {
    const shown = word === '' ? '<i>(empty)</i>' : escapeHtml(word.length > 40 ? `${word.slice(0, 40)}...` : word);
    const width = Math.max(0, (100 * n) / most);
    return `<tr><th scope="row">${shown}</th><td>${count(n)}</td><td class="meter"><span style="width:${decimal(width, 1)}%"></span></td></tr>`;
  });
  return `<h3>Most frequent of ${plural(counts.distinct, countedNoun(job.tasks))}</h3><table class="words"><tbody>${rows.join('')}</tbody></table>
<p class="note">${count(counts.total)} counted in all; report.json has the whole result.</p>`;
}

/** All counters in groups. */
export function counters(network: NetworkCounters): string {
  const groups: [title: string, rows: [string, string][]][] = [
    [
      'Bundles',
      [
        ['made', count(network.bundlesSourced)],
        ['delivered', count(network.bundlesDelivered)],
        ['waited for a contact', count(network.waited)],
        ['expired', count(network.expired)],
        ['deleted', count(network.deleted)],
      ],
    ],
    [
      'Links',
      [
        ['transmissions', count(network.transmissions)],
        ['lost', count(network.lost)],
        ['damaged', count(network.corrupted)],
        ['doubled', count(network.duplicated)],
        ['overtaken', count(network.reordered)],
        ['bytes over all hops', bytes(network.bytesTransmitted)],
        ['bytes of payload delivered', bytes(network.bytesDelivered)],
      ],
    ],
    [
      'Repair',
      [
        ['sent again', count(network.retransmissions)],
        ['repeats dropped', count(network.duplicatesSuppressed)],
        ['custody accepted', count(network.custodyAccepted)],
        ['custody released', count(network.custodyReleased)],
        ['custody refused', count(network.custodyRefused)],
        ['custody signals', count(network.custodySignals)],
        ['malformed and dropped', count(network.malformed)],
      ],
    ],
    [
      'Bundle processing',
      [
        ['status reports sent', count(network.statusReports)],
        ['status reports arrived', count(network.statusReportsReceived)],
        ['status reports withheld', count(network.statusReportsWithheld)],
        ['compressed reports sent', count(network.compressedReports)],
        ['compressed reports arrived', count(network.compressedReportsReceived)],
        ['fragments made', count(network.fragmentsMade)],
        ['bundles put together', count(network.reassembled)],
        ['fragments in conflict', count(network.fragmentConflicts)],
        ['fragments dropped', count(network.fragmentsDropped)],
        ['administrative records ignored', count(network.adminRecordsIgnored)],
        ['broken rules let pass', count(network.allowances)],
        ['security operations added', count(network.securityApplied)],
        ['security operations verified', count(network.securityVerified)],
        ['security operations failed', count(network.securityFailures)],
      ],
    ],
    [
      'World',
      [
        ['satellites', count(network.satellites)],
        ['contacts', count(network.contacts)],
        ['outages', count(network.outages)],
        ['most bundles on a satellite', count(network.peakStoredBundles)],
        ['most bytes on a satellite', bytes(network.peakStoredBytes)],
        ['plain bundles sent', count(network.trafficSent)],
        ['plain bundles delivered', count(network.trafficDelivered)],
        ['sent with custody', count(network.custodyTrafficSent)],
        ['delivered with custody', count(network.custodyTrafficDelivered)],
        ['simulator events', count(network.simulatorEvents)],
      ],
    ],
  ];
  const group = ([title, rows]: (typeof groups)[number]) =>
    `<div><h3>${title}</h3><table><tbody>${rows.map(([label, figure]) => `<tr><th scope="row">${label}</th><td>${figure}</td></tr>`).join('')}</tbody></table></div>`;
  return `<div class="groups">${groups.map(group).join('')}</div>`;
}

/** Verdicts of the checkers. */
export function checkList(checks: readonly CheckReport[]): string {
  if (checks.length === 0) return '<p class="note">No checks ran.</p>';
  const item = ({ name, ok, detail }: CheckReport) =>
    `<li><b class="${ok ? 'good' : 'bad'}">${ok ? 'holds' : 'broken'}</b> ${escapeHtml(name)}${detail === '' ? '' : `<small>${escapeHtml(detail)}</small>`}</li>`;
  return `<ul class="checks">${checks.map(item).join('')}</ul>`;
}
