/**
 * How urgent bundles are: the classes of a node's queues, which services are in which, and how urgency travels. It knows nothing
 * of queues and contacts; what is more urgent goes first and takes volume from what is less.
 *
 * Bundle Protocol 7 has no priorities. Each node therefore goes by its own policy of destination services. Under the routing profile
 * `ion` urgency travels besides, in ION's block 193, and what a bundle says itself counts for more than the policy.
 */
import { UsageError } from '../base/errors.js';
import {
  type CanonicalBlock,
  decodeIonQualityOfService,
  encodeIonQualityOfService,
  ION_QOS_CLASSES,
  ION_QOS_FLAGS,
  type UInt,
} from '../bpv7/index.js';

/** Classes of bundles, the most urgent first. Administrative is what nodes tell each other, whatever a policy says. */
export const PRIORITY = { administrative: 0, expedited: 1, standard: 2, bulk: 3 } as const;
/** One of the values of {@link PRIORITY}. */
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY];

/** The greatest ordinal of an expedited bundle; ION keeps 255 for itself. */
export const MAX_ORDINAL = 254;

/** How urgent a bundle is. */
export interface Urgency {
  readonly priority: Priority;
  /** Among expedited bundles: 0 to {@link MAX_ORDINAL}, the greatest is the most urgent. 0 in the other classes. */
  readonly ordinal: number;
}

/** How a node tells urgent bundles from others. */
export interface PriorityPolicy {
  /** By the service that a bundle is for; all others are standard. */
  readonly services: ReadonlyMap<number, Urgency>;
  /** `local`: by the policy of each node alone. `ion`: urgency is written into block 193 at the source and read on the way. */
  readonly profile: 'local' | 'ion';
}

const STANDARD: Urgency = { priority: PRIORITY.standard, ordinal: 0 };
const ADMINISTRATIVE: Urgency = { priority: PRIORITY.administrative, ordinal: 0 };

/** Everything standard, and nothing said about it on the wire. */
export const DEFAULT_PRIORITIES: PriorityPolicy = { services: new Map(), profile: 'local' };

/** Urgency as a number that sorts: the smaller, the sooner. Ordinals are ranks of their own. */
export function rankOf({ priority, ordinal }: Urgency): number {
  switch (priority) {
    case PRIORITY.administrative:
      return 0;
    case PRIORITY.expedited:
      return 1 + MAX_ORDINAL - ordinal;
    case PRIORITY.standard:
      return 2 + MAX_ORDINAL;
    case PRIORITY.bulk:
      return 3 + MAX_ORDINAL;
  }
}

/** What a policy says of a bundle for a service. */
export function urgencyBy(policy: PriorityPolicy, service: number): Urgency {
  return policy.services.get(service) ?? STANDARD;
}

/** Throws a UsageError `bad-urgency` for an ordinal that is none, or one of a bundle that is not expedited. */
export function checkUrgency({ priority, ordinal }: Urgency): void {
  const most = priority === PRIORITY.expedited ? MAX_ORDINAL : 0;
  if (Number.isInteger(ordinal) && ordinal >= 0 && ordinal <= most) return;
  throw new UsageError(
    'bad-urgency',
    `ordinal ${ordinal}: give 0 to ${MAX_ORDINAL} to expedited bundles, others have 0`,
  );
}

/** What the quality of service block of a bundle comes to. */
export interface StatedUrgency {
  readonly urgency: Urgency;
  /** A copy is to go through every neighbour that has a route. */
  readonly isCritical: boolean;
}

/** Data of the block that states urgency; nothing says that a bundle is administrative, which its flags do. */
export function encodeUrgency({ priority, ordinal }: Urgency, isCritical: boolean): Uint8Array {
  const { bulk, standard, expedited } = ION_QOS_CLASSES;
  const isExpedited = priority === PRIORITY.expedited || priority === PRIORITY.administrative;
  return encodeIonQualityOfService({
    flags: isCritical ? ION_QOS_FLAGS.minimumLatency : 0,
    serviceClass: isExpedited ? expedited : priority === PRIORITY.standard ? standard : bulk,
    ordinal,
    dataLabel: 0,
  });
}

/** Urgency from a block; a class that nobody knows is standard. Throws a BundleError `qos-form`. */
export function decodeUrgency({ data }: CanonicalBlock): StatedUrgency {
  const { flags, serviceClass, ordinal } = decodeIonQualityOfService(data);
  const isCritical = BigInt(flags) % 2n === BigInt(ION_QOS_FLAGS.minimumLatency);
  return { urgency: urgencyOf(serviceClass, ordinal), isCritical };
}

function urgencyOf(serviceClass: UInt, ordinal: UInt): Urgency {
  if (serviceClass === ION_QOS_CLASSES.bulk) return { priority: PRIORITY.bulk, ordinal: 0 };
  if (serviceClass !== ION_QOS_CLASSES.expedited) return STANDARD;
  return { priority: PRIORITY.expedited, ordinal: Math.min(Number(ordinal), MAX_ORDINAL) };
}

/** Urgency of a bundle that came from a neighbour: administrative by its flags, else what it says, else by the policy. */
export function receivedUrgency(
  policy: PriorityPolicy,
  isAdministrative: boolean,
  stated: StatedUrgency | undefined,
  service: number,
): Urgency {
  if (isAdministrative) return ADMINISTRATIVE;
  return stated?.urgency ?? urgencyBy(policy, service);
}
