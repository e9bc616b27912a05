import { request } from "node:http"
import { afterAll, beforeAll, expect, test } from "vitest"
import { startBridge, type Bridge } from "../../src/server/index.ts"
import type { Attack } from "../support/attacks/attack.ts"
import { frameAttacks } from "../support/attacks/frames.ts"
import { requestAttacks } from "../support/attacks/requests.ts"
import { FakeRuntime } from "../support/fake-runtime.ts"
import { startNaiveBridge } from "../support/naive-bridge.ts"

/** Attempts from outside, each with the verdict of a bridge that holds, and after each the sign that it still serves. */
const attacks: readonly Attack[] = [...requestAttacks, ...frameAttacks]

let bridge: Bridge
let shop: FakeRuntime

beforeAll(async () => {
  bridge = await startBridge({ port: 0, clientScript: "client()", helloMs: 1000, demo })
  shop = await new FakeRuntime({ origin: "http://localhost:8080" }).connect(bridge.port)
})
afterAll(async () => {
  shop.talk.socket.terminate()
  await bridge.stop()
})

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

test("there are more than a hundred, each with an id of its own, and at least two thirds of them get through a naive bridge", async () => {
  const ids = new Set(attacks.map(({ id }) => id))
  expect(ids.size).toBe(attacks.length)
  expect(attacks.length).toBeGreaterThan(100)
  const naive = await startNaiveBridge()
  const held: string[] = []
  try {
    for (const attack of attacks) {
      const seen = await attack.attempt({ ...naive, patienceMs: 300 }).catch((error: Error) => error.message)
      if (seen === attack.verdict) held.push(attack.id)
    }
  } finally {
    await naive.stop()
  }
  expect(held.length, `the naive bridge withstood ${held.join(", ")}`).toBeLessThanOrEqual(attacks.length / 3)
})
