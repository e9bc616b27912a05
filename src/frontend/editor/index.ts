import type { Readable, Writable } from "node:stream"
import type { FrontEnd } from "../frontend.ts"

export interface EditorOptions {
  readonly input: Readable
  readonly output: Writable
  /** `framed` as language servers do it, or JSON `lines`. */
  readonly wire: "framed" | "lines"
  /** Opens the front end, under the name that the editor has for itself. */
  readonly open: (editor: { readonly name: string; readonly cwd: string | undefined }) => FrontEnd
  readonly version: string
  /** Whether it gets back to a bridge that it lost; else it ends. */
  readonly reconnect: boolean
  /** Takes types out, and turns JSX into calls; undefined where the text is no TypeScript either. */
  readonly eraseTypes?: (code: string) => string | undefined
  readonly exitCodes: Readonly<Record<"done" | "failed" | "dropped" | "interrupted", number>>
  /** Aborting it ends the server. */
  readonly signal: AbortSignal
}

/** A language server for what is in the page; resolves with the exit code. What it needs is loaded now. */
export async function runEditorServer(options: EditorOptions): Promise<number> {
  const { serveEditor } = await import("./server.ts")
  return serveEditor(options)
}
