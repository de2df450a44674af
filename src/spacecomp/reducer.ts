/**
 * The reducer's role: gathers the records of all mappers, and reduces once, when for every mapper the end marker has come and
 * every record up to its total. Order of arrival does not matter: the payloads are put in order of mapper and ordinal.
 */
import type { ReducePayload } from '../processors/contract.js';
import type { FileReference, JobContext, JobMessage } from './messages.js';
import { metaData, reducePayload } from './payloads.js';
import type { ArrivedFile, RoleHost, TaskOwner } from './role-host.js';
import { reportFailure, reportProgress } from './role-reports.js';

type ReduceMessage = Extract<JobMessage, { type: 'reduce' }>;

interface Input {
  readonly json: string;
  readonly ordinal: number;
  readonly isEnd: boolean;
  readonly files: readonly ArrivedFile[];
  readonly mapper: number;
}

/** What has come from one mapper. */
interface Source {
  readonly inputs: Map<number, Input>;
  /** Known once the end marker has come. */
  total: number | undefined;
}

/** The reducer of a job on this satellite. */
export class ReducerRole implements TaskOwner {
  readonly #host: RoleHost;
  readonly context: JobContext;
  readonly #done: () => void;
  readonly #sources = new Map<number, Source>();
  #complete = 0;
  #result: { json: string; files: readonly FileReference[] } | undefined;

  constructor(host: RoleHost, context: JobContext, done: () => void) {
    this.#host = host;
    this.context = context;
    this.#done = done;
  }

  get outputDestination(): number {
    return this.context.los;
  }

  start(): void {
    reportProgress(this.#host, this.context, 'reducer', 1, 'started', 0);
  }

  /** One record or end marker of `mapper`; a repeated one is ignored. */
  onInput(message: ReduceMessage, files: readonly ArrivedFile[], mapper: number): void {
    const { index, ordinal, record, isEnd } = message;
    if (index < 1 || index > this.context.size) return;
    let source = this.#sources.get(index);
    if (source === undefined) {
      source = { inputs: new Map(), total: undefined };
      this.#sources.set(index, source);
    }
    if (source.inputs.has(ordinal) || isComplete(source)) return;
    this.#host.trace('role-input', this.context, 'reducer', 1, `${index}/${ordinal}`);
    if (record !== undefined) source.inputs.set(ordinal, { json: record, ordinal, isEnd, files, mapper });
    if (isEnd) source.total = ordinal;
    if (isComplete(source) && ++this.#complete === this.context.size) this.#reduce();
  }

  onRecord(json: string, files: readonly FileReference[]): boolean {
    this.#result = { json, files };
    return true;
  }

  onEnded(): void {
    const { context } = this;
    const { json, files } = this.#result ?? { json: 'null', files: [] };
    this.#host.trace('role-done', context, 'reducer', 1);
    this.#host.send(
      context.los,
      { type: 'result', job: context.job, result: json, files, failure: undefined },
      context,
    );
    this.#done();
  }

  onFailed(message: string): void {
    reportFailure(this.#host, this.context, 'reducer', 1, message);
    this.#done();
  }

  #reduce(): void {
    const payloads: ReducePayload[] = [];
    for (let index = 1; index <= this.context.size; index++) {
      const source = this.#sources.get(index) as Source;
      const meta = metaData(this.context, index, this.#host);
      for (let ordinal = 1; ordinal <= (source.total as number); ordinal++) {
        const input = source.inputs.get(ordinal) as Input;
        payloads.push(reducePayload(meta, input, input.files, this.#host.nameOf(input.mapper)));
      }
    }
    this.#sources.clear();
    this.#host.startTask(this, {
      instance: `${this.context.job}/reducer/1`,
      kind: 'reduce',
      name: this.context.reduceTask,
      argument: payloads,
    });
  }
}

function isComplete(source: Source): boolean {
  return source.total !== undefined && source.inputs.size >= source.total;
}
