export const languages: readonly string[] = [
  "javascript",
  "javascriptreact",
  "typescript",
  "typescriptreact",
  "html",
  "vue",
  "svelte",
]

/** What the language server says of the way to a page: see `replBridge/status` in docs/editor-protocol.md. */
export interface Status {
  readonly bridge: "ready" | "away" | "refused"
  readonly url: string | null
  readonly runtime: Runtime | null
  readonly text: string
}

export interface Runtime {
  readonly id: string
  readonly number: number
  readonly name: string
  readonly state: "ready" | "away" | "gone"
  readonly origin: string
  readonly title: string
}

/** For the status bar: an icon of VS Code's, and words. */
export function statusBarText({ bridge, runtime, text }: Status): string {
  return `$(${iconOf(bridge, runtime)}) ${withoutIcons(text)}`
}

function iconOf(bridge: Status["bridge"], runtime: Runtime | null): string {
  if (bridge === "refused") return "error"
  if (bridge === "away") return "debug-disconnect"
  if (runtime === null) return "question"
  return runtime.state === "ready" ? "zap" : "sync"
}

/** A line of the list to choose from. */
export function choiceOf({ number, name, state, origin, title }: Runtime): {
  readonly label: string
  readonly description: string
  readonly detail: string
} {
  const away = state === "ready" ? "" : ` (${state})`
  return {
    label: withoutIcons(`${number} ${name}${away}`),
    description: withoutIcons(origin),
    detail: withoutIcons(title),
  }
}

/** The tag that connects a page, for the clipboard. */
export function scriptTag(url: string): string {
  return `<script async src="${url}/client.js"></script>`
}

/** Text of a page, in places where VS Code would read `$(name)` as an icon. */
function withoutIcons(text: string): string {
  return text.replaceAll("$(", "$\u200b(")
}

/** The address that `repl-bridge serve --json` says first; undefined for anything else. */
export function readListening(line: string): string | undefined {
  try {
    const said: unknown = JSON.parse(line)
    if (typeof said !== "object" || said === null) return undefined
    const { event, url } = said as { readonly event?: unknown; readonly url?: unknown }
    return event === "listening" && typeof url === "string" ? url : undefined
  } catch {
    return undefined
  }
}
