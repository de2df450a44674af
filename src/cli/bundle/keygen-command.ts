/** `leodtn bundle keygen`: a key set with one fresh key, the only command that prints a key. */
import { type Command, Option } from 'commander';
import { UsageError } from '../../base/errors.js';
import { GCM_ALGORITHMS, HMAC_ALGORITHMS, type KeyAlgorithm } from '../../bpsec/index.js';
import { nodeSecurityCrypto } from '../../bpsec/index.node.js';
import type { Io } from '../io.js';
import { STATUS_OK, type StatusCell } from '../status.js';

/** Length of a key in bytes. */
const KEY_BYTES: { readonly [algorithm in KeyAlgorithm]: number } = {
  HS256: HMAC_ALGORITHMS.HS256.keyBytes,
  HS384: HMAC_ALGORITHMS.HS384.keyBytes,
  HS512: HMAC_ALGORITHMS.HS512.keyBytes,
  A128GCM: GCM_ALGORITHMS.A128GCM.keyBytes,
  A256GCM: GCM_ALGORITHMS.A256GCM.keyBytes,
  A128KW: 16,
  A192KW: 24,
  A256KW: 32,
};

interface KeygenFlags {
  readonly algorithm: KeyAlgorithm;
  readonly kid?: string;
}

/** Adds the command to the group. */
export function addKeygenCommand(group: Command, io: Io, cell: StatusCell): void {
  group
    .command('keygen')
    .description('print a JSON Web Key Set with a fresh random key')
    .addOption(
      new Option('--algorithm <name>', 'what the key is for').choices(Object.keys(KEY_BYTES)).default('A256GCM'),
    )
    .option('--kid <name>', 'name of the key, by default the algorithm and a number by chance')
    .addHelpText(
      'after',
      `
Examples:
  $ (umask 077; leodtn bundle keygen --algorithm HS256 --kid mac > mac.json)
        to sign with; the file is for its owner only
  $ (umask 077; leodtn bundle keygen --algorithm A256GCM --kid enc > enc.json)
        to encrypt with; a set may hold both keys: {"keys": [...]}
  $ (umask 077; leodtn bundle keygen --algorithm A256KW --kid wrap > wrap.json)
        to wrap a fresh key for each bundle
`,
    )
    .action((flags: KeygenFlags) => {
      if (flags.kid === '') throw new UsageError('kid', '--kid: found no name; expected a name for the key');
      io.out(`${JSON.stringify({ keys: [freshKey(flags)] }, null, 2)}\n`);
      cell.status = STATUS_OK;
    });
}

function freshKey({ algorithm, kid }: KeygenFlags): { [member: string]: string } {
  const { randomBytes } = nodeSecurityCrypto;
  const bytes = randomBytes(KEY_BYTES[algorithm]);
  const name = kid ?? `${algorithm.toLowerCase()}-${Buffer.from(randomBytes(4)).toString('hex')}`;
  return { kty: 'oct', kid: name, alg: algorithm, k: Buffer.from(bytes).toString('base64url') };
}
