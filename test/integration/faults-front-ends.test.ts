import { expect, onTestFinished, test } from "vitest"
import { connectFrontEnd, followLog } from "../../src/frontend/index.ts"
import { startBridgeChild } from "../support/bridge-child.ts"
import { startRuntimeChild } from "../support/runtime-child.ts"
import { createProbe, done, openFrontEnd, openStage, shortLink, stateIs, token, works } from "../support/stage.ts"

/** The link between a front end and the bridge breaks, or there is nobody to ask. */

test("[H01] RST with an eval in flight: it is answered after the front end is back, once", async () => {
  const stage = await openStage({ remote: shortLink })
  const probe = createProbe()
  const asked = stage.ask(probe)
  await probe.started
  const other = await connectFrontEnd({ bridge: stage.bridge })
  const answered = new Promise((heard) => other.on("evaluated", heard))
  await stage.frontEndWire.refuse()
  probe.finish()
  await answered
  await stage.frontEndWire.accept()
  expect(await asked).toMatchObject(done)
  await stage.check()
})

test("[H01] what a page says meanwhile is told after the front end is back, in order and once", async () => {
  const console = { log: () => undefined } as Pick<Console, "log">
  const stage = await openStage({ remote: shortLink, surroundings: { console } })
  const told: unknown[] = []
  const allTold = new Promise<void>((all) =>
    followLog(stage.frontEnd, {
      isFromNow: true,
      print({ args, dropped }) {
        told.push([args[0]?.value, dropped])
        if (args[0]?.value === "after") all()
      },
    }),
  )
  const heard = new Promise<void>((next) => stage.frontEnd.on("console", () => next()))
  console.log("before")
  await heard
  await stage.frontEndWire.refuse()
  await stateIs(stage.frontEnd, "waiting")
  const other = await connectFrontEnd({ bridge: stage.bridge })
  const came = new Promise((line) => other.on("console", line))
  console.log("during")
  await came
  await stage.frontEndWire.accept()
  await stateIs(stage.frontEnd, "ready")
  console.log("after")
  await allTold
  expect(told).toEqual([
    ["before", 0],
    ["during", 0],
    ["after", 0],
  ])
  await other.close()
  await stage.check()
})

test("[H03] the same with a black hole", async () => {
  const stage = await openStage({ remote: shortLink, bridge: { heartbeatMs: 800 } })
  const probe = createProbe()
  const asked = stage.ask(probe)
  await probe.started
  // It is known to be alive once it has answered.
  await stage.frontEndWire.carried("down", '"pong"')
  stage.frontEndWire.flow("both", { kind: "swallow" })
  probe.finish()
  const during = stage.askNow()
  expect(await asked).toMatchObject(done)
  expect(await during).toMatchObject(done)
  expect(stage.frontEndWire.connections).toBe(2)
  await stage.check()
})

test("[H04] two front ends with 50 interleaved evals, and a runtime that is bounced: each gets its own answers", async () => {
  const stage = await openStage({ remote: shortLink })
  const other = openFrontEnd(stage.frontEndWire.url)
  await stateIs(other, "ready")
  Object.assign(globalThis, { faultCounts: {} as Record<string, number> })
  const asked = Array.from({ length: 50 }, async (_, nth) => {
    const by = nth % 2 === 0 ? "one" : "other"
    const code = `(faultCounts["${by} ${nth}"] ??= 0, faultCounts["${by} ${nth}"]++, "${by} ${nth}")`
    if (nth === 20) stage.wire.reset()
    if (nth === 40) stage.wire.finish()
    const outcome = await (nth % 2 === 0 ? stage.frontEnd : other).evaluate(code)
    return { outcome, answer: `${by} ${nth}` }
  })
  for (const { outcome, answer } of await Promise.all(asked)) {
    expect(outcome).toMatchObject({ outcome: "value", result: { value: answer } })
  }
  const { faultCounts } = globalThis as unknown as { faultCounts: Record<string, number> }
  expect(Object.values(faultCounts)).toEqual(Array(50).fill(1))
  await other.close()
  await stage.check()
})

test("[H05] an eval that blocks its runtime for five heartbeats is answered, and nobody cut the link", async () => {
  const bridge = await startBridgeChild({ port: 0, token, heartbeatMs: 800, clientScript: "" })
  onTestFinished(() => bridge.end("SIGKILL"))
  const url = `http://127.0.0.1:${bridge.port}`
  const runtime = await startRuntimeChild(url)
  onTestFinished(() => runtime.end())
  const frontEnd = openFrontEnd(url)
  await stateIs(frontEnd, "ready")
  const states: string[] = []
  frontEnd.on("runtime", ({ state, busyMs }) => states.push(busyMs === undefined ? state : "busy"))
  const block =
    "globalThis.blocks = (globalThis.blocks ?? 0) + 1; for (const end = Date.now() + 4000; Date.now() < end;); blocks"
  expect(await frontEnd.evaluate(block)).toMatchObject({ outcome: "value", result: { value: 1 } })
  expect(await frontEnd.evaluate("blocks")).toMatchObject({ outcome: "value", result: { value: 1 } })
  expect(states).toEqual(["busy", "ready"])
  await works(frontEnd)
})

test("[H06] without any runtime it is said why, within the wait", async () => {
  const stage = await openStage({ remote: shortLink, idle: true })
  await stateIs(stage.frontEnd, "ready")
  const waiting = new Promise((told) => stage.frontEnd.on("waiting", told))
  const asked = stage.askNow({ waitMs: 200 })
  expect(await waiting).toMatchObject({ reason: expect.stringContaining("<script src=") })
  expect(await asked).toMatchObject({ outcome: "lost", result: { code: "no-runtime", ran: "no" } })
  stage.runtime.connect()
  await stage.check()
})

test("[H07] 40 evals under RST again and again: all settle, none runs twice", async () => {
  const hasty = { ...shortLink, backoff: { base: 10, cap: 40 } }
  const stage = await openStage({ remote: hasty, client: hasty })
  let resets = 0
  const storm = setInterval(() => {
    stage.frontEndWire.reset()
    if (++resets % 3 === 0) stage.wire.reset()
  }, 60)
  onTestFinished(() => clearInterval(storm))
  const asked = []
  for (let nth = 0; nth < 40; nth++) {
    asked.push(stage.askNow({ waitMs: 30_000 }))
    if (nth % 4 === 3) await stage.frontEndWire.nextConnection()
  }
  await stage.frontEndWire.nextConnection()
  clearInterval(storm)
  const outcomes = await Promise.all(asked)
  expect(outcomes).toMatchObject(Array(40).fill(done))
  await stage.check()
})
