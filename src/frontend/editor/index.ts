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
  /** Aborting it ends the server. */
  readonly signal: AbortSignal
}

/** `dropped`: the bridge went. `failed`: the editor went without a word. */
export type Ending = "done" | "failed" | "dropped" | "interrupted"

/** A language server for what is in the page. What it needs is loaded now. */
export async function runEditorServer(options: EditorOptions): Promise<Ending> {
  const { serveEditor } = await import("./server.ts")
  return serveEditor(options)
}
