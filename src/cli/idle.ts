import type { Bridge } from "../server/index.ts"

/** Aborts once no runtime, and no front end but so many of the bridge's own, was there for so long. */
export function whenIdle(
  bridge: Pick<Bridge, "runtimes" | "frontEnds" | "on">,
  idleMs: number,
  ownFrontEnds: number,
): AbortSignal {
  const idle = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const isAlone = (): boolean => bridge.runtimes.length === 0 && bridge.frontEnds.length <= ownFrontEnds

  const look = (): void => {
    clearTimeout(timer)
    timer = bridge.runtimes.length === 0 ? setTimeout(due, idleMs) : undefined
  }
  const due = (): void => {
    if (isAlone()) idle.abort()
    else look()
  }
  bridge.on("runtime", look)
  look()
  return idle.signal
}
