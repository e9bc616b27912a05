import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    // The integration and browser tests start processes of their own: more workers than this starve them.
    maxWorkers: 2,
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts", "test/unit/**/*.test.ts"] } },
      { test: { name: "integration", include: ["test/integration/**/*.test.ts"], testTimeout: 20_000 } },
      { test: { name: "browser", include: ["test/browser/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 } },
    ],
  },
})
