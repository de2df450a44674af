/**
 * A whole job in one place, without a network: what any distributed run of the job must come to. Batches, flags, ordinals and
 * the passage of every record through JSON are those of the job engine; its code is not.
 */
import { UsageError } from '../base/errors.js';
import { emptyRecord, type JsonValue } from '../base/json.js';
import type { Platform } from '../base/platform.js';
import type { ProcessorCatalogue } from './catalogue.js';
import type { CollectPayload, MetaData, ReceivedFile, ReducePayload, SatelliteName } from './contract.js';
import {
  checkPiece,
  encodeRecord,
  fileOf,
  isPromiseLike,
  iteratorOf,
  type OutputFile,
  pieceIteratorOf,
  type StepIterator,
  valueBesideFile,
} from './output.js';
import { fileInMemory } from './received-file.js';

/** A job to run in one place; a scenario's job is one. */
export interface LocalJob {
  /** How many collectors, from 1. */
  readonly collectors: number;
  /** Names of the processors in the catalogue. */
  readonly collect: string;
  readonly map: string;
  readonly combine: string;
  readonly reduce: string;
  /** Records in a batch, at least 1. */
  readonly maxCollectRecords: number;
  /** LeoPyMR's job_data. */
  readonly data: JsonValue;
  /** What the processors are told about the job; all of it may be left out. */
  readonly told?: LocalTelling | undefined;
}

/** Parts of the payloads that do not shape the run. */
export interface LocalTelling {
  readonly jobId?: string | undefined;
  /** Seconds since the Unix epoch; 0 by default. */
  readonly jobStartSeconds?: number | undefined;
  readonly los?: SatelliteName | undefined;
  readonly reducer?: SatelliteName | undefined;
  /** By index from 0; 0 by default. */
  readonly collectors?: readonly SatelliteName[] | undefined;
  readonly mappers?: readonly SatelliteName[] | undefined;
}

/** Result of a job with the files that its reducer gave out. */
export interface LocalResult {
  /** What the job's report shows: the JSON result, or `{files: [name]}`. */
  readonly result: JsonValue;
  /** By name; empty for a JSON result. */
  readonly files: ReadonlyMap<string, ReceivedFile>;
}

/** Runs the job and gives its result as a job report shows it. Rejects as {@link runLocallyWithFiles} does. */
export async function runLocally(catalogue: ProcessorCatalogue, platform: Platform, job: LocalJob): Promise<JsonValue> {
  return (await runLocallyWithFiles(catalogue, platform, job)).result;
}

/**
 * Runs the job and gives its result and file. Rejects with whatever a processor throws, and with a UsageError for unknown
 * names and for outputs that break the contract.
 */
export async function runLocallyWithFiles(
  catalogue: ProcessorCatalogue,
  platform: Platform,
  job: LocalJob,
): Promise<LocalResult> {
  if (!(job.collectors >= 1))
    throw new UsageError('no-collectors', `a job needs a collector, but has ${job.collectors}`);
  const payloads: ReducePayload[] = [];
  for (let index = 1; index <= job.collectors; index++) {
    const records = await runPair(
      catalogue,
      platform,
      collectPayload(job, index),
      job.told?.collectors?.[index - 1] ?? 0,
    );
    for (const record of records) payloads.push(record);
  }
  const output: unknown = await catalogue.create('reduce', job.reduce, platform).reduce(payloads);
  const { data, file } = takeNow(output) ?? (await takeFile(output));
  if (file === undefined) return { result: data, files: new Map() };
  return { result: { files: [file.name] }, files: new Map([[file.name, file]]) };
}

type Files = { [name: string]: ReceivedFile };

/** A record after its passage through JSON, with the file beside it. */
interface Taken {
  readonly data: JsonValue;
  readonly file: ReceivedFile | undefined;
}

/** Records on their way to a mapper or combiner. */
interface Batch {
  readonly data: JsonValue[];
  readonly files: Files;
}

/** Takes a batch; `collectedIndex` is the ordinal of its last record. */
type BatchHandler = (batch: Batch, isLast: boolean, collectedIndex: number) => Promise<void>;

/** One collector with its mapper, or with its combiner where it skips the map phase: all that the reducer gets of them. */
async function runPair(
  catalogue: ProcessorCatalogue,
  platform: Platform,
  payload: CollectPayload,
  collectorName: SatelliteName,
): Promise<ReducePayload[]> {
  const { meta_data } = payload;
  const collector = catalogue.create('collect', meta_data.collect_task, platform);
  const skipsMap = Boolean(collector.COMP_SKIP_MAP);
  const mapped: { readonly data: JsonValue; readonly files: Files }[] = [];
  let handleBatch: BatchHandler;
  if (skipsMap) {
    const combiner = catalogue.create('combine', meta_data.combine_task, platform);
    handleBatch = async (batch) => {
      const output: unknown = await combiner.combine(batch.data, payload);
      const { data, file } = takeNow(output) ?? (await takeFile(output));
      // Files of the batch go on beside the combined record; the combiner's own comes last and wins.
      mapped.push({ data, files: Object.assign(emptyRecord<ReceivedFile>(), batch.files, filesOf(file)) });
    };
  } else {
    const mapper = catalogue.create('map', meta_data.map_task, platform);
    handleBatch = (batch, end_collect, collected_index) => {
      const input = {
        ...batch,
        action: 'map',
        meta_data,
        end_collect,
        collected_index,
        collector: collectorName,
      } as const;
      return forEachOutput(iteratorOf(mapper.run_map(input), 'run_map()'), ({ data, file }) => {
        mapped.push({ data, files: filesOf(file) });
      });
    };
  }
  await collectBatches(collector.collect(payload), meta_data.max_collect_records, handleBatch);
  const mapper = skipsMap ? collectorName : payload.mapper;
  return mapped.map(({ data, files }, i) => {
    const end_map = i === mapped.length - 1;
    return { action: 'reduce', meta_data, data, files, end_map, mapped_index: i + 1, mapper };
  });
}

/**
 * Cuts a collector's records into batches. Only the last batch may be empty, and only where there is no record at all: a
 * batch is handed on when it is known whether it is the last. A second file of one name needs a batch of its own.
 */
async function collectBatches(yielded: unknown, maxRecords: number, handleBatch: BatchHandler): Promise<void> {
  let batch: Batch = { data: [], files: emptyRecord() };
  let collected = 0;
  await forEachOutput(iteratorOf(yielded, 'collect()'), ({ data, file }) => {
    let handled: Promise<void> | undefined;
    const nameTaken = file !== undefined && file.name in batch.files;
    if (batch.data.length >= Math.max(1, maxRecords) || nameTaken) {
      handled = handleBatch(batch, false, collected);
      batch = { data: [], files: emptyRecord() };
    }
    batch.data.push(data);
    if (file !== undefined) batch.files[file.name] = file;
    collected++;
    return handled;
  });
  await handleBatch(batch, true, collected);
}

/** Calls `handle` with each output in order, and closes the iterator where anything fails on the way. */
async function forEachOutput(
  iterator: StepIterator<unknown>,
  handle: (record: Taken) => Promise<void> | undefined | void,
): Promise<void> {
  try {
    for (;;) {
      const answer = iterator.next();
      const result = isPromiseLike(answer) ? await answer : answer;
      if (result.done) return;
      const handled = handle(takeNow(result.value) ?? (await takeFile(result.value)));
      if (handled !== undefined) await handled;
    }
  } catch (thrown) {
    await Promise.resolve(iterator.return?.()).catch(() => undefined);
    throw thrown;
  }
}

/** A plain record; undefined for one with a file. */
function takeNow(output: unknown): Taken | undefined {
  if (fileOf(output) !== undefined) return undefined;
  return { data: JSON.parse(encodeRecord(output)) as JsonValue, file: undefined };
}

/** A record with the file beside it. */
async function takeFile(output: unknown): Promise<Taken> {
  const file = fileOf(output) as OutputFile;
  const data = JSON.parse(encodeRecord(valueBesideFile(output))) as JsonValue;
  const pieces: Uint8Array[] = [];
  const iterator = pieceIteratorOf(file);
  for (;;) {
    const result = await iterator.next();
    if (result.done) return { data, file: fileInMemory(file.name, pieces) };
    checkPiece(result.value, file.name);
    pieces.push(result.value.slice());
  }
}

function filesOf(file: ReceivedFile | undefined): Files {
  const files = emptyRecord<ReceivedFile>();
  if (file !== undefined) files[file.name] = file;
  return files;
}

function collectPayload(job: LocalJob, index: number): CollectPayload {
  const told = job.told ?? {};
  const reducer = told.reducer ?? 0;
  const meta_data: MetaData = {
    data_id: index,
    data_size: job.collectors,
    job_start: told.jobStartSeconds ?? 0,
    jobid: told.jobId ?? 'local',
    max_collect: job.maxCollectRecords,
    max_collect_records: job.maxCollectRecords,
    job_data: job.data,
    collect_task: job.collect,
    map_task: job.map,
    combine_task: job.combine,
    reduce_task: job.reduce,
    reducer,
    los: told.los ?? 0,
  };
  return { action: 'collect', meta_data, mapper: told.mappers?.[index - 1] ?? 0, reducer };
}
