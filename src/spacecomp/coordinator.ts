/**
 * The coordinator: the LOS satellite's part of a job. It has the scheduler place the roles, starts the collectors, hears how far
 * the roles are, and ends the job with the reducer's result, a role's failure, or its deadline; then it says what was missing.
 */
import { UsageError } from '../base/errors.js';
import type { SatelliteName } from '../processors/contract.js';
import type { JobPlan } from '../scheduler/index.js';
import type { JobContext, JobMessage, Role } from './messages.js';
import type { ArrivedFile } from './role-host.js';

/** How a job stands, for whoever submitted it. */
export interface JobStatus {
  readonly job: string;
  readonly state: 'planned' | 'running' | 'done' | 'failed';
  /** In words: the phase while it runs, the reason where it failed. */
  readonly detail: string;
  readonly plan: JobPlan | undefined;
  /** JSON of the result where it is done. */
  readonly result: string | undefined;
  readonly files: readonly ArrivedFile[];
  readonly submittedUs: number;
  readonly atUs: number;
}

/** Each waits for the one before. */
const PHASES: readonly Role[] = ['collector', 'mapper', 'reducer'];

const STATES = ['silent', 'started', 'done'] as const;

/** Roles named in a failure; the rest is counted. */
const MAX_NAMED_ROLES = 6;

interface RoleState {
  readonly role: Role;
  readonly index: number;
  readonly node: number;
  state: (typeof STATES)[number];
  records: number;
}

/** One job at its LOS satellite. */
export class Coordinator {
  readonly context: JobContext;
  readonly plan: JobPlan;
  readonly submittedUs: number;
  readonly deadlineUs: number;
  readonly #roles: RoleState[] = [];
  readonly #nameOf: (node: number) => SatelliteName;

  constructor(context: JobContext, plan: JobPlan, submittedUs: number, nameOf: (node: number) => SatelliteName) {
    this.context = context;
    this.plan = plan;
    this.submittedUs = submittedUs;
    this.deadlineUs = submittedUs + context.deadlineMs * 1000;
    this.#nameOf = nameOf;
    for (const { index, collector, mapper } of plan.pairs) {
      this.#roles.push({ role: 'collector', index, node: collector, state: 'silent', records: 0 });
      if (mapper !== collector) this.#roles.push({ role: 'mapper', index, node: mapper, state: 'silent', records: 0 });
    }
    this.#roles.push({ role: 'reducer', index: 1, node: plan.reducer, state: 'silent', records: 0 });
  }

  /** The satellites of the job, each once. */
  get nodes(): number[] {
    return [...new Set(this.#roles.map((role) => role.node))];
  }

  /** Notes a role's progress; false where it says nothing new. */
  onProgress(message: Extract<JobMessage, { type: 'progress' }>): boolean {
    const role = this.#roles.find((each) => each.role === message.role && each.index === message.index);
    if (role === undefined || role.state === 'done' || role.state === message.state) return false;
    role.state = message.state;
    role.records = message.records;
    return true;
  }

  /** How far each role is, in the order of the plan. */
  progress(): unknown[] {
    return this.#roles.map(({ state, records }) => [STATES.indexOf(state), records]);
  }

  /** Takes up what {@link progress} gave for the same plan; false where it fits none. */
  restore(progress: unknown): boolean {
    if (!Array.isArray(progress) || progress.length !== this.#roles.length) return false;
    for (const [i, role] of this.#roles.entries()) {
      const [state, records] = Array.isArray(progress[i]) ? (progress[i] as unknown[]) : [];
      if (typeof state !== 'number' || STATES[state] === undefined || typeof records !== 'number') return false;
      role.state = STATES[state];
      role.records = records;
    }
    return true;
  }

  /** What the job is about just now. */
  phase(): string {
    const count = (role: Role, state: RoleState['state']) =>
      this.#roles.filter((each) => each.role === role && (each.state === state || each.state === 'done')).length;
    const size = this.context.size;
    const collected = count('collector', 'done');
    if (collected < size)
      return `collecting: ${count('collector', 'started')} of ${size} collectors at work, ${collected} done`;
    const mappers = this.#roles.filter((each) => each.role === 'mapper').length;
    const mapped = count('mapper', 'done');
    if (mapped < mappers) return `mapping: ${mapped} of ${mappers} mappers done`;
    return 'reducing';
  }

  /** Why there is no result at the deadline; `canReach` asks whether any contact leads to a satellite. */
  missing(canReach: (node: number) => boolean): string {
    const seconds = this.context.deadlineMs / 1000;
    const silent = this.#roles.filter((each) => each.state === 'silent');
    const unfinished = this.#roles.filter((each) => each.state === 'started');
    const unreachable = silent.filter((each) => !canReach(each.node));
    const parts: string[] = [];
    if (unreachable.length > 0) parts.push(`no contact reaches ${this.#list(unreachable)}`);
    // Roles that wait for others are silent because of them: name the earliest phase only.
    const phase = PHASES.find((role) => silent.some((each) => each.role === role));
    const firstPhase = silent.filter((each) => each.role === phase && !unreachable.includes(each));
    if (firstPhase.length > 0) parts.push(`nothing was heard from ${this.#list(firstPhase)}`);
    if (unfinished.length > 0) parts.push(`not finished: ${this.#list(unfinished)}`);
    return `no result within ${seconds} s: ${parts.join('; ')}`;
  }

  #list(roles: readonly RoleState[]): string {
    const named = roles.slice(0, MAX_NAMED_ROLES).map((each) => {
      const number = each.role === 'reducer' ? '' : ` ${each.index}`;
      return `${each.role}${number} at satellite ${JSON.stringify(this.#nameOf(each.node))}`;
    });
    const more = roles.length - named.length;
    return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
  }
}

/** The words of an error that planning raised; anything but a UsageError is a fault of ours and goes on. */
export function planningFailure(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  throw error;
}
