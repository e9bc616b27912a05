import { afterEach, expect, test } from "vitest"
import { connectFrontEnd } from "../../src/frontend/index.ts"
import { startBridge } from "../../src/server/index.ts"
import { openRuntime } from "../support/node-runtime.ts"
import { openWire } from "../support/wire.ts"

/** The real client, a real bridge, and a wire between them that swallows bytes. */

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function setUp(heartbeatMs: number, origin?: string) {
  const bridge = await startBridge({ port: 0, heartbeatMs })
  ends.push(() => bridge.stop())
  const wire = await openWire(bridge.port)
  ends.push(() => wire.close())
  const frontEnd = await connectFrontEnd({ bridge, name: "test" })
  ends.push(() => frontEnd.close())
  const runtime = openRuntime(
    { url: wire.url, token: bridge.token, setupMs: 3000 },
    origin === undefined ? {} : { origin },
  )
  ends.push(() => runtime.client.disconnect())
  runtime.connect()
  await runtime.event("ready")
  return { frontEnd, wire, runtime }
}

test("[L26] a link that is cut silently is noticed within 2.5 heartbeats and redialled at once", async () => {
  const { frontEnd, wire, runtime } = await setUp(600)
  await runtime.hears('"pong"')
  wire.flow("both", { kind: "swallow" })
  const { silentMs } = await runtime.event("heartbeatTimeout")
  expect(silentMs).toBeGreaterThanOrEqual(2.5 * 600)
  await runtime.event("ready", 2)
  expect(runtime.seen.map(({ name }) => name)).toEqual([
    "connecting",
    "ready",
    "heartbeatTimeout",
    "disconnected",
    "reconnecting",
    "connecting",
    "ready",
  ])
  expect((await runtime.event("reconnecting")).delay).toBe(0)
  expect(await frontEnd.evaluate("40 + 2")).toMatchObject({ outcome: "value", result: { value: 42 } })
})

test("[L38] an eval that is sent into a black hole is answered over the next socket, and runs once", async () => {
  const { frontEnd, wire, runtime } = await setUp(200)
  await runtime.hears('"pong"')
  wire.flow("both", { kind: "swallow" })
  const asked = frontEnd.evaluate("globalThis.silenceRuns = (globalThis.silenceRuns ?? 0) + 1")
  expect(await asked).toMatchObject({ outcome: "value", result: { value: 1 } })
  expect(await frontEnd.evaluate("silenceRuns")).toMatchObject({ result: { value: 1 } })
})

test("[L29] a half-open link is noticed by the bridge too, and its runtime counts as away", async () => {
  const { frontEnd, wire, runtime } = await setUp(200)
  await runtime.hears('"pong"')
  wire.door = { kind: "stall" }
  const away = new Promise((seen) => frontEnd.on("runtime", ({ state }) => state === "away" && seen(state)))
  wire.flow("both", { kind: "swallow" })
  expect(await away).toBe("away")
})

test("[L29] so is one to a page in which an eval runs: its browser would answer for it", async () => {
  const { frontEnd, wire, runtime } = await setUp(400, "http://localhost:3000")
  const asked = frontEnd.evaluate("await new Promise((finish) => (globalThis.finishSilence = finish))")
  await frontEnd.evaluate("finishSilence")
  // So that the bridge knows that its pings are answered.
  await runtime.hears('"pong"')
  wire.door = { kind: "stall" }
  let pings = 0
  const away = new Promise((seen) => frontEnd.on("runtime", ({ state }) => state === "away" && seen(state)))
  wire.flow("up", { kind: "swallow" })
  wire.flow("down", {
    kind: "corrupt",
    change(chunk) {
      if (chunk.equals(Buffer.from([0x89, 0]))) pings++
      return Buffer.alloc(0)
    },
  })
  expect(await away).toBe("away")
  // A runtime outside browsers, which cannot answer while it is blocked, would be given eight.
  expect(pings).toBeLessThan(6)
  wire.door = { kind: "open" }
  await runtime.event("ready", 2)
  await frontEnd.evaluate("finishSilence('finished')")
  expect(await asked).toMatchObject({ outcome: "value", result: { value: "finished" } })
})
