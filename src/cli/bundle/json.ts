/** A bundle as JSON: what `leodtn bundle decode --json` prints and `leodtn bundle encode` reads. */
import {
  type Allowance,
  BLOCK_FLAG_NAMES,
  BLOCK_TYPES,
  BUNDLE_FLAG_NAMES,
  BUNDLE_FLAGS,
  type Bundle,
  type BundleError,
  blockTypeName,
  type CanonicalBlock,
  crcTypeName,
  dtnTimeToText,
  type Eid,
  eidToString,
  flagNames,
  hasFlag,
  type PrimaryBlock,
  type ProfileName,
  securityCoverOf,
} from '../../bpv7/index.js';
import { decodedContent } from './content.js';
import { eidFormJson, hexJson, type JsonObject, uintJson } from './fields.js';

/** The most allowances that are told one by one; a bundle may have one in each of its bytes. */
const MAX_ALLOWANCES = 10_000;

/** What the lenient profile let pass in one bundle. */
export class AllowanceList {
  readonly told: Allowance[] = [];
  /** How many there are in all. */
  count = 0;

  /** Adds one. */
  readonly add = (allowance: Allowance): void => {
    if (this.count++ < MAX_ALLOWANCES) this.told.push(allowance);
  };
}

/** A bundle, how it was read, and what was let pass. Fields that the standard has no number for are names of those that it has. */
export function bundleJson(bundle: Bundle, profile: ProfileName, allowances: AllowanceList): JsonObject {
  const omitted = allowances.count - allowances.told.length;
  return {
    primary: primaryJson(bundle.primary),
    blocks: blocksJson(bundle, profile),
    profile,
    allowances: allowances.told.map(({ code, section, offset, block, message }) => ({
      code,
      section,
      offset,
      block: block ?? null,
      message,
    })),
    ...(omitted > 0 ? { allowancesOmitted: omitted } : {}),
  };
}

/** A broken rule. */
export function errorJson({ code, section, offset, block, detail }: BundleError): JsonObject {
  return { error: { code, section, offset, block: block ?? null, message: detail } };
}

/** The primary block. */
function primaryJson(primary: PrimaryBlock): JsonObject {
  const { flags, crcType, creationTimeMs, fragmentOffset, totalAduLength } = primary;
  return {
    version: 7,
    flags: uintJson(flags),
    flagNames: flagNames(flags, BUNDLE_FLAG_NAMES),
    crcType,
    crcTypeName: crcTypeName(crcType) ?? null,
    ...eidJson('destination', primary.destination),
    ...eidJson('source', primary.source),
    ...eidJson('reportTo', primary.reportTo),
    creationTime: uintJson(creationTimeMs),
    // A time of 0 is none.
    creationTimeUtc: creationTimeMs === 0 ? null : (dtnTimeToText(creationTimeMs) ?? null),
    sequence: uintJson(primary.sequence),
    lifetime: uintJson(primary.lifetimeMs),
    ...(fragmentOffset === undefined ? {} : { fragmentOffset: uintJson(fragmentOffset) }),
    ...(totalAduLength === undefined ? {} : { totalAduLength: uintJson(totalAduLength) }),
  };
}

/** An endpoint ID under its name, with its form on the wire where that is not the one that its text stands for. */
function eidJson(name: string, eid: Eid): JsonObject {
  const form = eidFormJson(eid);
  return { [name]: eidToString(eid), ...(form === undefined ? {} : { [`${name}Form`]: form }) };
}

/** The blocks behind the primary block, in their order. */
function blocksJson({ primary, blocks }: Bundle, profile: ProfileName): JsonObject[] {
  const { encrypted } = securityCoverOf(blocks);
  const isWholeRecord =
    hasFlag(primary.flags, BUNDLE_FLAGS.isAdministrativeRecord) && !hasFlag(primary.flags, BUNDLE_FLAGS.isFragment);
  return blocks.map((block) => {
    const isEncrypted = encrypted.has(block.number);
    const isOpaque = isEncrypted || (block.type === BLOCK_TYPES.payload && !isWholeRecord);
    return {
      ...blockJson(block),
      ...(isEncrypted ? { encrypted: true } : {}),
      ...(isOpaque ? {} : decodedContent(block.type, block.data, profile)),
    };
  });
}

function blockJson({ type, number, flags, crcType, data }: CanonicalBlock): JsonObject {
  return {
    type: uintJson(type),
    typeName: blockTypeName(type),
    number: uintJson(number),
    flags: uintJson(flags),
    flagNames: flagNames(flags, BLOCK_FLAG_NAMES),
    crcType,
    crcTypeName: crcTypeName(crcType) ?? null,
    data: hexJson(data),
  };
}
