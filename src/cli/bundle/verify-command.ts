/** `leodtn bundle verify`: are the integrity blocks of a bundle right, and the tags of what is encrypted. */
import { type Command, Option } from 'commander';
import { UsageError } from '../../base/errors.js';
import { acceptOperations, type OperationResult, verifyBundle, verifyEncryption } from '../../bpsec/index.js';
import { nodeSecurityCrypto } from '../../bpsec/index.node.js';
import { BLOCK_TYPES, type Bundle, encodeBundle, securityCoverOf, type UInt } from '../../bpv7/index.js';
import type { Io } from '../io.js';
import { STATUS_FAILED, STATUS_OK, type StatusCell } from '../status.js';
import { type JsonObject, uintJson } from './fields.js';
import { errorJson } from './json.js';
import { readKeySet, selectKeys } from './keys.js';
import { readOneBundle, writeResult } from './result.js';
import {
  addCheckingOptions,
  blockInWords,
  type CheckingFlags,
  operationJson,
  operationLine,
  unlessForbidden,
} from './security-flags.js';

interface VerifyFlags extends CheckingFlags {
  readonly json?: boolean;
  readonly accept?: boolean;
  readonly service: 'integrity' | 'confidentiality' | 'all';
}

/** Adds the command to the group. */
export function addVerifyCommand(group: Command, io: Io, cell: StatusCell): void {
  const command = group.command('verify').description('check the integrity blocks (BIBs) of a bundle');
  addCheckingOptions(command, 'with --accept: write the bundle there')
    .option('--json', 'print one JSON object: {verified, operations}')
    .option('--accept', 'write the bundle without the operations that were verified')
    .addOption(
      new Option(
        '--service <name>',
        'which operations; of encrypted blocks the tags are checked, and nothing is decrypted',
      )
        .choices(['integrity', 'confidentiality', 'all'])
        .default('integrity'),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn bundle verify signed.bin --keys mac.json
        a line for each operation: service, target, source, status, and why where it is not verified
  $ leodtn bundle verify signed.bin --keys mac.json --json | jq .verified
  $ leodtn bundle verify signed.bin --keys mac.json --accept --out plain.bin
        what the acceptor makes of it, unless an operation failed

The statuses are verified, failed, unreadable (encrypted: decrypt first), no-key and unknown-context. A bundle without any operation
is not verified. JSON: {verified, operations: [{service, block, target, source, status, detail?}]}; target and source are null
where the integrity block is encrypted.

Exit status: 0 everything is verified, 1 it is not or the bundle is broken, 2 cannot be run as asked.
`,
    )
    .action(async (file: string | undefined, flags: VerifyFlags) => {
      cell.status = await verify(file, flags, io);
    });
}

async function verify(file: string | undefined, flags: VerifyFlags, io: Io): Promise<number> {
  checkFlags(flags);
  const keys = selectKeys(await readKeySet(flags.keys, file, io), flags.key, flags.keys).finder();
  const read = await readOneBundle(file, flags, io, flags.json === true ? printError(io) : undefined);
  if (read === undefined) return STATUS_FAILED;
  const { name, bundle } = read;
  const options = { crypto: nodeSecurityCrypto, keys };
  const operations = unlessForbidden(name, io, () => [
    ...(flags.service === 'confidentiality' ? [] : verifyBundle(bundle, options).operations),
    ...(flags.service === 'integrity' ? [] : verifyEncryption(bundle, options).operations),
  ]);
  if (operations === undefined) return STATUS_FAILED;
  const hidden = flags.service === 'confidentiality' ? [] : encryptedIntegrity(bundle);
  const verified =
    operations.length > 0 && hidden.length === 0 && operations.every(({ status }) => status === 'verified');
  if (flags.json === true) {
    const told = [...operations.map(operationJson), ...hidden.map(hiddenJson)];
    io.out(`${JSON.stringify({ verified, operations: told })}\n`);
  } else {
    for (const operation of operations) io.out(`${operationLine(bundle, operation)}\n`);
    for (const number of hidden) io.out(`integrity by ${blockInWords(bundle, number)}: unreadable: ${ENCRYPTED}\n`);
  }
  if (operations.length + hidden.length === 0) io.err(`leodtn: ${name}: ${nothingToVerify(bundle, flags)}\n`);
  const status = verified ? STATUS_OK : STATUS_FAILED;
  return flags.accept === true ? Math.max(status, await accept(name, bundle, operations, flags, io)) : status;
}

/** Writes the bundle as an acceptor has it, unless there is nothing to accept, or something that must not be accepted. */
async function accept(
  name: string,
  bundle: Bundle,
  operations: readonly OperationResult[],
  flags: VerifyFlags,
  io: Io,
): Promise<number> {
  const statuses = new Set(operations.map(({ status }) => status));
  if (statuses.has('failed') || !statuses.has('verified')) {
    io.err(
      `leodtn: ${name}: ${statuses.has('failed') ? 'an operation failed' : 'no operation was verified'}; nothing is written\n`,
    );
    return STATUS_FAILED;
  }
  const rest = acceptOperations(bundle, operations, { isDestination: !flags.crc });
  return writeResult({ name, bundle: rest, bytes: encodeBundle(rest) }, flags, io);
}

function checkFlags({ accept, out, pcap, service }: VerifyFlags): void {
  if (accept === true && (out === undefined || out === '' || out === '-')) {
    throw new UsageError('accept', '--accept: expected --out FILE for the bundle, as standard output has the report');
  }
  if (accept === true && service !== 'integrity') {
    throw new UsageError('accept', '--accept removes integrity blocks only; bundle decrypt accepts what is encrypted');
  }
  if (accept !== true && (out !== undefined || pcap !== undefined)) {
    throw new UsageError('accept', `--${out === undefined ? 'pcap' : 'out'}: nothing is written without --accept`);
  }
}

const ENCRYPTED = 'it is encrypted; decrypt first';

/** Numbers of the integrity blocks that cannot be read. */
function encryptedIntegrity({ blocks }: Bundle): UInt[] {
  const { encrypted } = securityCoverOf(blocks);
  return blocks
    .filter(({ type, number }) => type === BLOCK_TYPES.blockIntegrity && encrypted.has(number))
    .map(({ number }) => number);
}

function hiddenJson(number: UInt): JsonObject {
  const unread = { target: null, source: null, status: 'unreadable', detail: ENCRYPTED };
  return { service: 'integrity', block: uintJson(number), ...unread };
}

function nothingToVerify({ blocks }: Bundle, { service }: VerifyFlags): string {
  const isEncrypted = blocks.some(({ type }) => type === BLOCK_TYPES.blockConfidentiality);
  const hint = isEncrypted && service === 'integrity' ? ' (--service confidentiality checks what is encrypted)' : '';
  const what = service === 'all' ? 'security' : service;
  return `there is no ${what} block: nothing to verify is not verified${hint}`;
}

function printError(io: Io) {
  return (_: string, error: Parameters<typeof errorJson>[0]): void => io.out(`${JSON.stringify(errorJson(error))}\n`);
}
