/** Names of security contexts and of what their blocks carry, for people (RFC 9173 sections 3 and 4). */
import type { UInt } from './uint.js';

interface ContextNames {
  readonly name: string;
  readonly parameters: ReadonlyMap<UInt, string>;
  readonly results: ReadonlyMap<UInt, string>;
}

const CONTEXTS: ReadonlyMap<UInt, ContextNames> = new Map<UInt, ContextNames>([
  [
    1,
    {
      name: 'BIB-HMAC-SHA2',
      parameters: new Map<UInt, string>([
        [1, 'SHA variant'],
        [2, 'wrapped key'],
        [3, 'integrity scope flags'],
      ]),
      results: new Map<UInt, string>([[1, 'HMAC']]),
    },
  ],
  [
    2,
    {
      name: 'BCB-AES-GCM',
      parameters: new Map<UInt, string>([
        [1, 'initialization vector'],
        [2, 'AES variant'],
        [3, 'wrapped key'],
        [4, 'AAD scope flags'],
      ]),
      results: new Map<UInt, string>([[1, 'authentication tag']]),
    },
  ],
]);

/** The name of a security context, or undefined where it is not known here. */
export function securityContextName(contextId: number | bigint): string | undefined {
  return CONTEXTS.get(contextId)?.name;
}

/** The name of a parameter of a security context. */
export function parameterName(contextId: number | bigint | undefined, id: UInt): string | undefined {
  return contextId === undefined ? undefined : CONTEXTS.get(contextId)?.parameters.get(id);
}

/** The name of a result of a security context. */
export function resultName(contextId: number | bigint | undefined, id: UInt): string | undefined {
  return contextId === undefined ? undefined : CONTEXTS.get(contextId)?.results.get(id);
}
