import { expect, onTestFinished, test } from "vitest"
import type { ConnectOptions } from "../../src/client/runtime.ts"
import { connectFrontEnd } from "../../src/frontend/index.ts"
import { openRuntime, type NodeRuntime } from "../support/node-runtime.ts"
import { openScriptedBridge, type Caller } from "../support/scripted-bridge.ts"
import { done, openFrontEnd, openStage, shortLink, stateIs, token } from "../support/stage.ts"
import { httpStatus, openWire, type Door, type Wire } from "../support/wire.ts"

/** A link is not there yet: whatever answers, the runtime gets to its bridge once that is possible, and says nothing else before. */

const delays = ({ seen }: NodeRuntime): readonly number[] =>
  seen.filter(({ name }) => name === "reconnecting").map(({ detail }) => detail.delay)

test("[A01] a bridge that is absent at load is waited for, and used within one backoff step of its coming up", async () => {
  const stage = await openStage({ idle: true })
  await stage.wire.refuse()
  const asked = stage.askNow()
  stage.runtime.connect()
  await stage.runtime.event("reconnecting", 4)
  expect(stage.runtime.client.state).toBe("waiting")
  expect(stage.runtime.count("ready")).toBe(0)
  await stage.wire.accept()
  const dials = stage.runtime.count("connecting")
  expect(await stage.runtime.event("ready")).toMatchObject({ reconnected: false })
  expect(stage.runtime.count("connecting") - dials).toBeLessThanOrEqual(1)
  expect(await asked).toMatchObject(done)
  await stage.check()
})

test("[A02] while it is refused, the gaps grow exponentially to the cap, with one dial for each", async () => {
  const stage = await openStage({ idle: true })
  await stage.wire.refuse()
  stage.runtime.connect()
  await stage.runtime.event("reconnecting", 7)
  expect(delays(stage.runtime)).toEqual([25, 50, 100, 200, 200, 200, 200])
  expect(stage.runtime.count("connecting")).toBe(7)
  await stage.wire.accept()
  await stage.runtime.event("ready")
  await stage.check()
})

const closed: Door = { kind: "accept-then-close" }
const answers = (response: string): Door => ({ kind: "answer", response })
const truncated = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso"
const wrongHash =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"

test.each<[id: string, what: string, doors: Door[]]>([
  ["A03", "FIN before any byte", [closed, closed, closed]],
  ["A07", "a cut 101, a wrong hash and 200", [truncated, wrongHash, httpStatus(200)].map(answers)],
  ["A08", "502, 503 and 429", [502, 503, 429].map((status) => answers(httpStatus(status, { "retry-after": "1" })))],
])("[%s] three dials that meet %s are three failed attempts, and the next one is ready", async (_, __, doors) => {
  const stage = await openStage({ idle: true, remote: shortLink })
  stage.wire.meet(...doors)
  stage.runtime.connect()
  expect(await stage.runtime.event("ready")).toMatchObject({ attempt: 4 })
  expect(delays(stage.runtime)).toEqual([25, 50, 100])
  const drops = stage.runtime.seen.filter(({ name }) => name === "disconnected").map(({ detail }) => detail)
  expect(drops).toEqual(Array(3).fill(expect.objectContaining({ code: 1006, willReconnect: true })))
  expect(stage.wire.connections).toBe(4)
  // A front end meets the same.
  stage.frontEndWire.meet(...doors)
  stage.frontEndWire.reset()
  await stateIs(stage.frontEnd, "waiting")
  expect(await stage.askNow()).toMatchObject(done)
  await stage.check()
})

test.each([
  [401, /does not take the token/],
  [403, /does not let us in: Test/],
])("[A09] a front end that is answered with %i for ever stops dialling, and says why", async (status, why) => {
  const wire = await scriptedDoor(answers(httpStatus(status)))
  await expect(connectFrontEnd({ url: wire.url, token })).rejects.toMatchObject({ code: "not-allowed", message: why })
  const frontEnd = openFrontEnd(wire.url)
  const refused = new Promise((hear) => frontEnd.on("refused", hear))
  const asked = frontEnd.evaluate("1")
  expect(await refused).toMatchObject({ reason: expect.stringContaining("Test") })
  expect(await asked).toMatchObject({ outcome: "lost", result: { code: "bridge-gone", ran: "no" } })
  expect(frontEnd.state).toBe("refused")
  await wire.drained()
})

test("[A09] a runtime that is answered with 401 for ever backs off", async () => {
  const wire = await scriptedDoor(answers(httpStatus(401)))
  const runtime = dial(wire.url)
  await runtime.event("reconnecting", 6)
  expect(delays(runtime)).toEqual([25, 50, 100, 200, 200, 200])
  expect(wire.connections).toBe(6)
  await leavesNothing(runtime)
})

test("[A10] a refusal in words is final at once: the reason is there, no attempt follows, nothing is left", async () => {
  const url = await scripted((caller) => {
    caller.say({ op: "reject", code: 4401, reason: "the token is of another bridge" })
    caller.socket.close(4401)
  })
  const runtime = dial(url)
  const refusal = { code: 4401, reason: "the token is of another bridge" }
  expect(await runtime.event("refused")).toEqual(refusal)
  expect(runtime.client.state).toBe("refused")
  await expect(runtime.client.connect()).rejects.toMatchObject({ code: "refused", message: refusal.reason })
  await runtime.silent()
  expect(runtime.timers).toBe(0)
  expect(runtime.count("connecting")).toBe(2)
})

test("[A11] a socket that opens and never says welcome is given up in time, and was never ready", async () => {
  const url = await scripted((caller, nth) => nth > 2 && caller.welcome())
  const runtime = dial(url, { setupMs: 1000 })
  expect(await runtime.event("disconnected", 2)).toMatchObject({ reason: "setup took too long" })
  expect(runtime.count("ready")).toBe(0)
  expect(await runtime.event("ready")).toMatchObject({ attempt: 3 })
  await leavesNothing(runtime)
})

test("[A12] that a socket opens does not make the backoff start again", async () => {
  const url = await scripted((caller, nth) => (nth > 8 ? caller.welcome() : caller.socket.close()))
  const runtime = dial(url, { backoff: { base: 5, cap: 100 } })
  await runtime.event("ready")
  expect(delays(runtime)).toEqual([5, 10, 20, 40, 80, 100, 100, 100])
  await leavesNothing(runtime)
})

test("[A13] nor does a welcome, where the socket drops soon after it; that is told as flapping", async () => {
  const url = await scripted((caller, nth) => {
    caller.welcome()
    caller.say({ op: "eval", id: `eval-${nth}` }, "1")
    caller.each("outcome", () => {
      if (nth <= 5) caller.socket.terminate()
    })
  })
  const runtime = dial(url, { backoff: { base: 10, cap: 1000 } })
  await runtime.event("ready", 6)
  expect(delays(runtime)).toEqual([10, 20, 40, 80, 160])
  expect(runtime.count("flapping")).toBe(1)
  await leavesNothing(runtime)
})

async function scripted(play: (caller: Caller, nth: number) => void): Promise<string> {
  const bridge = await openScriptedBridge(play)
  onTestFinished(() => bridge.close())
  return bridge.url
}

/** A port that always answers like this. */
async function scriptedDoor(door: Door): Promise<Wire> {
  const wire = await openWire(0)
  onTestFinished(() => wire.close())
  wire.door = door
  return wire
}

function dial(url: string, options: ConnectOptions = {}): NodeRuntime {
  const runtime = openRuntime({ url, token, ...shortLink, ...options })
  onTestFinished(() => runtime.client.disconnect())
  runtime.connect()
  return runtime
}

async function leavesNothing(runtime: NodeRuntime): Promise<void> {
  await runtime.client.disconnect()
  await runtime.silent()
  expect(runtime.timers).toBe(0)
}
