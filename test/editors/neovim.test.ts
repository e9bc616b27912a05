import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { openDesk } from "../support/bridge-process.ts"
import { openBrowser } from "../support/browser.ts"

/** What an editor said on its way, and how it ended. */
interface Performance {
  readonly code: number | null
  /** What it found to be so, in order. */
  readonly seen: readonly string[]
  /** What else it printed. */
  readonly rest: string
}

const script = new URL("neovim.lua", import.meta.url).pathname
const repository = new URL("../../", import.meta.url).pathname

/**
 * A real editor, which runs a script of its own, a real bridge and a real page. The editor asks for what it cannot
 * do itself: at `bounce` the bridge is killed, at `away` another one is started on the same port.
 */
async function perform(): Promise<Performance> {
  const desk = await openDesk()
  onTestFinished(() => desk.clear())
  const browser = await openBrowser()
  onTestFinished(() => browser.close())
  let bridge = await desk.serve("--port", "0")
  const page = await browser.newPage()
  await page.goto(`${bridge.url}/demo`)
  await bridge.event(({ event, state }) => event === "runtime" && state === "ready")

  const editor = spawn("nvim", ["--headless", "-u", "NONE", "-i", "NONE", "-c", `luafile ${script}`], {
    cwd: desk.folder,
    env: {
      ...process.env,
      HOME: desk.folder,
      XDG_STATE_HOME: join(desk.folder, "state"),
      REPL_BRIDGE_URL: "",
      PLUGIN: join(repository, "editors/neovim"),
      NODE: process.execPath,
      BIN: join(repository, "bin/repl-bridge.js"),
    },
    stdio: ["ignore", "pipe", "pipe"],
  })
  onTestFinished(() => void editor.kill("SIGKILL"))
  const seen: string[] = []
  const rest: string[] = []
  const hear = (line: string): void => {
    if (line.startsWith("ok: ")) seen.push(line.slice("ok: ".length))
    else if (line === "bounce") void bridge.end("SIGKILL")
    else if (line === "away") void desk.serve("--port", String(bridge.port)).then((next) => (bridge = next))
    else rest.push(line)
  }
  for (const input of [editor.stdout, editor.stderr]) createInterface({ input }).on("line", hear)
  const code = await new Promise<number | null>((ended) => editor.once("close", ended))
  return { code, seen, rest: rest.join("\n") }
}

test("Neovim evaluates in a real page, over its reload and a bounce of the bridge", async () => {
  const { code, seen, rest } = await perform()
  expect(rest).toBe("")
  expect(seen).toEqual([
    "the first eval starts the server, which finds the bridge and its page",
    "a statement is evaluated, and its result stands beside its last line",
    "it moves with its line",
    "it goes when its lines change, or are removed",
    "an error is a diagnostic at its place",
    "the operator evaluates what a motion or a selection goes over",
    "it completes from the live page",
    "the page is reloaded, and is evaluated in as before",
    "the bridge is bounced, and nothing is lost",
    "the page's console is in a buffer",
    "it keeps as many lines as it is told",
    "an eval is cancelled",
  ])
  expect(code).toBe(0)
})
