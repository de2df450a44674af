/** The payloads that processors get, from what the messages say. */
import { emptyRecord, type JsonValue } from '../base/json.js';
import type {
  CollectPayload,
  MapPayload,
  MetaData,
  ReceivedFile,
  ReducePayload,
  SatelliteName,
} from '../processors/contract.js';
import { receivedFile } from '../processors/index.js';
import { type JobContext, parseJson } from './messages.js';
import type { ArrivedFile } from './role-host.js';

/** What payloads say in the words of this satellite: names of satellites, and where the job's files lie here. */
export interface Wording {
  nameOf(node: number): SatelliteName;
  localData(jobData: JsonValue): JsonValue;
}

/** `meta_data` for the collector, mapper or record with this `data_id`. */
export function metaData(context: JobContext, index: number, wording: Wording): MetaData {
  return {
    data_id: index,
    data_size: context.size,
    job_start: context.startUnixSeconds,
    jobid: context.job,
    max_collect: context.maxCollectRecords,
    max_collect_records: context.maxCollectRecords,
    job_data: wording.localData(parseJson(context.jobData) ?? null),
    collect_task: context.collectTask,
    map_task: context.mapTask,
    combine_task: context.combineTask,
    reduce_task: context.reduceTask,
    reducer: wording.nameOf(context.reducer),
    los: wording.nameOf(context.los),
  };
}

/** The payload of collector `index`. */
export function collectPayload(context: JobContext, index: number, mapper: number, wording: Wording): CollectPayload {
  return {
    action: 'collect',
    meta_data: metaData(context, index, wording),
    mapper: wording.nameOf(mapper),
    reducer: wording.nameOf(context.reducer),
  };
}

/** The payload of one batch. */
export function mapPayload(
  meta: MetaData,
  batch: { records: readonly string[]; isEnd: boolean; collectedIndex: number },
  files: readonly ArrivedFile[],
  collector: SatelliteName,
): MapPayload {
  return {
    action: 'map',
    meta_data: meta,
    data: batch.records.map(recordValue),
    files: filesByName(files),
    end_collect: batch.isEnd,
    collected_index: batch.collectedIndex,
    collector,
  };
}

/** The payload of one mapped record. */
export function reducePayload(
  meta: MetaData,
  record: { json: string; ordinal: number; isEnd: boolean },
  files: readonly ArrivedFile[],
  mapper: SatelliteName,
): ReducePayload {
  return {
    action: 'reduce',
    meta_data: meta,
    data: recordValue(record.json),
    files: filesByName(files),
    end_map: record.isEnd,
    mapped_index: record.ordinal,
    mapper,
  };
}

/** The value of a record; what is no JSON came from a stranger and counts as null. */
export function recordValue(json: string): JsonValue {
  return parseJson(json) ?? null;
}

function filesByName(files: readonly ArrivedFile[]): { [name: string]: ReceivedFile } {
  const byName = emptyRecord<ReceivedFile>();
  for (const file of files) byName[file.name] = receivedFile(file.name, file.pieces, file.size);
  return byName;
}
