/** The jobs that a satellite has to do with: when the time of each is over, and which were called off and may still send messages. */
import type { StateStore } from '../agent/index.js';
import { PriorityQueue } from '../base/priority-queue.js';
import { StateTable } from '../streams/index.js';

interface KnownJob {
  readonly id: number;
  readonly untilUs: number;
  isCalledOff: boolean;
}

/** See the head of this file. */
export class KnownJobs {
  readonly #table: StateTable;
  readonly #jobs = new Map<string, KnownJob>();
  readonly #deadlines = new PriorityQueue<string>();

  /** Kept in the state, where there is one. */
  constructor(state: StateStore | undefined) {
    this.#table = new StateTable(state, 'job/known/', 3);
  }

  /** Takes up what was kept; `damaged` is called for what cannot be read. */
  start(damaged: () => void): void {
    const kept = this.#table.read(
      ([job, untilUs, isCalledOff], id) =>
        typeof job === 'string' && typeof untilUs === 'number' && typeof isCalledOff === 'boolean'
          ? { job, known: { id, untilUs, isCalledOff } }
          : undefined,
      damaged,
    );
    for (const { job, known } of kept) {
      this.#jobs.set(job, known);
      this.#deadlines.push(known.untilUs, job);
    }
  }

  /** Notes when a job's time is over; what was said first holds. */
  arm(job: string, untilUs: number): void {
    if (!this.#jobs.has(job)) this.#add(job, untilUs, false);
  }

  /** Notes that a job was called off, for as long as its messages may come. */
  callOff(job: string, untilUs: number): void {
    const known = this.#jobs.get(job);
    if (known === undefined) this.#add(job, untilUs, true);
    else {
      known.isCalledOff = true;
      this.#keep(job, known);
    }
  }

  isCalledOff(job: string): boolean {
    return this.#jobs.get(job)?.isCalledOff ?? false;
  }

  /** When the time of the next job is over; Infinity for never. */
  nextUs(): number {
    return this.#deadlines.peekKey() ?? Number.POSITIVE_INFINITY;
  }

  /** A job whose time is over, which is not known any longer. */
  popDue(nowUs: number): string | undefined {
    if (this.nextUs() > nowUs) return undefined;
    const job = this.#deadlines.pop() as string;
    this.#table.delete(this.#jobs.get(job)?.id ?? 0);
    this.#jobs.delete(job);
    return job;
  }

  #add(job: string, untilUs: number, isCalledOff: boolean): void {
    const id = this.#table.add(() => [job, untilUs, this.isCalledOff(job)]);
    this.#jobs.set(job, { id, untilUs, isCalledOff });
    this.#deadlines.push(untilUs, job);
  }

  #keep(job: string, { id, untilUs }: KnownJob): void {
    this.#table.set(id, () => [job, untilUs, this.isCalledOff(job)]);
  }
}
