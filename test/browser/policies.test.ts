import { createHash } from "node:crypto"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { bundleClient } from "../../scripts/client.mjs"
import { connectFrontEnd, type Evaluation, type FrontEnd } from "../../src/frontend/index.ts"
import { startBridge, type Bridge } from "../../src/server/index.ts"
import { openBrowser } from "../support/browser.ts"

/** What is typed, through front end and bridge, in pages with each kind of Content-Security-Policy [P44, P45]. */

interface Row {
  /** With BRIDGE for the bridge's origin. */
  readonly policy: string
  /** @defaultValue a script tag with the nonce `once` */
  readonly body?: string
  /** Errors in the page's own console. Chromium makes a remark there when `default-src` forbids `eval`. */
  readonly noise: number
  /** Inputs are modules: strict, each with a scope of its own. */
  readonly strict?: true
}

const loader = (extra = ""): string =>
  `const s = document.createElement("script"); s.src = "BRIDGE/client.js"; ${extra}document.head.append(s)`
const trusted = "require-trusted-types-for 'script'"
/** Built into the page's own script: nothing of the bridge is in the policy but its socket. */
const bundled = `<script src="/client.js" data-manual></script><script src="/start.js"></script>`

const plain = `<script src="BRIDGE/client.js"></script>`

const rows: Readonly<Record<string, Row>> = {
  "no policy": { policy: "", noise: 0 },
  // Whether scripts may be inline is known only once one was tried.
  "'unsafe-eval'": { policy: "script-src 'self' BRIDGE 'unsafe-eval'", noise: 1 },
  "'unsafe-inline'": { policy: "script-src 'self' BRIDGE 'unsafe-inline'", noise: 0 },
  "a nonce": { policy: "script-src 'nonce-once'", noise: 0 },
  "a nonce and 'strict-dynamic'": {
    policy: "script-src 'nonce-once' 'strict-dynamic'",
    body: `<script nonce="once">${loader()}</script>`,
    noise: 0,
  },
  "a hash and 'strict-dynamic'": {
    policy: "script-src HASH 'strict-dynamic'",
    body: `<script>${loader()}</script>`,
    noise: 0,
  },
  "the bridge listed": { policy: "script-src 'self' BRIDGE", body: plain, noise: 0 },
  "the bridge listed by default-src": { policy: "default-src 'self' BRIDGE SOCKET", body: plain, noise: 1 },
  "Trusted Types": { policy: trusted, noise: 0 },
  "Trusted Types and our policy listed": { policy: `${trusted}; trusted-types app repl-bridge`, noise: 0 },
  "Trusted Types and the bridge listed": { policy: `${trusted}; script-src 'self' BRIDGE`, body: plain, noise: 0 },
  "Trusted Types and a nonce": { policy: `${trusted}; script-src 'nonce-once'`, noise: 0 },
  "Trusted Types and our policy not listed": {
    policy: `${trusted}; trusted-types app`,
    body: plain,
    noise: 3,
    strict: true,
  },
}

let browser: Browser
let bridge: Bridge
let frontEnd: FrontEnd
let server: Server
let origin: string
let served: { readonly policy: string; readonly body: string }

beforeAll(async () => {
  browser = await openBrowser()
  const clientScript = await bundleClient()
  bridge = await startBridge({ port: 0, clientScript })
  frontEnd = await connectFrontEnd({ bridge })
  server = createServer((request, response) => {
    const files: Readonly<Record<string, string>> = {
      "/lib.mjs": "export default 7",
      "/client.js": clientScript,
      "/start.js": `replBridge.connect({ url: "${bridge.url}" })`,
    }
    const script = files[request.url!]
    response.setHeader("content-type", script === undefined ? "text/html" : "text/javascript")
    if (script !== undefined) return void response.end(script)
    response.setHeader("content-security-policy", served.policy)
    response.end(`<!doctype html><title>shop</title><body>${served.body}`)
  })
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await frontEnd.close()
  await bridge.stop()
  await browser.close()
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
})

interface Loaded {
  readonly page: Page
  /** What is red in its console. */
  readonly red: readonly string[]
  type(code: string): Promise<Evaluation>
}

async function load({
  policy,
  body = `<script nonce="once" src="BRIDGE/client.js"></script>`,
}: Pick<Row, "policy" | "body">): Promise<Loaded> {
  const put = (text: string): string =>
    text.replaceAll("BRIDGE", bridge.url).replaceAll("SOCKET", bridge.url.replace("http", "ws"))
  const inline = /<script>(.*?)<\/script>/.exec(put(body))?.[1] ?? ""
  const hash = createHash("sha256").update(inline).digest("base64")
  served = { policy: put(policy).replace("HASH", `'sha256-${hash}'`), body: put(body) }
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  const red: string[] = []
  page.on("console", (message) => {
    if (message.type() === "error") red.push(message.text())
  })
  const ready = new Promise<string>((found) => {
    const known = new Set(frontEnd.runtimes.map(({ id }) => id))
    const forget = frontEnd.on("runtime", ({ id, state }) => {
      if (state !== "ready" || known.has(id)) return
      forget()
      found(id)
    })
  })
  await page.goto(origin)
  const runtime = await ready
  return { page, red, type: (code) => frontEnd.evaluate(code, { runtime, timeoutMs: 20_000 }) }
}

/** In a few words. */
function told({ outcome, result }: Evaluation): unknown {
  if (outcome === "value") return result.value
  return outcome === "thrown" ? `thrown ${result.name}` : `${outcome} ${"name" in result ? result.name : result.reason}`
}

describe.each(Object.entries(rows))("with %s", (_, row) => {
  test("inputs do what they do in a console", async () => {
    const { type, red, page } = await load(row)
    const steps: readonly (readonly [string, unknown])[] = [
      ["1 + 1", 2],
      ["const kept = 20; let held = 1; var open = 3; function sum() { return kept + held + open }", undefined],
      ["held = 2; sum()", 25],
      ["open = 4; sum()", 26],
      ["kept = 1", "thrown TypeError"],
      ["const kept = 30; kept + held", 32],
      ["let held = 5; var open; held + open", 9],
      ["function sum() { return open }; sum()", 4],
      ["await Promise.resolve(7)", 7],
      ["let later = await 8; later", 8],
      [`import lib from "./lib.mjs"; lib`, 7],
      [`(await import("/lib.mjs")).default`, 7],
      ["let broken = nope", "thrown ReferenceError"],
      ["broken", "thrown ReferenceError"],
      ["let broken = 1; broken", 1],
      ["this === window", true],
      ["if (", "refused SyntaxError"],
      ...(row.strict ? [] : ([["with ({ a: 1 }) a", 1]] as const)),
    ]
    const answers: (readonly [string, unknown])[] = []
    for (const [code] of steps) answers.push([code, told(await type(code))])
    expect(answers).toEqual(steps)
    expect(await page.evaluate("document.scripts.length")).toBeLessThanOrEqual(2)
    expect(red).toHaveLength(row.noise)
  })

  test("what is thrown tells where in the input", async () => {
    const { type } = await load(row)
    for (const code of ["\n  null.x", "let y = 1\n  ;null.x"]) {
      const { result } = await type(code)
      expect("stack" in result && result.stack).toMatch(/repl:2:\d+/)
    }
    const { result } = await type("1;\n\nfunction f() {\n  null.x }\nf()")
    expect("stack" in result && result.stack).toMatch(/at f \(repl:4:\d+\)\n.*repl:5:1/s)
  })
})

test.each(["no policy", "a nonce", "the bridge listed"])(
  "with %s a declaration that clashes is refused, and nobody else hears of it",
  async (name) => {
    const { type, page, red } = await load(rows[name]!)
    const lines: unknown[] = []
    const said = new Promise<void>((heard) => {
      onTestFinished(
        frontEnd.on("console", ({ args }) => {
          lines.push(args)
          if ((args[0] as { readonly value?: unknown }).value === "after") heard()
        }),
      )
    })
    await page.evaluate("globalThis.heard = 0; void addEventListener('error', () => heard++, true)")
    expect(told(await type("let window = 1"))).toBe("refused SyntaxError")
    expect(told(await type("console.log('after'); heard"))).toBe(0)
    await said
    expect(lines).toHaveLength(1)
    expect(red).toEqual([])
  },
)

test("inputs that are sent at once run in the order in which they came", async () => {
  const { type } = await load({ policy: "script-src 'self' BRIDGE" })
  const answers = ["const a = 1", "const b = a + 1", "a + b"].map((code) => type(code))
  expect((await Promise.all(answers)).map(told)).toEqual([undefined, undefined, 3])
})

describe("a script that the bridge serves", () => {
  /** The first `count` of them do not arrive. */
  async function losing(count: number): Promise<Loaded & { readonly asked: () => number }> {
    const loaded = await load({ policy: "script-src 'self' BRIDGE", body: plain })
    let asked = 0
    await loaded.page.route(/\/chunk\//, (route) => (asked++ < count ? route.abort() : route.continue()))
    return { ...loaded, asked: () => asked }
  }

  test("is asked for again where it was lost on its way, and runs once", async () => {
    const { type, asked } = await losing(1)
    expect(told(await type("globalThis.runs = (globalThis.runs ?? 0) + 1"))).toBe(1)
    expect(asked()).toBe(2)
  })

  test("that never comes ends in a refusal, and the next one runs", async () => {
    const { type } = await losing(2)
    const { outcome, result } = await type("globalThis.ran = 1")
    expect([outcome, "message" in result && result.message]).toEqual([
      "refused",
      expect.stringMatching(/\/chunk\/.* does not load$/),
    ])
    expect(told(await type("globalThis.ran"))).toBeUndefined()
    expect(told(await type("1 + 1"))).toBe(2)
  })
})

describe("where nothing may run, the refusal says what to add to the policy", () => {
  test.each([
    ["script-src 'self'", "script-src", 2],
    ["default-src 'self'; connect-src BRIDGE SOCKET", "default-src", 3],
    [`script-src 'self'; ${trusted}; trusted-types none`, "script-src", 4],
  ])("%s", async (policy, directive, noise) => {
    const { type, red, page } = await load({ policy, body: bundled })
    for (let times = 0; times < 2; times++) {
      const { outcome, result } = await type("globalThis.ran = 1")
      expect([outcome, "message" in result && result.message]).toEqual([
        "refused",
        expect.stringMatching(
          new RegExp(
            `script-src-elem blocks ${bridge.url}/chunk/.*; in development add ${bridge.url} to ${directive}$`,
          ),
        ),
      ])
    }
    // What the console has said is here before what is said later.
    await page.evaluate("0")
    // Each way was tried once, not with each input.
    expect(red).toHaveLength(noise)
  })
})
