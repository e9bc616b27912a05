import { createServer, request } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, expect, test } from "vitest"
import { startBridge, startProxy, startSite, type Bridge, type Site } from "../../src/server/index.ts"
import type { Attack } from "../support/attacks/attack.ts"
import { frameAttacks } from "../support/attacks/frames.ts"
import { requestAttacks } from "../support/attacks/requests.ts"
import { makeSiteFolder, proxyAttacks, servesPage, siteAttacks, siteTag } from "../support/attacks/site.ts"
import { FakeRuntime } from "../support/fake-runtime.ts"
import { startNaiveBridge } from "../support/naive-bridge.ts"

/** Attempts from outside, each with the verdict of a bridge that holds, and after each the sign that it still serves. */
const attacks: readonly Attack[] = [...requestAttacks, ...frameAttacks]
const all: readonly Attack[] = [...attacks, ...siteAttacks, ...proxyAttacks]

let bridge: Bridge
let shop: FakeRuntime
let files: Awaited<ReturnType<typeof makeSiteFolder>>
let site: Site
let proxy: Site

beforeAll(async () => {
  bridge = await startBridge({ port: 0, clientScript: "client()", helloMs: 1000, demo })
  shop = await new FakeRuntime({ origin: "http://localhost:8080" }).connect(bridge.port)
  files = await makeSiteFolder()
  site = await startSite({ folder: files.folder, port: 0, tag: siteTag })
  await new Promise<void>((listening) => upstream.listen(0, "127.0.0.1", listening))
  const address = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
  const own = { bridgePort: bridge.port, tag: () => siteTag, log: () => undefined }
  proxy = await startProxy({ upstream: address, port: 0, ...own })
})
afterAll(async () => {
  shop.talk.socket.terminate()
  await Promise.all([bridge.stop(), site.stop(), proxy.stop()])
  upstream.closeAllConnections()
  await new Promise((closed) => upstream.close(closed))
  await files.remove()
})

/** What stands behind the proxy: it asks nobody anything. */
const upstream = createServer((_, response) => response.setHeader("Content-Type", "text/html").end("<head></head>"))
upstream.on("upgrade", (_, wire) =>
  wire.end("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
)

const demo = { "/demo": { type: "text/html", body: "<h1>demo</h1>" } }

/** Whether a front end can still evaluate, in the page that was there before. */
function evaluates(code: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port, token } = bridge
    const headers = { authorization: `Bearer ${token}` }
    const asking = request({ port, path: `/eval?runtime=${shop.id}`, method: "POST", headers }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
      response.on("end", () => resolve((JSON.parse(text) as { result: { value: string } }).result.value))
    })
    asking.on("error", reject)
    asking.end(code)
  })
}

test.each(attacks.map((attack) => [attack.id, attack.what, attack] as const))("[%s] %s", async (id, _, attack) => {
  const before = shop.ran.length
  expect(await attack.attempt({ ...bridge, patienceMs: 30_000 })).toBe(attack.verdict)
  // Nothing of it reached the page, and the page still answers who may ask.
  expect(shop.ran).toHaveLength(before)
  expect(await evaluates(id)).toBe(id)
})

const ownTargets = [
  ...siteAttacks.map((attack) => [attack, () => site] as const),
  ...proxyAttacks.map((attack) => [attack, () => proxy] as const),
]

test.each(ownTargets.map(([attack, of]) => [attack.id, attack.what, attack, of] as const))(
  "[%s] %s",
  async (_id, _, attack, of) => {
    const target = { port: Number(new URL(of().url).port), token: "", patienceMs: 30_000 }
    expect(await attack.attempt(target)).toBe(attack.verdict)
    expect(await servesPage(target)).toBe("200, wears the tag")
  },
)

test("there are more than a hundred, each with an id of its own, and at least two thirds of them get through a naive bridge", async () => {
  const ids = new Set(all.map(({ id }) => id))
  expect(ids.size).toBe(all.length)
  expect(all.length).toBeGreaterThan(100)
  const naive = await startNaiveBridge()
  const held: string[] = []
  try {
    for (const attack of all) {
      const seen = await attack.attempt({ ...naive, patienceMs: 300 }).catch((error: Error) => error.message)
      if (seen === attack.verdict) held.push(attack.id)
    }
  } finally {
    await naive.stop()
  }
  expect(held.length, `the naive bridge withstood ${held.join(", ")}`).toBeLessThanOrEqual(all.length / 3)
})
