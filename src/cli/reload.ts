import { exitCode, neutraliseLine } from "../frontend/index.ts"
import { connect, type ReachOptions } from "./connect.ts"
import { exit } from "./exit.ts"
import { catchInterrupts } from "./interrupts.ts"
import { print, tell, toJsonLine } from "./output.ts"

export interface ReloadOptions extends ReachOptions {
  readonly runtime?: string
}

export async function reload(options: ReloadOptions): Promise<number> {
  const frontEnd = await connect(options, { name: "cli", signal: catchInterrupts() })
  try {
    const asked = await frontEnd.reload({ runtime: options.runtime ?? "all" })
    if (options.json) for (const runtime of asked) print(toJsonLine(runtime))
    else for (const { number, name } of asked) tell(`reloading ${number} ${neutraliseLine(name)}`, options)
    if (asked.length > 0) return exit.done
    tell("no runtime to reload", options)
    return exitCode.noRuntime
  } finally {
    await frontEnd.close()
  }
}
