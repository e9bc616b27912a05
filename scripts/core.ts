/**
 * The client without what a console needs: no prepared code, values by their
 * name only, nothing heard of the page. It is a whole runtime, which answers
 * evals over the same link; the build weighs it, nobody loads it.
 */
import { startFromTag } from "../src/client/tag.ts"
import { writeMessage } from "../src/protocol/index.ts"

const { eval: evaluate } = globalThis
const ignore = (): void => undefined

startFromTag(() => ({
  async evaluate({ id }, code) {
    let outcome = "value"
    let result: unknown
    try {
      const value: unknown = await evaluate(code)
      result = { type: typeof value, description: String(value) }
    } catch (error) {
      outcome = "thrown"
      result = { exception: { type: typeof error, description: String(error) } }
    }
    return {
      outcome: writeMessage({ op: "outcome", id, outcome, durationMs: 0 } as { op: string }, JSON.stringify(result)),
    }
  },
  cancel: ignore,
  complete: ignore,
  served: ignore,
  expand: ignore,
  release: ignore,
  acknowledge: ignore,
  start: ignore,
  stop: ignore,
  resume: ignore,
  flush: ignore,
}))
