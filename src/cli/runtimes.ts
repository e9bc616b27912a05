import { runtimeTable } from "../frontend/index.ts"
import { connect, type ReachOptions } from "./connect.ts"
import { exit } from "./exit.ts"
import { catchInterrupts } from "./interrupts.ts"
import { print, tell, toJsonLine } from "./output.ts"

export type RuntimesOptions = ReachOptions

export async function runtimes(options: RuntimesOptions): Promise<number> {
  const frontEnd = await connect(options, { name: "cli", signal: catchInterrupts() })
  const all = frontEnd.runtimes
  await frontEnd.close()
  if (options.json) for (const runtime of all) print(toJsonLine(runtime))
  else if (all.length > 0) print(runtimeTable(all).join("\n"))
  else tell("no runtime is connected: add the script tag that `repl-bridge serve` shows to a page", options)
  return exit.done
}
