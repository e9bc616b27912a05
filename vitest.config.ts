import { defineConfig } from "vitest/config"

/** One kind after the other, so that what is busy does not slow down what has limits. The limits end what hangs, no more. */
const projects = [
  { name: "unit", include: ["src/**/*.test.ts", "test/unit/**/*.test.ts"], testTimeout: 30_000 },
  { name: "integration", include: ["test/integration/**/*.test.ts"], testTimeout: 60_000 },
  {
    name: "browser",
    include: ["test/browser/**/*.test.ts"],
    exclude: ["test/browser/corpus.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
  { name: "corpus", include: ["test/browser/corpus.test.ts"], hookTimeout: 120_000 },
]

export default defineConfig({
  test: {
    projects: projects.map((project, groupOrder) => ({
      test: { ...project, maxWorkers: 2, sequence: { groupOrder } },
    })),
  },
})
