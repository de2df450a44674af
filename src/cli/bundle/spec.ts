/**
 * A bundle as a person writes it: the JSON of `leodtn bundle decode`, in which most fields may be left out and what decode adds may
 * stay. What is said twice, such as a number and its name, must agree.
 */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../base/errors.js';
import { canonicalJson, type JsonValue } from '../../base/json.js';
import { DTN_EPOCH_UNIX_MS } from '../../base/time.js';
import {
  BLOCK_FLAG_NAMES,
  BLOCK_TYPE_NAMES,
  BLOCK_TYPES,
  BUNDLE_FLAG_NAMES,
  BUNDLE_FLAGS,
  type Bundle,
  type CanonicalBlock,
  CRC_TYPES,
  type Eid,
  hasFlag,
  PAYLOAD_BLOCK_NUMBER,
  type PrimaryBlock,
  type UInt,
} from '../../bpv7/index.js';
import { fileProblem } from '../../documents/files.node.js';
import { jsonSchemaOf } from '../../documents/json-schema.js';
import { type FieldPath, FieldProblem, inWords, problemOf } from '../../documents/problem.js';
import { contentForm } from './content.js';
import { type EidForm, eidField, eidFormField, flagsField, hexField, timeField, uintField } from './fields.js';
import { MAX_INPUT_BYTES } from './input.js';
import { AllowanceList, bundleJson } from './json.js';

/** Lifetime of a bundle whose spec names none: an hour. */
export const DEFAULT_LIFETIME_MS = 3_600_000;

const crcTypeField = z.literal([0, 1, 2]).meta({ title: '0 (none), 1 (CRC-16) or 2 (CRC-32C)' });
const typeNames = BLOCK_TYPE_NAMES.map(([name]) => name);
const typeField = z
  .union([uintField, z.string()])
  .transform((value, context): UInt => {
    if (typeof value !== 'string') return value;
    const known = BLOCK_TYPE_NAMES.find(([name]) => name === value);
    if (known !== undefined) return known[1];
    context.addIssue({ code: 'custom', message: 'refused' });
    return z.NEVER;
  })
  .meta({ title: `a number, ${typeNames.slice(0, -1).join(', ')} or ${typeNames.at(-1)}` });

/** What decode adds to a number; checked against what the number says. */
const names = z.array(z.string());
const nullableText = z.string().nullable();

const primaryForm = z.strictObject({
  version: z.literal(7).default(7),
  flags: flagsField(BUNDLE_FLAG_NAMES).optional(),
  crcType: crcTypeField.default(CRC_TYPES.crc32c),
  destination: eidField,
  destinationForm: eidFormField.optional(),
  source: eidField,
  sourceForm: eidFormField.optional(),
  reportTo: eidField.optional(),
  reportToForm: eidFormField.optional(),
  creationTime: timeField.optional(),
  sequence: uintField.default(0),
  lifetime: uintField.default(DEFAULT_LIFETIME_MS),
  fragmentOffset: uintField.optional(),
  totalAduLength: uintField.optional(),
  flagNames: names.optional(),
  crcTypeName: nullableText.optional(),
  creationTimeUtc: nullableText.optional(),
});

const blockForm = z.strictObject({
  type: typeField,
  number: uintField.optional(),
  flags: flagsField(BLOCK_FLAG_NAMES).optional(),
  crcType: crcTypeField.optional(),
  data: hexField.optional(),
  decoded: z.record(z.string(), z.unknown()).meta({ title: "a mapping as in decode's output" }).optional(),
  typeName: z.string().optional(),
  flagNames: names.optional(),
  crcTypeName: nullableText.optional(),
  encrypted: z.boolean().optional(),
  contentError: z.string().optional(),
});

const payloadForm = z.strictObject({
  text: z.string().optional(),
  hex: hexField.optional(),
  file: z.string().min(1).optional(),
  flags: flagsField(BLOCK_FLAG_NAMES).default(0),
  crcType: crcTypeField.default(CRC_TYPES.crc32c),
});

const specForm = z.strictObject({
  primary: primaryForm,
  blocks: z.array(blockForm).default([]),
  payload: payloadForm.optional(),
  profile: z.string().optional(),
  allowances: z.array(z.unknown()).optional(),
  allowancesOmitted: z.number().optional(),
  index: z.number().optional(),
  offset: z.number().optional(),
  line: z.number().optional(),
});

type BlockForm = z.output<typeof blockForm>;
type PayloadForm = z.output<typeof payloadForm>;

/** Where a spec stands in the world. */
export interface SpecPlace {
  /** Folder that the names of payload files count from. */
  readonly folder: string;
  /** Unix time in milliseconds, for a bundle whose spec names no creation time. */
  readonly unixTimeMs: number;
}

/** The bundle that a spec describes, its blocks to be encoded afresh. Throws a FieldProblem that names the field. */
export function bundleOfSpec(value: unknown, place: SpecPlace): Bundle {
  const parsed = specForm.safeParse(value);
  if (!parsed.success) throw problemOf(parsed.error.issues, value, jsonSchemaOf(specForm));
  const spec = parsed.data;
  const blocks = blocksOf(spec.blocks);
  if (spec.payload !== undefined) {
    const given = blocks.findIndex(({ type }) => type === BLOCK_TYPES.payload);
    if (given >= 0) fail(['payload'], `there is a payload already in blocks.${given}; expected one of the two`);
    blocks.push(payloadBlock(spec.payload, place));
  }
  const bundle: Bundle = { primary: primaryOf(spec.primary, place), blocks };
  checkRepeats(value as JsonValue, bundle);
  return bundle;
}

function primaryOf(form: z.output<typeof primaryForm>, { unixTimeMs }: SpecPlace): PrimaryBlock {
  const now = Math.max(0, Math.floor(unixTimeMs) - DTN_EPOCH_UNIX_MS);
  const flags = form.flags ?? namedFlags(form.flagNames, BUNDLE_FLAG_NAMES, ['primary', 'flagNames']);
  checkFragmentFields(form, flags);
  const source = inForm(form.source, form.sourceForm, 'sourceForm');
  return {
    flags,
    crcType: form.crcType,
    destination: inForm(form.destination, form.destinationForm, 'destinationForm'),
    source,
    reportTo: inForm(form.reportTo ?? source, form.reportToForm, 'reportToForm'),
    creationTimeMs: form.creationTime ?? now,
    sequence: form.sequence,
    lifetimeMs: form.lifetime,
    fragmentOffset: form.fragmentOffset,
    totalAduLength: form.totalAduLength,
  };
}

/** An endpoint ID in the form on the wire that was asked for, the usual one where none was. */
function inForm(eid: Eid, form: EidForm | undefined, name: string): Eid {
  if (form === undefined) return eid;
  if (eid.scheme === 'dtn') return fail(['primary', name], `found '${form}' for a dtn endpoint ID; leave this out`);
  return { ...eid, threeElement: form === 'three-element' ? true : undefined };
}

/** The flag of a fragment and its two fields come together or not at all. */
function checkFragmentFields(form: z.output<typeof primaryForm>, flags: UInt): void {
  const isFragment = hasFlag(flags, BUNDLE_FLAGS.isFragment);
  for (const name of ['fragmentOffset', 'totalAduLength'] as const) {
    if (isFragment === (form[name] !== undefined)) continue;
    if (isFragment) fail(['primary', name], 'missing; expected a whole number, as the flags say is-fragment');
    fail(['primary', name], 'found one without the flag is-fragment; set the flag, or leave this out');
  }
}

function blocksOf(forms: readonly BlockForm[]): CanonicalBlock[] {
  const taken = new Set<UInt>([0, PAYLOAD_BLOCK_NUMBER, ...forms.flatMap(({ number }) => number ?? [])]);
  let free = 2;
  const numberFor = (): number => {
    while (taken.has(free)) free++;
    return free++;
  };
  return forms.map((form, i) => {
    const isPayload = form.type === BLOCK_TYPES.payload;
    return {
      type: form.type,
      number: form.number ?? (isPayload ? PAYLOAD_BLOCK_NUMBER : numberFor()),
      flags: form.flags ?? namedFlags(form.flagNames, BLOCK_FLAG_NAMES, ['blocks', i, 'flagNames']),
      crcType: form.crcType ?? (isPayload ? CRC_TYPES.crc32c : CRC_TYPES.none),
      data: form.data ?? encodedContent(form, ['blocks', i]),
      raw: undefined,
    };
  });
}

/** Flags by their names alone. */
function namedFlags(given: readonly string[] | undefined, table: typeof BLOCK_FLAG_NAMES, path: FieldPath): UInt {
  if (given === undefined) return 0;
  const field = flagsField(table);
  const parsed = field.safeParse(given);
  if (parsed.success) return parsed.data;
  return fail(path, `found ${inWords(given)}; expected ${field.meta()?.title}`);
}

function encodedContent({ type, decoded }: BlockForm, path: FieldPath): Uint8Array {
  if (decoded === undefined) return fail([...path, 'data'], 'missing; expected data in hex, or decoded');
  const writer = contentForm(type)?.writer;
  if (writer === undefined) {
    return fail([...path, 'decoded'], `a block of type ${type} cannot be written so; expected data in hex`);
  }
  const parsed = writer.schema.safeParse(decoded);
  if (parsed.success) {
    try {
      return writer.encode(decoded);
    } catch (error) {
      if (error instanceof UsageError) return fail([...path, 'decoded'], error.message);
      throw error;
    }
  }
  const problem = problemOf(parsed.error.issues, decoded, jsonSchemaOf(writer.schema));
  throw new FieldProblem([...path, 'decoded', ...problem.path], problem.problem);
}

function payloadBlock({ text, hex, file, flags, crcType }: PayloadForm, { folder }: SpecPlace): CanonicalBlock {
  const given = [text, hex, file].filter((each) => each !== undefined).length;
  if (given !== 1) fail(['payload'], `found ${given} of text, hex and file; expected one of them`);
  const data = hex ?? (text === undefined ? payloadFile(resolve(folder, file!)) : Buffer.from(text, 'utf8'));
  return { type: BLOCK_TYPES.payload, number: PAYLOAD_BLOCK_NUMBER, flags, crcType, data, raw: undefined };
}

function payloadFile(path: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > MAX_INPUT_BYTES) return fail(['payload', 'file'], `${path}: more than ${MAX_INPUT_BYTES} bytes`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof FieldProblem) throw error;
    return fail(['payload', 'file'], `${path}: ${fileProblem(error, 'expected a file with the payload')}`);
  }
}

/** Holds what decode adds to numbers and data against what they say themselves. */
function checkRepeats(value: JsonValue, bundle: Bundle): void {
  const told = bundleJson(bundle, 'strict', new AllowanceList());
  const spec = value as { primary: JsonObjectLike; blocks?: JsonObjectLike[] };
  compare(
    spec.primary,
    told['primary'] as JsonObjectLike,
    ['flagNames', 'crcTypeName', 'creationTimeUtc'],
    ['primary'],
  );
  spec.blocks?.forEach((block, i) => {
    const fields = ['typeName', 'flagNames', 'crcTypeName', 'encrypted', 'contentError'];
    if (block['data'] !== undefined) fields.push('decoded');
    compare(block, (told['blocks'] as JsonObjectLike[])[i]!, fields, ['blocks', i]);
  });
}

type JsonObjectLike = { readonly [name: string]: JsonValue | undefined };

function compare(given: JsonObjectLike, told: JsonObjectLike, fields: readonly string[], path: FieldPath): void {
  for (const name of fields) {
    const mine = given[name];
    const theirs = told[name];
    if (mine === undefined || (theirs !== undefined && canonicalJson(mine) === canonicalJson(theirs))) continue;
    const said = theirs === undefined ? 'nothing of that kind' : inWords(theirs);
    fail([...path, name], `found ${inWords(mine)}, but the rest says ${said}; change the rest, or leave this out`);
  }
}

function fail(path: FieldPath, problem: string): never {
  throw new FieldProblem(path, problem);
}
