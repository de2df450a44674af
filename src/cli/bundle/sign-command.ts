/** `leodtn bundle sign`: block integrity by hand (RFC 9173 section 3). */
import { type Command, Option } from 'commander';
import { HMAC_ALGORITHMS, type HmacAlgorithm, signBundle } from '../../bpsec/index.js';
import { nodeSecurityCrypto } from '../../bpsec/index.node.js';
import { encodeBundle } from '../../bpv7/index.js';
import type { Io } from '../io.js';
import { STATUS_FAILED, type StatusCell } from '../status.js';
import { readKeySet, securingKey } from './keys.js';
import { checkOutput } from './output.js';
import { readOneBundle, writeResult } from './result.js';
import { addSecuringOptions, type SecuringFlags, securitySource, unlessForbidden } from './security-flags.js';

const ALGORITHMS = Object.keys(HMAC_ALGORITHMS) as HmacAlgorithm[];

interface SignFlags extends SecuringFlags {
  readonly algorithm?: HmacAlgorithm;
  readonly apart?: boolean;
  readonly keepPrimaryCrc?: boolean;
}

/** Adds the command to the group. */
export function addSignCommand(group: Command, io: Io, cell: StatusCell): void {
  addSecuringOptions(group.command('sign').description('add an integrity block (BIB) to a bundle'), 'sign')
    .addOption(
      new Option('--algorithm <name>', 'HMAC, by default what the key is for; for a fresh key HS384').choices(
        ALGORITHMS,
      ),
    )
    .option('--apart', 'an integrity block for each target, so that each can be encrypted later')
    .option(
      '--keep-primary-crc',
      'leave the primary block its CRC where it is signed: without it a bundle cannot be cut',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn bundle keygen --algorithm HS256 --kid mac > mac.json
  $ leodtn bundle sign in.bin --keys mac.json --key mac --out signed.bin
        the payload, in the name of the bundle's source
  $ leodtn bundle sign in.bin --keys mac.json --key mac --target primary --target type:7 --source ipn:3.0 --out signed.bin
        the primary block and the bundle age, by a node on the way
  $ leodtn bundle encode spec.json | leodtn bundle sign --keys mac.json --key mac | leodtn bundle decode

The targets lose their CRC (RFC 9173 section 3.7); a bundle that is to be cut into fragments keeps that of its primary block with
--keep-primary-crc. A key for A128KW, A192KW or A256KW wraps a fresh key, which is sent along. An
encrypted block cannot be signed: sign, then encrypt.

Exit status: 0 written, 1 the bundle is broken or does not allow it, 2 cannot be run as asked, as with a key that is not there.
`,
    )
    .action(async (file: string | undefined, flags: SignFlags) => {
      cell.status = await sign(file, flags, io);
    });
}

async function sign(file: string | undefined, flags: SignFlags, io: Io): Promise<number> {
  checkOutput(flags, io);
  const keys = await readKeySet(flags.keys, file, io);
  const key = securingKey(keys, flags, ALGORITHMS, flags.algorithm, 'HS384');
  const read = await readOneBundle(file, flags, io);
  if (read === undefined) return STATUS_FAILED;
  const { name, bundle } = read;
  const signed = unlessForbidden(name, io, () =>
    signBundle(bundle, {
      ...key,
      crypto: nodeSecurityCrypto,
      source: securitySource(flags, bundle),
      targets: flags.target ?? ['payload'],
      scopeFlags: flags.scope,
      apart: flags.apart,
      keepPrimaryCrc: flags.keepPrimaryCrc,
      blockNumber: flags.number,
    }),
  );
  if (signed === undefined) return STATUS_FAILED;
  return writeResult({ name, bundle: signed, bytes: encodeBundle(signed) }, flags, io);
}
