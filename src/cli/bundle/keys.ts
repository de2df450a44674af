/** Keys on the command line: which of a key set a command works with. No message and no output holds any part of a key. */
import { UsageError } from '../../base/errors.js';
import { type KeyOptions, KeySet, parseKeySet, type SecretKey } from '../../bpsec/index.js';
import type { Io } from '../io.js';
import { readText } from './input.js';

/** Which key to secure with. */
export interface SecuringKeyFlags {
  readonly keys: string;
  readonly key: string;
  /** The key that the one to secure with is wrapped under. */
  readonly wrap?: string;
}

/** The key to secure with, and what for. */
export interface SecuringKey<Algorithm extends string> extends KeyOptions {
  readonly algorithm: Algorithm;
}

/**
 * A key set from its file; `other` is another input of the command, as standard input can be read only once. Throws a
 * UsageError with the file, the key and what was expected.
 */
export async function readKeySet(file: string, other: string | undefined, io: Io): Promise<KeySet> {
  if (file === '-' && (other === undefined || other === '-')) {
    throw new UsageError('keys', '--keys -: standard input is the bundle already; expected a file');
  }
  const { name, text } = await readText(file, 'a JSON Web Key Set', io);
  return parseKeySet(text, name);
}

/** The keys to check with: all of the set, or the one that is named. Throws a UsageError that lists the names there are. */
export function selectKeys(keys: KeySet, kid: string | undefined, file: string): KeySet {
  return kid === undefined ? keys : new KeySet([keyOf(keys, '--key', kid, file)]);
}

/**
 * The key that `--key` names, to secure with, or to wrap a fresh one under where that is what it is for; and its algorithm
 * unless `wanted` is given, which must be the same. Throws a UsageError where the key is not for one of `algorithms`.
 */
export function securingKey<Algorithm extends string>(
  keys: KeySet,
  flags: SecuringKeyFlags,
  algorithms: readonly Algorithm[],
  wanted: Algorithm | undefined,
  byDefault: Algorithm,
): SecuringKey<Algorithm> {
  const key = keyOf(keys, '--key', flags.key, flags.keys);
  const wrapping = flags.wrap === undefined ? undefined : keyOf(keys, '--wrap', flags.wrap, flags.keys);
  if (wrapping !== undefined && !isForWrapping(wrapping)) {
    throw unfit('--wrap', wrapping, 'expected a key for A128KW, A192KW or A256KW');
  }
  if (isForWrapping(key)) {
    if (wrapping !== undefined) {
      throw unfit('--key', key, 'so it wraps a fresh key by itself; leave out --wrap');
    }
    return { wrappingKey: key, algorithm: wanted ?? byDefault };
  }
  const algorithm = algorithms.find((name) => name === key.algorithm);
  if (algorithm === undefined) {
    throw unfit('--key', key, `expected a key for ${algorithms.join(', ')}, or one for key wrapping (A256KW)`);
  }
  if (wanted !== undefined && wanted !== algorithm) throw unfit('--key', key, `not for ${wanted}`);
  return { key, wrappingKey: wrapping, algorithm };
}

function keyOf(keys: KeySet, option: string, kid: string, file: string): SecretKey {
  try {
    return keys.get(kid);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(error.code, `${option}: ${file}: ${error.message}`);
  }
}

function isForWrapping({ algorithm }: SecretKey): boolean {
  return algorithm?.endsWith('KW') === true;
}

function unfit(option: string, { kid, algorithm }: SecretKey, expected: string): UsageError {
  return new UsageError('security-key', `${option}: key ${JSON.stringify(kid)} is for ${algorithm}, ${expected}`);
}
