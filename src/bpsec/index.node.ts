/** Bundle Protocol Security with the cryptography of Node: what `leodtn/bpsec` gives. */
export { nodeSecurityCrypto } from './crypto.node.js';
export * from './index.js';
