/**
 * The contents of blocks in the JSON of the bundle commands, one entry for each block type: how `decoded` is made of a block's
 * data, and for those that a person may write by hand how data is made of it again.
 */
import { z } from 'zod';
import { CborReader } from '../../bpv7/cbor-reader.js';
import {
  BLOCK_TYPES,
  BundleError,
  type DecodeOptions,
  decodeAdminRecord,
  decodeBundleAge,
  decodeCustodyBlock,
  decodeHopCount,
  decodeIonQualityOfService,
  decodePreviousNode,
  decodeReportingBlock,
  decodeSecurityBlock,
  eidToString,
  encodeBundleAge,
  encodeCustodyBlock,
  encodeHopCount,
  encodeIonQualityOfService,
  encodePreviousNode,
  encodeReportingBlock,
  ION_QOS_BLOCK,
  type ProfileName,
  type UInt,
} from '../../bpv7/index.js';
import { eidField, type JsonObject, uintField, uintJson } from './fields.js';
import { recordJson, securityJson } from './record-json.js';

/** What `decoded` of a block is, and how it is written. */
export interface ContentForm {
  /** The content of a block. Throws a BundleError where the data has another form, which the profile may let pass. */
  decode(data: Uint8Array, options: DecodeOptions): JsonObject;
  /** The type is of the private range: data of another form is somebody else's block and no fault. */
  readonly isPrivate?: boolean;
  /** How it is written by hand; undefined for what only a node can make. */
  readonly writer?: ContentWriter;
}

/** Checks and encodes `decoded` as it was written by hand. */
export interface ContentWriter {
  readonly schema: z.ZodType;
  /** The data of a block. */
  encode(value: unknown): Uint8Array;
}

const FORMS: ReadonlyMap<UInt, ContentForm> = new Map<UInt, ContentForm>([
  [
    BLOCK_TYPES.previousNode,
    {
      decode: (data, options) => ({ node: eidToString(decodePreviousNode(data, 0, undefined, options)) }),
      writer: writer(z.strictObject({ node: eidField }), ({ node }) => encodePreviousNode(node)),
    },
  ],
  [
    BLOCK_TYPES.bundleAge,
    {
      decode: (data, options) => ({ ageMs: uintJson(decodeBundleAge(data, 0, undefined, options)) }),
      writer: writer(z.strictObject({ ageMs: uintField }), ({ ageMs }) => encodeBundleAge(ageMs)),
    },
  ],
  [
    BLOCK_TYPES.hopCount,
    {
      decode: hopCountJson,
      writer: writer(
        z.strictObject({ limit: z.int().min(1).max(255), count: z.int().min(0).default(0) }),
        ({ limit, count }) => encodeHopCount(limit, count),
      ),
    },
  ],
  [
    BLOCK_TYPES.custodyTransfer,
    {
      decode: (data) => {
        const { sequence, sequenceId, custodian } = decodeCustodyBlock(data);
        return {
          sequence: uintJson(sequence),
          sequenceId: uintJson(sequenceId),
          custodian: eidToString(custodian),
        };
      },
      writer: writer(
        z.strictObject({ sequence: uintField, sequenceId: uintField, custodian: eidField }),
        encodeCustodyBlock,
      ),
    },
  ],
  [
    BLOCK_TYPES.compressedReporting,
    {
      decode: (data) => {
        const { sequence, sequenceId, requestFlags, blockSource, reportTo } = decodeReportingBlock(data);
        return {
          sequence: uintJson(sequence),
          ...(sequenceId === undefined ? {} : { sequenceId: uintJson(sequenceId) }),
          ...(requestFlags === undefined ? {} : { requestFlags: uintJson(requestFlags) }),
          ...(blockSource === undefined ? {} : { blockSource: eidToString(blockSource) }),
          ...(reportTo === undefined ? {} : { reportTo: eidToString(reportTo) }),
        };
      },
      writer: writer(
        z.strictObject({
          sequence: uintField,
          sequenceId: uintField.optional(),
          requestFlags: uintField.optional(),
          blockSource: eidField.optional(),
          reportTo: eidField.optional(),
        }),
        encodeReportingBlock,
      ),
    },
  ],
  [
    ION_QOS_BLOCK,
    {
      isPrivate: true,
      decode: (data) => {
        const { flags, serviceClass, ordinal, dataLabel } = decodeIonQualityOfService(data);
        return {
          flags: uintJson(flags),
          serviceClass: uintJson(serviceClass),
          ordinal: uintJson(ordinal),
          dataLabel: uintJson(dataLabel),
        };
      },
      writer: writer(
        z.strictObject({ flags: uintField, serviceClass: uintField, ordinal: uintField, dataLabel: uintField }),
        encodeIonQualityOfService,
      ),
    },
  ],
  [BLOCK_TYPES.blockIntegrity, { decode: (data) => securityJson(decodeSecurityBlock(data)) }],
  [BLOCK_TYPES.blockConfidentiality, { decode: (data) => securityJson(decodeSecurityBlock(data)) }],
  [BLOCK_TYPES.payload, { decode: (data) => recordJson(decodeAdminRecord(data)) }],
]);

/** The form of the content of a block type, or undefined where it has none here. */
export function contentForm(type: UInt): ContentForm | undefined {
  return FORMS.get(type);
}

/** The `decoded` of a block, or why its data has none; undefined for block types without a form. A payload is taken for a record. */
export function decodedContent(
  type: UInt,
  data: Uint8Array,
  profile: ProfileName,
): { readonly decoded: JsonObject } | { readonly contentError: string } | undefined {
  const form = FORMS.get(type);
  if (form === undefined) return undefined;
  try {
    return { decoded: form.decode(data, { profile }) };
  } catch (thrown) {
    if (thrown instanceof BundleError && form.isPrivate) return undefined;
    if (thrown instanceof BundleError) return { contentError: `${thrown.code}: ${thrown.detail}` };
    throw thrown;
  }
}

/** A hop count block with its count in full, which {@link decodeHopCount} bounds. */
function hopCountJson(data: Uint8Array, options: DecodeOptions): JsonObject {
  const { limit } = decodeHopCount(data, 0, undefined, options);
  const reader = new CborReader(data, 'hop-form', 0, options);
  reader.openArray('hop-form', 'limit and count');
  reader.readUInt('hop-form', 'a hop limit');
  return { limit, count: uintJson(reader.readUInt('hop-form', 'a hop count')) };
}

function writer<T>(schema: z.ZodType<T, unknown>, encode: (value: T) => Uint8Array): ContentWriter {
  return { schema, encode: (value) => encode(schema.parse(value)) };
}
