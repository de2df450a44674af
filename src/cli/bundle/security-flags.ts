/** Options that the commands share which secure bundles or undo that, and how what they did is told. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { fromHex } from '../../base/bytes.js';
import { messageOf, UsageError } from '../../base/errors.js';
import { ALL_SCOPE_FLAGS, type OperationResult, parseSecurityTarget, type SecurityTarget } from '../../bpsec/index.js';
import {
  type Bundle,
  BundleError,
  blockTypeName,
  type CanonicalBlock,
  type Eid,
  eidToString,
  isLocalNode,
  isNullEid,
  MAX_UINT64,
  parseEid,
  type UInt,
  uintOf,
} from '../../bpv7/index.js';
import type { Io } from '../io.js';
import { pcapOption } from './capture.js';
import { profileOption } from './decode-command.js';
import { type JsonObject, uintJson } from './fields.js';
import type { SecuringKeyFlags } from './keys.js';
import type { ReadFlags, ResultFlags } from './result.js';

/** What sign and encrypt have in common. */
export interface SecuringFlags extends ReadFlags, ResultFlags, SecuringKeyFlags {
  readonly target?: readonly SecurityTarget[];
  readonly source?: Eid;
  readonly scope: number;
  readonly number?: UInt;
}

/** What verify and decrypt have in common. */
export interface CheckingFlags extends ReadFlags, ResultFlags {
  readonly keys: string;
  readonly key?: string;
  /** False where a block may stay without a CRC. */
  readonly crc: boolean;
}

/** Rules of RFC 9172 that a bundle breaks and not the command line; `security-target`: what it lacks. */
const OF_BUNDLE = /^security-(on-fragment|duplicate|split|limit|target)$/;

/** Adds the argument and options of a command that secures. */
export function addSecuringOptions(command: Command, verb: 'sign' | 'encrypt'): Command {
  return command
    .argument('[file]', 'file with one bundle; standard input where it is left out or -')
    .requiredOption('--keys <file>', 'JSON Web Key Set with the key')
    .requiredOption('--key <kid>', `name of the key to ${verb} with, or of a key to wrap a fresh one under`)
    .option('--wrap <kid>', 'send the key along, wrapped under this one')
    .addOption(
      new Option(
        '--target <block>',
        `what to ${verb}: ${verb === 'sign' ? 'primary, ' : ''}payload (default), block:NUMBER or type:NUMBER; repeatable`,
      ).argParser(collectTargets),
    )
    .addOption(
      new Option('--source <eid>', 'the node that does it, by default the source of the bundle').argParser(endpointId),
    )
    .addOption(
      new Option(
        '--scope <flags>',
        'what else is covered, added up: 1 primary block, 2 header of the target, 4 own header',
      )
        .argParser(scopeFlags)
        .default(ALL_SCOPE_FLAGS),
    )
    .option('--number <n>', 'number of the new block; by default the least that is free', newBlockNumber)
    .option('--out <file>', 'write the bundle there and not to standard output')
    .option('--hex', 'input and output are hex')
    .addOption(profileOption())
    .addOption(pcapOption());
}

/** Adds the argument and options of a command that checks. */
export function addCheckingOptions(command: Command, outHelp: string): Command {
  return command
    .argument('[file]', 'file with one bundle; standard input where it is left out or -')
    .requiredOption('--keys <file>', 'JSON Web Key Set; keys are tried by what they are for, as no bundle names them')
    .option('--key <kid>', 'try this key only')
    .option('--out <file>', outHelp)
    .option('--no-crc', 'put no CRC-32C back on blocks that are left with neither CRC nor security')
    .option('--hex', 'input and output are hex')
    .addOption(profileOption())
    .addOption(pcapOption());
}

/** Who secures the bundle. Throws a UsageError where that would be nobody, as with an anonymous bundle. */
export function securitySource({ source }: SecuringFlags, { primary }: Bundle): Eid {
  const eid = source ?? primary.source;
  if (!isNullEid(eid)) return eid;
  const whose = source === undefined ? 'the source of the bundle is' : 'found';
  throw new UsageError('security-source', `--source: ${whose} ${eidToString(eid)}; expected a node, such as ipn:10.0`);
}

/** The outcome of `work`; undefined where the bundle does not allow it, which is told. */
export function unlessForbidden<T>(name: string, io: Io, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof BundleError) && !(error instanceof UsageError && OF_BUNDLE.test(error.code))) throw error;
    io.err(`leodtn: ${name}: ${messageOf(error)}\n`);
    return undefined;
  }
}

/** The bytes of hex on the command line. */
export function hexArgument(text: string): Uint8Array {
  if (text.length > 0 && text.length % 2 === 0 && /^[0-9a-f]+$/i.test(text)) return fromHex(text);
  throw new InvalidArgumentError('Expected hex digits, two for a byte.');
}

/** What became of an operation, for people: service, target, source, status, why. */
export function operationLine(bundle: Bundle, { service, target, source, status, detail }: OperationResult): string {
  const why = detail === '' ? '' : `: ${detail}`;
  return `${service} of ${blockInWords(bundle, target)}, by ${eidToString(source)}: ${status}${why}`;
}

/** The same as JSON. */
export function operationJson({ service, security, target, source, status, detail }: OperationResult): JsonObject {
  return {
    service,
    block: uintJson(security.block.number),
    target: uintJson(target),
    source: eidToString(source),
    status,
    ...(detail === '' ? {} : { detail }),
  };
}

/** The blocks of bundles by number, made once for each: a bundle may have very many blocks, and as many operations. */
const blocksByNumber = new WeakMap<Bundle, ReadonlyMap<UInt, CanonicalBlock>>();

/** A block by number and type. */
export function blockInWords(bundle: Bundle, number: UInt): string {
  if (number === 0) return 'the primary block';
  let blocks = blocksByNumber.get(bundle);
  if (blocks === undefined) {
    blocks = new Map(bundle.blocks.map((each) => [each.number, each]));
    blocksByNumber.set(bundle, blocks);
  }
  const block = blocks.get(number);
  return block === undefined ? `block ${number}` : `block ${number} (${blockTypeName(block.type)})`;
}

function collectTargets(text: string, before: readonly SecurityTarget[] | undefined): SecurityTarget[] {
  return [...(before ?? []), usable(() => parseSecurityTarget(text))];
}

function endpointId(text: string): Eid {
  const eid = usable(() => parseEid(text));
  if (isLocalNode(eid)) throw new InvalidArgumentError('Expected an endpoint ID that may stand in a bundle.');
  return eid;
}

function scopeFlags(text: string): number {
  if (/^[0-7]$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a number from 0 to 7.');
}

/** What commander tells with the name of the option. */
function usable<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof UsageError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

/** Reads the number of a block to be added, which may be as high as 2^64-1. */
function newBlockNumber(text: string): UInt {
  if (/^[0-9]{1,20}$/.test(text)) {
    const value = BigInt(text);
    if (value >= 2n && value <= MAX_UINT64) return uintOf(value);
  }
  throw new InvalidArgumentError('Expected a whole number from 2 to 2^64-1.');
}
