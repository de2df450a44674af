/** The contact plans of scenarios: as a scenario's file names them, and as text for whoever wants to fly them again. */
import { writePlan } from '../plans/index.js';
import type { ContactPlan } from '../routing/index.js';

export { readFlyablePlan as readScenarioPlan } from '../plans/flyable-plan.node.js';

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
