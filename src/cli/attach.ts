import { connect } from "./connect.ts"
import { exit } from "./exit.ts"
import { catchInterrupts } from "./interrupts.ts"
import { tell } from "./output.ts"
import { kindOfRepl, replSignals, runRepl } from "./repl.ts"
import type { StayingOptions } from "./staying.ts"

export interface AttachOptions extends StayingOptions {
  readonly runtime?: string
}

export async function attach(options: AttachOptions): Promise<number> {
  const interrupt = catchInterrupts(replSignals())
  const { runtime, reconnect, maxReconnectDelay: maxReconnectDelayMs } = options
  const frontEnd = await connect(options, { name: "terminal", ...kindOfRepl(), maxReconnectDelayMs, signal: interrupt })
  const drop = new AbortController()
  try {
    if (runtime !== undefined) await frontEnd.use(runtime)
    if (!reconnect) frontEnd.on("state", ({ from }) => from === "ready" && drop.abort())
    const exitCode = await runRepl(frontEnd, { ...options, signal: AbortSignal.any([interrupt, drop.signal]) })
    if (!drop.signal.aborted) return exitCode
    tell("the bridge is away", options)
    return exit.dropped
  } finally {
    await frontEnd.close()
  }
}
