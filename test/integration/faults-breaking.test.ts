import { expect, test } from "vitest"
import { createProbe, done, openStage, type Stage } from "../support/stage.ts"
import type { Wire } from "../support/wire.ts"

/** The link between a runtime and its bridge breaks, or is hurt, while evals are on their way. */

/** What travels is counted by tests that look into frames: no beat may come between. */
const calm = { bridge: { heartbeatMs: 0 } } as const

type Hurt = (wire: Wire) => void

test.each<[id: string, what: string, hurt: Hurt]>([
  ["B01", "RST", (wire) => wire.reset()],
  ["B02", "FIN without a close frame", (wire) => wire.finish()],
  ["B03", "close 1000", (wire) => wire.hangUp(1000)],
  ["B04", "close 1001", (wire) => wire.hangUp(1001)],
  ["B05", "close without a code", (wire) => wire.hangUp()],
  ["B06", "close 1011", (wire) => wire.hangUp(1011, "oh")],
  ["B07", "close 1012", (wire) => wire.hangUp(1012, "restarting")],
  ["B08", "close 1013", (wire) => wire.hangUp(1013, "busy")],
])("[%s] %s is told at once and healed after one backoff; the eval under way runs once", async (_, __, hurt) => {
  const stage = await openStage(calm)
  const { client } = stage.runtime
  const probe = createProbe()
  const asked = stage.ask(probe)
  await probe.started
  const told = new Promise((tell) =>
    client.on("disconnected", () => tell([client.state, client.alive, client.isReconnecting])),
  )
  hurt(stage.wire)
  expect(await told).toEqual(["waiting", true, true])
  const whileDown = stage.askNow()
  await stage.runtime.event("ready", 2)
  probe.finish("done")
  expect(await asked).toMatchObject(done)
  expect(await whileDown).toMatchObject(done)
  expect(await stage.runtime.event("reconnecting")).toMatchObject({ attempt: 1, delay: 25 })
  expect(stage.runtime.count("reconnecting")).toBe(1)
  expect(stage.wire.connections).toBe(2)
  await stage.check()
})

test.each([
  [1008, "policy"],
  [4401, "the token was changed"],
  [4403, "not from here"],
])("[B09] close %i while ready is a refusal with its reason, and nothing is left", async (code, reason) => {
  const stage = await openStage({ bridge: { graceMs: 300 } })
  const { client } = stage.runtime
  const probe = createProbe()
  const asked = stage.ask(probe)
  await probe.started
  stage.wire.hangUp(code, reason)
  expect(await stage.runtime.event("refused")).toEqual({ code, reason })
  expect([client.state, client.alive]).toEqual(["refused", false])
  await stage.runtime.silent()
  expect(stage.runtime.timers).toBe(0)
  expect(stage.wire.connections).toBe(1)
  expect(await asked).toMatchObject({ outcome: "lost", result: { code: "runtime-gone", ran: "unknown" } })
  stage.runtime.connect()
  await stage.runtime.event("ready", 2)
  await stage.check()
})

/** Changes the next chunk of at least so many bytes; frames around it are shorter. Resolves when it is done. */
function corruptNext({ wire }: Stage, way: "up" | "down", atLeast: number, change: (frame: Buffer) => void) {
  return new Promise<void>((corrupted) => {
    wire.flow(way, {
      kind: "corrupt",
      change(chunk) {
        if (chunk.length < atLeast) return chunk
        const changed = Buffer.from(chunk)
        change(changed)
        wire.flow(way, { kind: "pass" })
        corrupted()
        return changed
      },
    })
  })
}

const reservedBit = (frame: Buffer): void => void (frame[0]! |= 0x40)
const otherMask = (frame: Buffer): void => void (frame[1]! ^= 0x80)
/** Masked or not, the top bit of an ASCII byte makes it no UTF-8. */
const noText = (frame: Buffer): void => void (frame[40]! ^= 0x80)
/** `{` becomes `[`, also under a mask: the first byte of the payload follows the header of 2 to 8 bytes. */
const noJson = (frame: Buffer): void => {
  const masked = (frame[1]! & 0x80) !== 0
  const header = ((frame[1]! & 0x7f) === 126 ? 4 : 2) + (masked ? 4 : 0)
  frame[header]! ^= 0x7b ^ 0x5b
}

test.each([
  ["B10", "a reserved bit", reservedBit],
  ["B11", "a wrong mask", otherMask],
  ["B12", "no UTF-8", noText],
])(
  "[%s] frames that are corrupted by %s, either way, rebuild the link; their evals run once",
  async (_, __, change) => {
    const stage = await openStage(calm)
    void corruptNext(stage, "down", 100, change)
    expect(await stage.askNow()).toMatchObject(done)
    expect(stage.runtime.count("ready")).toBe(2)
    const probe = createProbe()
    const asked = stage.ask(probe)
    await probe.started
    void corruptNext(stage, "up", 60, change)
    probe.finish("done")
    expect(await asked).toMatchObject(done)
    expect(stage.runtime.count("ready")).toBe(3)
    await stage.check()
  },
)

test.each(["down", "up"] as const)(
  "[B13] a frame that is no JSON any more, %s, costs the socket; its eval is answered once on the next",
  async (way) => {
    const stage = await openStage(calm)
    const probe = createProbe()
    const isDown = way === "down"
    const down = isDown && corruptNext(stage, way, 100, noJson)
    const asked = stage.ask(probe, { timeoutMs: 0 })
    if (!isDown) await probe.started
    const up = !isDown && corruptNext(stage, way, 60, noJson)
    probe.finish("done")
    await Promise.all([down, up])
    expect(await asked).toMatchObject(done)
    expect(stage.runtime.count("ready")).toBe(2)
    await stage.check()
  },
)

test.each([1, 2, 3, 9, 60, 140])(
  "[B14] an eval frame cut after %i bytes is never half executed and runs once",
  async (afterBytes) => {
    const stage = await openStage(calm)
    stage.wire.flow("down", { kind: "cut", afterBytes })
    expect(await stage.askNow()).toMatchObject(done)
    expect(stage.wire.connections).toBe(2)
    await stage.check()
  },
)

test("[B14] a large eval frame cut in the middle is never half executed and runs once", async () => {
  const stage = await openStage(calm)
  const probe = createProbe(`; "${"x".repeat(600_000)}".length`)
  probe.finish()
  stage.wire.flow("down", { kind: "cut", afterBytes: 300_000 })
  expect(await stage.ask(probe)).toMatchObject({ outcome: "value", result: { value: 600_000 } })
  expect(stage.wire.connections).toBe(2)
  await stage.check()
})

test.each([1, 2, 7, 40, 100])(
  "[B15] an outcome frame cut after %i bytes is sent again; its eval ran once",
  async (afterBytes) => {
    const stage = await openStage(calm)
    const probe = createProbe()
    const asked = stage.ask(probe)
    await probe.started
    stage.wire.flow("up", { kind: "cut", afterBytes })
    probe.finish("done")
    expect(await asked).toMatchObject(done)
    expect(stage.wire.connections).toBe(2)
    await stage.check()
  },
)

test("[B20] a latency of one and a half heartbeats each way is no death", async () => {
  const stage = await openStage({ bridge: { heartbeatMs: 600 }, client: { setupMs: 15_000 }, idle: true })
  stage.wire.flow("both", { kind: "delay", ms: 900 }, "future")
  stage.runtime.connect()
  await stage.runtime.event("ready")
  for (let nth = 0; nth < 2; nth++) expect(await stage.askNow()).toMatchObject(done)
  expect(stage.runtime.count("disconnected")).toBe(0)
  expect(stage.wire.connections).toBe(1)
  stage.wire.flow("both", { kind: "pass" })
  await stage.check()
})

test("[B21] a result that takes many heartbeats to arrive cuts no link: any byte is life", async () => {
  const stage = await openStage({ bridge: { heartbeatMs: 600 } })
  const probe = createProbe()
  const asked = stage.ask(probe)
  await Promise.all([probe.started, stage.runtime.hears('"pong"')])
  stage.wire.flow("up", { kind: "throttle", bytesPerSecond: 6000 })
  const text = "x".repeat(16_000)
  probe.finish(text)
  expect(await asked).toMatchObject({ outcome: "value", result: { value: text } })
  expect(stage.runtime.count("disconnected")).toBe(0)
  expect(stage.wire.connections).toBe(1)
  stage.wire.flow("up", { kind: "pass" })
  await stage.check()
})

test("[B21] [P35] code that takes many heartbeats to arrive cuts no link: it comes in pieces", async () => {
  const stage = await openStage({ bridge: { heartbeatMs: 3000 } })
  // So that its watchdog runs.
  await stage.runtime.hears('"pong"')
  const text = `${"x".repeat(65_000)}${"\u{1f389}".repeat(1000)}`.repeat(13)
  const probe = createProbe(`; "${text}"`)
  stage.wire.flow("down", { kind: "throttle", bytesPerSecond: 100_000 })
  const asked = stage.ask(probe, { timeoutMs: 0 })
  probe.finish()
  expect(await asked).toMatchObject({ outcome: "value", result: { value: text } })
  expect(stage.runtime.count("disconnected")).toBe(0)
  expect(stage.wire.connections).toBe(1)
  stage.wire.flow("down", { kind: "pass" })
  await stage.check()
})

test("[B22] a stall of one and a half heartbeats, after which everything arrives late, costs nothing", async () => {
  const stage = await openStage({ bridge: { heartbeatMs: 1200 } })
  const probe = createProbe()
  const asked = stage.ask(probe)
  await probe.started
  await stage.runtime.hears('"pong"')
  stage.wire.flow("both", { kind: "stall" })
  probe.finish("done")
  const late = stage.askNow()
  setTimeout(() => stage.wire.flow("both", { kind: "pass" }), 1800)
  expect(await asked).toMatchObject(done)
  expect(await late).toMatchObject(done)
  expect(stage.runtime.count("disconnected")).toBe(0)
  await stage.check()
})

test("[L38] an outcome whose acknowledgement was lost is offered again on the next socket, and let go of", async () => {
  const stage = await openStage(calm)
  const probe = createProbe()
  const asked = stage.ask(probe)
  await probe.started
  stage.wire.flow("down", { kind: "swallow" })
  probe.finish()
  expect(await asked).toMatchObject(done)
  const acknowledged = stage.runtime.hears('"op":"ack","ids":["')
  stage.wire.reset()
  await acknowledged
  await stage.check()
})
