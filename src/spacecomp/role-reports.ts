/** What every role tells its LOS satellite about itself, and writes into the trace at the same time. */
import type { JobContext, Role } from './messages.js';
import type { RoleHost } from './role-host.js';

/** A role has started or is done; `records` is how many records it has given out. */
export function reportProgress(
  host: RoleHost,
  context: JobContext,
  role: Role,
  index: number,
  state: 'started' | 'done',
  records: number,
): void {
  host.trace(state === 'started' ? 'role-started' : 'role-done', context, role, index);
  host.send(context.los, { type: 'progress', job: context.job, role, index, state, records }, context);
}

/** A role gives up, and its job with it: `message` is what its processor did wrong. */
export function reportFailure(host: RoleHost, context: JobContext, role: Role, index: number, message: string): void {
  const name = role === 'reducer' ? role : `${role} ${index}`;
  const failure = `${name} at ${JSON.stringify(host.nameOf(host.node))} failed: ${message}`;
  host.trace('role-failed', context, role, index, message);
  host.send(context.los, { type: 'result', job: context.job, result: undefined, files: [], failure }, context);
}
