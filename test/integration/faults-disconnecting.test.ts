import { expect, test } from "vitest"
import { createProbe, openStage, runtimeIs, type Stage, type StageOptions } from "../support/stage.ts"

/** `disconnect()` is final, whatever the link is doing; `connect()` works again after it. */

const graceMs = 10_000

test.each<[id: string, what: string, options: StageOptions, get: (stage: Stage) => Promise<unknown>]>([
  ["F01", "while ready", {}, async () => undefined],
  [
    "F02",
    "in a hung handshake",
    { idle: true },
    async ({ wire, runtime }) => {
      wire.meet({ kind: "stall" })
      const made = wire.nextConnection()
      runtime.connect()
      await made
      expect(runtime.client.state).toBe("dialling")
    },
  ],
  [
    "F03",
    "while it waits",
    { idle: true },
    async ({ wire, runtime }) => {
      wire.meet({ kind: "accept-then-close" })
      runtime.connect()
      await runtime.event("reconnecting")
      expect(runtime.client.state).toBe("waiting")
    },
  ],
])("[%s] disconnect() %s is final at once: no attempt follows, and nothing is left", async (_, __, options, get) => {
  const stage = await openStage({ ...options, bridge: { graceMs } })
  const { runtime, wire, frontEnd } = stage
  await get(stage)
  const wasReady = runtime.client.state === "ready"
  const connections = wire.connections
  const gone = wasReady && runtimeIs(frontEnd, "gone")
  const ended = runtime.client.disconnect()
  expect([runtime.client.state, runtime.client.alive]).toEqual(["stopped", false])
  expect(runtime.timers).toBe(wasReady || runtime.sockets > 0 ? 1 : 0)
  await ended
  await runtime.silent()
  await wire.drained()
  expect(runtime.timers).toBe(0)
  expect(wire.connections).toBe(connections)
  expect(runtime.count("closed")).toBe(1)
  // The bridge saw 1000, and waits for nobody.
  await gone
  await runtime.client.disconnect()
  expect(runtime.count("closed")).toBe(1)
  runtime.connect()
  await stage.check()
})

test("[F04] disconnect() on a black hole is final at once, and does not wait for it for ever", async () => {
  const stage = await openStage({ bridge: { heartbeatMs: 300 } })
  const { runtime, wire } = stage
  wire.flow("both", { kind: "swallow" })
  const ended = runtime.client.disconnect()
  expect(runtime.client.state).toBe("stopped")
  await ended
  await runtime.silent()
  expect(runtime.timers).toBe(0)
  expect(wire.connections).toBe(1)
  await wire.drained()
  runtime.connect()
  await stage.check()
})

test("[F05] connect() after disconnect() is ready again, in the same session, over one socket", async () => {
  const stage = await openStage()
  const { session } = stage.frontEnd.runtimes[0]!
  await stage.runtime.client.disconnect()
  await stage.runtime.client.connect()
  expect(stage.frontEnd.runtimes).toMatchObject([{ session, state: "ready" }])
  expect(stage.wire.connections).toBe(2)
  await stage.check()
})

test("[F06] toggled 40 times, there is one live socket, and no more timers than before", async () => {
  const stage = await openStage({ bridge: { heartbeatMs: 0 } })
  const { runtime, wire, bridge } = stage
  for (let nth = 0; nth < 40; nth++) {
    void runtime.client.disconnect()
    runtime.connect()
    // Sometimes it gets as far as a bridge.
    if (nth % 8 === 7) await runtime.event("ready", runtime.count("ready") + 1)
  }
  await runtime.event("closed", 40)
  expect(bridge.runtimes).toMatchObject([{ state: "ready" }])
  // Each disconnect may still wait for its socket; one socket and its one timer stay.
  await runtime.silent(1)
  expect(wire.openConnections).toBe(1)
  expect(runtime.timers).toBeLessThanOrEqual(1)
  await stage.check()
})

test("[F07] code that calls disconnect() ends the link for good, and its eval settles", async () => {
  const stage = await openStage({ bridge: { graceMs } })
  const { runtime } = stage
  Object.assign(globalThis, { faultClient: runtime.client })
  const probe = createProbe("; faultClient.disconnect(); 'last words'")
  probe.finish()
  const outcome = await stage.ask(probe)
  expect(["value", "lost"]).toContain(outcome.outcome)
  if (outcome.outcome === "lost") expect(outcome.result).toMatchObject({ code: "runtime-gone", ran: "unknown" })
  expect(probe.runs).toBe(1)
  expect(runtime.client.state).toBe("stopped")
  await runtime.silent()
  expect(stage.wire.connections).toBe(1)
  runtime.connect()
  await runtime.event("ready", 2)
  await stage.check()
})
