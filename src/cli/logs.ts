import { createLog, followLog, showConsoleLine, type ConsoleLine, type FrontEnd } from "../frontend/index.ts"
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
    const what = { runtime, print: printer(frontEnd, runtime, options) }
    if (!follow) {
      await createLog(frontEnd, what).catchUp()
      return exit.done
    }
    followLog(frontEnd, what)
    return await untilOver(frontEnd, options, interrupt)
  } finally {
    await frontEnd.close()
  }
}

function printer(frontEnd: FrontEnd, only: string | undefined, options: LogsOptions): (line: ConsoleLine) => void {
  if (options.json) return (line) => print(toJsonLine(line))
  const style = styleFor(process.stdout, options)
  return (line) => {
    const isOneOfSeveral = only === undefined && frontEnd.runtimes.length > 1
    print(showConsoleLine(line, style, process.stdout.columns ?? 80, isOneOfSeveral))
  }
}
