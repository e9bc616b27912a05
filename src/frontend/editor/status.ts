import type { RuntimeInfo } from "../../protocol/index.ts"
import type { FrontEnd } from "../frontend.ts"
import { isFinalState } from "../channel.ts"
import { neutraliseLine } from "../neutralise.ts"

export interface Status {
  /** `refused`: it will not let us in. */
  readonly bridge: "ready" | "away" | "refused"
  /** Where it is, or was last looked for. */
  readonly url: string | null
  /** The one that is evaluated in. */
  readonly runtime: RuntimeInfo | null
  /** How many there are. */
  readonly runtimes: number
  /** All of it in a few words. */
  readonly text: string
}

type Known = Pick<FrontEnd, "state" | "bridgeUrl" | "runtimes" | "target">

export function statusOf({ state, bridgeUrl = "", runtimes, target }: Known): Status {
  const bridge = state === "ready" ? "ready" : isFinalState(state) ? "refused" : "away"
  const runtime = runtimes.find(({ id }) => id === target) ?? null
  return {
    bridge,
    url: bridgeUrl || null,
    runtime,
    runtimes: runtimes.length,
    text: inWords(bridge, runtime, runtimes.length),
  }
}

function inWords(bridge: Status["bridge"], runtime: RuntimeInfo | null, count: number): string {
  if (bridge === "refused") return "not allowed"
  if (bridge === "away") return "no bridge"
  if (runtime !== null) return neutraliseLine(runtime.name) + (runtime.state === "away" ? " (away)" : "")
  return count === 0 ? "no runtime" : `${count} ${count === 1 ? "runtime" : "runtimes"}: choose one`
}
