/**
 * The collector's role: reads records, batches them up to `max_collect_records`, and sends the batches to its mapper; or, where
 * the collector says COMP_SKIP_MAP, has each batch combined here and sends the combined records straight to the reducer.
 *
 * While too much of what it sent has not been run by its mapper it reads no further (batch-credit.ts).
 *
 * A full batch stays back until the next record or the end, so that the last one can be marked as the last.
 */
import { batchBytes, SentBatches } from './batch-credit.js';
import type { FileReference, JobContext } from './messages.js';
import { collectPayload, recordValue } from './payloads.js';
import type { GivenFile, RoleHost, TaskOwner } from './role-host.js';
import { reportFailure, reportProgress } from './role-reports.js';

interface Batch {
  records: string[];
  files: GivenFile[];
}

/** One collector of a job on this satellite. */
export class CollectorRole implements TaskOwner {
  readonly #host: RoleHost;
  readonly context: JobContext;
  readonly #index: number;
  readonly #mapper: number;
  readonly #skipsMap: boolean;
  #task = 0;
  #batch: Batch = { records: [], files: [] };
  #batches = 0;
  #records = 0;
  readonly #sent = new SentBatches();
  #isStopped = false;
  readonly #done: () => void;

  constructor(host: RoleHost, context: JobContext, index: number, mapper: number, done: () => void) {
    this.#host = host;
    this.context = context;
    this.#index = index;
    this.#mapper = mapper;
    this.#skipsMap = host.skipsMap(context.collectTask);
    this.#done = done;
  }

  get outputDestination(): number {
    return this.#skipsMap ? this.context.reducer : this.#mapper;
  }

  start(): void {
    this.#progress('started');
    this.#task = this.#host.startTask(this, {
      instance: `${this.context.job}/collector/${this.#index}`,
      kind: 'collect',
      name: this.context.collectTask,
      argument: collectPayload(this.context, this.#index, this.#mapper, this.#host),
    });
  }

  onRecord(json: string, files: readonly GivenFile[]): boolean {
    let isBusy = false;
    if (this.#batch.records.length >= this.context.maxCollectRecords || this.#hasFileOf(files)) {
      this.#flush(false);
      this.#isStopped = this.#sent.isFull;
      isBusy = this.#skipsMap || this.#isStopped;
    }
    this.#batch.records.push(json);
    this.#batch.files.push(...files);
    this.#records++;
    return !isBusy;
  }

  onEnded(): void {
    this.#flush(true);
  }

  /** `source` has run the batches up to `batch`; false where that is no news, or not from its mapper. */
  onTaken(batch: number, source: number): boolean {
    if (source !== this.#mapper || !this.#sent.taken(batch)) return false;
    if (this.#isStopped && !this.#sent.isFull) {
      this.#isStopped = false;
      this.#host.continueTask(this.#task);
    }
    return true;
  }

  onFailed(message: string): void {
    this.#fail(message);
  }

  /** A batch holds a file name once: a second file of that name opens the next batch, so that none is lost. */
  #hasFileOf(files: readonly FileReference[]): boolean {
    return files.some((file) => this.#batch.files.some((held) => held.name === file.name));
  }

  #flush(isEnd: boolean): void {
    const batch = this.#batch;
    this.#batch = { records: [], files: [] };
    this.#batches++;
    if (this.#skipsMap) {
      this.#combine(batch, isEnd);
      return;
    }
    const { context } = this;
    const filesBytes = batch.files.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#sent.sent(this.#batches, batchBytes(batch.records, filesBytes));
    this.#host.send(
      this.#mapper,
      {
        type: 'map',
        job: context.job,
        index: this.#index,
        batch: this.#batches,
        context: this.#batches === 1 ? context : undefined,
        records: batch.records,
        files: batch.files,
        collectedIndex: this.#records,
        isEnd,
      },
      context,
    );
    if (isEnd) this.#finish();
  }

  #combine(batch: Batch, isEnd: boolean): void {
    const { context } = this;
    const host = this.#host;
    const ordinal = this.#batches;
    let combined: string | undefined;
    let files: FileReference[] = batch.files;
    host.startTask(
      {
        context,
        outputDestination: context.reducer,
        onRecord: (json, added) => {
          combined = json;
          files = withFilesOf(batch.files, added);
          return true;
        },
        onEnded: () => {
          const first = ordinal === 1 ? context : undefined;
          const message = {
            job: context.job,
            index: this.#index,
            ordinal,
            context: first,
            record: combined,
            files,
            isEnd,
          };
          host.send(context.reducer, { type: 'reduce', ...message }, context);
          if (isEnd) this.#finish();
          else host.continueTask(this.#task);
        },
        onFailed: (message) => this.#fail(message),
      },
      {
        instance: `${context.job}/combiner/${this.#index}`,
        kind: 'combine',
        name: context.combineTask,
        argument: {
          data: batch.records.map(recordValue),
          payload: collectPayload(context, this.#index, this.#mapper, host),
        },
      },
    );
  }

  #finish(): void {
    this.#progress('done');
    this.#done();
  }

  #fail(message: string): void {
    reportFailure(this.#host, this.context, 'collector', this.#index, message);
    this.#done();
  }

  #progress(state: 'started' | 'done'): void {
    reportProgress(this.#host, this.context, 'collector', this.#index, state, this.#records);
  }
}

/** A batch's files with the combiner's own beside them; of two of one name the combiner's takes the other's place. */
function withFilesOf(batch: readonly FileReference[], added: readonly FileReference[]): FileReference[] {
  const byName = new Map([...batch, ...added].map((file) => [file.name, file]));
  return [...byName.values()];
}
