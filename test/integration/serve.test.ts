import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { get, type IncomingMessage } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { finish, openDesk, type Desk } from "../support/bridge-process.ts"
import { openPane, requireTmux, type Pane } from "../support/tmux.ts"

/** `serve` as its user starts it: with a terminal, and with a folder. */

const bin = new URL("../../bin/repl-bridge.js", import.meta.url).pathname

let folder: string
let desk: Desk
let pane: Pane | undefined

beforeAll(requireTmux)
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "repl-bridge-serve-"))
  await mkdir(join(folder, "site"))
  await writeFile(join(folder, "site/index.html"), "<head></head>mine")
  desk = await openDesk()
})
afterEach(async () => {
  await pane?.close()
  await desk.clear()
  await rm(folder, { recursive: true })
})

const fetched = (url: string, headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => get(url, { headers }, resolve).on("error", reject))

test("in a terminal: the first screen names the folder's page, and a stranger is told above the line being typed", async () => {
  const env = `env XDG_STATE_HOME=${folder}/state TERM=xterm-256color`
  pane = await openPane(`${env} ${process.execPath} ${bin} serve ${folder}/site --port 0`, { columns: 40, rows: 24 })
  const screen = await pane.until(/\(no runtime\) ›$/)
  const [bridge = "", site = ""] = screen.match(/http:\/\/localhost:\d+/g) ?? []
  expect(screen).toContain("Open your pages, which have the script")
  const page = await text(await fetched(`${site}/`))
  expect(page).toBe(`<head><script async src="${bridge}/client.js"></script></head>mine`)

  await pane.type("const half =")
  await pane.until(/› const half =$/)
  const refused = await fetched(`${bridge}/client.js`, { host: "rebound.example" })
  expect(refused.statusCode).toBe(403)
  await pane.until(/refused \(403\)[^]*\(no runtime\) › const half =$/)
  await pane.type(" 1")
  await pane.until(/› const half = 1$/)
  await pane.press("C-c", "C-d")
})

test("`serve --json` names where the folder is served, and frees both ports at the end", async () => {
  const served = await desk.serve(`${folder}/site`, "--port", "0")
  const { site } = await served.event(({ event }) => event === "listening")
  expect(await text(await fetched(site))).toContain("mine")
  await served.end()
  await expect(fetched(site)).rejects.toThrow("ECONNREFUSED")
})

test("a folder that is none is wrong usage, and leaves no bridge", async () => {
  const { code, stderr } = await finish(desk.start("serve", "missing", "--port", "0", "--no-repl"))
  expect(code).toBe(2)
  expect(stderr).toContain('"missing" is no folder')
  expect(await desk.run("eval", "1")).toMatchObject({ code: 6 })
})
