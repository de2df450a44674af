/**
 * What a bundle is told of a detour: which contacts of the planned way it keeps out of because they are full or have long queues.
 *
 * The nodes further on do not know that, would go by the plan, and send the bundle straight back to the contact that it was kept out
 * of. So it carries the news in its route avoidance block, for as long as the queue there lasts, as that of no failure (0 times): a
 * node that finds no way past such contacts takes no notice of them.
 */
import type { ContactGraph, Route } from '../routing/index.js';
import { withAvoided } from './avoidance.js';
import type { AvoidedContact } from './bundle-record.js';

/**
 * The contacts of the planned route that `route` keeps out of, where a bundle could leave later than planned: not before
 * `leaveUs(contact)`.
 */
export function detoursOf(
  graph: ContactGraph,
  planned: Route,
  route: Route,
  leaveUs: (contact: number) => number,
): readonly AvoidedContact[] {
  const detours: AvoidedContact[] = [];
  for (const [hop, index] of planned.contacts.entries()) {
    if (route.contacts.includes(index)) continue;
    const { from, to, endUs } = graph.contact(index);
    const untilUs = Math.min(leaveUs(index), endUs);
    if (untilUs > (planned.departuresUs[hop] as number)) detours.push({ from, to, untilUs, times: 0 });
  }
  return detours;
}

/** What a bundle keeps away from, its detours included. */
export function withDetours(
  avoided: readonly AvoidedContact[],
  detours: readonly AvoidedContact[],
): readonly AvoidedContact[] {
  let all = avoided;
  for (const { from, to, untilUs } of detours) all = withAvoided(all, from, to, untilUs, 0);
  return all;
}

/** Whether a bundle keeps away from a contact for the queue there, as another node said, and not because it failed. */
export function isDetour({ from, times }: AvoidedContact, node: number): boolean {
  return times === 0 && from !== node;
}
