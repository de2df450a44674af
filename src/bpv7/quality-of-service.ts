/**
 * ION's quality of service block: how urgent a bundle is, as deployed ION nodes (4.1) tell each other. Owns the form of its
 * content; what a node makes of it is the agent's business.
 *
 * Block type 193 is of the private range (RFC 9171 section 9.1) and means something else to other implementations, so nobody reads
 * it unless told to. Its data is a CBOR array `[flags, class, ordinal, data label]` of unsigned integers.
 */

import { contentReader, endContent } from './blocks.js';
import { headLength, Major, writeUInt } from './cbor-writer.js';
import { BLOCK_FLAGS } from './constants.js';
import type { UInt } from './uint.js';

/** Type of ION's quality of service block. */
export const ION_QOS_BLOCK = 193;

/** Flags that ION sets on it: each fragment is as urgent as the whole. */
export const ION_QOS_BLOCK_FLAGS = BLOCK_FLAGS.replicateInFragments;

/** Flags in the block's content. */
export const ION_QOS_FLAGS = {
  /** The bundle is critical: forward a copy through every neighbour that has a route. */
  minimumLatency: 1,
  /** Send over an unreliable convergence layer. */
  bestEffort: 2,
  /** The data label means something. */
  dataLabelPresent: 4,
  /** Send over a reliable convergence layer. */
  reliable: 8,
} as const;

/** Classes of service. */
export const ION_QOS_CLASSES = { bulk: 0, standard: 1, expedited: 2 } as const;

/** The content of the block. */
export interface IonQualityOfService {
  /** See {@link ION_QOS_FLAGS}; other bits are passed on. */
  readonly flags: UInt;
  /** See {@link ION_QOS_CLASSES}. */
  readonly serviceClass: UInt;
  /** Among expedited bundles: 0 to 254, the greatest is the most urgent; ION keeps 255 for itself. */
  readonly ordinal: UInt;
  /** What applications agreed on; 0 for none. */
  readonly dataLabel: UInt;
}

/** Data of a quality of service block. */
export function encodeIonQualityOfService(content: IonQualityOfService): Uint8Array {
  const items = [content.flags, content.serviceClass, content.ordinal, content.dataLabel];
  const data = new Uint8Array(items.reduce<number>((sum, item) => sum + headLength(item), 1));
  data[0] = Major.array | items.length;
  items.reduce<number>((at, item) => writeUInt(data, at, item), 1);
  return data;
}

/** Content of a quality of service block. Throws a BundleError `qos-form`. */
export function decodeIonQualityOfService(data: Uint8Array, baseOffset = 0, block?: number): IonQualityOfService {
  const reader = contentReader(data, 'qos-form', baseOffset, block);
  const items = reader.openArray('qos-form', 'an array of flags, class, ordinal and data label');
  const indefinite = reader.openedIndefinite;
  if (items !== 4) reader.failArray(items, 'qos-form', '4 items');
  const flags = reader.readUInt('qos-form', 'flags');
  const serviceClass = reader.readUInt('qos-form', 'a class of service');
  const ordinal = reader.readUInt('qos-form', 'an ordinal');
  const dataLabel = reader.readUInt('qos-form', 'a data label');
  reader.closeArray(indefinite);
  endContent(reader, 'qos-form');
  return { flags, serviceClass, ordinal, dataLabel };
}
