/** From the file form of what can go wrong in a scenario to the parsed one. */
import { type FieldPath, FieldProblem, inWords } from '../documents/problem.js';
import type { ScenarioHardships, ScenarioLinks, ScenarioProcessing } from './scenario.js';
import type { ScenarioFault } from './scenario-faults.js';
import { type Naming, nodeOf } from './scenario-naming.js';
import type { SatelliteForm, ScenarioForm } from './scenario-schema.js';

/** Faults in order of time, with node numbers. Throws a {@link FieldProblem}. */
export function resolveFaults(form: ScenarioForm, naming: Naming): ScenarioFault[] {
  let before = 0;
  return form.faults.map((fault, i) => {
    const path = ['faults', i];
    if (fault.at < before) {
      throw new FieldProblem([...path, 'at'], `found ${fault.at} after ${before}; expected faults in order of time`);
    }
    before = fault.at;
    if (fault.kind === 'node-crash' && form.store.kind !== 'durable') {
      const found = `found node-crash with store.kind ${form.store.kind}`;
      throw new FieldProblem([...path, 'kind'], `${found}; expected store.kind: durable beside it, or node-down`);
    }
    if ('node' in fault) return { ...fault, node: nodeOf(fault.node, [...path, 'node'], naming) } as ScenarioFault;
    if (!('from' in fault)) return fault;
    const { from, to } = resolveEnds(fault, path, naming);
    if (fault.kind !== 'forge') return { ...fault, from, to };
    return { ...fault, from, to, as: fault.as === undefined ? undefined : nodeOf(fault.as, [...path, 'as'], naming) };
  });
}

/** Links with node numbers in their overrides. Throws a {@link FieldProblem}. */
export function resolveLinks(form: ScenarioForm['links'], naming: Naming): ScenarioLinks {
  checkDelay(form.delay, ['links', 'delay']);
  const overrides = form.overrides.map((override, i) => {
    const path = ['links', 'overrides', i];
    const { from: _from, to: _to, ...given } = override;
    if (given.delay !== undefined) checkDelay(given.delay, [...path, 'delay']);
    const hardships = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    return { ...(hardships as Partial<ScenarioHardships>), ...resolveEnds(override, path, naming) };
  });
  return { ...form, bursts: form.bursts, overrides };
}

/** What steps cost, with node numbers. Throws a {@link FieldProblem}. */
export function resolveProcessing(form: ScenarioForm['processing'], naming: Naming): ScenarioProcessing {
  const slow = form.slow.map(({ node, factor }, i) => ({
    node: nodeOf(node, ['processing', 'slow', i, 'node'], naming),
    factor,
  }));
  return { ...form, slow };
}

function resolveEnds(
  form: { readonly from: SatelliteForm; readonly to: SatelliteForm },
  path: FieldPath,
  naming: Naming,
): { from: number; to: number } {
  const from = nodeOf(form.from, [...path, 'from'], naming);
  const to = nodeOf(form.to, [...path, 'to'], naming);
  if (from !== to) return { from, to };
  throw new FieldProblem([...path, 'to'], `found ${inWords(form.to)} at both ends; expected two satellites`);
}

function checkDelay({ minMs, maxMs }: { readonly minMs: number; readonly maxMs: number }, path: FieldPath): void {
  if (minMs <= maxMs) return;
  throw new FieldProblem([...path, 'maxMs'], `found ${maxMs} below minMs ${minMs}; expected at least that`);
}
