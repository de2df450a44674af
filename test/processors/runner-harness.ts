import { expect } from 'vitest';
import type { JsonValue } from '../../src/base/json.js';
import { ProcessorCatalogue } from '../../src/processors/catalogue.js';
import type { Collector, Combiner, Mapper, Reducer } from '../../src/processors/contract.js';
import { ProcessorRunner, type StepBegin, type StepOutcome } from '../../src/runtime/processor-runner.js';
import { PlainPlatform } from '../helpers/plain-platform.js';
import { collectPayload } from './payloads.js';

/** A runner whose catalogue has the given processors under the name `mine`. */
export function runnerWith(kinds: { collect?: Collector; map?: () => Mapper; combine?: Combiner; reduce?: Reducer }) {
  const catalogue = new ProcessorCatalogue();
  const { collect, map, combine, reduce } = kinds;
  if (collect) catalogue.register('collect', 'mine', () => collect);
  if (map) catalogue.register('map', 'mine', map);
  if (combine) catalogue.register('combine', 'mine', () => combine);
  if (reduce) catalogue.register('reduce', 'mine', () => reduce);
  return new ProcessorRunner(catalogue, new PlainPlatform());
}

export const beginCollect: StepBegin = {
  instance: 'j/collect/1',
  kind: 'collect',
  name: 'mine',
  argument: collectPayload(1, 1, null),
};
/** All outcomes of a task until it ends or fails. */
export async function drain(runner: ProcessorRunner, begin: StepBegin, task = 1): Promise<StepOutcome[]> {
  const outcomes = [await runner.step({ task, begin })];
  while (!['ended', 'failed'].includes((outcomes.at(-1) as StepOutcome).kind))
    outcomes.push(await runner.step({ task }));
  expect(runner.taskCount).toBe(0);
  return outcomes;
}

/** Only what a yielded value does: its record, or the message of its failure. */
export async function outcomeOf(value: unknown): Promise<StepOutcome> {
  const runner = runnerWith({ collect: { collect: () => [value] as never } });
  return (await drain(runner, beginCollect))[0] as StepOutcome;
}

export const record = (value: JsonValue, files: { name: string }[] = []): StepOutcome => {
  return { kind: 'record', json: JSON.stringify(value), files };
};
export const ended: StepOutcome = { kind: 'ended' };
