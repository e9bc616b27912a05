import { fileURLToPath } from "node:url"
import type { InitializeParams } from "./connection.ts"
import { readParams } from "./wishes.ts"

/** What an editor may wish for when it begins. */
export interface Beginning {
  readonly name: string
  readonly runtime: string | undefined
  readonly showsCodeLenses: boolean
  /** False where a plugin draws them itself; errors are diagnostics in any case. */
  readonly showsResults: boolean
  readonly canRefreshHints: boolean
  readonly hasInlayHints: boolean
}

/** Names by which editors call themselves, and what others are shown. */
const shortNames: Readonly<Record<string, string>> = {
  "Visual Studio Code": "vscode",
  Neovim: "neovim",
  Eglot: "emacs",
}

export function beginningOf(wanted: unknown, params?: InitializeParams): Beginning {
  const { name, runtime, codeLens, showResults } = readParams(wanted)
  const { clientInfo, capabilities } = params ?? {}
  const client = clientInfo?.name ?? "editor"
  return {
    name: typeof name === "string" ? name : (shortNames[client] ?? client.toLowerCase()),
    runtime: typeof runtime === "string" ? runtime : undefined,
    showsCodeLenses: codeLens === true,
    showsResults: showResults !== false,
    canRefreshHints: capabilities?.workspace?.inlayHint?.refreshSupport ?? false,
    hasInlayHints: capabilities?.textDocument?.inlayHint !== undefined,
  }
}

/** Where the search for the project's bridge begins. A folder may also be on another machine, or in an archive. */
export function folderOf({
  workspaceFolders,
  rootUri,
}: Pick<InitializeParams, "workspaceFolders" | "rootUri">): string | undefined {
  try {
    return fileURLToPath(workspaceFolders?.[0]?.uri ?? rootUri ?? "")
  } catch {
    return undefined
  }
}
