/**
 * The mapper's role: takes its collector's batches in order, whatever order they arrive in, runs the map processor on each, and
 * sends every record to the reducer; now and then it tells the collector how far it is (batch-credit.ts). The latest record stays back until the next one or the end, so that the last one can be
 * marked as the last.
 */
import { batchBytes, RunBatches } from './batch-credit.js';
import type { FileReference, JobContext, JobMessage } from './messages.js';
import { mapPayload, metaData } from './payloads.js';
import type { ArrivedFile, RoleHost, TaskOwner } from './role-host.js';
import { reportFailure, reportProgress } from './role-reports.js';

type MapMessage = Extract<JobMessage, { type: 'map' }>;

interface Batch {
  readonly message: MapMessage;
  readonly files: readonly ArrivedFile[];
  readonly collector: number;
}

/** One mapper of a job on this satellite. */
export class MapperRole implements TaskOwner {
  readonly #host: RoleHost;
  readonly context: JobContext;
  readonly #index: number;
  readonly #done: () => void;
  /** Batches that arrived and are not taken yet, by ordinal. */
  readonly #batches = new Map<number, Batch>();
  #next = 1;
  #running: Batch | undefined;
  readonly #run = new RunBatches();
  #held: { json: string; files: readonly FileReference[] } | undefined;
  #records = 0;

  constructor(host: RoleHost, context: JobContext, index: number, done: () => void) {
    this.#host = host;
    this.context = context;
    this.#index = index;
    this.#done = done;
  }

  get outputDestination(): number {
    return this.context.reducer;
  }

  start(): void {
    this.#progress('started');
  }

  /** One batch of `collector`; a repeated one is ignored. */
  onBatch(message: MapMessage, files: readonly ArrivedFile[], collector: number): void {
    if (message.batch < this.#next || this.#batches.has(message.batch)) return;
    this.#host.trace('role-input', this.context, 'mapper', this.#index, `${message.index}/${message.batch}`);
    this.#batches.set(message.batch, { message, files, collector });
    this.#runNext();
  }

  onRecord(json: string, files: readonly FileReference[]): boolean {
    if (this.#held !== undefined) this.#sendHeld(false);
    this.#held = { json, files };
    return true;
  }

  onEnded(): void {
    const ended = this.#running as Batch;
    this.#running = undefined;
    if (!ended.message.isEnd) {
      this.#tell(ended);
      this.#runNext();
      return;
    }
    this.#sendHeld(true);
    this.#progress('done');
    this.#done();
  }

  onFailed(message: string): void {
    reportFailure(this.#host, this.context, 'mapper', this.#index, message);
    this.#done();
  }

  #runNext(): void {
    const batch = this.#running === undefined ? this.#batches.get(this.#next) : undefined;
    if (batch === undefined) return;
    this.#batches.delete(this.#next++);
    this.#running = batch;
    this.#host.startTask(this, {
      instance: `${this.context.job}/mapper/${this.#index}`,
      kind: 'map',
      name: this.context.mapTask,
      argument: mapPayload(
        metaData(this.context, this.#index, this.#host),
        batch.message,
        batch.files,
        this.#host.nameOf(batch.collector),
      ),
    });
  }

  /** Tells the collector how far its batches are run, where it is time to. */
  #tell({ message, files, collector }: Batch): void {
    const { job, index, batch, records } = message;
    const filesBytes = files.reduce((sum, { size }) => sum + size, 0);
    if (this.#run.run(batchBytes(records, filesBytes))) {
      this.#host.send(collector, { type: 'taken', job, index, batch }, this.context);
    }
  }

  #sendHeld(isEnd: boolean): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#records++;
    const { context } = this;
    this.#host.send(
      context.reducer,
      {
        type: 'reduce',
        job: context.job,
        index: this.#index,
        ordinal: this.#records,
        context: this.#records <= 1 ? context : undefined,
        record: held?.json,
        files: held?.files ?? [],
        isEnd,
      },
      context,
    );
  }

  #progress(state: 'started' | 'done'): void {
    reportProgress(this.#host, this.context, 'mapper', this.#index, state, this.#records);
  }
}
