import { readFileSync } from "node:fs"
import type { Browser, BrowserContext, Frame, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { connectFrontEnd, type FrontEnd } from "../../src/frontend/index.ts"
import { startBridge, type Bridge, type BridgeOptions } from "../../src/server/index.ts"
import { openBrowser, pageWith, servePages, type Pages } from "../support/browser.ts"
import { startNaiveBridge } from "../support/naive-bridge.ts"

/**
 * What the pages of a real browser can do to a bridge on the same machine. The browser's own barrier
 * between sites and this machine is off: it is not our defence, and would hide that ours is missing.
 */
const flags = [
  "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets",
  "--host-resolver-rules=MAP *.example 127.0.0.1",
]

let browser: Browser
let context: BrowserContext
let pages: Pages
let bridge: Bridge
let frontEnd: FrontEnd
let shop: Page

beforeAll(async () => {
  browser = await openBrowser(...flags)
  pages = await servePages({ "/": "<!doctype html><title>a page</title>" })
})
afterAll(async () => {
  await pages.close()
  await browser.close()
})

beforeEach(async () => {
  context = await browser.newContext()
})
afterEach(async () => {
  await frontEnd.close()
  await context.close()
  await bridge.stop()
})

const clientScript = readFileSync(new URL("../../dist/client.js", import.meta.url), "utf8")
const demo = { "/demo": { type: "text/html", body: "<!doctype html><title>demo</title>" } }
const at = (host: string, path = "/"): string => `http://${host}:${new URL(pages.origin).port}${path}`

/** A bridge, a page of the developer's that is connected to it, and a front end that asks. */
async function open(options: BridgeOptions = {}): Promise<void> {
  bridge = await startBridge({ port: 0, demo, clientScript, ...options })
  frontEnd = await connectFrontEnd({ bridge, name: "test" })
  shop = await visit(pages, "localhost", "/shop", pageWith(bridge.url))
  await connected(shop)
}

async function visit({ files }: Pages, host: string, path: string, html: string): Promise<Page> {
  files.set(path, html)
  const page = await context.newPage()
  await page.goto(at(host, path))
  return page
}

const connected = (page: Page | Frame) => page.waitForFunction("globalThis.replBridge?.state === 'ready'")

/** The sign that nothing has changed: the developer's page answers, and is the only one. */
async function isUntouched(): Promise<void> {
  expect(await frontEnd.evaluate("[location.pathname, typeof stolen, 6 * 7].join()")).toMatchObject({
    outcome: "value",
    result: { value: "/shop,undefined,42" },
  })
  expect(bridge.runtimes.map(({ origin }) => origin)).toEqual([at("localhost", "")])
  expect(bridge.frontEnds).toEqual(["test"])
}

/** Everything that a page can try, each with what it has of it in the end: nothing is `false`. */
function raid(page: Page | Frame, on: { readonly port: number; readonly token: string }) {
  return page.evaluate(
    async ({ port, token }) => {
      const here = `127.0.0.1:${port}`
      const dial = (path: string, protocols: string[] = []) =>
        new Promise<boolean>((resolve) => {
          const socket = new WebSocket(`ws://${here}${path}`, protocols)
          socket.onopen = () => {
            socket.close()
            resolve(true)
          }
          socket.onerror = () => resolve(false)
        })
      const read = (path: string, init: RequestInit = {}) =>
        fetch(`http://${here}${path}`, init).then(
          async (response) => (await response.text()) !== "",
          () => false,
        )
      const load = (name: "img" | "script" | "link", path: string) =>
        new Promise<boolean>((resolve) => {
          const element = document.createElement(name)
          element.onload = () => resolve(true)
          element.onerror = () => resolve(false)
          if (element instanceof HTMLLinkElement) {
            element.rel = "stylesheet"
            element.href = `http://${here}${path}`
          } else element.src = `http://${here}${path}`
          document.documentElement.append(element)
        })
      const headers = { authorization: `Bearer ${token}` }
      const stolen = "globalThis.stolen = true"
      return {
        "S-B01 a runtime's socket": await dial("/runtime"),
        "S-B02 a runtime's socket with the token": await dial("/runtime", [
          "repl-bridge",
          `repl-bridge.token.${token}`,
        ]),
        "S-B03 a front end's socket": await dial("/frontend"),
        "S-B04 a front end's socket with the token": await dial("/frontend", [
          "repl-bridge",
          `repl-bridge.token.${token}`,
        ]),
        "S-B05 a socket elsewhere": await dial("/"),
        "S-B06 the status": await read("/status"),
        "S-B07 the status with the token": await read("/status", { headers }),
        "S-B08 the status with credentials": await read("/status", { credentials: "include" }),
        "S-B09 an eval as plain text": await read("/eval", { method: "POST", body: stolen }),
        "S-B10 an eval with the token": await read("/eval", { method: "POST", body: stolen, headers }),
        "S-B11 an eval as JSON": await read("/eval", {
          method: "POST",
          body: stolen,
          headers: { "content-type": "application/json" },
        }),
        "S-B12 the client's text": await read("/client.js"),
        "S-B13 the demo's text": await read("/demo"),
        "S-B14 the status as a script": await load("script", `/status?token=${token}`),
        "S-B15 an eval as a script": await load("script", `/eval?code=${stolen}`),
        "S-B16 the status as a stylesheet": await load("link", "/status"),
        "S-B17 what is not there as a script": await load("script", "/../package.json"),
      }
    },
    { port: on.port, token: on.token },
  )
}

test("[S-B01] a page at a foreign origin gets nothing, whatever it tries and even with the right token", async () => {
  await open()
  const foreign = await visit(pages, "evil.example", "/evil", "<!doctype html>")
  const gained = Object.entries(await raid(foreign, bridge)).filter(([, has]) => has)
  expect(gained).toEqual([])
  await isUntouched()
})

test("[S-B20] the same page gets at least two thirds of it from a naive bridge", async () => {
  await open()
  const naive = await startNaiveBridge()
  try {
    const foreign = await visit(pages, "evil.example", "/evil", "<!doctype html>")
    const tries = Object.values(await raid(foreign, naive))
    expect(tries.filter(Boolean).length).toBeGreaterThanOrEqual((tries.length * 2) / 3)
  } finally {
    await naive.stop()
  }
})

test("[S-B21] a sandboxed frame and a data: document have no origin, and get nothing", async () => {
  await open()
  const host = await visit(
    pages,
    "localhost",
    "/host",
    `<!doctype html><iframe sandbox="allow-scripts" src="/"></iframe><iframe src="data:text/html,<p>x"></iframe>`,
  )
  for (const frame of host.frames().slice(1)) {
    expect(await frame.evaluate("origin")).toBe("null")
    expect(Object.entries(await raid(frame, bridge)).filter(([, has]) => has)).toEqual([])
  }
  await isUntouched()
})

test("[S-B22] a name that was rebound to this machine gets nothing, from its own origin", async () => {
  await open()
  const page = await context.newPage()
  const origin = `http://rebound.example:${bridge.port}`
  // The page came from elsewhere, before its name began to mean this machine.
  await page.route(`${origin}/`, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }))
  await page.goto(`${origin}/`)
  const answers = await page.evaluate(
    (token) =>
      Promise.all(
        ["/client.js", "/demo", "/status", "/eval"].map(async (path) => {
          const headers: HeadersInit = path.length > 5 ? { authorization: `Bearer ${token}` } : {}
          return (await fetch(path, { headers })).status
        }),
      ),
    bridge.token,
  )
  expect(answers).toEqual([403, 403, 403, 403])
  const dialled = await page.evaluate(
    (token) =>
      Promise.all(
        ["/runtime", "/frontend"].map(
          (path) =>
            new Promise((resolve) => {
              const socket = new WebSocket(`ws://${location.host}${path}`, [
                "repl-bridge",
                `repl-bridge.token.${token}`,
              ])
              socket.onopen = () => resolve("open")
              socket.onerror = () => resolve("refused")
            }),
        ),
      ),
    bridge.token,
  )
  expect(dialled).toEqual(["refused", "refused"])
  await isUntouched()
})

test("[S-B23] a form and a beacon run nothing", async () => {
  await open()
  const page = await visit(pages, "evil.example", "/form", "<!doctype html>")
  await page.evaluate((url) => navigator.sendBeacon(`${url}/eval`, "globalThis.stolen = true"), bridge.url)
  const refused = new Promise<number>((seen) => {
    const forget = bridge.on("refused", ({ status }) => {
      forget()
      seen(status)
    })
  })
  const [response] = await Promise.all([
    page.waitForResponse(`${bridge.url}/eval`),
    page.evaluate((url) => {
      const form = document.createElement("form")
      form.method = "POST"
      form.enctype = "text/plain"
      form.action = `${url}/eval`
      const input = form.appendChild(document.createElement("input"))
      input.name = "globalThis.stolen = true//"
      document.documentElement.append(form)
      form.submit()
    }, bridge.url),
  ])
  expect(await refused).toBe(403)
  expect(response.status()).toBe(403)
  await isUntouched()
})

test("[S-B24] nothing of the bridge is shown in a frame", async () => {
  await open()
  const html = ["/demo", "/status", "/"].map((path) => `<iframe src="${bridge.url}${path}"></iframe>`).join("")
  const page = await visit(pages, "localhost", "/frames", `<!doctype html>${html}`)
  expect(page.frames()).toHaveLength(4)
  // A frame that is not shown is at the browser's own error page, of which we hear a little later.
  const shown = () =>
    page
      .frames()
      .slice(1)
      .map((frame) => frame.url())
  await expect.poll(shown, { timeout: 30_000 }).toEqual(Array(3).fill("chrome-error://chromewebdata/"))
  await isUntouched()
})

/** Keeps all that the client says or does by way of the page's own functions. */
const spy = `<script>
  globalThis.seen = []
  const note = (...words) => seen.push(...words.map((word) => { try { return String(word) } catch { return "" } }))
  const { WebSocket: Real } = globalThis
  globalThis.WebSocket = class extends Real {
    constructor(...words) { super(...words); note(...words); this.addEventListener("message", ({ data }) => note(data)) }
    send(data) { note(data); super.send(data) }
  }
  for (const [of, name] of [[JSON, "stringify"], [JSON, "parse"], [Storage.prototype, "setItem"], [globalThis, "fetch"]]) {
    const real = of[name]
    of[name] = function (...words) { const result = real.apply(this, words); note(...words, result); return result }
  }
  for (const key of ["token", "toJSON", "frontEnd"]) {
    Object.defineProperty(Object.prototype, key, { configurable: true, set(value) { note(value) }, get() {} })
  }
</script>`

test("[S-B25] a foreign page that includes the client and hooks every global finds no secret, and stays outside", async () => {
  await open()
  const tag = `<script src="${bridge.url}/client.js" data-allow-remote data-max-attempts="2"></script>`
  const page = await visit(pages, "evil.example", "/hooks", `<!doctype html>${spy}${tag}`)
  await page.waitForFunction("['gave-up', 'refused', 'stopped'].includes(replBridge.state)")
  const seen = (await page.evaluate(
    "[...seen, document.documentElement.outerHTML, replBridge.connect + ''].join()",
  )) as string
  expect(seen).not.toContain(bridge.token)
  expect(seen).not.toContain("shop")
  await isUntouched()
})

test("[S-B26] a local page that hooks every global learns nothing of others", async () => {
  await open()
  const page = await visit(pages, "127.0.0.1", "/spy", pageWith(bridge.url).replace("<head>", `<head>${spy}`))
  await connected(page)
  const [spied] = bridge.runtimes.filter(({ origin }) => origin === at("127.0.0.1", ""))
  const code = "globalThis.ran = 1"
  expect(await frontEnd.evaluate(code, { runtime: spied!.id })).toMatchObject({ outcome: "value" })
  const [other] = bridge.runtimes.filter(({ id }) => id !== spied!.id)
  expect(await frontEnd.evaluate("'a secret of the shop'", { runtime: other!.id })).toMatchObject({ outcome: "value" })
  const seen = (await page.evaluate("seen.join()")) as string
  expect(seen).toContain("welcome")
  for (const secret of [bridge.token, other!.id, other!.session, "a secret of the shop", process.cwd()]) {
    expect(seen).not.toContain(secret)
  }
})

test("[S-B27] a local page may evaluate in no other: as a front end it is refused, with the right token", async () => {
  await open()
  const page = await visit(pages, "127.0.0.1", "/local", "<!doctype html>")
  const gained = Object.entries(await raid(page, bridge)).filter(([, has]) => has)
  // A local page may be a runtime, and read what is public.
  expect(gained.map(([what]) => what.slice(0, 5))).toEqual(["S-B01", "S-B02", "S-B12"])
  expect(await frontEnd.evaluate("typeof stolen", { runtime: bridge.runtimes[0]!.id })).toMatchObject({
    result: { value: "undefined" },
  })
})

test("[S-B28] an origin that was allowed by name may connect, and no other of the same site", async () => {
  await open({ allowOrigins: [at("app.example", "")] })
  const tag = `<!doctype html><script src="${bridge.url}/client.js" data-allow-remote data-max-attempts="2"></script>`
  await connected(await visit(pages, "app.example", "/app", tag))
  const sister = await visit(pages, "evil.app.example", "/sister", tag)
  await sister.waitForFunction("replBridge.state === 'gave-up'")
  expect(bridge.runtimes.map(({ origin }) => origin).toSorted()).toEqual([at("app.example", ""), at("localhost", "")])
})

test("[S-B29] a page that is not local does not dial unless its tag says so", async () => {
  await open()
  const dials: string[] = []
  const page = await context.newPage()
  page.on("websocket", (socket) => dials.push(socket.url()))
  const warned = page.waitForEvent("console", (message) => message.text().includes("data-allow-remote"))
  pages.files.set("/remote", pageWith(bridge.url))
  await page.goto(at("shop.example", "/remote"))
  await warned
  expect(dials).toEqual([])
  await isUntouched()
})

test("[S-B30] a thousand dials of a foreign page keep no front end from its answers", async () => {
  await open()
  const foreign = await visit(pages, "evil.example", "/flood", "<!doctype html>")
  let refused = 0
  bridge.on("refused", () => refused++)
  const flooding = foreign.evaluate(
    async ({ port, token }) => {
      const tries = Array.from({ length: 1000 }, (_, nth) =>
        nth % 2 === 0
          ? fetch(`http://127.0.0.1:${port}/eval`, {
              method: "POST",
              body: "globalThis.stolen = true",
              mode: "no-cors",
            })
          : fetch(`http://127.0.0.1:${port}/status`, { headers: { authorization: `Bearer ${token}` } }),
      )
      const settled = await Promise.allSettled(tries)
      return settled.length
    },
    { port: bridge.port, token: bridge.token },
  )
  for (let nth = 0; nth < 20; nth++) {
    expect(await frontEnd.evaluate(`${nth}`)).toMatchObject({ outcome: "value", result: { value: nth } })
  }
  expect(await flooding).toBe(1000)
  expect(refused).toBeGreaterThanOrEqual(500)
  await isUntouched()
})

test.each(["localhost", "127.0.0.1", "app.localhost", "deep.app.localhost"])(
  "zero configuration: the script tag is enough on %s, at any port and by any name of this machine",
  async (host) => {
    await open()
    for (const name of ["localhost", "127.0.0.1", "[::1]"]) {
      const elsewhere = await servePages({})
      try {
        elsewhere.files.set("/", pageWith(`http://${name}:${bridge.port}`))
        const page = await context.newPage()
        const origin = `http://${host}:${new URL(elsewhere.origin).port}`
        await page.goto(`${origin}/`)
        await connected(page)
        const runtime = bridge.runtimes.find((one) => one.origin === origin)!
        expect(await frontEnd.evaluate("document.title", { runtime: runtime.id })).toMatchObject({
          outcome: "value",
          result: { value: "shop" },
        })
        await page.close()
      } finally {
        await elsewhere.close()
      }
    }
  },
)

test("[P49] a page that was opened by the address in the picture connects from elsewhere; without the key it does not", async () => {
  const body = '<!doctype html><title>demo</title><script async src="/client.js"></script>'
  await open({ host: "127.0.0.2", expose: true, demo: { "/demo": { type: "text/html", body } } })
  const url = `${bridge.exposedUrls[0]}/demo`
  const refused = new Promise<string>((seen) => bridge.on("refused", ({ reason }) => seen(reason)))
  const page = await context.newPage()
  await page.goto(url)
  expect(await refused).toContain("the runtime key is needed")
  await isUntouched()
  await page.goto(`${url}?key=${bridge.runtimeKey}`)
  await connected(page)
  const runtime = bridge.runtimes.find(({ origin }) => origin === bridge.exposedUrls[0])!
  expect(await frontEnd.evaluate("document.title", { runtime: runtime.id })).toMatchObject({
    outcome: "value",
    result: { value: "demo" },
  })
})
