import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Whole scenarios and child processes run inside tests on shared machines; no test asserts a time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
