import { createLog, FrontEndError, showConsoleLine, type ConsoleLine, type FrontEnd } from "../frontend/index.ts"
import { styleFor } from "./colour.ts"
import { connect } from "./connect.ts"
import { exit } from "./exit.ts"
import { catchInterrupts } from "./interrupts.ts"
import { print, toJsonLine } from "./output.ts"
import { untilOver, type StayingOptions } from "./staying.ts"

export interface LogsOptions extends StayingOptions {
  readonly runtime?: string
  readonly follow?: true
}

export async function logs(options: LogsOptions): Promise<number> {
  const { runtime: wish, follow, maxReconnectDelay: maxReconnectDelayMs } = options
  const interrupt = catchInterrupts()
  const frontEnd = await connect(options, { name: "logs", maxReconnectDelayMs, signal: interrupt })
  try {
    const runtime = wish === undefined || wish === "all" ? undefined : (await frontEnd.use(wish)).id
    const log = createLog(frontEnd, { runtime, print: printer(frontEnd, runtime, options) })
    if (!follow) {
      await log.catchUp()
      return exit.done
    }
    const over = untilOver(frontEnd, options, interrupt)
    const catchUp = (): void => void log.catchUp().catch(ignoreDrops)
    frontEnd.on("state", ({ to }) => to === "ready" && catchUp())
    catchUp()
    return await over
  } finally {
    await frontEnd.close()
  }
}

/** A bridge that goes while it is asked is asked again when it is back. */
function ignoreDrops(error: unknown): void {
  if (!(error instanceof FrontEndError)) throw error
}

function printer(frontEnd: FrontEnd, only: string | undefined, options: LogsOptions): (line: ConsoleLine) => void {
  if (options.json) return (line) => print(toJsonLine(line))
  const style = styleFor(process.stdout, options)
  return (line) => {
    const isOneOfSeveral = only === undefined && frontEnd.runtimes.length > 1
    print(showConsoleLine(line, style, process.stdout.columns ?? 80, isOneOfSeveral))
  }
}
