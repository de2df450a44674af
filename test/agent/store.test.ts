/** The store in memory. */
import { describe } from 'vitest';
import { MemoryBundleStore } from '../../src/agent/index.js';
import { describeBundleStore } from '../compliance/bundle-store.js';

describe('the store in memory', () => {
  describeBundleStore({ open: async () => new MemoryBundleStore() });
});
