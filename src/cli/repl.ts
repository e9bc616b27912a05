import { dirname, join } from "node:path"
import { discoveryPath } from "../discovery/index.ts"
import { createTerminalLanguage, runTerminal, type FrontEnd, type Limits } from "../frontend/index.ts"
import { styleFor } from "./colour.ts"
import type { Notices } from "./notices.ts"
import type { OutputOptions } from "./output.ts"

export interface ReplOptions extends Pick<OutputOptions, "color"> {
  readonly banner?: string
  readonly limits?: Limits
  readonly notices?: Notices["follow"]
  /** Aborting it ends the REPL. */
  readonly signal: AbortSignal
}

/** A dumb terminal sends ^C as a signal, and means the eval. */
export function replSignals(): readonly NodeJS.Signals[] {
  return process.env["TERM"] === "dumb" && process.stdin.isTTY ? ["SIGTERM", "SIGHUP"] : ["SIGINT", "SIGTERM", "SIGHUP"]
}

/** Whether a person can be asked: a dumb terminal and a pipe only take inputs. */
export function kindOfRepl(): { readonly kind?: "terminal" } {
  const { stdin, stdout, env } = process
  return stdin.isTTY && stdout.isTTY && env["TERM"] !== "dumb" ? { kind: "terminal" } : {}
}

/** The terminal front end on this process's streams. */
export function runRepl(frontEnd: FrontEnd, { color, ...options }: ReplOptions): Promise<number> {
  return runTerminal({
    frontEnd,
    input: process.stdin,
    output: process.stdout,
    errors: process.stderr,
    language: createTerminalLanguage(frontEnd),
    style: styleFor(process.stdout, { color }),
    historyFile: join(dirname(discoveryPath(0)), "history"),
    term: process.env["TERM"],
    ...options,
  })
}
