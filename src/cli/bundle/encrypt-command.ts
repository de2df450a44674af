/** `leodtn bundle encrypt` and `leodtn bundle decrypt`: block confidentiality by hand (RFC 9173 section 4). */
import { type Command, Option } from 'commander';
import { UsageError } from '../../base/errors.js';
import {
  decryptBundle,
  encryptBundle,
  GCM_ALGORITHMS,
  type GcmAlgorithm,
  InitializationVectors,
} from '../../bpsec/index.js';
import { nodeSecurityCrypto } from '../../bpsec/index.node.js';
import { encodeBundle } from '../../bpv7/index.js';
import type { Io } from '../io.js';
import { STATUS_FAILED, type StatusCell } from '../status.js';
import { readKeySet, securingKey, selectKeys } from './keys.js';
import { checkOutput } from './output.js';
import { readOneBundle, writeResult } from './result.js';
import {
  addCheckingOptions,
  addSecuringOptions,
  type CheckingFlags,
  hexArgument,
  operationLine,
  type SecuringFlags,
  securitySource,
  unlessForbidden,
} from './security-flags.js';

const ALGORITHMS = Object.keys(GCM_ALGORITHMS) as GcmAlgorithm[];

interface EncryptFlags extends SecuringFlags {
  readonly algorithm?: GcmAlgorithm;
  readonly iv?: Uint8Array;
  readonly unsafeSharedIv?: boolean;
}

/** Adds both commands to the group. */
export function addEncryptCommands(group: Command, io: Io, cell: StatusCell): void {
  const command = group
    .command('encrypt')
    .description('encrypt blocks of a bundle, under confidentiality blocks (BCBs)');
  addSecuringOptions(command, 'encrypt')
    .addOption(
      new Option('--algorithm <name>', 'by default what the key is for; for a fresh key A256GCM').choices(ALGORITHMS),
    )
    .addOption(
      new Option(
        '--iv <hex>',
        'for published vectors only: this initialization vector, which must never be used twice under one key',
      ).argParser(hexArgument),
    )
    .option(
      '--unsafe-shared-iv',
      'for RFC 9173 example A.4 only: one BCB and --iv for all targets, which gives them away',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn bundle keygen --algorithm A256GCM --kid enc > enc.json
  $ leodtn bundle encrypt in.bin --keys enc.json --key enc --out sealed.bin
  $ leodtn bundle sign in.bin --keys mac.json --key mac | leodtn bundle encrypt --keys enc.json --key enc | leodtn bundle decode

Integrity blocks over a target are encrypted with it. The targets lose their CRC (RFC 9173 section 4.8.1). Each gets a
confidentiality block of its own, with an initialization vector that is used once. A key for A128KW, A192KW or A256KW wraps a
fresh key, which is sent along. The primary block cannot be encrypted.

Exit status: 0 written, 1 the bundle is broken or does not allow it, 2 cannot be run as asked, as with a key that is not there.
`,
    )
    .action(async (file: string | undefined, flags: EncryptFlags) => {
      cell.status = await encrypt(file, flags, io);
    });
  addDecryptCommand(group, io, cell);
}

function addDecryptCommand(group: Command, io: Io, cell: StatusCell): void {
  const command = group.command('decrypt').description('decrypt the blocks of a bundle that there are keys for');
  addCheckingOptions(command, 'write the bundle there and not to standard output')
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn bundle decrypt sealed.bin --keys enc.json --out opened.bin
  $ leodtn bundle decrypt sealed.bin --keys enc.json | leodtn bundle decode

Standard error tells what was not decrypted. A block whose tag is wrong is discarded, and with the payload the whole bundle: then
nothing is written. A block without a key stays as it is; nothing is written where that is so with every one.

Exit status: 0 all is decrypted and written, 1 something is not or the bundle is broken, 2 cannot be run as asked.
`,
    )
    .action(async (file: string | undefined, flags: CheckingFlags) => {
      cell.status = await decrypt(file, flags, io);
    });
}

async function encrypt(file: string | undefined, flags: EncryptFlags, io: Io): Promise<number> {
  checkOutput(flags, io);
  const targets = flags.target ?? ['payload'];
  if (targets.some((target) => target === 'primary' || (typeof target === 'object' && target.block === 0))) {
    throw new UsageError('security-target', '--target: the primary block cannot be encrypted');
  }
  if (flags.unsafeSharedIv === true && flags.iv === undefined) {
    throw new UsageError('security-iv', '--unsafe-shared-iv: expected --iv HEX too');
  }
  const keys = await readKeySet(flags.keys, file, io);
  const key = securingKey(keys, flags, ALGORITHMS, flags.algorithm, 'A256GCM');
  const read = await readOneBundle(file, flags, io);
  if (read === undefined) return STATUS_FAILED;
  const { name, bundle } = read;
  if (flags.iv !== undefined) {
    io.err(
      'leodtn: --iv: never use an initialization vector twice under one key: that gives away what is encrypted, and lets others forge tags\n',
    );
  }
  const sealed = unlessForbidden(name, io, () =>
    encryptBundle(bundle, {
      ...key,
      crypto: nodeSecurityCrypto,
      vectors: new InitializationVectors(nodeSecurityCrypto),
      source: securitySource(flags, bundle),
      targets,
      scopeFlags: flags.scope,
      blockNumber: flags.number,
      ...(flags.unsafeSharedIv === true ? { unsafeSharedIv: flags.iv } : { iv: flags.iv }),
    }),
  );
  if (sealed === undefined) return STATUS_FAILED;
  return writeResult({ name, bundle: sealed, bytes: encodeBundle(sealed) }, flags, io);
}

async function decrypt(file: string | undefined, flags: CheckingFlags, io: Io): Promise<number> {
  checkOutput(flags, io);
  const keys = selectKeys(await readKeySet(flags.keys, file, io), flags.key, flags.keys).finder();
  const read = await readOneBundle(file, flags, io);
  if (read === undefined) return STATUS_FAILED;
  const { name, bundle } = read;
  const result = unlessForbidden(name, io, () =>
    decryptBundle(bundle, { crypto: nodeSecurityCrypto, keys, isDestination: !flags.crc }),
  );
  if (result === undefined) return STATUS_FAILED;
  const { bundle: opened, decrypted, operations } = result;
  for (const operation of operations) {
    if (operation.status !== 'verified') io.err(`leodtn: ${name}: ${operationLine(bundle, operation)}\n`);
  }
  const problem =
    operations.length === 0
      ? 'there is no confidentiality block, so nothing to decrypt'
      : opened === undefined
        ? 'the payload does not decrypt, so the bundle is discarded'
        : operations.every(({ status }) => status !== 'verified')
          ? 'nothing could be decrypted'
          : undefined;
  if (problem !== undefined || opened === undefined) {
    io.err(`leodtn: ${name}: ${problem}; nothing is written\n`);
    return STATUS_FAILED;
  }
  const status = await writeResult({ name, bundle: opened, bytes: encodeBundle(opened) }, flags, io);
  return decrypted ? status : STATUS_FAILED;
}
