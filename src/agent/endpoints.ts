/** Which node and service of this network an endpoint ID names. */
import type { Eid } from '../bpv7/index.js';

/** Node number and service number of an endpoint; node -1 for one that no satellite answers to. */
export function endpointNumbers(eid: Eid): { node: number; service: number } {
  if (eid.scheme === 'ipn') return eid.allocator === 0 ? { node: eid.node, service: eid.service } : NOBODY;
  // A dtn endpoint of ours is dtn://node<number>/<service>, the same two numbers in words.
  const match = /^\/\/node([1-9][0-9]{0,9})\/([0-9]{1,10})?$/.exec(eid.ssp);
  return match === null ? NOBODY : { node: Number(match[1]), service: Number(match[2] ?? 0) };
}

const NOBODY = { node: -1, service: -1 };
