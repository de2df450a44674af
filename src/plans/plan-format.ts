/** The plan formats and what reading one gives. Readers and writers are in files of their own, one format each. */
import type { PlanDocument } from '../routing/index.js';

/**
 * `ion`: ION's text. `hdtn`: HDTN's JSON. `asabr`: A-SABR's text. `tvg`: JSON of dtn-tvg-util, in its current, its 7-element and
 * its legacy form. `leodtn`: JSON of our own, with units in the names of its fields.
 */
export type PlanFormat = 'ion' | 'hdtn' | 'asabr' | 'tvg' | 'leodtn';

/** What a format is called, and the units in which it gives rates and times. */
export interface PlanFormatFacts {
  readonly format: PlanFormat;
  /** What it is, in words. */
  readonly title: string;
  /** What a number for a rate means where the reader is not told otherwise. */
  readonly rateUnit: 'bits' | 'bytes';
  /** Units of its rates, times and light times, in words. */
  readonly units: string;
  /** How a file begins, as the reader recognises it. */
  readonly begins: string;
}

/** All formats, in the order in which messages list them. */
export const PLAN_FORMATS: readonly PlanFormatFacts[] = [
  {
    format: 'ion',
    title: 'ION text',
    rateUnit: 'bytes',
    units: 'rates in bytes/s, times and light times in seconds',
    begins: 'lines such as "a contact +0 +60 1 2 125000"',
  },
  {
    format: 'hdtn',
    title: 'HDTN JSON',
    rateUnit: 'bits',
    units: 'rateBitsPerSec in bit/s (the older rate in Mbit/s, 0 = unlimited), times and light times in seconds',
    begins: '{"contacts": [{"source": ...}]}',
  },
  {
    format: 'asabr',
    title: 'A-SABR text',
    rateUnit: 'bytes',
    units: 'rates taken as bytes/s, times and delays as seconds',
    begins: 'lines such as "node 0 name" and "contact 0 1 0 60 125000 1"',
  },
  {
    format: 'tvg',
    title: 'dtn-tvg-util JSON',
    rateUnit: 'bits',
    units: 'rates in bit/s, times and delays in seconds',
    begins: '{"vertices": ..., "edges": [...]}',
  },
  {
    format: 'leodtn',
    title: 'leodtn JSON',
    rateUnit: 'bytes',
    units: 'as the names of its fields say: bytes/s and seconds',
    begins: '{"leodtnContactPlan": 1, ...}',
  },
];

/** How a plan is read. */
export interface ReadPlanOptions {
  /** The file's format; found by its content where undefined. */
  readonly format?: PlanFormat | undefined;
  /** Leave out bad lines and contacts, with a note each, instead of refusing the file. */
  readonly skipBad?: boolean | undefined;
  /** The unit of the file's rates where it is not that of the format. HDTN's `rate` stays in its millions. */
  readonly rateUnit?: 'bits' | 'bytes' | undefined;
}

/**
 * Something that a reader did not take as it stands. `skipped`: a bad line or contact that was left out. `unusable`: a contact, or
 * a part of it, that nothing can be sent on. `ignored`: something that a plan document has no place for. `rounded`: times finer than
 * a microsecond. `assumed`: something that the file does not say.
 */
export interface PlanNote {
  readonly kind: 'skipped' | 'unusable' | 'ignored' | 'rounded' | 'assumed';
  /** From 1; undefined for a note on the whole file. */
  readonly line?: number | undefined;
  readonly field?: string | undefined;
  readonly message: string;
}

/** A plan file that was read. */
export interface ReadPlan {
  readonly format: PlanFormat;
  readonly document: PlanDocument;
  /** By line; those on the whole file come last. */
  readonly notes: readonly PlanNote[];
}

/** What is known of a format. */
export function factsOf(format: PlanFormat): PlanFormatFacts {
  return PLAN_FORMATS.find((facts) => facts.format === format) as PlanFormatFacts;
}
