import { exitCode, openFrontEnd, runEditorServer, type EditorOptions } from "../frontend/index.ts"
import { packageVersion } from "../protocol/index.ts"
import { createEraseTypes } from "../server/index.ts"
import { exit } from "./exit.ts"
import { inputThatCloses } from "./input.ts"
import { catchInterrupts } from "./interrupts.ts"
import type { StayingOptions } from "./staying.ts"

/** Stdout is the protocol's alone. */
export async function lsp(options: StayingOptions, wire: EditorOptions["wire"]): Promise<number> {
  const { url, port, reconnect, maxReconnectDelay: maxReconnectDelayMs } = options
  const ending = await runEditorServer({
    input: inputThatCloses(),
    output: process.stdout,
    wire,
    open: ({ name, cwd }) =>
      openFrontEnd({
        name,
        maxReconnectDelayMs,
        ...(url !== undefined && { url }),
        ...(port !== undefined && { port }),
        ...(cwd !== undefined && { cwd }),
      }),
    version: packageVersion,
    reconnect,
    eraseTypes: createEraseTypes(),
    signal: catchInterrupts(),
  })
  return ending === "interrupted" ? exitCode.interrupted : exit[ending]
}
