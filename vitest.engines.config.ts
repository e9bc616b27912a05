import { defineConfig } from "vitest/config"

/** Browsers that are not everywhere, and take their time. */
export default defineConfig({
  test: {
    include: ["test/engines/**/*.test.ts"],
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
})
