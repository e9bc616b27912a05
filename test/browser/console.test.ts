import { fileURLToPath } from "node:url"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { rolldown } from "rolldown"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { openBrowser, servePages, type Pages } from "../support/browser.ts"

/** The console tap, completion and the command-line names in a real page, as they are shipped: bundled and minified. */

interface Line {
  readonly seq: number
  readonly level: string
  readonly kind?: string
  readonly dropped?: number
  readonly stack?: string
  readonly group?: number
  readonly args: readonly unknown[]
}

const entry = `
import { createConsoleTap } from "./console-tap.ts"
import { createCommandApi } from "./command-api.ts"
import { complete } from "./completion.ts"
import { capturePlatform } from "./platform.ts"
const { clock } = capturePlatform()
const { now } = Date
const { queueMicrotask, eval: evaluate } = globalThis
const sent = []
const copied = []
const describe = (value) => typeof value === "string" ? { type: "string", value } : { type: typeof value, description: Object.prototype.toString.call(value) }
const tap = createConsoleTap({
  scope: globalThis, ownUrl: document.currentScript.src, clock, time: () => now(), defer: (run) => queueMicrotask(run),
  describe, restorePositions: (stack) => stack, currentEval: () => undefined,
  send: (message) => { sent.push(message); return true }, bufferedAmount: () => 0,
})
const commands = createCommandApi({ scope: globalThis, copy: (id, text) => { copied.push([id, text]); return true } })
globalThis.probe = {
  tap, copied, commands,
  lines: () => sent.map((message) => { const [head, body] = message.split("\\n"); return { ...JSON.parse(head), args: JSON.parse(body ?? "[]").map(({ value, description }) => value ?? description) } }),
  complete: (chain, prefix) => complete(chain, prefix, { declared: ["mine"], read: (expression) => evaluate(expression) }),
  run(code) { const hide = commands.expose(code, "e1"); try { const value = evaluate(code); commands.remember({ kind: "value", value }); return value } finally { hide() } },
}
tap.start()
tap.resume()
`

let browser: Browser
let context: BrowserContext
let pages: Pages

beforeAll(async () => {
  const folder = fileURLToPath(new URL("../../src/client/", import.meta.url))
  const bundle = await rolldown({
    input: "entry",
    platform: "browser",
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === "entry" ? `${folder}entry.js` : null),
        load: (id) => (id === `${folder}entry.js` ? entry : null),
      },
    ],
  })
  const { output } = await bundle.generate({ format: "iife", minify: true })
  await bundle.close()
  pages = await servePages({ "/client.js": output[0].code, "/favicon.ico": "" })
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await pages?.close()
})

beforeEach(async () => {
  context = await browser.newContext()
})
afterEach(() => context.close())

async function openPage({ head = "", script = "" } = {}): Promise<Page> {
  pages.files.set("/app.js", script)
  pages.files.set(
    "/",
    `<!doctype html><title>shop</title>${head}<script src="/client.js"></script><body><script src="/app.js"></script></body>`,
  )
  const page = await context.newPage()
  await page.goto(pages.origin)
  return page
}

/** What was told so far, up to a line that the page says now. */
async function linesOf(page: Page): Promise<Line[]> {
  const lines = await page.evaluate(async () => {
    const { probe } = globalThis as any
    console.info("that is all")
    while (!probe.lines().some(({ args }: Line) => args[0] === "that is all")) {
      await new Promise((next) => setTimeout(next, 10))
    }
    return probe.lines() as Line[]
  })
  return lines.filter(({ args }) => args[0] !== "that is all")
}

describe("the console", () => {
  test("of a page prints what it printed, and tells each line with its level, kind and arguments", async () => {
    const page = await openPage()
    const printed: string[] = []
    page.on("console", (message) => printed.push(`${message.type()} ${message.text()}`))
    await page.evaluate(() => {
      console.log("%s is %d", "one", 1)
      console.group("g")
      console.warn({ a: 1 })
      console.groupEnd()
      console.count("c")
      console.assert(false, "no")
      console.table([1])
      console.timeEnd("never started")
    })
    const lines = await linesOf(page)
    expect(lines.map(({ seq, level, kind, group, args }) => [seq, level, kind, group, ...args])).toEqual([
      [1, "log", undefined, undefined, "%s is %d", "one", "[object Number]"],
      [2, "log", "group", undefined, "g"],
      [3, "warn", undefined, 1, "[object Object]"],
      [4, "log", "count", undefined, "c", "[object Number]"],
      [5, "error", "assert", undefined, "no"],
      [6, "log", "table", undefined, "[object Array]"],
      [7, "log", "timeEnd", undefined, "never started", "[object Undefined]"],
    ])
    expect(printed.slice(0, 3)).toEqual(["log %s is %d one 1", "startGroup g", "warning {a: 1}"])
    expect(printed.filter((line) => line.includes("one"))).toHaveLength(1)
  })

  test("tells the place of the page's own call, first of all frames", async () => {
    const script = 'function shout() {\n  console.log("a")\n  console.error("b")\n}\nshout()\n;[1].forEach(console.log)'
    const page = await openPage({ script })
    const [log, error, callback] = await linesOf(page)
    expect(log?.stack).toBe(`    at shout (${pages.origin}/app.js:2:11)`)
    expect(error?.stack?.split("\n")).toEqual([
      `    at shout (${pages.origin}/app.js:3:11)`,
      `    at ${pages.origin}/app.js:5:1`,
    ])
    expect(callback?.stack).toBe(`    at ${pages.origin}/app.js:6:6`)
  })

  test("is put back to the browser's own functions", async () => {
    const page = await openPage()
    const [tapped, after] = await page.evaluate(() => {
      const look = (): string[] =>
        Object.entries(console).map(([name, { name: own, length }]) => `${name} ${own} ${length}`)
      const before = look()
      ;(globalThis as any).probe.tap.stop()
      return [
        before,
        look(),
        Object.values(console)
          .filter((method) => typeof method === "function")
          .every((method) => /^function \w+\(\) \{ \[native code\] \}$/.test(String(method))),
      ]
    })
    expect(after).toEqual(tapped)
    expect(await page.evaluate(() => String(console.log))).toBe("function log() { [native code] }")
  })

  test("[I01] may say 50,000 lines in a loop: delivered and dropped are all, and the page is not held up", async () => {
    // The browser's own function is slow while a test listens to it.
    const page = await openPage({ head: "<script>console.log = () => {}</script>" })
    const spentMs = await page.evaluate(() => {
      const start = performance.now()
      for (let nth = 0; nth < 50_000; nth++) console.log(nth)
      return performance.now() - start
    })
    console.info(`50,000 lines cost ${Math.round(spentMs)} ms`)
    const told = await page.waitForFunction(() => {
      const lines: readonly Line[] = (globalThis as any).probe.lines()
      const delivered = lines.filter(({ kind }) => kind !== "dropped").length
      const dropped = lines.reduce((sum, line) => sum + (line.dropped ?? 0), 0)
      return delivered + dropped >= 50_000 && [delivered, delivered + dropped]
    })
    const [delivered, all] = (await told.jsonValue()) as [number, number]
    expect(all).toBe(50_000)
    expect(delivered).toBeGreaterThanOrEqual(1000)
    // Each call does next to nothing, and what is dropped still less.
    expect(spentMs).toBeLessThan(20_000)
  })

  test("goes on where the page has patched it, the socket and the intrinsics, before us and after", async () => {
    const page = await openPage({
      head: `<script>
        const { log } = console
        console.log = (...args) => log("before", ...args)
      </script>`,
      script: `
        const wrapped = console.log
        console.log = (...args) => wrapped("after", ...args)
        JSON.stringify = () => "patched"
        Promise = setTimeout = queueMicrotask = Proxy = Error = undefined
        console.log(1)
      `,
    })
    const printed: string[] = []
    page.on("console", (message) => printed.push(message.text()))
    await page.evaluate(() => console.log(2))
    await expect
      .poll(() => page.evaluate("probe.lines().map(({ args }) => args)"))
      .toEqual([
        ["after", "[object Number]"],
        ["after", "[object Number]"],
      ])
    expect(printed).toEqual(["before after 2"])
  })
})

describe("what a page complains of", () => {
  test("are uncaught exceptions, rejections and breaches of its policy, not what we try ourselves", async () => {
    const page = await openPage({
      head: `<meta http-equiv="Content-Security-Policy" content="script-src 'self' 'unsafe-inline'; img-src 'none'">`,
      script: `
        new Image().src = "http://127.0.0.1:1/missing.png"
        Promise.reject(0)
        try { eval("1") } catch {}
        setTimeout(() => { throw null })
        dispatchEvent(new ErrorEvent("error", { message: "made up" }))
        null.x`,
    })
    await page.waitForFunction(() => (globalThis as any).probe.lines().length === 5)
    await page.evaluate("probe.complete(['mine'], '')")
    const lines = await linesOf(page)
    const at = (line: number, column: number): string => `    at ${pages.origin}/app.js:${line}:${column}`
    expect(lines.map(({ kind, stack, args }) => [kind, stack, ...args])).toEqual(
      expect.arrayContaining([
        ["exception", at(7, 14), "[object Error]"],
        ["exception", at(5, 28), "Uncaught null"],
        ["rejection", undefined, "[object Number]"],
        ["violation", undefined, "Content-Security-Policy (enforce): img-src http://127.0.0.1:1/missing.png"],
        ["violation", at(4, 15), "Content-Security-Policy (enforce): script-src eval"],
      ]),
    )
    expect(lines).toHaveLength(5)
  })
})

describe("completion", () => {
  const names = (page: Page, chain: readonly string[], prefix = ""): Promise<string[]> =>
    page.evaluate(([of, start]) => (globalThis as any).probe.complete(of, start).names, [chain, prefix] as const)

  test("knows the page's objects, its declarations and what the browser computes", async () => {
    const page = await openPage({
      script: `const cart = { total: 1, items: [] }; var basket = 1; let status = { mine: 1 }
        document.body.innerHTML = "<div id=box></div>"`,
    })
    expect(await names(page, ["cart"])).toEqual(expect.arrayContaining(["total", "items", "hasOwnProperty"]))
    expect(await names(page, ["cart", "items"], "fla")).toEqual(["flat", "flatMap"])
    expect(await names(page, [], "bask")).toEqual(["basket"])
    expect(await names(page, [], "mi")).toEqual(["mine"])
    expect(await names(page, ["document", "body"], "appendC")).toEqual(["appendChild"])
    expect(await names(page, ["document", "body", "style"], "backgroundColo")).toEqual(["backgroundColor"])
    expect(await names(page, ["box"], "innerHT")).toEqual(["innerHTML"])
    expect(await names(page, ["status"], "mi")).toEqual(["mine"])
    expect(await names(page, ["localStorage"], "getI")).toEqual(["getItem"])
    expect(await names(page, ["document", "all"], "item")).toEqual(["item"])
    expect(await names(page, ["this"], "documen")).toContain("document")
    expect((await names(page, ["window"])).length).toBe(200)
  })

  test("runs no getter of the page, and is quick on what is large", async () => {
    const page = await openPage({
      script: `
        globalThis.runs = 0
        globalThis.trap = { get a() { runs++; return document }, list: new Uint8Array(1e7), many: {} }
        for (let nth = 0; nth < 1e5; nth++) trap.many["key" + nth] = nth
        Object.defineProperty(globalThis, "getter", { get() { runs++; return document } })`,
    })
    expect(await names(page, ["trap", "a"])).toEqual([])
    expect(await names(page, ["getter"])).toEqual([])
    expect(await names(page, ["trap", "list"], "byteO")).toEqual(["byteOffset"])
    expect(await page.evaluate("runs")).toBe(0)
    const spentMs = await page.evaluate(() => {
      const start = performance.now()
      ;(globalThis as any).probe.complete(["trap", "many"], "none")
      ;(globalThis as any).probe.complete(["trap", "list"], "none")
      ;(globalThis as any).probe.complete([], "none")
      return performance.now() - start
    })
    console.info(`completion in 100,000 keys, 10 MB and all of the scope: ${Math.round(spentMs)} ms`)
  })
})

describe("[P43] completion in strings", () => {
  const names = (page: Page, kind: string, prefix = ""): Promise<string[]> =>
    page.evaluate(([of, start]) => (globalThis as any).probe.complete([of], start).names, [kind, prefix] as const)

  test("knows the ids and the classes of the document, each once", async () => {
    const page = await openPage({
      script: `document.body.innerHTML = '<p id=cart class="wide open"></p><form id=buy class=wide><input name=id></form>'`,
    })
    expect(await names(page, "#")).toEqual(["cart"])
    expect(await names(page, ".")).toEqual(["wide", "open"])
    expect(await names(page, ".", "o")).toEqual(["open"])
  })

  test("knows what can be imported: the names of the import map, and scripts that were loaded", async () => {
    const head = `<script type=importmap>{"imports":{"vue":"/vue.js","lib/":"/lib/"}}</script>`
    const page = await openPage({ head })
    expect(await names(page, "import")).toEqual(["vue", "lib/", "/client.js", "/app.js"])
    expect(await names(page, "import", "/a")).toEqual(["/app.js"])
  })

  test("runs nothing of the page, whatever that makes of the tools for it", async () => {
    const page = await openPage({
      script: `document.body.innerHTML = "<p id=cart></p>"; globalThis.runs = 0
        document.querySelectorAll = Document.prototype.querySelectorAll = Array.from = () => runs++`,
    })
    expect(await names(page, "#")).toEqual(["cart"])
    expect(await page.evaluate("runs")).toBe(0)
  })
})

describe("the command-line names", () => {
  const run = (page: Page, code: string): Promise<unknown> =>
    page.evaluate((input) => (globalThis as any).probe.run(input), code)

  test("find elements, and are gone when the input has ended", async () => {
    const page = await openPage({ script: 'document.body.innerHTML = "<p id=a>x</p><p>y</p>"' })
    expect(await run(page, "$('p').id")).toBe("a")
    expect(await run(page, "[...$$('p')].map((p) => p.textContent)")).toEqual(["x", "y"])
    expect(await run(page, "$$('p', $('body')).length")).toBe(2)
    expect(await run(page, "[$x('count(//p)'), $x('string(//p)'), $x('//p').length, $x('1=1')]")).toEqual([
      2,
      "x",
      2,
      true,
    ])
    expect(await run(page, "40 + 2")).toBe(42)
    expect(await run(page, "_ + $_")).toBe(84)
    await run(page, "copy($('#a'))")
    expect(await page.evaluate("probe.copied")).toEqual([["e1", '<p id="a">x</p>']])
    expect(await page.evaluate("['$', '$$', '$x', '_', 'copy'].filter((name) => name in globalThis)")).toEqual([])
  })

  test("leave the page's own of that name alone", async () => {
    const page = await openPage({ script: "const $ = () => 'lexical'; var copy = () => 'property'" })
    expect(await run(page, "[$('p'), copy()]")).toEqual(["lexical", "property"])
    expect(await page.evaluate("copy()")).toBe("property")
  })

  test("`pick` gives the element that is clicked, which hears nothing of it; `$0` is it from then on", async () => {
    const page = await openPage({
      script: `document.body.innerHTML = "<button id=buy style='width:99px;height:99px'>Buy</button>"
        globalThis.clicks = 0; buy.onclick = buy.onpointerdown = () => clicks++`,
    })
    await page.evaluate("void (globalThis.picking = probe.run('pick()').then((element) => element?.id))")
    await page.mouse.move(20, 20)
    expect(await page.evaluate("getComputedStyle(buy).outlineColor")).toBe("rgb(255, 0, 255)")
    await page.mouse.click(30, 30)
    expect(await page.evaluate("picking")).toBe("buy")
    expect(await page.evaluate("[clicks, buy.getAttribute('style'), buy.getAnimations().length]")).toEqual([
      0,
      "width:99px;height:99px",
      0,
    ])
    expect(await run(page, "$0.id")).toBe("buy")
    await page.mouse.click(30, 30)
    expect(await page.evaluate("clicks")).toBe(2)

    await page.evaluate("void (globalThis.picking = probe.run('pick()').then((element) => element?.id))")
    await page.keyboard.press("Escape")
    expect(await page.evaluate("picking")).toBe(undefined)
    expect(await run(page, "$0.id")).toBe("buy")
  })

  test("`monitorEvents` understands DevTools' groups", async () => {
    const page = await openPage()
    await run(page, "monitorEvents(document.body, 'mouse')")
    await page.evaluate(
      "document.body.dispatchEvent(new MouseEvent('dblclick')); document.body.dispatchEvent(new KeyboardEvent('keyup'))",
    )
    await run(page, "unmonitorEvents(document.body)")
    await page.evaluate("document.body.dispatchEvent(new MouseEvent('click'))")
    expect((await linesOf(page)).map(({ args }) => args[0])).toEqual(["dblclick"])
  })
})
