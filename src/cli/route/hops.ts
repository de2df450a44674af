/** A route hop by hop: where its time goes, in whole microseconds. */
import type { Contact, Route } from '../../routing/index.js';
import type { Asked } from './asked.js';

/** One hop of a route. */
export interface Hop {
  readonly contact: Contact;
  /** When the whole bundle is at the sender. */
  readonly readyUs: number;
  /** From then until its first byte leaves. */
  readonly waitUs: number;
  readonly departureUs: number;
  /** From its first byte to its last one. */
  readonly transmissionUs: number;
  /** One-way light time with its margin. */
  readonly lightUs: number;
  readonly arrivalUs: number;
}

/** The hops of a route in their order. */
export function hopsOf(route: Route, { graph, query }: Asked): Hop[] {
  return route.contacts.map((index, i) => {
    const contact = graph.plan.contacts[index]!;
    const readyUs = i === 0 ? query.atUs : route.arrivalsUs[i - 1]!;
    const departureUs = route.departuresUs[i]!;
    const arrivalUs = route.arrivalsUs[i]!;
    const lightUs = contact.owltUs + Math.round(contact.owltUs * graph.owltMarginRatio);
    return {
      contact,
      readyUs,
      waitUs: departureUs - readyUs,
      departureUs,
      transmissionUs: arrivalUs - departureUs - lightUs,
      lightUs,
      arrivalUs,
    };
  });
}

/** `a -> b`. */
export function pairWords({ from, to }: Contact, { names }: Asked): string {
  return `${names.labelOf(from)} -> ${names.labelOf(to)}`;
}
