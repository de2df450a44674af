/** Reads the contact plan that a scenario names, of any format and packed by gzip or not, and judges whether a scenario can fly it. */
import { readFile } from 'node:fs/promises';
import { InputFileError } from '../base/errors.js';
import { type PlanNote, readPlan, writePlan } from '../plans/index.js';
import { planTextOf } from '../plans/plan-bytes.node.js';
import { ContactPlan } from '../routing/index.js';

/** A plan for a scenario, with what of its file has no effect. */
export interface ScenarioPlan {
  readonly plan: ContactPlan;
  readonly notes: readonly PlanNote[];
}

/**
 * Reads a plan; contacts without length are left out with a note, since nothing that a scenario sends has no length. Throws an
 * InputFileError for a file that is no plan, one with node 0, and one without a usable contact.
 */
export async function readScenarioPlan(file: string): Promise<ScenarioPlan> {
  const { document, notes } = readPlan(await planTextOf(await readFile(file), file), file);
  const withNode0 = document.contacts.find(({ from, to }) => from === 0 || to === 0);
  if (withNode0 !== undefined) {
    throw new InputFileError(
      { file, line: withNode0.line, field: withNode0.from === 0 ? 'from' : 'to' },
      'found node 0, which no bundle can be sent to (ipn:0.0 is nobody); expected nodes numbered from 1: leodtn plan convert FILE --to ion --allow-loss gives node 0 the first free number and says which',
    );
  }
  const usable = document.contacts.filter(({ startUs, endUs }) => endUs > startUs);
  const all = [...notes];
  const instants = document.contacts.length - usable.length;
  if (instants > 0) all.push({ kind: 'unusable', message: `contacts without length are left out: ${instants}` });
  if (usable.length > 0) return { plan: new ContactPlan(usable), notes: all };
  const [first] = all;
  const found = first === undefined ? 'found no contacts' : first.message;
  throw new InputFileError({ file, line: first?.line }, `${found}; expected at least one usable contact`);
}

/** A plan as text: ION's where that can say all of it, else JSON of our own. */
export function scenarioPlanText({ contacts }: ContactPlan): {
  readonly format: 'ion' | 'leodtn';
  readonly text: string;
} {
  const document = { nodes: [], contacts, epochUnixUs: undefined };
  const { text, losses } = writePlan(document, 'ion', { allowLoss: true });
  if (losses.every(({ severity }) => severity === 'listed')) return { format: 'ion', text };
  return { format: 'leodtn', text: writePlan(document, 'leodtn').text };
}
