import { expect, onTestFinished, test } from "vitest"
import { features, protocolVersion } from "../../src/protocol/index.ts"
import { FakeRuntime } from "../support/fake-runtime.ts"
import { accountedFor, createProbe, done, openStage, runtimeIs, shortLink, stateIs, token } from "../support/stage.ts"
import { Talk } from "../support/talk.ts"

/** More than fits: everything stays bounded, and what is lost is said. */

/** A runtime whose console is nobody else's. */
async function openLogging() {
  const console = { log: () => undefined } as Pick<Console, "log">
  return { stage: await openStage({ surroundings: { console } }), console }
}

test("[I02] 50,000 lines on a stalled uplink: little waits in the socket, and what was dropped is told", async () => {
  const { stage, console } = await openLogging()
  const counted = accountedFor(stage.frontEnd, 50_000)
  stage.wire.flow("up", { kind: "stall" })
  let mostBuffered = 0
  for (let line = 1; line <= 50_000; line++) {
    console.log(`${line} ${"x".repeat(2000)}`)
    if (line % 1000 > 0) continue
    await new Promise(setImmediate)
    mostBuffered = Math.max(mostBuffered, stage.runtime.bufferedAmount)
  }
  // 100 MB were said.
  expect(mostBuffered).toBeLessThan(2.5e6)
  stage.wire.flow("up", { kind: "pass" })
  const { delivered, dropped } = await counted
  expect(delivered + dropped).toBe(50_000)
  expect(dropped).toBeGreaterThan(0)
  expect(delivered).toBeGreaterThan(0)
  expect(stage.wire.connections).toBe(1)
})

test("[I05] lines while the bridge is away are kept within bounds; how many were dropped is told when it is back", async () => {
  const { stage, console } = await openLogging()
  await stage.wire.refuse()
  await runtimeIs(stage.frontEnd, "away")
  for (let line = 1; line <= 2000; line++) console.log(`line ${line}`)
  const counted = accountedFor(stage.frontEnd, 2000)
  await stage.wire.accept()
  const { delivered, dropped } = await counted
  expect(delivered + dropped).toBe(2000)
  expect(delivered).toBeLessThanOrEqual(1000)
  expect(delivered).toBeGreaterThan(0)
})

test("[I03] a front end that does not read costs the others nothing, and is told how much it missed", async () => {
  const stage = await openStage({ idle: true })
  const { port } = stage.bridge
  const lazy = await new Talk(`ws://127.0.0.1:${port}/frontend`, [], { Authorization: `Bearer ${token}` }).opened()
  onTestFinished(() => lazy.socket.terminate())
  lazy.say({ op: "hello", protocol: protocolVersion, version: "0", features, frontEnd: "lazy", name: "lazy" })
  await lazy.hear("welcome")
  const page = await new FakeRuntime().connect(port)
  onTestFinished(() => page.talk.socket.terminate())
  let heard = 0
  stage.frontEnd.on("console", () => heard++)

  lazy.socket.pause()
  const [lines, text] = [2500, JSON.stringify([{ type: "string", value: "x".repeat(10_000) }])]
  for (let seq = 1; seq <= lines; seq++) {
    page.talk.say({ op: "console", seq, level: "log", time: 0 }, text)
    // Acknowledged lines are those that the bridge has passed on.
    if (seq % 100 === 0) await page.talk.hear("ack", ({ seq: acknowledged }) => Number(acknowledged) >= seq)
  }
  expect(heard).toBe(lines)
  expect(await stage.frontEnd.evaluate("1")).toMatchObject({ result: { value: "1" } })

  lazy.socket.resume()
  await lazy.caughtUp()
  page.talk.say({ op: "console", seq: lines + 1, level: "log", time: 0 }, "[]")
  await lazy.hear("console", ({ seq }) => seq === lines + 1)
  const told = lazy.heard.filter(({ header }) => header.op === "console").map(({ header }) => header)
  const dropped = told.reduce((sum, line) => sum + Number(line["dropped"] ?? 0), 0)
  expect(told.length + dropped).toBe(lines + 1)
  // 25 MB were said; what waited here and in the system's buffers is less than half of it.
  expect(told.length).toBeLessThan(lines / 2)
  expect(lazy.socket.readyState).toBe(lazy.socket.OPEN)
})

test("[I03] outcomes for a front end that reads late wait in their runtimes, and it is not cut for being slow", async () => {
  const stage = await openStage({ idle: true, bridge: { maxRuntimes: 64 } })
  const { port } = stage.bridge
  const lazy = await new Talk(`ws://127.0.0.1:${port}/frontend`, [], { Authorization: `Bearer ${token}` }).opened()
  onTestFinished(() => lazy.socket.terminate())
  lazy.say({ op: "hello", protocol: protocolVersion, version: "0", features, frontEnd: "lazy", name: "lazy" })
  await lazy.hear("welcome")
  const result = JSON.stringify({ type: "string", value: "x".repeat(1_000_000) })
  const pages = await Promise.all(
    Array.from({ length: 40 }, () => new FakeRuntime({ evaluate: () => result }).connect(port)),
  )
  onTestFinished(() => pages.forEach(({ talk }) => talk.socket.terminate()))

  for (const { id } of pages) lazy.say({ op: "eval", id: `of-${id}`, runtime: id }, "long")
  await lazy.caughtUp()
  lazy.socket.pause()
  await Promise.all(pages.map(({ talk }) => talk.caughtUp()))
  for (const { ran } of pages) expect(ran).toHaveLength(1)
  // 40 MB were said; nobody else waits for them.
  expect(await stage.frontEnd.evaluate("1", { runtime: pages[0]!.id })).toMatchObject({ outcome: "value" })

  lazy.socket.resume()
  for (const { id } of pages) await lazy.hear("outcome", (header) => header["id"] === `of-${id}`)
  expect(lazy.socket.readyState).toBe(lazy.socket.OPEN)
  for (const { ran } of pages) expect(ran.filter((id) => id.startsWith("of-"))).toHaveLength(1)
})

test("[I04] a result above the bridge's limit ends as lost, with its reason, and is not sent again", async () => {
  const stage = await openStage({ idle: true })
  stage.wire.flow("down", { kind: "corrupt", change: smallerLimit }, "future")
  stage.runtime.connect()
  const tooLarge = createProbe()
  tooLarge.finish("x".repeat(8000))
  const lost = { code: "overflow", reason: expect.stringContaining("too large"), ran: "unknown" }
  expect(await stage.ask(tooLarge)).toMatchObject({ outcome: "lost", result: lost })
  // Nobody minds: the socket is the same, and the next result fits.
  expect(await stage.askNow()).toMatchObject(done)
  expect(stage.wire.connections).toBe(1)
  await stage.check()
})

function smallerLimit(chunk: Buffer): Buffer {
  return Buffer.from(chunk.toString("latin1").replace(/"maxBytes":\d{7}/, '"maxBytes":   3000'), "latin1")
}

test("[I04] code above the bridge's limit is not sent at all, and ends as lost", async () => {
  const stage = await openStage({ remote: shortLink })
  const probe = createProbe(`; "${"x".repeat(1_100_000)}".length`)
  expect(await stage.ask(probe)).toMatchObject({ outcome: "lost", result: { code: "overflow", ran: "no" } })
  expect(stage.frontEndWire.connections).toBe(1)
  await stage.check()
})

test("[I05] 2,000 results while the bridge is away: the newest are kept, within bounds, and the oldest end as lost", async () => {
  const stage = await openStage({ remote: shortLink })
  const probes = Array.from({ length: 2000 }, () => createProbe())
  const asked = probes.map((probe) => stage.ask(probe))
  await Promise.all(probes.map(({ started }) => started))
  await stage.kill()
  await stateIs(stage.frontEnd, "waiting")
  await stage.runtime.event("reconnecting")
  for (const probe of probes) probe.finish("x".repeat(8000))
  await stage.revive()
  const outcomes = await Promise.all(asked)
  const firstKept = outcomes.findIndex(({ outcome }) => outcome === "value")
  expect(firstKept).toBeGreaterThan(0)
  for (const outcome of outcomes.slice(0, firstKept)) {
    expect(outcome).toMatchObject({ outcome: "lost", result: { code: "overflow", ran: "unknown" } })
  }
  for (const { outcome } of outcomes.slice(firstKept)) expect(outcome).toBe("value")
  // Four million characters are kept.
  expect(2000 - firstKept).toBeGreaterThan(400)
  expect(2000 - firstKept).toBeLessThanOrEqual(500)
  await stage.check()
})
