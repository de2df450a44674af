/** One step of a processor that cannot keep a run waiting for ever: it has a limit on the wall clock, and a run that is stopped drops it. */
import type { StepOutcome } from '../processors/step.js';
import type { Stepper } from './processor-runner.js';

/**
 * A stepper whose steps fail when they have not answered after `limitSeconds`, or when `signal` says so; the task is cancelled
 * then. A processor that never gives the thread back cannot be stopped by anything inside its process.
 */
export function limitedStepper(limitSeconds: number, signal: AbortSignal | undefined): Stepper {
  return (runner, request) => {
    const outcome = runner.step(request);
    if (!(outcome instanceof Promise)) return outcome;
    return new Promise((resolve) => {
      const finish = (result: StepOutcome) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stopped);
        resolve(result);
      };
      const giveUp = (message: string) => {
        runner.cancel(request.task);
        finish({ kind: 'failed', message });
      };
      const timer = setTimeout(
        () => giveUp(`no answer within ${limitSeconds} s of wall-clock time (processing.stepLimitSeconds)`),
        limitSeconds * 1000,
      );
      const stopped = () => giveUp('the run was stopped');
      signal?.addEventListener('abort', stopped);
      if (signal?.aborted) stopped();
      else void outcome.then(finish);
    });
  };
}
