/** Exit statuses, and how a command hands its own back. */

/** Everything went as it should. */
export const STATUS_OK = 0;
/** Something failed in flight: a job, a check, or the run was stopped. */
export const STATUS_FAILED = 1;
/** What was asked cannot be run as asked. */
export const STATUS_USAGE = 2;
/** Ctrl-C for the second time. */
export const STATUS_INTERRUPTED = 130;

/** How a command hands its exit status back through commander. */
export interface StatusCell {
  status: number;
}
