/**
 * The processor contract of SpaceCoMP (design document sections 2 to 5) in TypeScript form. Signatures, shapes and names are
 * LeoPyMR's (`data` is a list of up to `max_collect_records` records; `combine(data, payload)` gets the collect request);
 * meanings are the document's (end flags on the last record only, indexes are ordinals, COMP_SKIP_MAP counts by value).
 */
import type { JsonValue } from '../base/json.js';
import type { Platform } from '../base/platform.js';

/** A satellite as LeoPyMR names it: `[sat, orb]`, both from 1, `orb` the plane; or a bare node number where the plan has no grid. */
export type SatelliteName = readonly [sat: number, orb: number] | number;

/** What travels with a job through all its phases. */
export interface MetaData {
  /** Unique among the collectors of the job, from 1. */
  readonly data_id: number;
  /** How many collectors the job has. */
  readonly data_size: number;
  /** When the job was submitted: seconds since the Unix epoch. */
  readonly job_start: number;
  readonly jobid: string;
  /** The batch size under the design document's name ... */
  readonly max_collect: number;
  /** ... and under LeoPyMR's. */
  readonly max_collect_records: number;
  readonly job_data: JsonValue;
  readonly collect_task: string;
  readonly map_task: string;
  readonly combine_task: string;
  readonly reduce_task: string;
  readonly reducer: SatelliteName;
  readonly los: SatelliteName;
}

/** A binary stream: the whole, or pieces in order. */
export type ByteStream = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A record with a file beside it. `value` may be left out. */
export interface FileRecord {
  readonly value?: JsonValue;
  readonly _COMP_FILE_: { readonly name: string; readonly stream: ByteStream };
}

/** What a processor may yield or return. */
export type ProcessorOutput = JsonValue | FileRecord;

/** A received file: read it in pieces or at once. */
export interface ReceivedFile {
  readonly name: string;
  readonly size: number;
  /** The bytes in order, as pieces. */
  chunks(): Iterable<Uint8Array>;
  /** All bytes in one array. */
  bytes(): Uint8Array;
}

/** What a collector gets, once. */
export interface CollectPayload {
  readonly action: 'collect';
  readonly meta_data: MetaData;
  readonly mapper: SatelliteName;
  readonly reducer: SatelliteName;
}

/** What a mapper gets for each batch. */
export interface MapPayload {
  readonly action: 'map';
  readonly meta_data: MetaData;
  /** The batch: up to `max_collect_records` records in the order in which the collector yielded them. */
  readonly data: JsonValue[];
  /** Files by name, those of the batch only. */
  readonly files: { [name: string]: ReceivedFile };
  /** True on the collector's last batch only. */
  readonly end_collect: boolean;
  /** Ordinal, from 1, of the last record in the batch among all records of this collector; 0 where it yielded none at all. */
  readonly collected_index: number;
  readonly collector: SatelliteName;
}

/** What a reducer gets for each record; it is handed all of them in one list. */
export interface ReducePayload {
  readonly action: 'reduce';
  readonly meta_data: MetaData;
  /** One record that the mapper (or combiner) gave. */
  readonly data: JsonValue;
  readonly files: { [name: string]: ReceivedFile };
  /** True on this mapper's last record only. */
  readonly end_map: boolean;
  /** Ordinal, from 1, of the record among all records of this mapper. */
  readonly mapped_index: number;
  readonly mapper: SatelliteName;
}

/** Any of: nothing async, async iteration, or a plain array. */
export type Yielded = Iterable<ProcessorOutput> | AsyncIterable<ProcessorOutput>;

/** Yields the records of its share of the data. */
export interface Collector {
  /** True: the combiner runs on the collector's satellite and sends straight to the reducer. Its value counts, not its presence. */
  readonly COMP_SKIP_MAP?: boolean;
  collect(payload: CollectPayload): Yielded;
}

/** Yields any number of records for each batch. */
export interface Mapper {
  run_map(payload: MapPayload): Yielded;
}

/** Folds a batch into one record on the collector's own satellite. */
export interface Combiner {
  combine(data: JsonValue[], payload: CollectPayload): ProcessorOutput | Promise<ProcessorOutput>;
}

/** Makes the one result of a job out of everything that was mapped. */
export interface Reducer {
  reduce(payloads: ReducePayload[]): ProcessorOutput | Promise<ProcessorOutput>;
}

/** The four kinds of processor, each with its object. */
export interface ProcessorKinds {
  collect: Collector;
  map: Mapper;
  combine: Combiner;
  reduce: Reducer;
}

/** The name of a kind: `collect`, `map`, `combine` or `reduce`. */
export type ProcessorKind = keyof ProcessorKinds;

/** Makes processors; called once for each task of each job, so that no state is shared between jobs. */
export type ProcessorFactory<K extends ProcessorKind = ProcessorKind> = (platform: Platform) => ProcessorKinds[K];
