import { exitCode, FrontEndError, neutraliseLine } from "../frontend/index.ts"
import { BridgeError } from "../server/index.ts"
import { exit, UsageError } from "./exit.ts"

/** Says in one sentence what went wrong, where it is one of ours, and gives the exit code for it. */
export function complain(error: unknown): number {
  const code = exitCodeFor(error)
  process.stderr.write(`repl-bridge: ${neutraliseLine((error as Error).message)}\n`)
  return code
}

/** @throws what is no error of ours: it is a defect, and its stack is wanted */
function exitCodeFor(error: unknown): number {
  if (error instanceof UsageError) return exit.usage
  if (error instanceof BridgeError) return error.code === "bad-options" ? exit.usage : exit.failed
  if (!(error instanceof FrontEndError)) throw error
  switch (error.code) {
    case "bad-options":
      return exit.usage
    case "no-runtime":
      return exitCode.noRuntime
    case "no-value":
      return exitCode.lost
    case "interrupted":
      return exitCode.interrupted
    case "no-bridge":
    case "not-allowed":
    case "gone":
      return exitCode.noBridge
    default:
      return error.code satisfies never
  }
}
