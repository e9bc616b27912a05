import type { Outcome } from "../../protocol/index.ts"

/** What a command that evaluated tells the shell: a contract, so the numbers never change. */
export const exitCode = {
  value: 0,
  thrown: 1,
  usage: 2,
  noRuntime: 3,
  lost: 4,
  timeout: 5,
  noBridge: 6,
  refused: 7,
  interrupted: 130,
} as const

export function exitCodeOf(outcome: Outcome): number {
  switch (outcome.outcome) {
    case "value":
    case "thrown":
    case "refused":
    case "timeout":
      return exitCode[outcome.outcome]
    case "cancelled":
      return exitCode.interrupted
    case "lost": {
      const { code } = outcome.result
      return code === "no-runtime" || code === "no-target" ? exitCode.noRuntime : exitCode.lost
    }
    default:
      return outcome satisfies never
  }
}
