/** What the steps of one satellite's processors cost in the scenario's time. */

import { US_PER_MS } from '../base/time.js';
import type { ProcessorKind } from '../processors/index.js';
import type { StepOutcome, StepRequest } from '../processors/step.js';
import type { ScenarioProcessing } from './scenario.js';

/** Knows the kinds of the tasks under way, and what a step of each costs. */
export class StepCosts {
  readonly #costUs: { readonly [K in ProcessorKind]: number };
  /** Kinds of the tasks under way. */
  readonly #kinds = new Map<number, ProcessorKind>();

  /** The costs of the steps at a node. */
  constructor(processing: ScenarioProcessing, node: number) {
    const { collectMs, mapMs, combineMs, reduceMs, slow } = processing;
    const factor = slow.filter((each) => each.node === node).at(-1)?.factor ?? 1;
    const us = (ms: number) => Math.round(ms * US_PER_MS * factor);
    this.#costUs = { collect: us(collectMs), map: us(mapMs), combine: us(combineMs), reduce: us(reduceMs) };
  }

  /** Microseconds that the step took; only steps that gave a record cost anything. */
  of(request: StepRequest, outcome: StepOutcome): number {
    if (request.begin !== undefined) this.#kinds.set(request.task, request.begin.kind);
    const kind = this.#kinds.get(request.task);
    if (outcome.kind === 'ended' || outcome.kind === 'failed') this.#kinds.delete(request.task);
    return outcome.kind === 'record' && kind !== undefined ? this.#costUs[kind] : 0;
  }

  /** Forgets a task that was cancelled. */
  cancel(task: number): void {
    this.#kinds.delete(task);
  }
}
