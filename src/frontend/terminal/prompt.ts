import type { LinkStateName } from "../../link/index.ts"
import type { RuntimeInfo } from "../../protocol/index.ts"
import type { FrontEnd } from "../frontend.ts"
import { fit } from "./cells.ts"
import { runtimeState } from "./runtime-state.ts"

export type Facts = Pick<FrontEnd, "state" | "runtimes" | "target">

export interface Prompt {
  /** Ends in a space. */
  readonly text: string
  /** Whether an input would run at once. */
  readonly isReady: boolean
}

/** Names the runtime that the next input runs in, or says what stands in its way. */
export function promptOf(facts: Facts, columns: number): Prompt {
  const problem = linkProblem(facts.state)
  if (problem !== undefined) return unready(problem, columns)
  const runtime = seatOf(facts)
  if (runtime === undefined) {
    const count = facts.runtimes.length
    return unready(count === 0 ? "no runtime" : `${count} runtimes, none chosen`, columns)
  }
  const name = fit(runtime.name, Math.max(8, Math.floor(columns / 2) - 6))
  const state = runtimeState(runtime)
  return state === "ready" ? { text: `${name} › `, isReady: true } : { text: `${name} (${state}) › `, isReady: false }
}

function unready(problem: string, columns: number): Prompt {
  return { text: `${fit(`(${problem})`, columns - 6)} › `, isReady: false }
}

function linkProblem(state: LinkStateName): string | undefined {
  switch (state) {
    case "ready":
      return undefined
    case "idle":
      return "not connected"
    case "dialling":
    case "greeting":
    case "waiting":
      return "bridge away, retrying"
    case "stopped":
    case "gave-up":
      return "bridge gone"
    case "refused":
      return "refused by the bridge"
    default:
      return state satisfies never
  }
}

/** The runtime that an input without a choice would take: the chosen one, or the only one. */
export function seatOf({ runtimes, target }: Facts): RuntimeInfo | undefined {
  if (target === undefined) return runtimes.length === 1 ? runtimes[0] : undefined
  return runtimes.find(({ id }) => id === target)
}

/** What a waiting input waits for. */
export function statusOf(
  facts: Facts,
  waiting: { readonly forMs: number; readonly reason: string | undefined },
): string {
  const runtime = seatOf(facts)
  const what =
    facts.state !== "ready"
      ? "waiting for the bridge"
      : runtime?.state === "away"
        ? `waiting for ${runtime.name} to come back`
        : (waiting.reason ?? "running")
  const seconds = Math.floor(waiting.forMs / 1000)
  return `${what}${seconds > 0 ? ` ${seconds} s` : ""} · ^C cancels`
}
