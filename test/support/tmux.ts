import { execFile, spawnSync } from "node:child_process"
import { randomUUID } from "node:crypto"
import { promisify } from "node:util"

const run = promisify(execFile)
const patienceMs = 40_000
const lookAgainMs = 25

/** A real terminal with one program in it. */
export interface Pane {
  /** Types this text, key by key. */
  type(text: string): Promise<void>
  /** Presses keys by tmux's names: `Enter`, `C-c`, `M-b`, `Up`. */
  press(...keys: readonly string[]): Promise<void>
  /** Pastes in brackets, as a terminal does. */
  paste(text: string): Promise<void>
  resize(columns: number, rows: number): Promise<void>
  /** What is on the screen, without the blank lines below; with what scrolled away, if asked. */
  screen(options?: { readonly scrolled?: boolean }): Promise<string>
  /** Keeps every byte that the program writes from now on in this file. */
  record(file: string): Promise<void>
  cursor(): Promise<{ readonly column: number; readonly row: number }>
  /** Looks until the screen fits, and gives it. Fails with what it last saw. */
  until(
    fits: string | RegExp | ((screen: string) => boolean),
    options?: { readonly scrolled?: boolean },
  ): Promise<string>
  close(): Promise<void>
}

/** Fails loudly where there is no tmux: a terminal can only be tested in a terminal. */
export function requireTmux(): void {
  if (spawnSync("tmux", ["-V"]).status !== 0) {
    throw new Error("these tests drive a real terminal and need tmux: apt-get install tmux, or brew install tmux")
  }
}

/** Starts the shell command in a terminal of its own. It stays to be looked at when the program has ended. */
export async function openPane(command: string, { columns = 80, rows = 24 } = {}): Promise<Pane> {
  const socket = `repl-bridge-${randomUUID()}`
  const tmux = async (...words: readonly string[]): Promise<string> =>
    (await run("tmux", ["-L", socket, "-f", "/dev/null", ...words])).stdout
  await tmux(
    ...["new-session", "-d", "-x", `${columns}`, "-y", `${rows}`, "-e", "LC_ALL=C.UTF-8", command],
    ...[";", "set", "-g", "remain-on-exit", "on", ";", "set", "-g", "escape-time", "0"],
    ...[";", "set", "-g", "status", "off"],
  )
  const screen: Pane["screen"] = async ({ scrolled = false } = {}) => {
    const text = await tmux("capture-pane", "-p", ...(scrolled ? ["-S", "-"] : []))
    return text.replace(/\s+$/, "")
  }

  return {
    screen,
    async type(text) {
      await tmux("send-keys", "-l", text)
    },
    async press(...keys) {
      await tmux("send-keys", ...keys)
    },
    async paste(text) {
      await tmux("set-buffer", text, ";", "paste-buffer", "-p", "-r")
    },
    async resize(width, height) {
      await tmux("resize-window", "-x", `${width}`, "-y", `${height}`)
    },
    async record(file) {
      await tmux("pipe-pane", "-o", `exec cat >> '${file}'`)
    },
    async cursor() {
      const [column, row] = (await tmux("display-message", "-p", "#{cursor_x} #{cursor_y}")).split(" ").map(Number)
      return { column: column!, row: row! }
    },
    async until(fits, options) {
      const isThere =
        typeof fits === "function"
          ? fits
          : (text: string) => (typeof fits === "string" ? text.includes(fits) : fits.test(text))
      const deadline = performance.now() + patienceMs
      for (;;) {
        const seen = await screen(options)
        if (isThere(seen)) return seen
        if (performance.now() > deadline) throw new Error(`the screen never fitted ${String(fits)}; it shows:\n${seen}`)
        await new Promise((look) => setTimeout(look, lookAgainMs))
      }
    },
    async close() {
      await tmux("kill-server").catch(() => {})
    },
  }
}
