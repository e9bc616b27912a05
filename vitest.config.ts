import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** One kind after the other, so that what is busy does not slow down what has limits. The limits end what hangs, no more. */
const projects = [
  {
    name: "unit",
    include: ["{src,editors}/**/*.test.ts", "test/unit/**/*.test.ts"],
    testTimeout: 30_000,
    maxWorkers: 2,
  },
  // These mostly wait.
  { name: "integration", include: ["test/integration/**/*.test.ts"], testTimeout: 60_000, maxWorkers: 3 },
  {
    name: "browser",
    include: ["test/browser/**/*.test.ts"],
    exclude: ["test/browser/corpus.test.ts"],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    maxWorkers: 3,
  },
  { name: "corpus", include: ["test/browser/corpus.test.ts"], hookTimeout: 120_000, maxWorkers: 1 },
]

/** They wait for what takes its time, and must not be the last to begin. */
const long = ["faults-hidden", "faults-silence", "cli", "bridge"]

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = long.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
      return found < 0 ? long.length : found
    }
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other))
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: projects.map((project, groupOrder) => ({ test: { ...project, sequence: { groupOrder } } })),
  },
})
