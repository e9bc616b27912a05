import { exitCode, type FrontEnd } from "../frontend/index.ts"
import type { ReachOptions } from "./connect.ts"
import { exit } from "./exit.ts"
import { tell } from "./output.ts"

/** Options of commands that stay until they are told to go. */
export interface StayingOptions extends ReachOptions {
  /** False with `--no-reconnect`. */
  readonly reconnect: boolean
  readonly maxReconnectDelay: number
}

/** Resolves with the exit code once the way to the bridge is over, or is broken for one who does not reconnect. */
export function untilOver(
  frontEnd: FrontEnd,
  { reconnect, quiet }: StayingOptions,
  interrupt: AbortSignal,
): Promise<number> {
  return new Promise((resolve) => {
    interrupt.addEventListener("abort", () => resolve(exitCode.interrupted), { once: true })
    if (interrupt.aborted) resolve(exitCode.interrupted)
    frontEnd.on("refused", ({ reason }) => tell(`refused by the bridge: ${reason}`, {}))
    frontEnd.on("state", ({ from, to }) => {
      if (to === "refused" || to === "gave-up") return resolve(exitCode.noBridge)
      if (from !== "ready" || to === "stopped") return
      tell("the bridge is away", { quiet })
      if (!reconnect) resolve(exit.dropped)
    })
  })
}
