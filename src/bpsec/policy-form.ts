/**
 * The JSON form of a security policy, which scenarios and commands share, and its resolution: patterns, keys and algorithms
 * checked once, so that a policy in use cannot fail for what its author wrote.
 */
import { z } from 'zod';
import { InputFileError, UsageError } from '../base/errors.js';
import { BLOCK_TYPES, type Eid, type UInt } from '../bpv7/index.js';
import {
  ALL_SCOPE_FLAGS,
  GCM_ALGORITHMS,
  type GcmAlgorithm,
  HMAC_ALGORITHMS,
  type HmacAlgorithm,
  type SecurityService,
} from './contexts.js';
import { type EidPattern, parseEidPattern } from './eid-pattern.js';
import { parseForm, parseJson } from './file-problem.js';
import { type KeySet, serves } from './key-set.js';
import { isHmacKeyLength, type KeyFinder } from './keys.js';
import type { SecretKey } from './secret-key.js';

/** The most rules of a policy; each bundle is held against all of them. */
export const MAX_POLICY_RULES = 256;

/** What a node does about an operation (RFC 9172 section 1.3): adds it, checks it and passes it on, or checks and removes it. */
export type SecurityRole = 'source' | 'verifier' | 'acceptor';

/**
 * What happens where an operation is missing, unknown, or fails: the bundle is deleted; its target is discarded with the operations
 * over it (for the payload and the primary block that means the bundle); or all stays as it is.
 */
export type FailureAction = 'delete-bundle' | 'discard-target' | 'keep';

const ROLES = ['source', 'verifier', 'acceptor'] as const;
const SERVICES = ['integrity', 'confidentiality'] as const;
const ACTIONS = ['delete-bundle', 'discard-target', 'keep'] as const;
const ALGORITHMS = ['HS256', 'HS384', 'HS512', 'A128GCM', 'A256GCM'] as const;

const oneOf = (values: readonly string[]) => ({ error: `expected ${values.join(', ')}` });

const pattern = z
  .string()
  .check((context) => {
    try {
      parseEidPattern(context.value);
    } catch (thrown) {
      if (!(thrown instanceof UsageError)) throw thrown;
      context.issues.push({ code: 'custom', message: thrown.message, input: context.value });
    }
  })
  .meta({ title: 'a pattern of endpoint IDs, such as ipn:2.*, ipn:[10-20].7, dtn://node/** or *' });

const targetWords = { error: "expected 'primary', 'payload' or the type number of an extension block" };
const target = z.union([z.enum(['primary', 'payload']), z.int().min(2, targetWords)], targetWords);

/** The file form of one rule. */
export const securityRuleForm = z.strictObject({
  role: z.enum(ROLES, oneOf(ROLES)).describe('Add the operation, verify it and pass it on, or verify and remove it.'),
  service: z.enum(SERVICES, oneOf(SERVICES)).describe('A signature (BIB) or encryption (BCB).'),
  source: pattern.default('*').describe('Sources of the bundles meant, a pattern of endpoint IDs.'),
  destination: pattern.default('*').describe('Destinations of the bundles meant, a pattern of endpoint IDs.'),
  securitySource: pattern.optional().describe('Nodes whose security blocks are meant; by default all.'),
  targets: z.array(target).min(1).describe("What is covered: 'primary', 'payload', or all blocks of a type number."),
  key: z.string().min(1).describe('Name (kid) of the key; one for wrapping makes a fresh key for each security block.'),
  algorithm: z.enum(ALGORITHMS, oneOf(ALGORITHMS)).optional().describe("By default the key's, else HS384 or A256GCM."),
  scopeFlags: z.int().min(0).max(ALL_SCOPE_FLAGS).optional().describe('For role source; by default all, 7.'),
  onFailure: z
    .enum(ACTIONS, oneOf(ACTIONS))
    .optional()
    .describe('What happens where the operation is missing, unknown, or fails.'),
  required: z.boolean().optional().describe('A target without the operation counts as a failure; by default it does.'),
  report: z.boolean().default(true).describe('Whether the deletion of a bundle may be reported.'),
});

/** The file form of a policy. */
export const securityPolicyForm = z.strictObject({
  rules: z.array(securityRuleForm).max(MAX_POLICY_RULES),
  unexpected: z
    .enum(['keep', 'delete-bundle'])
    .default('keep')
    .describe(
      'What happens at the destination to a bundle with operations that no rule is about; one whose payload stays encrypted is always deleted.',
    ),
});

/** A policy as it is written in JSON, with its defaults filled in. */
export type SecurityPolicyForm = z.infer<typeof securityPolicyForm>;

type RuleForm = z.infer<typeof securityRuleForm>;

/** A rule with all that it takes to act on it. */
export interface SecurityRule {
  /** Its place in the policy, from 0. */
  readonly index: number;
  readonly role: SecurityRole;
  readonly service: SecurityService;
  readonly source: EidPattern;
  readonly destination: EidPattern;
  readonly securitySource: EidPattern | undefined;
  readonly targets: readonly ('primary' | 'payload' | number)[];
  readonly key: SecretKey;
  /** True where `key` wraps other keys. */
  readonly wraps: boolean;
  readonly hmac: HmacAlgorithm;
  readonly gcm: GcmAlgorithm;
  readonly scopeFlags: number;
  readonly onFailure: FailureAction;
  readonly required: boolean;
  readonly mayReport: boolean;
  /** Gives the rule's key where a security block asks for one of its kind. */
  readonly keys: KeyFinder;
}

/** The policy of a JSON text. Throws an InputFileError that names `file` and field. */
export function parseSecurityPolicy(text: string, file: string): SecurityPolicyForm {
  return checkedPolicyForm(parseJson(text, file), file);
}

/** The policy of a JSON value, such as a part of a scenario. Throws an InputFileError that names `file` and field. */
export function checkedPolicyForm(value: unknown, file: string): SecurityPolicyForm {
  const form = parseForm(securityPolicyForm, value, file);
  form.rules.forEach((rule, i) => {
    const problem = contradictionIn(rule);
    if (problem === undefined) return;
    throw new InputFileError({ file, field: `rules.${i}.${problem.field}` }, problem.text);
  });
  return form;
}

/** The rules of a policy with their keys. Throws a UsageError `security-policy` or `unknown-key` that names the rule. */
export function resolveRules(form: SecurityPolicyForm, keys: KeySet): SecurityRule[] {
  return form.rules.map((rule, index) => {
    const problem = contradictionIn(rule);
    if (problem !== undefined) misuse(index, `${problem.field}: ${problem.text}`);
    const key = keys.get(rule.key);
    const wraps = key.algorithm?.endsWith('KW') === true;
    const { algorithm, hmac, gcm } = algorithmsOf(rule, index, key, wraps);
    const variants: { readonly [name: string]: { readonly variant: number } } = {
      ...HMAC_ALGORITHMS,
      ...GCM_ALGORITHMS,
    };
    const variant = algorithm === undefined ? undefined : variants[algorithm].variant;
    return {
      index,
      role: rule.role,
      service: rule.service,
      source: parseEidPattern(rule.source),
      destination: parseEidPattern(rule.destination),
      securitySource: rule.securitySource === undefined ? undefined : parseEidPattern(rule.securitySource),
      targets: rule.targets,
      key,
      wraps,
      hmac,
      gcm,
      scopeFlags: rule.scopeFlags ?? ALL_SCOPE_FLAGS,
      onFailure: rule.onFailure ?? defaultAction(rule),
      required: rule.required ?? true,
      mayReport: rule.report,
      keys: (request) =>
        serves(key.algorithm, request) && (variant === undefined || request.variant === variant) ? [key] : [],
    };
  });
}

/** True where a rule is about bundles from `source` to `destination`. */
export function isAbout(rule: SecurityRule, source: Eid, destination: Eid): boolean {
  return rule.source.matches(source) && rule.destination.matches(destination);
}

/** True where a rule covers the block of this number and type. */
export function coversTarget(rule: SecurityRule, number: UInt, type: UInt | undefined): boolean {
  return rule.targets.some((wanted) => {
    if (wanted === 'primary') return number === 0;
    if (wanted === 'payload') return type === BLOCK_TYPES.payload;
    return type === wanted;
  });
}

/** The algorithm that a rule names, itself or by its key, and what new security blocks are made with. */
function algorithmsOf(
  rule: RuleForm,
  index: number,
  key: SecretKey,
  wraps: boolean,
): { algorithm: HmacAlgorithm | GcmAlgorithm | undefined; hmac: HmacAlgorithm; gcm: GcmAlgorithm } {
  const own = wraps ? undefined : key.algorithm;
  if (rule.algorithm !== undefined && own !== undefined && rule.algorithm !== own) {
    misuse(index, `${key} is for ${own}, not for ${rule.algorithm}`);
  }
  const algorithm = (rule.algorithm ?? own) as HmacAlgorithm | GcmAlgorithm | undefined;
  const algorithms = rule.service === 'integrity' ? HMAC_ALGORITHMS : GCM_ALGORITHMS;
  if (algorithm !== undefined && !(algorithm in algorithms)) {
    misuse(index, `${algorithm} is not for ${rule.service}; expected ${Object.keys(algorithms).join(', ')}`);
  }
  const hmac = algorithm !== undefined && algorithm in HMAC_ALGORITHMS ? (algorithm as HmacAlgorithm) : 'HS384';
  const gcm = algorithm !== undefined && algorithm in GCM_ALGORITHMS ? (algorithm as GcmAlgorithm) : 'A256GCM';
  const fits =
    rule.service === 'integrity'
      ? isHmacKeyLength(key.length, HMAC_ALGORITHMS[hmac].variant, true)
      : key.length === GCM_ALGORITHMS[gcm].keyBytes;
  if (!wraps && !fits) misuse(index, `${key} has no length for ${rule.service === 'integrity' ? hmac : gcm}`);
  return { algorithm, hmac, gcm };
}

/** A failed decryption leaves nothing of a block to go on with; a failed check of integrity speaks against the whole bundle. */
function defaultAction({ role, service }: RuleForm): FailureAction {
  return role !== 'source' && service === 'confidentiality' ? 'discard-target' : 'delete-bundle';
}

interface Contradiction {
  readonly field: keyof RuleForm;
  readonly text: string;
}

/** What no schema of single fields can say. */
function contradictionIn(rule: RuleForm): Contradiction | undefined {
  const { role, service, targets, onFailure } = rule;
  const securityBlocks: readonly unknown[] = [BLOCK_TYPES.blockIntegrity, BLOCK_TYPES.blockConfidentiality];
  if (targets.some((wanted) => securityBlocks.includes(wanted))) {
    return { field: 'targets', text: 'security blocks are no targets; BIBs are encrypted along with what they cover' };
  }
  if (service === 'confidentiality' && targets.includes('primary')) {
    return { field: 'targets', text: 'the primary block cannot be encrypted' };
  }
  if (role === 'source' && onFailure === 'discard-target') {
    return { field: 'onFailure', text: "expected 'delete-bundle' or 'keep' for role source" };
  }
  if (role === 'acceptor' && service === 'confidentiality' && onFailure === 'keep') {
    return { field: 'onFailure', text: 'what an acceptor cannot decrypt is discarded (RFC 9172 section 5.1.1)' };
  }
  if (role !== 'source' && rule.scopeFlags !== undefined)
    return { field: 'scopeFlags', text: 'this is for role source' };
  if (role === 'source' && rule.securitySource !== undefined) {
    return { field: 'securitySource', text: 'this is for verifiers and acceptors' };
  }
  if (role === 'source' && rule.required !== undefined) {
    return { field: 'required', text: 'this is for verifiers and acceptors' };
  }
  return undefined;
}

function misuse(index: number, problem: string): never {
  throw new UsageError('security-policy', `rules.${index}: ${problem}`);
}
