import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    // Limits are there to end what hangs, and wide enough for a busy machine.
    // The integration and browser tests start processes of their own: more workers than this starve them.
    maxWorkers: 2,
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts", "test/unit/**/*.test.ts"], testTimeout: 30_000 } },
      { test: { name: "integration", include: ["test/integration/**/*.test.ts"], testTimeout: 60_000 } },
      { test: { name: "browser", include: ["test/browser/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000 } },
    ],
  },
})
