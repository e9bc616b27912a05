import { expect } from "vitest"
import { connectFrontEnd } from "../../src/frontend/index.ts"
import { answered, isAway, isBusy, isReady, noScout, slow, testInTabs } from "../support/tab-stage.ts"
import type { Way, Wire } from "../support/wire.ts"

/** A page is silent, and not dead; a browser wakes up, or believes that it is offline. */

const test = testInTabs()

/** A browser that is silent for two of them is away. */
const quick = { bridge: { heartbeatMs: 500 } } as const
const long = { backoff: { base: 60_000, cap: 60_000 } } as const

/** At a heartbeat of 1.5 s the page's own watchdog is due after 3.75 s. */
const busyFor = (ms: number): string => `{ const end = performance.now() + ${ms}; while (performance.now() < end); }`

test.concurrent("[C08] [L28] a page whose main thread is busy for four heartbeats is not dead", async ({
  openStage,
}) => {
  const stage = await openStage({ bridge: { heartbeatMs: 1500 } })
  const tab = await stage.open()
  await tab.until("heard pong")
  const states = stage.watch()
  expect(await stage.frontEnd.evaluate(`${busyFor(6000)} 'evaluated'`)).toMatchObject(answered("evaluated"))
  await tab.evaluate(busyFor(4200))
  expect(await stage.frontEnd.evaluate("6 * 7")).toMatchObject(answered(42))
  expect(await tab.count("disconnected")).toBe(0)
  expect(stage.wire.connections).toBe(1)
  expect(states).not.toContain("away")
})

test.concurrent("[C08] [L29] a page that an eval blocks is shown as busy to everyone, and as ready afterwards", async ({
  openStage,
}) => {
  const stage = await openStage({ bridge: { heartbeatMs: 15_000 } })
  await (await stage.open()).until("ready")
  const other = await connectFrontEnd({ url: stage.wire.url, token: stage.bridge.token })
  const states = stage.watch()
  const asked = stage.frontEnd.evaluate(`${busyFor(7000)} 'evaluated'`)
  await stage.runtime(isBusy)
  const late = await connectFrontEnd({ url: stage.wire.url, token: stage.bridge.token })
  for (const { runtimes } of [other, late]) {
    expect(runtimes).toMatchObject([{ state: "ready" }])
    expect(runtimes[0]!.busyMs).toBeGreaterThanOrEqual(1000)
  }
  expect(await asked).toMatchObject(answered("evaluated"))
  await stage.runtime(isReady)
  expect(await other.evaluate("6 * 7")).toMatchObject(answered(42))
  for (const { runtimes } of [other, late]) expect(runtimes[0]!.busyMs).toBeUndefined()
  expect(states).toEqual(["busy", "ready"])
  await Promise.all([other.close(), late.close()])
})

test.concurrent("[C08] [L29] an eval that waits without blocking its page does not make it busy", async ({
  openStage,
}) => {
  const stage = await openStage({ bridge: { heartbeatMs: 15_000 } })
  const tab = await stage.open()
  await tab.until("ready")
  const states = stage.watch()
  const asked = stage.frontEnd.evaluate(`${slow}; 'evaluated'`)
  // It was questioned three times, and has answered.
  await tab.until("heard ping", 3)
  await tab.evaluate("finish()")
  expect(await asked).toMatchObject(answered("evaluated"))
  expect(states).toEqual([])
})

test.concurrent("[C08] [L28] a page that stands still in a debugger is busy, and not dead", async ({ openStage }) => {
  const stage = await openStage()
  const tab = await stage.open()
  await tab.until("heard pong")
  const states = stage.watch()
  const resume = await tab.pause()
  // Nobody asks anything: that its own heartbeat stays out makes the bridge look.
  await stage.runtime(isBusy)
  await chunks(stage.wire, "up", 5)
  const asked = stage.frontEnd.evaluate("6 * 7")
  await resume()
  expect(await asked).toMatchObject(answered(42))
  expect(await tab.count("disconnected")).toBe(0)
  expect(stage.wire.connections).toBe(1)
  await stage.runtime(isReady)
  expect(states).toEqual(["busy", "ready"])
})

/** Resolves when so many went that way: the bridge's pings, or the pongs of a browser whose page stands still. */
function chunks(wire: Wire, way: Way, count: number): Promise<void> {
  let seen = 0
  return new Promise((came) =>
    wire.flow(way, {
      kind: "corrupt",
      change(chunk) {
        if (++seen === count) came()
        return chunk
      },
    }),
  )
}

test.concurrent("[C17] [L17] a browser that says it is offline keeps a link that works", async ({ openStage }) => {
  const stage = await openStage({ bridge: { heartbeatMs: 15_000 } })
  const tab = await stage.open()
  await tab.until("ready")
  await tab.evaluate(`addEventListener("offline", () => happened("offline"))`)
  await tab.setOffline(true)
  await tab.until("offline")
  expect(await stage.frontEnd.evaluate("navigator.onLine")).toMatchObject(answered(false))
  await tab.setOffline(false)
  expect(await stage.frontEnd.evaluate("navigator.onLine")).toMatchObject(answered(true))
  expect(await tab.count("disconnected")).toBe(0)
  expect(stage.wire.connections).toBe(1)
})

test.concurrent("[C18] [L17] `online` in a long backoff makes the page dial at once", async ({ openStage }) => {
  const stage = await openStage({ before: noScout, link: long })
  const tab = await stage.open()
  await tab.until("ready")
  await tab.setOffline(true)
  stage.wire.reset()
  const { detail } = await tab.until("reconnecting")
  expect(detail.delay).toBe(60_000)
  await tab.evaluate(`addEventListener("online", () => happened("online"))`)
  await tab.setOffline(false)
  const online = await tab.until("online")
  const ready = await tab.until("ready", 2)
  expect(ready.at - online.at).toBeLessThan(10_000)
  expect(await stage.frontEnd.evaluate("6 * 7")).toMatchObject(answered(42))
})

test.concurrent("[C19] [L17] a storm of wake-up events with the bridge away makes one dial a second", async ({
  openStage,
}) => {
  const stage = await openStage({ before: noScout, link: long })
  const tab = await stage.open()
  await tab.until("ready")
  await stage.wire.refuse()
  await tab.until("reconnecting")
  await tab.evaluate(`
    globalThis.storm = setInterval(() => {
      for (const type of ["online", "focus", "pageshow"]) dispatchEvent(new Event(type))
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }))
    }, 10)`)
  const dials = await Promise.all([1, 2, 3, 4].map((nth) => tab.until("connecting", nth)))
  await tab.evaluate("clearInterval(storm)")
  for (let nth = 1; nth < dials.length; nth++) {
    expect(dials[nth]!.at - dials[nth - 1]!.at).toBeGreaterThan(500)
  }
  await stage.wire.accept()
  await tab.evaluate(`dispatchEvent(new Event("online"))`)
  await tab.until("ready", 2)
  expect(await stage.frontEnd.evaluate("6 * 7")).toMatchObject(answered(42))
})

test("[C12] [L28] a browser that was suspended for less than the bridge's patience keeps its link", async ({
  openStage,
  browser,
}) => {
  const stage = await openStage({ bridge: { heartbeatMs: 4000 } })
  const tab = await stage.open()
  await tab.until("heard pong")
  const states = stage.watch()
  const asked = stage.frontEnd.evaluate(`${slow}; sessionStorage.runs`)
  await tab.until("started")
  browser.suspend()
  await chunks(stage.wire, "down", 2)
  browser.wake()
  expect(await stage.frontEnd.evaluate("6 * 7")).toMatchObject(answered(42))
  await tab.evaluate("finish()")
  expect(await asked).toMatchObject(answered("1"))
  expect(await tab.count("disconnected")).toBe(0)
  expect(stage.wire.connections).toBe(1)
  expect(states).not.toContain("away")
})

test("[C12] a browser that was suspended for longer is ready soon after it wakes, and its evals settle", async ({
  openStage,
  browser,
}) => {
  const stage = await openStage(quick)
  const tab = await stage.open()
  const before = await stage.runtime(isReady)
  const inFlight = stage.frontEnd.evaluate(`${slow}; sessionStorage.runs`)
  await tab.until("started")
  browser.suspend()
  await stage.runtime(isAway)
  const meanwhile = stage.frontEnd.evaluate("globalThis.runs = (globalThis.runs ?? 0) + 1", { waitMs: 30_000 })
  const wokeAt = performance.now()
  browser.wake()
  await stage.runtime(isReady)
  const tookMs = performance.now() - wokeAt
  console.info(`[C12] ready ${Math.round(tookMs)} ms after the wake`)
  expect(tookMs).toBeLessThan(20_000)
  expect(await meanwhile).toMatchObject(answered(1))
  await tab.evaluate("finish()")
  expect(await inFlight).toMatchObject(answered("1"))
  expect(stage.bridge.runtimes).toEqual([before])
})

test("[C13] a browser that was suspended while the bridge restarted is ready soon after it wakes, and its evals settle", async ({
  openStage,
  browser,
}) => {
  const stage = await openStage(quick)
  const tab = await stage.open()
  const before = await stage.runtime(isReady)
  const frontEnd = await connectFrontEnd({ url: stage.wire.url, token: stage.bridge.token })
  const inFlight = frontEnd.evaluate(`${slow}; sessionStorage.runs`)
  await tab.until("started")
  browser.suspend()
  await stage.runtime(isAway)
  await stage.restart()
  const meanwhile = frontEnd.evaluate("globalThis.runs = (globalThis.runs ?? 0) + 1", { waitMs: 30_000 })
  const wokeAt = performance.now()
  browser.wake()
  const after = await stage.runtime(isReady)
  const tookMs = performance.now() - wokeAt
  console.info(`[C13] ready ${Math.round(tookMs)} ms after the wake`)
  expect(tookMs).toBeLessThan(20_000)
  expect(await meanwhile).toMatchObject(answered(1))
  await tab.evaluate("finish()")
  expect(await inFlight).toMatchObject(answered("1"))
  expect(after).toEqual(before)
  await frontEnd.close()
})
