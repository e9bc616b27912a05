import { expect } from "vitest"
import { answered, isGone, isReady, noScout, slow, testInTabs, type PageTab } from "../support/tab-stage.ts"

/** A page dials, and something is in the way; a page hangs up. */

const test = testInTabs("--host-resolver-rules=MAP shop.test 127.0.0.1")

const setupMs = 1000

test.concurrent("[A04] a handshake that is never answered is given up by our own timer, and its socket closed", async ({
  openStage,
}) => {
  const stage = await openStage({ before: noScout, link: { setupMs } })
  stage.wire.meet({ kind: "stall" })
  const tab = await stage.open()
  const dialled = await tab.until("connecting")
  const lost = await tab.until("disconnected")
  expect(lost.detail).toMatchObject({ code: 1006, reason: "setup took too long", willReconnect: true })
  expect(lost.at - dialled.at).toBeGreaterThan(setupMs / 2)
  expect(lost.at - dialled.at).toBeLessThan(setupMs + 10_000)
  expect((await tab.until("ready")).detail.attempt).toBeGreaterThanOrEqual(2)
  expect(await stage.frontEnd.evaluate("6 * 7")).toMatchObject(answered(42))
  expect(stage.wire.openConnections).toBe(1)
})

test.concurrent("[A05] a handshake that hangs in one tab keeps another tab no longer than that", async ({
  openStage,
}) => {
  const stage = await openStage({ link: { setupMs } })
  stage.wire.meet({ kind: "stall" })
  const hung = stage.wire.nextConnection()
  const first = await stage.open()
  await hung
  const second = await stage.open()
  const dialled = await second.until("connecting")
  const ready = await second.until("ready")
  expect(ready.at - dialled.at).toBeLessThan(setupMs + 10_000)
  await first.until("ready")
})

test.concurrent("[L19] a page comes back at once to a bridge that was never missing, however far the backoff is", async ({
  openStage,
}) => {
  const stage = await openStage({ link: { backoff: { base: 600_000, cap: 600_000 } } })
  const tab = await stage.open()
  await tab.until("ready")
  stage.wire.reset()
  await tab.until("ready", 2)
  expect(await stage.frontEnd.evaluate("6 * 7")).toMatchObject(answered(42))
})

test.concurrent("[A09] a page that the gate never admits backs off, and is told the gate's reason", async ({
  openStage,
}) => {
  const stage = await openStage({ host: "shop.test", link: { allowRemote: true } })
  const tab = await stage.open()
  const reason = await tab.evaluate(
    `new Promise((told) => replBridge.on("disconnected", ({ reason }) => reason && told(reason)))`,
  )
  expect(reason).toBe(
    `pages of "${stage.url}" may not connect: pass --allow-origin with the exact origin to allow them`,
  )
  const [third, fourth] = await Promise.all([tab.until("connecting", 3), tab.until("connecting", 4)])
  expect(fourth.at - third.at).toBeGreaterThan(700)
  const between = await tab.evaluate(
    `new Promise((told) => replBridge.on("reconnecting", () => told([replBridge.state, replBridge.alive])))`,
  )
  expect(between).toEqual(["waiting", true])
  // The browser's own, of which a page cannot rid itself.
  expect(tab.errors.filter((text) => !text.startsWith("WebSocket connection to"))).toEqual([])
})

test.concurrent.for([
  ["is missing", "delete globalThis.WebSocket"],
  ["throws", "globalThis.WebSocket = class { constructor() { throw new Error('not today') } }"],
])("[A14] where `WebSocket` %s the page is unharmed, and the caller hears of it", async ([, before], { openStage }) => {
  const stage = await openStage({ before })
  const tab = await stage.open()
  await tab.until("closed")
  expect(await tab.evaluate("[replBridge.state, replBridge.alive]")).toEqual(["stopped", false])
  expect(await tab.evaluate("replBridge.connect().catch(({ code }) => code)")).toBe("bad-options")
  await expectNothingLeft(tab)
  expect(tab.errors.join("\n")).toBe("")
})

async function expectNothingLeft(tab: PageTab): Promise<void> {
  await tab.evaluate("replBridge.disconnect()")
  expect(await tab.evaluate("inUse()")).toEqual(await tab.evaluate("unused"))
}

/** Final in the same turn. */
const disconnect = "replBridge.disconnect(), [replBridge.state, replBridge.alive, replBridge.isReconnecting]"
const stopped = ["stopped", false, false]

test.concurrent("[F01] [L21] disconnect() while ready is final at once, the bridge sees 1000, and nothing is left", async ({
  openStage,
}) => {
  const stage = await openStage()
  const tab = await stage.open()
  await tab.until("ready")
  const asked = stage.frontEnd.evaluate(slow)
  await tab.until("started")
  const gone = stage.runtime(isGone)
  expect(await tab.evaluate(disconnect)).toEqual(stopped)
  await expectNothingLeft(tab)
  await gone
  expect(await asked).toMatchObject({
    outcome: "lost",
    result: { code: "runtime-gone", reason: "runtime disconnected", ran: "unknown" },
  })
  await stage.wire.drained()
  expect(await tab.count("connecting")).toBe(1)
  expect(await tab.count("closed")).toBe(1)
})

test.concurrent("[F02] disconnect() in a hung handshake is final at once, closes the socket, and nothing is left", async ({
  openStage,
}) => {
  const stage = await openStage()
  stage.wire.door = { kind: "stall" }
  const dialled = stage.wire.nextConnection()
  const tab = await stage.open()
  await dialled
  expect(await tab.evaluate(disconnect)).toEqual(stopped)
  await expectNothingLeft(tab)
  await stage.wire.drained()
  expect(stage.wire.connections).toBe(1)
})

test.concurrent("[F03] disconnect() while waiting is final at once: no timer, listener or worker is left", async ({
  openStage,
}) => {
  const stage = await openStage({ link: { backoff: { base: 60_000, cap: 60_000 } } })
  await stage.wire.refuse()
  const tab = await stage.open()
  await tab.until("reconnecting")
  expect(await tab.evaluate("inUse().workers")).toBe(1)
  expect(await tab.evaluate(disconnect)).toEqual(stopped)
  await expectNothingLeft(tab)
  await stage.wire.accept()
  expect(await tab.evaluate("replBridge.connect().then(() => replBridge.state)")).toBe("ready")
  await stage.runtime(isReady)
})

test.concurrent("[F04] [L22] disconnect() on a black hole is final at once, and does not wait for the browser to give up", async ({
  openStage,
}) => {
  const stage = await openStage({ bridge: { heartbeatMs: 300, graceMs: 300 } })
  const tab = await stage.open()
  await tab.until("ready")
  const gone = stage.runtime(isGone)
  stage.wire.flow("both", { kind: "swallow" })
  expect(await tab.evaluate(disconnect)).toEqual(stopped)
  const tookMs = await tab.evaluate(`
    const startedAt = performance.now()
    replBridge.disconnect().then(() => performance.now() - startedAt)`)
  expect(tookMs).toBeLessThan(20_000)
  await expectNothingLeft(tab)
  expect(await tab.count("connecting")).toBe(1)
  await gone
})

test.concurrent("[F07] code that calls disconnect() disconnects for good, and its own eval settles", async ({
  openStage,
}) => {
  const stage = await openStage()
  const tab = await stage.open()
  await tab.until("ready")
  expect(await stage.frontEnd.evaluate("replBridge.disconnect(); 'bye'")).toMatchObject({
    outcome: "lost",
    result: { code: "runtime-gone", reason: "runtime disconnected", ran: "unknown" },
  })
  expect(await tab.evaluate("replBridge.state")).toBe("stopped")
  await expectNothingLeft(tab)
  expect(await tab.count("connecting")).toBe(1)
})
