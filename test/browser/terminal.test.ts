import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest"
import { openDesk, type Desk, type Served } from "../support/bridge-process.ts"
import { openBrowser } from "../support/browser.ts"
import { openPane, requireTmux, type Pane } from "../support/tmux.ts"

/** The terminal front end as a user has it: a real terminal, a bridge that comes and goes, a real page. */

const bin = new URL("../../bin/repl-bridge.js", import.meta.url).pathname

let browser: Browser
let desk: Desk
let bridge: Served
let page: Page
let terminal: Pane

beforeAll(async () => {
  requireTmux()
  browser = await openBrowser()
})
afterAll(() => browser.close())

beforeEach(async () => {
  desk = await openDesk()
  bridge = await desk.serve("--port", "0")
  page = await browser.newPage()
  await page.goto(`${bridge.url}/demo`)
  const state = `XDG_STATE_HOME=${join(desk.folder, "state")}`
  terminal = await openPane(`env ${state} ${process.execPath} ${bin} attach --port ${bridge.port} --no-color`)
  await terminal.until(/^.*orrery ›$/m)
})
afterEach(async () => {
  await terminal.close()
  await page.close()
  await desk.clear()
})

async function restart(): Promise<void> {
  bridge = await desk.serve("--port", String(bridge.port))
}

test("a reload and a bounce in the middle of a line leave the line as it is", async () => {
  await terminal.type("6 *")
  await terminal.until("› 6 *")
  await page.reload()
  await terminal.until(/was loaded again\n.*orrery › 6 \*$/)
  await bridge.end("SIGKILL")
  await terminal.until(/^\(bridge away, retrying\) › 6 \*$/m)
  await restart()
  await terminal.until(/^.*orrery › 6 \*$/m)
  await terminal.type(" 7")
  await terminal.press("Enter")
  await terminal.until(/› 6 \* 7\n42\n.*orrery ›$/)
})

/** An answer that is kept back until it is released: who asks for it synchronously does nothing else meanwhile. */
async function keepBack(): Promise<{ readonly url: string; readonly release: () => void }> {
  let release: () => void
  const released = new Promise<void>((resolve) => (release = resolve))
  const server = createServer(async (_, response) => {
    await released
    response.setHeader("access-control-allow-origin", "*").end("over")
  })
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, release: release! }
}

test("a page that somebody's eval blocks is busy in the prompt and in the list, for longer and longer, and ready again", async () => {
  const { url, release } = await keepBack()
  const code = `const asked = new XMLHttpRequest(); asked.open("GET", "${url}", false); asked.send(); asked.responseText`
  const blocking = desk.run("eval", "--port", String(bridge.port), "--timeout", "0", code)
  const busyFor = (screen: string): number => Number(/^.*orrery \(busy (\d+) s\) ›$/m.exec(screen)?.[1] ?? 0)
  const shown = busyFor(await terminal.until((screen) => busyFor(screen) >= 2))
  await terminal.until((screen) => busyFor(screen) > shown)
  await terminal.type(".runtimes")
  await terminal.press("Enter")
  await terminal.until(/^› 1 .*orrery {2}busy \d+ s {2}http/m)
  const listed = await desk.run("runtimes", "--json", "--port", String(bridge.port))
  expect(JSON.parse(listed.stdout)).toMatchObject({ state: "ready", busyMs: expect.any(Number) })
  release()
  expect(await blocking).toMatchObject({ code: 0, stdout: expect.stringContaining("over") })
  await terminal.until(/^.*orrery ›$/m)
})

test("Tab goes on with what the page has", async () => {
  await page.evaluate("globalThis.telescope = { aperture: 42 }")
  await terminal.type("telesc")
  await terminal.press("Tab")
  await terminal.until(/› telescope$/m)
  await terminal.type(".aper")
  await terminal.press("Tab")
  await terminal.until(/› telescope\.aperture$/m)
  await terminal.press("Enter")
  await terminal.until(/\n42\n/)
})

test("an input has the console's own names, which the page never meets", async () => {
  await terminal.type("$$('canvas').length + keys({ a: 1 }).length * 10")
  await terminal.press("Enter")
  await terminal.until(/\n1[01]\n/)
  await terminal.type("copy($_ > 0)")
  await terminal.press("Enter")
  await terminal.until(/copied 4 characters/)
  expect(await page.evaluate("['$', '$$', '$_', 'keys', 'copy'].filter((name) => name in globalThis)")).toEqual([])
})

test("an eval in flight over a bounce prints its outcome, once, above the line typed meanwhile", async () => {
  await terminal.type("await new Promise(done => globalThis.finish = () => done(6 * 7))")
  await terminal.press("Enter")
  await terminal.until("running")
  await terminal.type("next")
  await bridge.end("SIGKILL")
  await terminal.until(/waiting for the bridge.*\n\(bridge away, retrying\) › next$/)
  await restart()
  await terminal.until(/running.*\n.*orrery › next$/)
  await page.evaluate("finish()")
  const screen = await terminal.until(/\n42.*\n.*orrery › next$/)
  expect(screen.match(/^42/gm)).toHaveLength(1)
})

test("a reload during an eval ends it as lost, and ^C ends one that never would", async () => {
  await terminal.type("await new Promise(() => {})")
  await terminal.press("Enter")
  await terminal.until("running")
  await page.reload()
  await terminal.until(/lost: page reloaded.*\n.*orrery ›$/)
  await terminal.type("await new Promise(() => {})")
  await terminal.press("Enter")
  await terminal.until("running")
  await terminal.press("C-c")
  await terminal.until(/cancelled.*\n.*orrery ›$/)
})

test("[P42] ^C frees the prompt at once; what the input comes to after all is told above the line", async () => {
  await terminal.type("await new Promise(done => globalThis.finish = () => done(6 * 7))")
  await terminal.press("Enter")
  await page.waitForFunction("globalThis.finish")
  await terminal.press("C-c")
  await terminal.until(/cancelled.*it may have run\n.*orrery ›$/)
  await terminal.type("1 +")
  await terminal.until(/› 1 \+$/)
  await page.evaluate("finish()")
  await terminal.until(/\nlate: await new Promise.*\n42(?:  .*)?\n.*orrery › 1 \+$/)
})

test("`serve --loop-guard` ends a loop that blocks the page, which then goes on", async () => {
  const guarded = await desk.serve("--port", "0", "--loop-guard", "300")
  await page.goto(`${guarded.url}/demo`)
  const evaluate = (code: string) => desk.run("eval", code, "--port", String(guarded.port))
  const stopped = await evaluate("var turns = 0; for (;;) turns++")
  expect(stopped.code).toBe(1)
  expect(stopped.stderr).toContain("a loop was stopped after 300 ms")
  expect(await evaluate("turns > 1000")).toMatchObject({ code: 0, stdout: "true\n" })
})

/** The page waits for a click once it outlines what the mouse comes to. */
async function pickBegins(): Promise<void> {
  await page.waitForFunction(() => {
    const heading = document.querySelector("h1")!
    heading.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }))
    return heading.getAnimations().length > 0
  })
}

test("[P43] Tab in a selector goes on with the page's ids; `.pick` makes the element that is clicked `$0`", async () => {
  await terminal.type("$('#sk")
  await terminal.press("Tab")
  await terminal.until(/› \$\('#sky$/m)
  await terminal.press("C-c")
  await terminal.type(".pick")
  await terminal.press("Enter")
  await pickBegins()
  await page.click("h1")
  await terminal.until(/\n<h1>.*\n.*orrery ›$/)
  await terminal.type("$0.textContent")
  await terminal.press("Enter")
  await terminal.until(/\n'Orrery'\n.*orrery ›$/)
})

test("^C during `.pick` gives the page its clicks back", async () => {
  await page.evaluate("void (globalThis.clicks = 0, document.querySelector('h1').onclick = () => clicks++)")
  await terminal.type(".pick")
  await terminal.press("Enter")
  await pickBegins()
  await terminal.press("C-c")
  await terminal.until(/cancelled.*\nlate: await pick\(\).*\nundefined\n.*orrery ›$/)
  await page.waitForFunction("document.querySelector('h1').getAnimations().length === 0")
  await page.click("h1")
  expect(await page.evaluate("clicks")).toBe(1)
})
