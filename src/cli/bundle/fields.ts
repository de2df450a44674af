/** Values in the JSON of the bundle commands: how they are printed, and how they are read and checked. */
import { z } from 'zod';
import { UsageError } from '../../base/errors.js';
import type { JsonValue } from '../../base/json.js';
import {
  type Eid,
  flagOfName,
  isLocalNode,
  MAX_UINT64,
  type NameTable,
  parseDtnTime,
  parseEid,
  type UInt,
  uintOf,
} from '../../bpv7/index.js';

/** An integer of the wire in JSON: a number, and above 2^53-1, where JSON numbers are not exact, a decimal string. */
export function uintJson(value: UInt): number | string {
  return typeof value === 'number' ? value : String(value);
}

/** An object of the JSON. */
export type JsonObject = { [name: string]: JsonValue };

/** Bytes in JSON: lower-case hex. */
export function hexJson(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** An integer as {@link uintJson} prints it, or any decimal string up to 2^64-1. */
export const uintField = z
  .union([z.int().min(0), z.string()])
  .transform((value, context): UInt => {
    if (typeof value === 'number') return value;
    if (/^\d{1,20}$/.test(value) && BigInt(value) <= MAX_UINT64) return uintOf(BigInt(value));
    return refuse(context);
  })
  .meta({ title: 'a whole number from 0 to 2^64-1, as a string above 2^53-1' });

/** The forms that an ipn endpoint ID has on the wire (RFC 9758 section 6.1). */
const EID_FORMS = ['two-element', 'three-element'] as const;

/** Which of the two forms an ipn endpoint ID has. */
export type EidForm = (typeof EID_FORMS)[number];

/**
 * The form of an ipn endpoint ID that has the unusual one for its allocator: its text does not tell the two apart. Undefined for all
 * others.
 */
export function eidFormJson(eid: Eid): EidForm | undefined {
  if (eid.scheme !== 'ipn' || (eid.threeElement === true) === (eid.allocator !== 0)) return undefined;
  return eid.threeElement === true ? 'three-element' : 'two-element';
}

/** As {@link eidFormJson} prints it; the usual form may be named as well. */
export const eidFormField = z.literal(EID_FORMS).meta({ title: EID_FORMS.join(' or ') });

/** An endpoint ID as text. */
export const eidField = z
  .string()
  .transform((text, context): Eid => {
    const eid = usable(() => parseEid(text));
    return eid === undefined || isLocalNode(eid) ? refuse(context) : eid;
  })
  .meta({ title: "an endpoint ID such as 'ipn:10.1', 'dtn://node/demux' or 'dtn:none'" });

/** A creation time: DTN milliseconds, or a time of the calendar. */
export const timeField = z
  .union([z.int().min(0), z.string()])
  .transform((value, context): UInt => {
    if (typeof value === 'number') return value;
    if (/^\d{1,20}$/.test(value) && BigInt(value) <= MAX_UINT64) return uintOf(BigInt(value));
    return usable(() => parseDtnTime(value)) ?? refuse(context);
  })
  .meta({ title: "milliseconds since 2000 or a time such as '2025-10-28T20:53:20.123Z'" });

/** Bytes as hex. */
export const hexField = z
  .string()
  .transform((text, context): Uint8Array => {
    const digits = text.replace(/\s+/g, '');
    if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) return refuse(context);
    return Buffer.from(digits, 'hex');
  })
  .meta({ title: 'hex digits, two for a byte' });

/** Flags as a number, or as a list of names and numbers. */
export function flagsField(table: NameTable) {
  const names = table.map(([name]) => name);
  return z
    .union([uintField, z.array(z.union([z.string(), z.int().min(0)]))])
    .transform((value, context): UInt => {
      if (!Array.isArray(value)) return value;
      let flags = 0n;
      for (const entry of value) {
        const flag = typeof entry === 'number' ? entry : flagOfName(entry, table);
        if (flag === undefined) return refuse(context);
        flags |= BigInt(flag);
      }
      return uintOf(flags);
    })
    .meta({ title: `a number or a list of ${names.join(', ')} or bit-N` });
}

function refuse(context: z.core.$RefinementCtx): never {
  context.addIssue({ code: 'custom', message: 'refused' });
  return z.NEVER;
}

function usable<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (thrown) {
    if (thrown instanceof UsageError) return undefined;
    throw thrown;
  }
}
