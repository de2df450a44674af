/** Bundle Protocol Security: integrity and confidentiality of blocks, keys and policies (RFC 9172, RFC 9173). */
export {
  type DecryptOptions,
  type DecryptResult,
  decryptBundle,
  type EncryptOptions,
  encryptBundle,
  verifyEncryption,
} from './confidentiality.js';
export {
  ALL_SCOPE_FLAGS,
  GCM_ALGORITHMS,
  type GcmAlgorithm,
  HMAC_ALGORITHMS,
  type HmacAlgorithm,
  SCOPE_FLAGS,
  SECURITY_CONTEXTS,
  type SecurityService,
} from './contexts.js';
export type { HmacVariant, Sealed, SecurityCrypto } from './crypto.js';
export { type EidPattern, parseEidPattern } from './eid-pattern.js';
export { InitializationVectors, MAX_REMEMBERED_VECTORS } from './initialization-vectors.js';
export { type SignOptions, signBundle, type VerifyOptions, type VerifyResult, verifyBundle } from './integrity.js';
export { KeySet, MAX_KEYS, parseKeySet } from './key-set.js';
export {
  type KeyFinder,
  type KeyOptions,
  type KeyRequest,
  type KeySource,
  MIN_HMAC_KEY_BYTES,
  type SecuringOptions,
} from './keys.js';
export {
  type AcceptOptions,
  acceptOperations,
  type OperationResult,
  type OperationStatus,
} from './operations.js';
export { SecurityPolicy, type SecurityPolicyParts } from './policy.js';
export {
  checkedPolicyForm,
  type FailureAction,
  MAX_POLICY_RULES,
  parseSecurityPolicy,
  type SecurityPolicyForm,
  type SecurityRole,
  securityPolicyForm,
} from './policy-form.js';
export type { SecurityEvent, SecurityEventKind, SecurityOutcome } from './policy-run.js';
export { type KeyAlgorithm, SecretKey } from './secret-key.js';
export {
  MAX_SECURITY_OPERATIONS,
  parseSecurityTarget,
  type SecurityBlock,
  type SecurityTarget,
} from './security-view.js';
