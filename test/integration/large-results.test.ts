import { readFileSync } from "node:fs"
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest"
import { openDesk, type Desk } from "../support/bridge-process.ts"
import { openRuntime } from "../support/node-runtime.ts"
import { openStage, shortLink } from "../support/stage.ts"

/** What is larger than a message: it comes whole, or it is said what did not come. */

let desk: Desk
beforeEach(async () => {
  desk = await openDesk()
})
afterEach(() => desk.clear())

/** A bridge in a process of its own, and the real client here, which passes for a page. */
async function openPage() {
  const bridge = await desk.serve("--port", "0")
  const page = openRuntime({ url: bridge.url }, { origin: "http://localhost:3000" })
  onTestFinished(() => page.client.disconnect())
  page.connect()
  await page.event("ready")
  return { bridge, page }
}

/** The most memory that a process ever had, in bytes. */
function peakOf(pid: number): number {
  return Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024
}

test("[I04] [P33] `eval --raw` of 64 MB prints all of it; the bridge holds a part at a time, and nobody is cut", async () => {
  const { bridge, page } = await openPage()
  const before = process.platform === "linux" ? peakOf(bridge.pid) : 0
  const { code, stdout, stderr } = await desk.run(
    ...["eval", "--port", String(bridge.port), "--raw", `"0123456789abcde\\n".repeat(4 * 1024 * 1024)`],
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  expect(stdout.length).toBe(64 * 1024 * 1024 + 1)
  expect(stdout).toBe(`${"0123456789abcde\n".repeat(4 * 1024 * 1024)}\n`)
  if (process.platform === "linux") expect(peakOf(bridge.pid) - before).toBeLessThan(60e6)
  expect(page.count("disconnected")).toBe(0)
})

test("[I04] [P33] `eval --json` has the whole value too, exact to half a character", async () => {
  const { bridge } = await openPage()
  const { code, stdout } = await desk.run(
    ...["eval", "--port", String(bridge.port), "--json", `"\\ud83d\\u{1f389}é\\0".repeat(300_001)`],
  )
  expect(code).toBe(0)
  expect(JSON.parse(stdout).result).toEqual({ type: "string", value: "\ud83d\u{1f389}é\0".repeat(300_001) })
})

test("[I04] [P33] a text beyond what is passed on prints nothing, and is named as lost", async () => {
  const { bridge, page } = await openPage()
  const { code, stdout, stderr } = await desk.run(
    ...["eval", "--port", String(bridge.port), "--raw", `"x".repeat(80_000_000)`],
  )
  expect({ code, stdout }).toEqual({ code: 4, stdout: "" })
  expect(stderr).toMatch("lost: the whole of its result did not come: it has 80000000 characters")
  expect(page.count("disconnected")).toBe(0)
})

test("[I04] without --raw a long text is shown from its beginning, with how much more there is", async () => {
  const { bridge } = await openPage()
  const { code, stdout } = await desk.run(...["eval", "--port", String(bridge.port), `"x".repeat(80_000_000)`])
  expect(code).toBe(0)
  expect(stdout.length).toBeLessThan(20_000)
  expect(stdout).toMatch(/79,99\d,\d{3} more characters/)
})

test("[B21] [P33] a large text over a slow way lets others between, and outlives its connection", async () => {
  const stage = await openStage({ remote: shortLink, bridge: { heartbeatMs: 1000 } })
  stage.wire.flow("up", { kind: "throttle", bytesPerSecond: 600_000 })
  const text = "0123456789".repeat(300_000)
  const asked = stage.frontEnd.evaluate(`"0123456789".repeat(300_000)`, { whole: true })
  let isDone = false
  void asked.then(() => (isDone = true))
  await stage.wire.carried("down", '"op":"read"')
  expect(await stage.askNow()).toMatchObject({ outcome: "value" })
  expect(isDone).toBe(false)
  expect(stage.runtime.count("disconnected")).toBe(0)
  stage.wire.reset()
  await stage.runtime.event("ready", 2)
  expect(isDone).toBe(false)
  expect(await asked).toMatchObject({ outcome: "value", result: { value: text } })
  await stage.check()
})
