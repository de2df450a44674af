import type { JsonValue } from '../../src/base/json.js';
import type { CollectPayload, MapPayload, MetaData, ReducePayload } from '../../src/processors/contract.js';

/** A job's meta_data with plain values everywhere. */
export function metaData(part: number, parts: number, jobData: JsonValue): MetaData {
  return {
    data_id: part,
    data_size: parts,
    job_start: 0,
    jobid: 'job',
    max_collect: 10,
    max_collect_records: 10,
    job_data: jobData,
    collect_task: 'doccollector',
    map_task: 'wordcountmapper',
    combine_task: 'mergecombiner',
    reduce_task: 'sumreducer',
    reducer: 0,
    los: 0,
  };
}

export function collectPayload(part: number, parts: number, jobData: JsonValue): CollectPayload {
  return { action: 'collect', meta_data: metaData(part, parts, jobData), mapper: 0, reducer: 0 };
}

export function mapPayload(data: JsonValue[]): MapPayload {
  const meta_data = metaData(1, 1, null);
  return { action: 'map', meta_data, data, files: {}, end_collect: true, collected_index: data.length, collector: 0 };
}

export function reducePayloads(records: JsonValue[]): ReducePayload[] {
  return records.map((data, i) => ({
    action: 'reduce',
    meta_data: metaData(1, 1, null),
    data,
    files: {},
    end_map: i === records.length - 1,
    mapped_index: i + 1,
    mapper: 0,
  }));
}

/** All that an iterable gives. */
export async function all<T>(iterable: AsyncIterable<T> | Iterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of iterable) items.push(item);
  return items;
}
