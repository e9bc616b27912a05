import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { openDesk, type BridgeEvent, type Desk, type Served } from "../support/bridge-process.ts"
import { openBrowser, pageWith, servePages, type Pages } from "../support/browser.ts"

/** What a page says, from its console to a front end, through the command line's bridge. */

let browser: Browser
let context: BrowserContext
let pages: Pages
let desk: Desk

beforeAll(async () => {
  browser = await openBrowser()
  pages = await servePages({})
})
afterAll(async () => {
  await browser?.close()
  await pages?.close()
})

beforeEach(async () => {
  context = await browser.newContext()
  desk = await openDesk()
})
afterEach(async () => {
  await context.close()
  await desk.clear()
})

async function openPage(bridge: Served, script = ""): Promise<Page> {
  pages.files.set("/app.js", script)
  pages.files.set("/", pageWith(bridge.url, { body: '<script src="/app.js"></script>' }))
  const page = await context.newPage()
  await page.goto(pages.origin)
  await page.waitForFunction(() => (globalThis as any).replBridge?.state === "ready")
  return page
}

const line = (bridge: Served, fits: (event: BridgeEvent) => boolean): Promise<BridgeEvent> =>
  bridge.event((event) => event.event === "console" && fits(event))

const says = (bridge: Served, text: unknown): Promise<BridgeEvent> =>
  line(bridge, ({ args }) => args[0]?.value === text)

test("a console line reaches a front end with its values and where it was said", async () => {
  const bridge = await desk.serve("--port", "0")
  const page = await openPage(bridge, 'function greet() {\n  console.log("hello", { a: 1 })\n}')
  await page.evaluate("greet()")
  const { args, level, stack, runtime } = await says(bridge, "hello")
  expect(level).toBe("log")
  expect(runtime).toMatchObject({ number: 1 })
  expect(args[1]).toMatchObject({ type: "object", value: { a: 1 } })
  expect(stack).toBe(`    at greet (${pages.origin}/app.js:2:11)`)
})

test("errors and rejections that nobody caught arrive with their stacks", async () => {
  const bridge = await desk.serve("--port", "0")
  const page = await openPage(
    bridge,
    'function fail() {\n  throw new TypeError("no such thing")\n}\nasync function reject() {\n  throw new Error("not kept")\n}',
  )
  await page.evaluate("void setTimeout(fail); void setTimeout(reject)")
  const exception = await line(bridge, ({ kind }) => kind === "exception")
  expect(exception["level"]).toBe("error")
  expect(exception["args"][0].description).toContain("TypeError: no such thing")
  expect(exception["args"][0].preview.text).toContain(`at fail (${pages.origin}/app.js:2:9)`)
  const rejection = await line(bridge, ({ kind }) => kind === "rejection")
  expect(rejection["args"][0].preview.text).toContain(`at reject (${pages.origin}/app.js:5:9)`)
})

test("a place in a file with a source map is the one in what was written", async () => {
  const bridge = await desk.serve("--port", "0")
  const map = { version: 3, sources: ["greet.ts"], names: [], mappings: "AAUA" }
  const url = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString("base64")}`
  const page = await openPage(bridge, `const greet = () => console.log("mapped")\n//# sourceMappingURL=${url}`)
  await page.evaluate("greet()")
  expect((await says(bridge, "mapped"))["stack"]).toContain(`${pages.origin}/greet.ts:11:1`)
})

test("an eval's own lines name it", async () => {
  const bridge = await desk.serve("--port", "0")
  await openPage(bridge)
  await desk.run("eval", "console.log('mine')")
  const { eval: id } = await says(bridge, "mine")
  expect(await bridge.event(({ event, id: ended }) => event === "eval" && ended === id)).toBeDefined()
})

test("[L38] lines that were said while the bridge was away arrive in order once it is back", async () => {
  const bridge = await desk.serve("--port", "0")
  const page = await openPage(bridge)
  await bridge.end("SIGKILL")
  await page.waitForFunction(() => (globalThis as any).replBridge.state !== "ready")
  await page.evaluate(() => [1, 2, 3].forEach((nth) => console.log(nth)))
  const back = await desk.serve("--port", String(bridge.port))
  const seqs = []
  for (const nth of [1, 2, 3]) seqs.push((await says(back, nth))["seq"])
  expect(seqs).toEqual([1, 2, 3])
})

test("[L40] of 20,000 lines in a loop those that are dropped are counted, and evals are answered meanwhile", async () => {
  const sent = 20_000
  const bridge = await desk.serve("--port", "0")
  const page = await openPage(bridge)
  await page.evaluate((count) => {
    for (let nth = 1; nth <= count; nth++) console.log("flood", nth)
  }, sent)
  expect(await desk.run("eval", "6 * 7")).toMatchObject({ code: 0, stdout: "42\n" })
  let told = 0
  // Each line is looked at once, in the order of their coming.
  await line(bridge, ({ kind, dropped }) => {
    told += dropped + (kind === "dropped" ? 0 : 1)
    return told >= sent
  })
  expect(told).toBe(sent)
})
