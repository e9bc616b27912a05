import { expect, onTestFinished, test } from "vitest"
import { connectFrontEnd, type FrontEnd } from "../../src/frontend/index.ts"
import type { BridgeOptions } from "../../src/server/index.ts"
import { startBridgeChild, type BridgeChild } from "../support/bridge-child.ts"
import { finish, openDesk } from "../support/bridge-process.ts"
import { openRuntime, type NodeRuntime } from "../support/node-runtime.ts"
import {
  createProbe,
  done,
  openFrontEnd,
  openStage,
  shortLink,
  stateIs,
  token,
  works,
  type Probe,
} from "../support/stage.ts"
import { httpStatus } from "../support/wire.ts"

/** The bridge's process ends, and another one takes its place. */

interface Bounced {
  readonly runtime: NodeRuntime
  readonly frontEnd: FrontEnd
  /** Ends the process and starts the next one on its port. */
  bounce(signal: NodeJS.Signals): Promise<void>
  end(signal: NodeJS.Signals): Promise<void>
  begin(): Promise<void>
}

/** A process takes its time to start where others are busy. */
const patient = { waitMs: 30_000 } as const

/** Bridges in processes of their own; runtime and front end reach them over real sockets. */
async function openBounced(): Promise<Bounced> {
  const options: BridgeOptions = { port: 0, token, clientScript: "", graceMs: 10_000 }
  let bridge: BridgeChild = await startBridgeChild(options)
  onTestFinished(() => bridge.end("SIGKILL"))
  const { port } = bridge
  const url = `http://127.0.0.1:${port}`
  const runtime = openRuntime({ url, token, ...shortLink })
  onTestFinished(() => runtime.client.disconnect())
  runtime.connect()
  const frontEnd = openFrontEnd(url)
  await Promise.all([runtime.event("ready"), stateIs(frontEnd, "ready")])
  const bounced: Bounced = {
    runtime,
    frontEnd,
    end: (signal) => bridge.end(signal),
    async begin() {
      bridge = await startBridgeChild({ ...options, port })
    },
    async bounce(signal) {
      await bounced.end(signal)
      await bounced.begin()
    },
  }
  return bounced
}

async function leavesNothing({ runtime, frontEnd }: Bounced): Promise<void> {
  await works(frontEnd)
  await frontEnd.close()
  await runtime.client.disconnect()
  await runtime.silent()
  expect(runtime.timers).toBe(0)
}

test("[D01] SIGTERM while idle: the bridge says when to come back, and all do", async () => {
  const bounced = await openBounced()
  await bounced.bounce("SIGTERM")
  expect(await bounced.runtime.event("disconnected")).toMatchObject({ code: 1012, wasClean: true })
  const { delay } = await bounced.runtime.event("reconnecting")
  expect(delay).toBeGreaterThanOrEqual(250)
  expect(delay).toBeLessThanOrEqual(375)
  const ready = await bounced.runtime.event("ready", 2)
  expect(ready.reconnected).toBe(true)
  expect(ready.bridgeInstance).not.toBe((await bounced.runtime.event("ready", 1)).bridgeInstance)
  await leavesNothing(bounced)
})

test("[D02] SIGKILL while idle: all are back after one backoff", async () => {
  const bounced = await openBounced()
  await bounced.end("SIGKILL")
  expect(await bounced.runtime.event("disconnected")).toMatchObject({ code: 1006, willReconnect: true })
  await bounced.begin()
  expect(await bounced.runtime.event("ready", 2)).toMatchObject({ reconnected: true })
  await leavesNothing(bounced)
})

test.each([
  ["D03", "runs across a SIGKILL restart", false],
  ["D04", "ends while the killed bridge is away", true],
])("[%s] an eval that %s is answered, and ran once", async (_, __, endsMeanwhile) => {
  const bounced = await openBounced()
  const probe = createProbe()
  const asked = bounced.frontEnd.evaluate(probe.code, patient)
  await probe.started
  await bounced.end("SIGKILL")
  await bounced.runtime.event("disconnected")
  if (endsMeanwhile) probe.finish()
  await bounced.begin()
  await bounced.runtime.event("ready", 2)
  probe.finish()
  expect(await asked).toMatchObject(done)
  expect(probe.runs).toBe(1)
  await leavesNothing(bounced)
})

test("[D05] an eval that is asked while the bridge is away runs once, when it is back", async () => {
  const stage = await openStage({ remote: shortLink })
  await stage.kill()
  await stateIs(stage.frontEnd, "waiting")
  const asked = stage.askNow()
  await stage.revive()
  expect(await asked).toMatchObject(done)
  await stage.check()
})

test("[D05] one that is asked of a bridge that does not come back settles, and has not run", async () => {
  const stage = await openStage({ remote: shortLink })
  await stage.kill()
  await stateIs(stage.frontEnd, "waiting")
  expect(await stage.askNow({ waitMs: 200 })).toMatchObject({
    outcome: "lost",
    result: { code: "bridge-gone", ran: "no" },
  })
  await stage.revive()
  await stage.check()
})

test("[D06] five SIGKILLs in a row with 60 evals in flight: all settle, none runs twice", async () => {
  const bounced = await openBounced()
  const probes: Probe[] = []
  const answers = []
  for (let kill = 0; kill < 5; kill++) {
    for (let nth = 0; nth < 12; nth++) {
      const probe = createProbe()
      probes.push(probe)
      answers.push(bounced.frontEnd.evaluate(probe.code, patient))
    }
    // A third ends before the bridge dies, a third while it is away, and a third when all is over.
    for (const [nth, probe] of probes.entries()) if (nth % 3 === 0) probe.finish()
    await bounced.end("SIGKILL")
    for (const [nth, probe] of probes.entries()) if (nth % 3 === 1) probe.finish()
    await bounced.begin()
    await bounced.runtime.event("ready", kill + 2)
  }
  for (const probe of probes) probe.finish()
  const outcomes = await Promise.all(answers)
  for (const [nth, outcome] of outcomes.entries()) {
    if (outcome.outcome === "value") expect(probes[nth]!.runs).toBe(1)
    else expect(probes[nth]!.runs).toBeLessThanOrEqual(1)
  }
  expect(outcomes.filter(({ outcome }) => outcome !== "value")).toEqual([])
  await leavesNothing(bounced)
})

test("[D07] a bridge that is away for long is back within the current gap", async () => {
  const stage = await openStage({ remote: shortLink })
  await stage.kill()
  await stage.runtime.event("reconnecting", 8)
  const gaps = stage.runtime.seen.filter(({ name }) => name === "reconnecting").map(({ detail }) => detail.delay)
  expect(gaps).toEqual([25, 50, 100, 200, 200, 200, 200, 200])
  await stage.revive()
  const dials = stage.runtime.count("connecting")
  await stage.runtime.event("ready", 2)
  expect(stage.runtime.count("connecting") - dials).toBeLessThanOrEqual(1)
  await stage.check()
})

test("[D08] twenty runtimes, one restart: they come back one after the other", async () => {
  const stage = await openStage()
  const others = Array.from({ length: 19 }, () => openRuntime({ url: stage.wire.url, token, ...shortLink }))
  onTestFinished(() => others.forEach(({ client }) => client.disconnect()))
  for (const other of others) other.connect()
  await Promise.all(others.map((other) => other.event("ready")))
  const all = [stage.runtime, ...others]
  const stopped = stage.bridge.stop()
  const delays = await Promise.all(all.map(async (runtime) => (await runtime.event("reconnecting")).delay))
  await stopped
  await stage.wire.refuse()
  await stage.frontEndWire.refuse()
  // The bridge asks for 5 ms between two of them, and chance adds up to half.
  const sorted = delays.toSorted((one, other) => one - other)
  expect(new Set(sorted).size).toBe(20)
  expect(sorted[0]).toBeGreaterThanOrEqual(250)
  expect(sorted[19]! - sorted[0]!).toBeGreaterThan(60)
  await stage.revive()
  await Promise.all(all.map((runtime) => runtime.event("ready", 2)))
  expect(stage.bridge.runtimes.length).toBe(20)
  const frontEnd = await connectFrontEnd({ bridge: stage.bridge })
  const { welcome } = await others.at(-1)!.event("ready", 2)
  expect(await frontEnd.evaluate("6 * 7", { runtime: welcome.runtime })).toMatchObject({ result: { value: 42 } })
  await Promise.all(others.map(({ client }) => client.disconnect()))
})

test("[D09] something else that answers on the port for a while is waited out", async () => {
  const stage = await openStage({ remote: shortLink })
  const probe = createProbe()
  const asked = stage.ask(probe)
  await probe.started
  const notFound = { kind: "answer", response: httpStatus(404) } as const
  for (const wire of [stage.wire, stage.frontEndWire]) {
    wire.door = notFound
    wire.reset()
  }
  await stage.runtime.event("reconnecting", 5)
  probe.finish()
  for (const wire of [stage.wire, stage.frontEndWire]) wire.door = { kind: "open" }
  expect(await asked).toMatchObject(done)
  await stage.check()
})

test("[D10] a front end in another process reconnects by itself, and its pending eval is answered", async () => {
  const desk = await openDesk()
  onTestFinished(() => desk.clear())
  const first = await desk.serve("--port", "0")
  // A runtime with an origin needs no token, which is another one for each bridge.
  const runtime = openRuntime({ url: first.url, ...shortLink }, { origin: "http://localhost:3000" })
  onTestFinished(() => runtime.client.disconnect())
  runtime.connect()
  await runtime.event("ready")
  const probe = createProbe()
  const asking = finish(desk.start("eval", probe.code, "--wait", "30000", "--port", String(first.port)))
  await probe.started
  await first.end("SIGKILL")
  await desk.serve("--port", String(first.port))
  await runtime.event("ready", 2)
  probe.finish("from afar")
  expect(await asking).toMatchObject({ code: 0, stdout: expect.stringContaining("from afar") })
  expect(probe.runs).toBe(1)
  const control = await desk.run("eval", "6 * 7", "--port", String(first.port))
  expect(control).toMatchObject({ code: 0, stdout: "42\n" })
})
