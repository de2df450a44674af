/** Writes a run's events to a structured log, each at the level at which somebody would look for it. */
import type { RunEvent } from './report.js';

/** What a run may write to; pino's loggers fit. */
export interface RunLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Events of a job that only matter when something is looked for. */
const JOB_DETAILS = new Set(['role-input']);

/** A listener that logs each event and passes it on: jobs at info, what was dropped at warn, all else at debug. */
export function loggingEvents(log: RunLog, next: ((event: RunEvent) => void) | undefined): (event: RunEvent) => void {
  return (event) => {
    const message = `${event.type} ${event.event}`;
    const isFailure = event.event === 'failed' || event.event === 'role-failed' || event.event === 'deleted';
    if (event.type === 'malformed' || isFailure) log.warn(event, message);
    else if (event.type === 'job' && !JOB_DETAILS.has(event.event)) log.info(event, message);
    else log.debug(event, message);
    next?.(event);
  };
}
