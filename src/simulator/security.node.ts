/** The security policies of a scenario's nodes, with keys from its file and the cryptography of Node. */
import { readFile } from 'node:fs/promises';
import { nodeSecurityCrypto } from '../bpsec/crypto.node.js';
import { InitializationVectors, parseKeySet, SecurityPolicy } from '../bpsec/index.js';
import { ipn } from '../bpv7/index.js';
import type { ScenarioSecurity } from './scenario.js';

/**
 * The policy of a node by its number; undefined for one that no rule is in force at. Initialization vectors are drawn afresh in
 * every run, so what is encrypted differs from run to run, and nothing else. Throws a UsageError or InputFileError for keys that
 * cannot be used as the rules want it.
 */
export async function readSecurity(
  security: ScenarioSecurity | undefined,
  nodes: readonly number[],
): Promise<(node: number) => SecurityPolicy | undefined> {
  if (security === undefined) return () => undefined;
  const keys = parseKeySet(await readFile(security.keys, 'utf8'), security.keys);
  const vectors = new InitializationVectors(nodeSecurityCrypto);
  const policies = new Map<number, SecurityPolicy>();
  for (const node of nodes) {
    const rules = security.rules.filter((rule) => rule.nodes?.includes(node) ?? true);
    if (rules.length === 0) continue;
    const form = { rules, unexpected: security.unexpected };
    policies.set(node, new SecurityPolicy({ form, keys, crypto: nodeSecurityCrypto, vectors, source: ipn(node, 0) }));
  }
  return (node) => policies.get(node);
}
