/** A soak in words: its progress line, and what it came to. */
import type { SoakTotals } from '../../soak/soak.node.js';
import { count, duration, plural, type Style } from '../style.js';
import type { SoakReport } from './report.js';

/** How far a soak has come; `seeds` is Infinity where only the time bounds it, `leftSeconds` then is that of the time. */
export function soakProgress(
  totals: SoakTotals,
  seeds: number,
  elapsedMs: number,
  limitMs: number | undefined,
): string {
  const perSecond = (1_000 * totals.seedsRun) / Math.max(1, elapsedMs);
  const ofSeeds = Number.isFinite(seeds) ? ` of ${count(seeds)}` : '';
  const leftBySeeds = Number.isFinite(seeds) ? (seeds - totals.seedsRun) / perSecond : Number.POSITIVE_INFINITY;
  const leftByTime = limitMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, limitMs - elapsedMs) / 1_000;
  return [
    `${count(totals.seedsRun)}${ofSeeds} seeds`,
    `${perSecond.toFixed(1)} seeds/s`,
    plural(totals.violations.length, 'violation'),
    `${duration(Math.min(leftBySeeds, leftByTime))} left`,
  ].join(' | ');
}

/** The whole report. */
export function soakText(report: SoakReport, what: string, elapsedMs: number, style: Style): string {
  const { seedsRun, firstSeed, lastSeed, bundles, crashes, jobsDone, jobsFailed, violations } = report;
  const seeds = lastSeed === null ? 'no seeds' : `${plural(seedsRun, 'seed')}, ${firstSeed} to ${lastSeed}`;
  const perSecond = ((1_000 * seedsRun) / Math.max(1, elapsedMs)).toFixed(1);
  const lines = [
    style.bold(`${what}: ${seeds}, in ${duration(elapsedMs / 1_000)} (${perSecond} seeds/s)`),
    `  carried  ${plural(bundles, 'bundle')} made, ${plural(jobsDone, 'job')} done, ${count(jobsFailed)} failed`,
    `  crashes  ${count(crashes)}`,
  ];
  for (const { seed, checker, detail, file } of violations) {
    lines.push(`  ${style.bad('BROKEN')}   seed ${seed}, ${checker}: ${detail}`);
    if (file !== null) lines.push(`           npx leodtn run ${file}`);
  }
  if (violations.length === 0) lines.push(`  ${style.good('holds')}    no checker found anything wrong`);
  return `${lines.join('\n')}\n`;
}
