/** ION text and plain contact plans: the short way for callers that need no document. */
import { ContactPlan } from '../routing/index.js';
import { readPlan } from './read-plan.js';
import { writePlan } from './write-plan.js';

/** Something in a plan file that has no effect. */
export interface PlanWarning {
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

/** What a plan file holds. */
export interface ParsedPlan {
  readonly plan: ContactPlan;
  readonly warnings: readonly PlanWarning[];
}

/** Reads ION text. Throws an InputFileError as `readPlan` does. */
export function parseIonPlan(text: string, file: string): ParsedPlan {
  const { document, notes } = readPlan(text, file, { format: 'ion' });
  const warnings = notes.flatMap(({ line, message }) => (line === undefined ? [] : [{ line, message }]));
  const contacts = document.contacts.map(({ confidence: _, line: __, ...contact }) => contact);
  return { plan: new ContactPlan(contacts), warnings };
}

/**
 * Writes ION text; reading it back gives an equal plan. Throws a UsageError `plan-loss` for what the form cannot say: contacts of one
 * direction that overlap, have no length or no limit, and node 0.
 */
export function formatIonPlan(plan: ContactPlan): string {
  return writePlan({ nodes: [], contacts: plan.contacts, epochUnixUs: undefined }, 'ion').text;
}
