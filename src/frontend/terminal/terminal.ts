import type { ReadStream, WriteStream } from "node:tty"
import type { FrontEnd } from "../frontend.ts"
import type { Language } from "./completing.ts"
import { runInteractive } from "./interactive.ts"
import { runDumb, runScript } from "./lines.ts"
import type { Limits } from "./session.ts"
import type { Style } from "./style.ts"

export interface TerminalOptions {
  readonly frontEnd: FrontEnd
  /** A terminal, or a pipe or file whose inputs are run one by one. */
  readonly input: ReadStream
  readonly output: WriteStream
  /** Where a script's failures go. */
  readonly errors: NodeJS.WritableStream
  readonly language: Language
  readonly style: Style
  /** Text above the first prompt. */
  readonly banner?: string
  /** Where inputs are kept from one session to the next. */
  readonly historyFile?: string
  /** The kind of terminal, as in `TERM`. A `dumb` one gets lines and no escapes. */
  readonly term?: string | undefined
  readonly limits?: Limits
  /** Calls the listener with what is to be said beside inputs, until the returned function is called. */
  readonly notices?: (listener: (text: string) => void) => () => void
  /** Aborting it ends the terminal, with 130. */
  readonly signal?: AbortSignal
}

/** Runs until the person leaves or the input ends. Resolves with the exit code, the terminal as it was before. */
export function runTerminal(options: TerminalOptions): Promise<number> {
  const { input, output, term } = options
  if (!input.isTTY) return runScript(options)
  return output.isTTY && term !== "dumb" ? runInteractive(options) : runDumb(options)
}
