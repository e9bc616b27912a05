import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer, get, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
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

test("`serve --proxy` names where the server's pages have the script, and that there is no server yet", async () => {
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end("<head></head>mine"))
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  const { port } = server.address() as AddressInfo
  const served = await desk.serve("--proxy", `http://127.0.0.1:${port}`, "--port", "0")
  const { site } = await served.event(({ event }) => event === "listening")
  const page = await text(await fetched(site))
  expect(page).toBe(`<head><script async src="http://localhost:${served.port}/client.js"></script></head>mine`)
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
  expect(await text(await fetched(site))).toContain(`http://127.0.0.1:${port} does not answer`)
  await served.end()
  await expect(fetched(site)).rejects.toThrow("ECONNREFUSED")
})

test.each([
  [["--proxy", "localhost:5173"], "pass the dev server's address, such as --proxy http://localhost:5173"],
  [["--proxy", "http://localhost:5173/shop"], "pass --proxy http://localhost:5173 and open the path there"],
  [["site", "--proxy", "http://localhost:5173"], "either a folder or --proxy"],
])("wrong usage of --proxy is answered with what is right: %s", async (words, advice) => {
  const { code, stderr } = await finish(desk.start("serve", ...words, "--port", "0", "--no-repl"))
  expect(code).toBe(2)
  expect(stderr).toContain(advice)
})

test("a folder that is none is wrong usage, and leaves no bridge", async () => {
  const { code, stderr } = await finish(desk.start("serve", "missing", "--port", "0", "--no-repl"))
  expect(code).toBe(2)
  expect(stderr).toContain('"missing" is no folder')
  expect(await desk.run("eval", "1")).toMatchObject({ code: 6 })
})
