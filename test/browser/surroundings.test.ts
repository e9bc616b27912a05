import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import type { Browser } from "playwright-core"
import { rolldown } from "rolldown"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { createPrepare } from "../../src/language/index.ts"
import { openBrowser } from "../support/browser.ts"

/** What inputs do in workers, and in pages with all sorts of policies: the evaluator alone, as a script of its own. */

const policies: Readonly<Record<string, string>> = {
  "/eval-only": "script-src 'self' 'unsafe-eval'",
  "/scripts-only": "script-src 'nonce-once'",
  "/nothing": "script-src 'self'",
  "/trusted-types": "require-trusted-types-for 'script'",
}

let browser: Browser
let server: Server
let origin: string

beforeAll(async () => {
  browser = await openBrowser()
  const script = await bundleEvaluator()
  server = createServer((request, response) => {
    const path = request.url!
    const policy = policies[path]
    if (policy !== undefined) response.setHeader("content-security-policy", policy)
    const isScript = path.endsWith("js")
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html")
    if (path === "/lib/module.mjs") response.end("export default 7")
    else response.end(isScript ? script : `<script nonce="once" src="/lib/evaluator.js"></script>`)
  })
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await browser.close()
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
})

/** A script that answers `evaluate(code, header)` with a text, in a page as a global, in a worker by messages. */
async function bundleEvaluator(): Promise<string> {
  const entry = "virtual:entry"
  const code = `
    import { createEvaluator } from "${new URL("../../src/client/evaluator.ts", import.meta.url).pathname}"
    const evaluator = createEvaluator()
    globalThis.evaluate = async (code, header) => {
      const { kind, value, error, result } = await evaluator.evaluate(code, header)
      return kind + " " + (kind === "value" ? JSON.stringify(value) : (error ?? result).name)
    }
    if (!globalThis.document) onmessage = async ({ data }) => postMessage(await evaluate(...data))`
  const bundle = await rolldown({
    input: entry,
    plugins: [
      { name: "entry", resolveId: (id) => (id === entry ? id : null), load: (id) => (id === entry ? code : null) },
    ],
  })
  const { output } = await bundle.generate({ format: "iife" })
  await bundle.close()
  return output[0].code
}

const prepare = createPrepare()

type Send = (code: string, header: object) => Promise<string>

async function answers(send: Send, inputs: readonly string[]): Promise<readonly string[]> {
  const all: string[] = []
  for (const input of inputs) {
    const preparation = prepare(input)
    if (preparation.kind === "refused") throw new Error(preparation.result.message)
    all.push(await send(preparation.code, preparation.header))
  }
  return all
}

const steps: Readonly<Record<string, string>> = {
  "let a = 1; const b = 2; function f() { return a }": "value undefined",
  "a + b + f()": "value 4",
  "b = 3": "thrown TypeError",
  "let c = nope": "thrown ReferenceError",
  c: "thrown ReferenceError",
  "let c = await 5; c": "value 5",
  "{ a: 1 }": 'value {"a":1}',
  "'use strict'; undeclared = 1": "thrown ReferenceError",
}

describe("workers", () => {
  test.each(["classic", "module"] as const)(
    "that are %s do what pages do, and import from where they are",
    async (type) => {
      const page = await browser.newPage()
      await page.goto(`${origin}/`)
      const worker = await page.evaluateHandle((kind) => new Worker("/lib/evaluator.js", { type: kind }), type)
      const send: Send = (code, header) =>
        worker.evaluate(
          (self, message) =>
            new Promise<string>((answered) => {
              self.onmessage = ({ data }) => answered(data)
              self.postMessage(message, {})
            }),
          [code, header] as const,
        )
      const expected = {
        ...steps,
        'import seven from "./module.mjs"; seven': "value 7",
        '(await import("./module.mjs")).default': "value 7",
      }
      expect(await answers(send, Object.keys(expected))).toEqual(Object.values(expected))
      await page.close()
    },
  )
})

describe("a page whose policy", () => {
  async function inPage(path: string, inputs: readonly string[]): Promise<readonly string[]> {
    const page = await browser.newPage()
    await page.goto(`${origin}${path}`)
    const answered = await answers(
      (code, header) =>
        page.evaluate((input) => (globalThis as any).evaluate(...input) as Promise<string>, [code, header] as const),
      inputs,
    )
    expect(await page.evaluate(() => document.querySelectorAll("script").length)).toBe(1)
    await page.close()
    return answered
  }

  const imports = 'const seven = (await import("./lib/module.mjs")).default; seven'

  test("allows all evaluates, and leaves no script behind", async () => {
    expect(await inPage("/", [...Object.keys(steps), imports])).toEqual([...Object.values(steps), "value 7"])
  })

  test.each(["/eval-only", "/scripts-only", "/trusted-types"])(
    "allows one way only evaluates that way: %s",
    async (path) => {
      expect(await inPage(path, [...Object.keys(steps), imports])).toEqual([...Object.values(steps), "value 7"])
    },
  )

  test("allows none refuses, and runs nothing", async () => {
    expect(await inPage("/nothing", ["1 + 1", "let a = 1"])).toEqual(["refused EvalError", "refused EvalError"])
  })
})
