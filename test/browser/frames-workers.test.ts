import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import type { RuntimeInfo } from "../../src/protocol/index.ts"
import { openDesk, type Desk, type Served } from "../support/bridge-process.ts"
import { openBrowser, servePages, type Pages } from "../support/browser.ts"

/** Frames and workers as runtimes of their own, where a page asks for it. */

let browser: Browser
let desk: Desk
let bridge: Served
let pages: Pages
let page: Page

beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())
beforeEach(async () => {
  desk = await openDesk()
  bridge = await desk.serve("--port", "0")
  pages = await servePages({})
  page = await browser.newPage()
})
afterEach(async () => {
  await page.close()
  await pages.close()
  await desk.clear()
})

const shown = (fits: (runtime: RuntimeInfo) => boolean): Promise<RuntimeInfo> =>
  bridge.event((event) => event.event === "runtime" && event["state"] === "ready" && fits(event as never)) as never

async function valueIn(runtime: RuntimeInfo, code: string): Promise<unknown> {
  const { stdout } = await desk.run("eval", code, "--runtime", runtime.id, "--json", "--port", String(bridge.port))
  return JSON.parse(stdout).result.value
}

const html = (title: string, body: string): string =>
  `<!doctype html><html><head><title>${title}</title></head><body>${body}</body></html>`

test("`data-frames` brings in the frames of the page's origin, those in them and those that come, and no other's", async () => {
  const strangers = await servePages({ "/": html("stranger", "") })
  pages.files.set(
    "/",
    html(
      "shop",
      `<script async data-frames src="${bridge.url}/client.js"></script>
    <iframe src="/cart"></iframe><iframe src="${strangers.origin}/"></iframe>`,
    ),
  )
  pages.files.set("/cart", html("cart", `<iframe src="/price"></iframe>`))
  pages.files.set("/price", html("price", ""))
  pages.files.set("/late", html("late", ""))
  await page.goto(`${pages.origin}/`)
  const shop = await shown(({ title }) => title === "shop")
  const cart = await shown(({ title }) => title === "cart")
  const price = await shown(({ title }) => title === "price")
  expect([shop.kind, cart.kind, price.kind]).toEqual(["page", "frame", "frame"])
  expect(new Set([shop, cart, price].map(({ id }) => id)).size).toBe(3)
  expect(await valueIn(price, "parent.document.title + ' ' + document.title")).toBe("cart price")

  await page.evaluate(`document.body.append(Object.assign(document.createElement("iframe"), { src: "/late" }))`)
  const late = await shown(({ title }) => title === "late")
  expect(await valueIn(late, "location.pathname")).toBe("/late")
  await page.evaluate("frames[0].location.reload()")
  const again = await shown(({ id, session }) => id === cart.id && session !== cart.session)
  expect(again.number).toBe(cart.number)

  await shown(({ id, session }) => id === price.id && session !== price.session)

  await page.evaluate("replBridge.disconnect()")
  for (const { id } of [shop, cart, price]) {
    await bridge.event((event) => event.event === "runtime" && event["state"] === "gone" && event["id"] === id)
  }
  await page.evaluate("replBridge.connect()")
  await page.waitForFunction(
    "[self, frames[0], frames[0].frames[0], frames[2]].every(({ replBridge }) => replBridge.state === 'ready')",
  )

  const { stdout } = await desk.run("runtimes", "--json", "--port", String(bridge.port))
  expect(stdout).not.toContain(strangers.origin)
  await strangers.close()
})

test("without it a page's frames are left alone", async () => {
  pages.files.set(
    "/",
    html("shop", `<script async src="${bridge.url}/client.js"></script><iframe src="/cart"></iframe>`),
  )
  pages.files.set("/cart", html("cart", ""))
  await page.goto(`${pages.origin}/`)
  await shown(({ title }) => title === "shop")
  await page.waitForLoadState()
  expect(await page.frames()[1]!.evaluate("document.scripts.length + typeof replBridge")).toBe("0undefined")
})

test.each([
  ["classic", `importScripts("CLIENT"); const own = 42`, "own * 1"],
  ["module", `import "CLIENT"; globalThis.own = 42`, "own * 1"],
])("a %s worker that loads the client is a runtime", async (type, script, code) => {
  pages.files.set("/", html("shop", ""))
  pages.files.set("/price-list.js", script.replace("CLIENT", `${bridge.url}/client.js`))
  await page.goto(`${pages.origin}/`)
  await page.evaluate(`globalThis.worker = new Worker("/price-list.js", { type: "${type}" })`)
  const worker = await shown(({ kind }) => kind === "worker")
  expect(worker).toMatchObject({
    name: "chrome·price-list",
    origin: pages.origin,
    url: `${pages.origin}/price-list.js`,
  })
  expect(await valueIn(worker, code)).toBe(42)
  expect(await valueIn(worker, "let late = 1; await late + typeof document")).toBe("1undefined")
})
