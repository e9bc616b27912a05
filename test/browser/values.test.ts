import { readFile } from "node:fs/promises"
import type { Browser, Page } from "playwright-core"
import { rolldown } from "rolldown"
import { afterAll, beforeAll, expect, test } from "vitest"
import { formatValue } from "../../src/frontend/terminal/format.ts"
import { plainStyle } from "../../src/frontend/terminal/style.ts"
import { previewLimits, type RemoteObject } from "../../src/protocol/index.ts"
import { openBrowser, servePages, type Pages } from "../support/browser.ts"
import { readSamples, withoutFrames } from "../support/samples.ts"

/** Values as a real page describes them and a terminal shows them. */

let browser: Browser
let pages: Pages
let page: Page

beforeAll(async () => {
  browser = await openBrowser()
  pages = await servePages({
    "/": await readFile(new URL("../fixtures/values.html", import.meta.url), "utf8"),
    "/inner.html": "<!doctype html><p>inner</p>",
    "/describe.js": await bundle("src/client/describe.ts", "describing"),
  })
  page = await browser.newPage()
  await page.goto(`${pages.origin}/`)
  await page.addScriptTag({ url: `${pages.origin}/describe.js` })
})
afterAll(async () => {
  await browser.close()
  await pages.close()
})

async function bundle(input: string, name: string): Promise<string> {
  const build = await rolldown({ input, platform: "browser" })
  const { output } = await build.generate({ format: "iife", name, minify: true })
  await build.close()
  return output[0].code
}

interface Described {
  readonly value: RemoteObject
  readonly length: number
  readonly ms: number
}

/** Describes the value of an expression, which may await, in the page. */
async function describe(code: string): Promise<Described> {
  const { json, ms } = await page.evaluate<{ json: string; ms: number }>(`(async () => {
    const [value] = [${code}]
    const start = performance.now()
    const json = JSON.stringify(describing.describe(value))
    return { json, ms: performance.now() - start }
  })()`)
  return { value: JSON.parse(json), length: json.length, ms }
}

async function show(code: string): Promise<string> {
  const { value } = await describe(code)
  return withoutFrames(formatValue(value, plainStyle, 80)).replaceAll(pages.origin, "http://ORIGIN")
}

test.each(readSamples("values-in-pages"))("in a page $code", async ({ code, shown }) => {
  expect(await show(code)).toBe(shown)
})

test("what is shown in every realm is shown in a page too", async () => {
  for (const { code, shown } of readSamples("values")) expect(`${code}\n${await show(code)}`).toBe(`${code}\n${shown}`)
})

test("a window shows what scripts put there, and where it is", async () => {
  expect(await show("Object.assign(window, { appState: { user: 1 }, boot() {} })")).toMatch(
    /^Window \[http:\/\/ORIGIN\/\] \{\n {2}'0': Window \[another origin\] \{\},\n {2}'1': Window \[[^]*\bappState: \{ user: 1 \},\n {2}boot: \[Function: boot\]/,
  )
})

test("an event shows what the platform tells of it, one inside another how much that is", async () => {
  const code = `await new Promise((resolve) => {
    document.querySelector("#top").addEventListener("click", resolve, { once: true })
    document.querySelector("#top").click()
  })`
  const event = await show(code)
  expect(event).toMatch(/^PointerEvent \{\n {2}isTrusted: false,\n/)
  expect(event).toContain("  type: 'click',\n  target: <h1#top.a.b>,\n")
  expect(event).toContain("  view: Window [http://ORIGIN/] {")
  expect(await show("{ event: new Event('ping') }")).toMatch(/^\{ event: Event \{ isTrusted: false, … \d+ more \} \}$/)
})

test("`document.all` is an object, although its type says otherwise", async () => {
  const { value } = await describe("document.all")
  expect(value).toMatchObject({ type: "object", subtype: "array", className: "HTMLAllCollection" })
  expect(await show("document.all")).toMatch(/^HTMLAllCollection\(\d+\) \[\n {2}<html>, /)
})

test("what the platform throws keeps its name, message and stack", async () => {
  const thrown = await page.evaluate(() => {
    try {
      document.querySelector("[")
      return ""
    } catch (error) {
      return JSON.stringify((globalThis as any).describing.describeThrown(error))
    }
  })
  expect(JSON.parse(thrown)).toMatchObject({
    exception: { subtype: "error", className: "DOMException" },
    name: "SyntaxError",
    message: expect.stringContaining("not a valid selector"),
    stack: expect.stringMatching(/^SyntaxError: .*\n +at /),
  })
})

const fiber = `(() => {
  class FiberNode {
    constructor(parent, depth) {
      Object.assign(this, { tag: 5, key: null, type: "div", return: parent, stateNode: document.createElement("div") })
      Object.assign(this, { memoizedProps: { children: Array(20).fill("text ".repeat(50)), onClick: () => {} }, updateQueue: null })
      this.alternate = Object.assign(Object.create(FiberNode.prototype), this, { alternate: this })
      if (depth > 0) this.child = new FiberNode(this, depth - 1)
      if (depth > 0) this.sibling = new FiberNode(parent, depth - 1)
    }
  }
  return new FiberNode(null, 8)
})()`
const everything = `new Proxy(function () {}, {
  ownKeys: () => Array.from({ length: 10_000 }, (_, i) => "key " + i),
  getOwnPropertyDescriptor: () => ({ value: new Proxy(window, {}), enumerable: true, configurable: true }),
  getPrototypeOf: () => window,
})`

test.each([
  ["document.body", "document.body"],
  [
    "a body of 10,000 elements",
    "new DOMParser().parseFromString('<p class=a>text<b>bold</b></p>'.repeat(10_000), 'text/html').body",
  ],
  ["window", "window"],
  ["a 10 MB array", "new Array(1_250_000).fill(1.5)"],
  ["a 10 MB array of objects", "Array.from({ length: 200_000 }, (_, id) => ({ id, name: 'name ' + id }))"],
  ["10 MB of bytes", "new Uint8Array(10_000_000)"],
  ["a 10 MB text", "'x'.repeat(10_000_000)"],
  ["a React fiber", fiber],
  ["a proxy over everything", everything],
  ["navigator", "navigator"],
  ["computed styles", "getComputedStyle(document.body)"],
])("%s takes less than 10 kB", async (what, code) => {
  const times: number[] = []
  for (let round = 0; round < 5; round++) {
    const { ms, length } = await describe(code)
    times.push(ms)
    expect(length).toBeLessThanOrEqual(previewLimits.length)
  }
  // Time depends on who else is busy: it is told, not judged.
  process.stdout.write(`${what}: ${times.sort((a, b) => a - b)[2]!.toFixed(1)} ms\n`)
})

test("a page full of traps runs none of them", async () => {
  const called = await page.evaluate(() => {
    const ran = new Set<string>()
    const trap = (what: string) => (): never => {
      ran.add(what)
      throw new Error(what)
    }
    const names = [
      "toString",
      "toJSON",
      "valueOf",
      "then",
      "inspect",
      "nodeType",
      "nodeName",
      "id",
      "className",
      "size",
    ]
    const symbols = [Symbol.iterator, Symbol.toPrimitive, Symbol.toStringTag, Symbol.species]
    const mine = <T extends object>(object: T): T => {
      for (const name of [...names, ...symbols]) {
        const get = trap(`get ${String(name)} of ${object.constructor?.name}`)
        Object.defineProperty(object, name, { get, configurable: true, enumerable: true })
      }
      return object
    }
    const call = trap("a function")
    class Trapped extends HTMLElement {
      override get id() {
        return trap("id of an element")()
      }
      override get childNodes() {
        return trap("children of an element")()
      }
      attributeChangedCallback = call
      connectedCallback = call
    }
    customElements.define("x-trapped", Trapped)
    const traps = {
      ...{ get: trap("get"), set: trap("set"), has: trap("has"), apply: trap("apply"), construct: trap("construct") },
      ...{ defineProperty: trap("defineProperty"), deleteProperty: trap("deleteProperty") },
      ...{
        isExtensible: trap("isExtensible"),
        preventExtensions: trap("preventExtensions"),
        setPrototypeOf: trap("setPrototypeOf"),
      },
    }
    const values: unknown[] = [
      ...[
        mine({}),
        mine([1]),
        mine(new Map([[1, 2]])),
        mine(new Set([1])),
        mine(new Date()),
        mine(/x/),
        mine(new Error("x")),
      ],
      ...[
        mine(document.createElement("div")),
        new Trapped(),
        mine(new Event("x")),
        mine(new URL("http://a/")),
        mine(call),
      ],
      ...[
        mine(Promise.resolve()),
        mine(new Uint8Array(1)),
        mine(
          class A {
            a = 1
          },
        ),
        mine(document.querySelectorAll("li")),
      ],
      ...[{}, [], call, new Map(), document.body, window].map((target) => new Proxy(target, traps)),
    ]
    const { describing } = globalThis as any
    for (const value of values) {
      JSON.stringify(describing.describe(value))
      JSON.stringify(describing.describe({ value, list: [value] }))
      JSON.stringify(describing.describeThrown(value))
    }
    return [...ran]
  })
  expect(called).toEqual([])
})
