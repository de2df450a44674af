/**
 * Keys from a JSON Web Key Set (RFC 7517): symmetric keys with the algorithm that each is for. Neither errors nor JSON of
 * what is here hold any part of a key.
 */
import { z } from 'zod';
import { InputFileError, UsageError } from '../base/errors.js';
import { fromBase64Url } from './base64url.js';
import { HMAC_ALGORITHMS, type HmacAlgorithm } from './contexts.js';
import { parseForm, parseJson } from './file-problem.js';
import { isHmacKeyLength, type KeyFinder, type KeyRequest } from './keys.js';
import { type KeyAlgorithm, SecretKey } from './secret-key.js';

/** The most keys of a set: a receiver without a policy tries all that fit. */
export const MAX_KEYS = 1_024;

/** Lengths in bytes that keys for encryption and wrapping must have; those for HMAC may be shorter than its output. */
const FIXED_BYTES: { readonly [algorithm in Exclude<KeyAlgorithm, HmacAlgorithm>]: number } = {
  A128GCM: 16,
  A256GCM: 32,
  A128KW: 16,
  A192KW: 24,
  A256KW: 32,
};

const ALGORITHMS = ['HS256', 'HS384', 'HS512', 'A128GCM', 'A256GCM', 'A128KW', 'A192KW', 'A256KW'] as const;

const expected = (what: string) => ({ error: `expected ${what}` });

const keyForm = z.looseObject(
  {
    kty: z.literal('oct', expected('"oct", a symmetric key')),
    kid: z.string(expected('a name for the key')).min(1, expected('a name for the key')),
    k: z.string(expected('the key in base64url')),
    alg: z.enum(ALGORITHMS, expected(`one of ${ALGORITHMS.join(', ')}`)),
    use: z.enum(['sig', 'enc'], expected('"sig" or "enc"')).optional(),
    key_ops: z.array(z.string(expected('the name of an operation')), expected('a list of operations')).optional(),
  },
  expected('a key: {"kty": "oct", "kid": ..., "alg": ..., "k": ...}'),
);

const setForm = z.looseObject(
  { keys: z.array(keyForm, expected('a list of keys')).max(MAX_KEYS, expected(`at most ${MAX_KEYS} keys`)) },
  expected('a JSON Web Key Set: {"keys": [...]}'),
);

type KeyForm = z.infer<typeof keyForm>;

/** Keys by name. */
export class KeySet {
  readonly #keys = new Map<string, SecretKey>();

  /** Throws a UsageError `duplicate-key` where two keys have one name. */
  constructor(keys: Iterable<SecretKey>) {
    for (const key of keys) {
      if (this.#keys.has(key.kid))
        throw new UsageError('duplicate-key', `there are two keys ${JSON.stringify(key.kid)}`);
      this.#keys.set(key.kid, key);
    }
  }

  /** The names, in the order of the file. */
  get kids(): readonly string[] {
    return [...this.#keys.keys()];
  }

  /** The key of that name, or undefined. */
  find(kid: string): SecretKey | undefined {
    return this.#keys.get(kid);
  }

  /** The key of that name. Throws a UsageError `unknown-key` that lists the names there are. */
  get(kid: string): SecretKey {
    const key = this.#keys.get(kid);
    if (key !== undefined) return key;
    const names = this.kids.slice(0, 16).map((name) => JSON.stringify(name));
    throw new UsageError(
      'unknown-key',
      `there is no key ${JSON.stringify(kid)}; there are ${names.join(', ') || 'none'}`,
    );
  }

  /** Finds all keys whose algorithm fits what a security block asks for, for a receiver without a policy. */
  finder(): KeyFinder {
    return (request) => [...this.#keys.values()].filter(({ algorithm }) => serves(algorithm, request));
  }

  /** Names, algorithms and lengths. */
  toJSON(): { keys: ReturnType<SecretKey['toJSON']>[] } {
    return { keys: [...this.#keys.values()].map((key) => key.toJSON()) };
  }
}

/**
 * The keys of a JSON Web Key Set. `kty` is `oct`; `kid` and `alg` are mandatory; members that are not known are passed over.
 * Throws an InputFileError that names `file`, the key and what was expected.
 */
export function parseKeySet(text: string, file: string): KeySet {
  const { keys } = parseForm(setForm, parseJson(text, file), file);
  const names = new Map<string, number>();
  return new KeySet(
    keys.map((form, i) => {
      const at = (field: string) => ({ file, field: `keys.${i}.${field}` });
      const before = names.get(form.kid);
      if (before !== undefined) {
        throw new InputFileError(at('kid'), `${JSON.stringify(form.kid)} is the name of keys.${before} already`);
      }
      names.set(form.kid, i);
      const bytes = fromBase64Url(form.k);
      const name = JSON.stringify(form.kid);
      if (bytes === undefined) throw new InputFileError(at('k'), `key ${name}: expected base64url without padding`);
      const problem = lengthProblem(form.alg, bytes.length) ?? useProblem(form);
      if (problem !== undefined) throw new InputFileError(at(problem.field), `key ${name}: ${problem.text}`);
      return new SecretKey(bytes, form.kid, form.alg);
    }),
  );
}

/** True for the name of an HMAC algorithm. */
export function isHmacAlgorithm(algorithm: string): algorithm is HmacAlgorithm {
  return algorithm in HMAC_ALGORITHMS;
}

interface KeyProblem {
  readonly field: 'k' | 'use' | 'key_ops';
  readonly text: string;
}

function lengthProblem(algorithm: KeyAlgorithm, bytes: number): KeyProblem | undefined {
  if (isHmacAlgorithm(algorithm)) {
    if (isHmacKeyLength(bytes, HMAC_ALGORITHMS[algorithm].variant, true)) return undefined;
    const { keyBytes } = HMAC_ALGORITHMS[algorithm];
    return { field: 'k', text: `${bytes} bytes, expected ${keyBytes} for ${algorithm}, at least 16` };
  }
  const fixed = FIXED_BYTES[algorithm];
  return bytes === fixed ? undefined : { field: 'k', text: `${bytes} bytes, expected ${fixed} for ${algorithm}` };
}

/** `use` and `key_ops`, where they are there, must go with `alg` (RFC 7517 sections 4.2 and 4.3). */
function useProblem({ alg, use, key_ops }: KeyForm): KeyProblem | undefined {
  const isMac = isHmacAlgorithm(alg);
  if (use !== undefined && (use === 'sig') !== isMac) {
    return { field: 'use', text: `expected ${isMac ? '"sig"' : '"enc"'} for ${alg}` };
  }
  const fitting = isMac ? ['sign', 'verify'] : alg.endsWith('KW') ? ['wrapKey', 'unwrapKey'] : ['encrypt', 'decrypt'];
  if (key_ops === undefined || key_ops.some((operation) => fitting.includes(operation))) return undefined;
  return { field: 'key_ops', text: `expected ${fitting.join(' or ')} for ${alg}` };
}

const ALGORITHM_OF_VARIANT: { readonly [variant: number]: KeyAlgorithm } = {
  5: 'HS256',
  6: 'HS384',
  7: 'HS512',
  1: 'A128GCM',
  3: 'A256GCM',
};

/** True where a key for `algorithm` is of the kind that a security block asks for. */
export function serves(algorithm: KeyAlgorithm | undefined, { wrapped, variant }: KeyRequest): boolean {
  if (algorithm === undefined) return true;
  return wrapped ? algorithm.endsWith('KW') : algorithm === ALGORITHM_OF_VARIANT[variant];
}
