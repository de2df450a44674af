/**
 * Steps of a processor: how a node asks for work and how the answer comes back. The node asks for one step of a task at a time,
 * and asks again when it wants more; that is all the back-pressure there is.
 */
import type { JsonValue } from '../base/json.js';
import type { CollectPayload, MapPayload, ProcessorKind, ReducePayload } from './contract.js';

/** What a combiner works on: a batch, and the request that its collector got. */
export interface CombineArgument {
  readonly data: JsonValue[];
  readonly payload: CollectPayload;
}

/** What starts a task. */
export interface StepBegin {
  /** `${job}/${role}/${index}`: one processor object serves all tasks of an instance (a mapper's batches, say). */
  readonly instance: string;
  readonly kind: ProcessorKind;
  /** The processor's name in the catalogue. */
  readonly name: string;
  /** By kind: a collect payload, a map payload, all reduce payloads, or a {@link CombineArgument}. */
  readonly argument: CollectPayload | MapPayload | ReducePayload[] | CombineArgument;
}

/** Asks for the next step of a task. */
export interface StepRequest {
  readonly task: number;
  /** On a task's first step only; a task of that number that is under way is cancelled first. */
  readonly begin?: StepBegin | undefined;
}

/** A file that a record refers to; its pieces came before the record. */
export interface OutcomeFile {
  readonly name: string;
}

/** What one step gave. */
export type StepOutcome =
  | { readonly kind: 'record'; readonly json: string; readonly files: readonly OutcomeFile[] }
  | { readonly kind: 'file-chunk'; readonly name: string; readonly bytes: Uint8Array; readonly last: boolean }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly message: string };
