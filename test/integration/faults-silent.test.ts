import { expect, onTestFinished, test } from "vitest"
import type { ConnectOptions } from "../../src/client/runtime.ts"
import { startBridgeChild } from "../support/bridge-child.ts"
import { createFakePage } from "../support/fake-page.ts"
import { openRuntime, type NodeRuntime } from "../support/node-runtime.ts"
import { openScriptedBridge, type Caller } from "../support/scripted-bridge.ts"
import { createProbe, done, openFrontEnd, openStage, shortLink, stateIs, token, works } from "../support/stage.ts"
import type { Way } from "../support/wire.ts"

/** A link is silent: dead, or only slow, or never meant to speak. */

const heartbeatMs = 300

test.each<[id: string, what: string, way: Way | "both"]>([
  ["C01", "both ways", "both"],
  ["C02", "from bridge to page", "down"],
  ["C03", "from page to bridge", "up"],
])("[%s] a black hole %s is noticed, and the evals before and in it settle", async (_, __, way) => {
  const stage = await openStage({ bridge: { heartbeatMs } })
  const probe = createProbe()
  const asked = stage.ask(probe)
  await Promise.all([probe.started, stage.runtime.hears('"pong"')])
  stage.wire.flow(way, { kind: "swallow" })
  const during = stage.askNow()
  probe.finish()
  const noticed = await Promise.race([
    stage.runtime.event("heartbeatTimeout").then(() => "runtime"),
    stage.runtime.event("disconnected").then(() => "bridge"),
  ])
  // What the page can hear, the bridge may tell it; else it must find out by itself.
  if (way !== "up") expect(noticed).toBe("runtime")
  await stage.runtime.event("ready", 2)
  expect(await asked).toMatchObject(done)
  expect(await during).toMatchObject(done)
  await stage.check()
})

test("[C04] a bridge that is stopped is noticed; dials end by our timer; once it continues, evals settle", async () => {
  const options = { port: 0, token, heartbeatMs: 600, clientScript: "" }
  const bridge = await startBridgeChild(options)
  onTestFinished(() => bridge.end("SIGKILL"))
  const url = `http://127.0.0.1:${bridge.port}`
  const runtime = connect(url, { setupMs: 1500 })
  await runtime.event("ready")
  const frontEnd = openFrontEnd(url, { ...shortLink, setupMs: 1500 })
  await stateIs(frontEnd, "ready")
  const probe = createProbe()
  const asked = frontEnd.evaluate(probe.code)
  await Promise.all([probe.started, runtime.hears('"pong"')])
  bridge.freeze()
  probe.finish()
  await runtime.event("heartbeatTimeout")
  expect(await runtime.event("disconnected", 2)).toMatchObject({ reason: "setup took too long" })
  const during = frontEnd.evaluate("'during'")
  bridge.thaw()
  await runtime.event("ready", 2)
  expect(await asked).toMatchObject(done)
  expect(await during).toMatchObject({ outcome: "value" })
  expect(probe.runs).toBe(1)
  await works(frontEnd)
  await leavesNothing(runtime)
})

test("[C06] a bridge that never pongs is never disturbed", async () => {
  const caller = await callOf((next) => next.welcome({ heartbeatMs: 40 }))
  await caller.pinged(3)
  // The beat after the third one finds no answer, and was the last.
  await caller.runtime.timeless()
  expect(caller.runtime.count("disconnected")).toBe(0)
  expect(caller.runtime.client.state).toBe("ready")
  expect(await caller.evaluates()).toBe(true)
  await leavesNothing(caller.runtime)
})

test("[C07] nor do wake-up events disturb it", async () => {
  const page = createFakePage()
  const caller = await callOf((next) => next.welcome({ heartbeatMs: 40 }), page.platform.window)
  for (let nth = 1; nth <= 3; nth++) {
    await caller.pinged(nth)
    for (const type of wakeUps) page.fire(type)
  }
  await caller.runtime.timeless()
  for (const type of wakeUps) page.fire(type)
  expect(caller.runtime.count("disconnected")).toBe(0)
  expect(await caller.evaluates()).toBe(true)
  await leavesNothing(caller.runtime)
})

const wakeUps = ["online", "focus", "visibilitychange", "pageshow"] as const

test("[C17] that the browser says offline tears nothing down", async () => {
  const page = createFakePage()
  const stage = await openStage({ surroundings: { window: page.platform.window } })
  page.fire("offline")
  expect(await stage.askNow()).toMatchObject(done)
  expect(stage.runtime.count("disconnected")).toBe(0)
  await stage.check()
})

test("[C18] going online in a long backoff leads to a dial within a second", async () => {
  const page = createFakePage()
  const surroundings = { window: page.platform.window }
  const stage = await openStage({ surroundings, client: { backoff: { base: 600_000, cap: 600_000 } } })
  await stage.wire.refuse()
  await stage.runtime.event("reconnecting")
  await stage.wire.accept()
  page.fire("online")
  await stage.runtime.event("ready", 2)
  await stage.check()
})

test("[C19] a storm of wake-up events, with the bridge down, leads to one dial a second", async () => {
  const page = createFakePage()
  const surroundings = { window: page.platform.window }
  const stage = await openStage({ surroundings, client: { backoff: { base: 600_000, cap: 600_000 } } })
  await stage.wire.refuse()
  await stage.runtime.event("reconnecting")
  const storm = (): void => {
    for (let nth = 0; nth < 100; nth++) for (const type of wakeUps) page.fire(type)
  }
  storm()
  await stage.runtime.event("connecting", 2)
  const first = performance.now()
  storm()
  await stage.runtime.event("reconnecting", 2)
  storm()
  await stage.runtime.event("connecting", 3)
  expect(performance.now() - first).toBeGreaterThan(500)
  await stage.runtime.event("reconnecting", 3)
  expect(stage.runtime.count("connecting")).toBe(3)
  await stage.wire.accept()
  stage.runtime.client.reconnectNow()
  await stage.runtime.event("ready", 2)
  await stage.check()
})

function connect(url: string, options: ConnectOptions = {}, window?: Window & typeof globalThis): NodeRuntime {
  const runtime = openRuntime({ url, token, ...shortLink, ...options }, { ...(window && { window }) })
  onTestFinished(() => runtime.client.disconnect())
  runtime.connect()
  return runtime
}

/** A runtime that is ready, with the one socket that it has to a bridge in the test's hand. */
async function callOf(play: (caller: Caller) => void, window?: Window & typeof globalThis) {
  const looks = new Set<() => void>()
  let pings = 0
  let caller!: Caller
  const bridge = await openScriptedBridge((next) => {
    caller = next
    next.each("ping", () => {
      pings++
      for (const look of looks) look()
    })
    play(next)
  })
  onTestFinished(() => bridge.close())
  const runtime = connect(bridge.url, { resetAfter: "ready" }, window)
  await runtime.event("ready")
  return {
    runtime,
    pinged: (times: number) =>
      new Promise<void>((pinged) => {
        const look = (): void => {
          if (pings < times) return
          looks.delete(look)
          pinged()
        }
        looks.add(look)
        look()
      }),
    async evaluates(): Promise<boolean> {
      const outcome = caller.hear("outcome")
      caller.say({ op: "eval", id: "control" }, "1")
      return (await outcome).header["id"] === "control"
    },
  }
}

async function leavesNothing(runtime: NodeRuntime): Promise<void> {
  await runtime.client.disconnect()
  await runtime.silent()
  expect(runtime.timers).toBe(0)
}
