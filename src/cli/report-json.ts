/** The report of a run as JSON: what `leodtn run --json` prints and report.json holds. */
import type { RunReport } from '../simulator/report.js';

/**
 * One line of JSON with exactly the fields that README.md lists. A report has more: `interrupted`, and the `tasks` of a job,
 * which only the report in words and the page show.
 */
export function reportJson(report: RunReport): string {
  const { scenario, seed, virtualSeconds, wallSeconds, network, checks, traceHash } = report;
  const jobs = report.jobs.map(({ id, state, reason, result, jobTimeSeconds, collectors, mappers, reducer, los }) => ({
    id,
    state,
    reason,
    result,
    jobTimeSeconds,
    collectors,
    mappers,
    reducer,
    los,
  }));
  return `${JSON.stringify({ scenario, seed, virtualSeconds, wallSeconds, jobs, network, checks, traceHash })}\n`;
}
