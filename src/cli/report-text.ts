/** The report that a person reads at the end of a run. */

import { countedNoun, topCounts } from '../simulator/html/top-counts.js';
import { trafficShares } from '../simulator/html/traffic-shares.js';
import type { CheckReport, JobReport, NetworkCounters, RunReport } from '../simulator/report.js';
import {
  bytes,
  count,
  decimal,
  duration,
  plural,
  printable,
  type Style,
  satelliteText,
  shorten,
  wrap,
} from './style.js';

/** What the report says beside what the run itself reports. */
export interface ReportSurroundings {
  readonly style: Style;
  readonly description: string;
  /** The command that repeats the run. */
  readonly replay: string;
  /** Where the run was kept, if it was. */
  readonly folder: string | undefined;
  /** Where its datagrams were captured, if they were. */
  readonly capture: string | undefined;
  /** Over real sockets. */
  readonly udp: boolean;
}

const WIDTH = 88;

/** The whole report as text. */
export function reportText(report: RunReport, around: ReportSurroundings): string {
  const { style } = around;
  const parts = [title(report, around)];
  for (const job of report.jobs) parts.push(jobText(job, style));
  parts.push(networkText(report.network, style));
  parts.push(checksText(report.checks, style));
  parts.push(replayText(report, around));
  return `${parts.join('\n\n')}\n`;
}

function title(report: RunReport, { style, description, udp }: ReportSurroundings): string {
  const clock = udp ? 'of scaled time over UDP sockets' : 'of virtual time';
  const line = `${style.bold(printable(report.scenario))}: ${duration(report.virtualSeconds)} ${clock}, ${duration(report.wallSeconds)} on the wall clock`;
  const about = description === '' ? '' : `\n${style.dim(wrap(printable(description).split(/\s+/), WIDTH, ''))}`;
  const stopped = report.interrupted
    ? `\n${style.bad('Stopped before its end; what follows is what there was by then.')}`
    : '';
  return `${line}${about}${stopped}`;
}

function jobText(job: JobReport, style: Style): string {
  const lines = [
    job.state === 'done'
      ? `${style.bold(`Job ${printable(job.id)}`)}: ${style.good('done')} after ${duration(job.jobTimeSeconds)}`
      : `${style.bold(`Job ${printable(job.id)}`)}: ${style.bad('failed')} after ${duration(job.jobTimeSeconds)}`,
  ];
  if (job.state === 'failed') lines.push(row('reason', printable(job.reason ?? 'not given')));
  else lines.push(...resultLines(job));
  lines.push(row('LOS', satelliteText(job.los)));
  if (job.collectors.length > 0) lines.push(row(`collectors ${job.collectors.length}`, satellites(job.collectors)));
  if (job.mappers.length > 0) lines.push(row(`mappers ${job.mappers.length}`, satellites(job.mappers)));
  if (job.reducer !== null) lines.push(row('reducer', satelliteText(job.reducer)));
  return lines.join('\n');
}

function resultLines(job: JobReport): string[] {
  const { result } = job;
  const files = (result as { files?: unknown } | null)?.files;
  if (Array.isArray(files)) return [row('files', files.map((file) => printable(String(file))).join(', '))];
  const counts = topCounts(result);
  if (counts === undefined) return [row('result', shorten(printable(JSON.stringify(result)), 4 * WIDTH))];
  if (counts.distinct === 0) return [row('result', 'an empty map: there was nothing to count')];
  const totals =
    countedNoun(job.tasks) === 'word'
      ? `${plural(counts.total, 'word')}, ${count(counts.distinct)} different`
      : `${count(counts.total)} in all under ${plural(counts.distinct, 'key')}`;
  const widest = Math.max(...counts.top.map(([, n]) => count(n).length));
  const half = Math.ceil(counts.top.length / 2);
  const cell = ([word, n]: readonly [string, number]) =>
    `${count(n).padStart(widest)}  ${shorten(word === '' ? '(empty)' : printable(word), 24)}`;
  const lines = [row('result', `${totals}; the most frequent:`)];
  for (let i = 0; i < half; i++) {
    const right = counts.top[i + half];
    lines.push(
      row('', `${cell(counts.top[i]!).padEnd(widest + 30)}${right === undefined ? '' : cell(right)}`.trimEnd()),
    );
  }
  return lines;
}

function satellites(names: JobReport['collectors']): string {
  const shown = names.slice(0, 40).map(satelliteText);
  if (names.length > shown.length) shown.push(`and ${names.length - shown.length} more`);
  return wrap(
    shown.map((name) => name.replace(' ', '\u00a0')),
    WIDTH - LABEL,
    ' '.repeat(LABEL),
  ).replaceAll('\u00a0', ' ');
}

function networkText(network: NetworkCounters, style: Style): string {
  const share = (part: number) =>
    network.transmissions === 0 ? '' : ` (${decimal((100 * part) / network.transmissions, 1)} %)`;
  const perBundle =
    network.bundlesDelivered === 0
      ? ''
      : `, ${decimal(network.transmissions / network.bundlesDelivered, 1)} for each bundle delivered`;
  const lines = [
    style.bold('How far it went'),
    row(
      'world',
      `${plural(network.satellites, 'satellite')}, ${plural(network.contacts, 'contact')}, ${plural(network.outages, 'outage')} met`,
    ),
    row(
      'bundles',
      `${count(network.bundlesSourced)} made, ${count(network.bundlesDelivered)} delivered, ${count(network.waited)} waited for a contact`,
    ),
    row('on links', `${plural(network.transmissions, 'transmission')}${perBundle}`),
    row(
      '',
      `${count(network.lost)} lost${share(network.lost)}, ${count(network.corrupted)} of them damaged, ${count(network.duplicated)} doubled, ${count(network.reordered)} overtaken`,
    ),
    row(
      'repaired',
      `${count(network.retransmissions)} sent again, ${plural(network.duplicatesSuppressed, 'repeat')} recognised and dropped`,
    ),
    row(
      'custody',
      `${count(network.custodyAccepted)} accepted, ${count(network.custodyReleased)} released, ${count(network.custodyRefused)} refused, ${plural(network.custodySignals, 'signal')}`,
    ),
    row(
      'bytes',
      `${bytes(network.bytesTransmitted)} over all hops, ${bytes(network.bytesDelivered)} of payload delivered`,
    ),
    row(
      'store',
      `at most ${plural(network.peakStoredBundles, 'bundle')} and ${bytes(network.peakStoredBytes)} on one satellite`,
    ),
  ];
  if (network.crashes + network.forged > 0) {
    lines.push(
      row(
        'struck',
        `${network.crashes === 1 ? '1 crash' : `${count(network.crashes)} crashes`}, ${plural(network.restarts, 'restart')}, ${plural(network.setAside, 'record')} set aside, ${plural(network.forged, 'datagram')} forged`,
      ),
    );
  }
  if (network.expired + network.deleted > 0) {
    lines.push(row('given up', `${count(network.expired)} expired, ${count(network.deleted)} deleted`));
  }
  const withheld = network.statusReportsWithheld > 0 ? `, ${count(network.statusReportsWithheld)} withheld` : '';
  if (network.statusReports + network.statusReportsWithheld + network.compressedReports > 0) {
    const arrived = `${count(network.statusReportsReceived)} arrived`;
    lines.push(row('reports', `${plural(network.statusReports, 'status report')} sent, ${arrived}${withheld}`));
  }
  if (network.compressedReports > 0) {
    const signals = plural(network.compressedReports, 'compressed report');
    const said = `${count(network.compressedReportEvents)} things said of bundles`;
    lines.push(row('', `${signals} sent, ${count(network.compressedReportsReceived)} arrived, ${said}`));
  }
  if (network.statusReportsReceived * network.compressedReportEvents > 0) {
    lines.push(row('', `bytes for each thing said: ${reportCosts(network)}`));
  }
  if (network.fragmentsMade + network.reassembled > 0) {
    const left = `${count(network.fragmentsDropped)} dropped, ${plural(network.fragmentConflicts, 'conflict')}`;
    const whole = `${plural(network.reassembled, 'bundle')} put together`;
    lines.push(row('fragments', `${count(network.fragmentsMade)} made, ${whole}, ${left}`));
  }
  if (network.securityApplied + network.securityVerified + network.securityFailures > 0) {
    const operations = `${plural(network.securityApplied, 'operation')} added`;
    const judged = `${count(network.securityVerified)} verified, ${count(network.securityFailures)} failed`;
    lines.push(row('security', `${operations}, ${judged}`));
  }
  if (network.allowances + network.adminRecordsIgnored > 0) {
    const passed = `${plural(network.allowances, 'broken rule')} let pass`;
    lines.push(
      row('odd bundles', `${passed}, ${plural(network.adminRecordsIgnored, 'administrative record')} ignored`),
    );
  }
  trafficShares(network).forEach(({ kind, sent, delivered }, i) => {
    const ratio = decimal((100 * delivered) / sent, 1);
    const words = `${count(delivered)} of ${count(sent)} plain bundles ${kind} delivered (${ratio} %)`;
    lines.push(row(i === 0 ? 'traffic' : '', words));
  });
  return lines.join('\n');
}

/** What it costs at the receiver to be told one thing of one bundle, either way. */
function reportCosts(network: NetworkCounters): string {
  const each = network.statusReportBytesReceived / network.statusReportsReceived;
  const compressed = network.compressedReportBytesReceived / network.compressedReportEvents;
  return `${decimal(each, 1)} in status reports, ${decimal(compressed, 1)} in compressed ones`;
}

function checksText(checks: readonly CheckReport[], style: Style): string {
  const lines = [style.bold('Checks')];
  for (const { name, ok, detail } of checks) {
    const verdict = ok ? style.good('holds ') : style.bad('BROKEN');
    lines.push(`  ${verdict}  ${printable(name)}${detail === '' ? '' : `: ${printable(detail)}`}`);
  }
  if (checks.length === 0) lines.push('  none ran');
  return lines.join('\n');
}

function replayText(report: RunReport, { style, replay, folder, capture, udp }: ReportSurroundings): string {
  const hash =
    report.traceHash === null ? (udp ? 'none over real sockets' : 'none: the run was stopped') : report.traceHash;
  const lines = [
    style.bold('Again'),
    row('command', replay),
    row('trace hash', `${hash}${report.traceHash === null ? '' : ', equal in every run of this command'}`),
  ];
  if (folder !== undefined)
    lines.push(row('kept in', `${folder} (open ${folder.replace(/\/$/, '')}/report.html in a browser)`));
  if (capture !== undefined) lines.push(row('captured in', `${capture} (for Wireshark)`));
  return lines.join('\n');
}

const LABEL = 16;

function row(label: string, text: string): string {
  return `  ${label.padEnd(LABEL - 2)}${text}`;
}
