import { defineConfig } from "vitest/config"

/** Tests in real editors: `npm run test:editors`. The limits end what hangs, no more. */
export default defineConfig({
  test: { include: ["test/editors/**/*.test.ts"], maxWorkers: 1, testTimeout: 240_000, hookTimeout: 120_000 },
})
