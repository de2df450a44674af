/** Reads the contact plan of a network that is to fly, of any format and packed by gzip or not, and judges whether it can be flown. */
import { readFile } from 'node:fs/promises';
import { InputFileError } from '../base/errors.js';
import { ContactPlan } from '../routing/index.js';
import { planTextOf } from './plan-bytes.node.js';
import type { PlanNote } from './plan-format.js';
import { readPlan } from './read-plan.js';

/** A plan with what of its file has no effect. */
export interface FlyablePlan {
  readonly plan: ContactPlan;
  readonly notes: readonly PlanNote[];
  /** The date of second 0 in microseconds since 1970-01-01T00:00:00Z; undefined where the file gives none. */
  readonly epochUnixUs: number | undefined;
}

/**
 * Reads a plan; contacts without length are left out with a note, since nothing that is sent has no length. Throws an
 * InputFileError for a file that is no plan, one with node 0, and one without a usable contact.
 */
export async function readFlyablePlan(file: string): Promise<FlyablePlan> {
  const { document, notes } = readPlan(await planTextOf(await readFile(file), file), file);
  const { epochUnixUs } = document;
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
  if (usable.length > 0) return { plan: new ContactPlan(usable), notes: all, epochUnixUs };
  const [first] = all;
  const found = first === undefined ? 'found no contacts' : first.message;
  throw new InputFileError({ file, line: first?.line }, `${found}; expected at least one usable contact`);
}
