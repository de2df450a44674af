/** From whom a node takes custody, by its operator's rules. It knows endpoints and nothing else of a bundle. */
import { type Eid, ipn } from '../bpv7/index.js';
import type { CustodyPolicy, EndpointRule } from './config.js';

/** Whether a policy admits a bundle of `source` from custodian number `custodian`. */
export function admitsCustody(policy: CustodyPolicy | undefined, custodian: number, source: Eid): boolean {
  if (policy === undefined) return true;
  return admits(policy.custodians, ipn(custodian, 0)) && admits(policy.sources, source);
}

function admits(rule: EndpointRule | undefined, eid: Eid): boolean {
  if (rule === undefined) return true;
  const { only, except } = rule;
  if (except?.some((pattern) => pattern.matches(eid))) return false;
  return only === undefined || only.some((pattern) => pattern.matches(eid));
}
