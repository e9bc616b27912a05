import { setImmediate as nextTurn } from "node:timers/promises"
import { expect, onTestFinished, test } from "vitest"
import type { Evaluation } from "../../src/frontend/index.ts"
import { startBridge } from "../../src/server/index.ts"
import { createFakePage } from "../support/fake-page.ts"
import { openRuntime } from "../support/node-runtime.ts"
import { createProbe, openFrontEnd, shortLink, token, works } from "../support/stage.ts"
import { openWire, type Way } from "../support/wire.ts"

/** A fault at every piece of what is said between a page, a bridge and a front end, from the first byte on. */

/** `away`: into the back/forward cache and back. */
type Fault = "reset" | "kill" | "reload" | "away"

interface Place {
  readonly wire: "page" | "front end"
  readonly way: Way
  /** Whether the piece at which it happens is lost, or just gets through. */
  readonly isLost: boolean
  readonly fault: Fault
}

const origin = "http://localhost:3000"

/** A tab, with the real client in its page; what a reload keeps is kept. */
function createTab(url: string, console: Pick<Console, "log">) {
  const storage = new Map<string, string>()
  const load = () => {
    const page = createFakePage({ storage })
    const { window, storage: kept } = page.platform
    const runtime = openRuntime({ url, ...shortLink }, { window, storage: kept, origin, console })
    onTestFinished(() => runtime.client.disconnect())
    runtime.connect()
    return { page, runtime }
  }
  let loaded = load()
  return {
    get runtime() {
      return loaded.runtime
    },
    async reload(): Promise<void> {
      loaded.page.fire("pagehide", { persisted: false })
      loaded = load()
      await loaded.runtime.event("ready")
    },
    goAway(): void {
      loaded.page.fire("pagehide", { persisted: true })
      loaded.page.fire("pageshow", { persisted: true })
    },
  }
}

/** All that is promised, with one fault at the nth piece. Whether there was one so far. */
async function survives({ wire: which, way, isLost, fault }: Place, nth: number): Promise<boolean> {
  const begin = () => startBridge({ port: 0, token, clientScript: "" })
  let bridge = await begin()
  const wires = { page: await openWire(bridge.port), "front end": await openWire(bridge.port) }
  const both = Object.values(wires)

  async function strike(): Promise<void> {
    if (fault === "reload") return tab.reload()
    if (fault === "away") return tab.goAway()
    if (fault === "reset") return isLost ? wires[which].reset() : wires[which].finish()
    // The ports stay ours.
    for (const wire of both) wire.door = { kind: "refuse" }
    for (const wire of both) wire.reset()
    await bridge.stop()
    bridge = await begin()
    for (const wire of both) {
      wire.aim(bridge.port)
      wire.door = { kind: "open" }
    }
  }

  let pieces = 0
  let isOver = false
  let struck: Promise<void> | undefined
  const change = (piece: Buffer): Buffer => {
    if (++pieces !== nth || isOver) return piece
    struck = nextTurn().then(strike)
    return isLost ? Buffer.alloc(0) : piece
  }
  wires[which].flow(way, { kind: "corrupt", change }, "future")
  const shop = { log: () => undefined }
  Object.assign(globalThis, { shop })
  const tab = createTab(wires.page.url, shop)
  const frontEnd = openFrontEnd(wires["front end"].url)

  let lines = 0
  const allLines = new Promise<void>((heard) => frontEnd.on("console", () => ++lines === 3 && heard()))
  const [quick, slow, second] = [createProbe(), createProbe(), createProbe()]
  const ask = async (probe: typeof quick): Promise<Evaluation> => {
    const evaluation = await frontEnd.evaluate(`shop.log("sold"); ${probe.code}`, { waitMs: 15_000 })
    const { outcome, result } = evaluation
    if (outcome === "lost") expect(result).toMatchObject({ code: "page-reloaded" })
    else expect(evaluation).toMatchObject({ outcome: "value", result: { value: "done" } })
    if (fault !== "reload") expect(outcome).toBe("value")
    if (outcome === "value") expect(probe.runs).toBe(1)
    else expect(probe.runs).toBeLessThanOrEqual(1)
    return evaluation
  }
  quick.finish()
  second.finish()
  const asked = [
    ask(slow),
    ask(quick)
      .then(() => ask(second))
      .finally(() => slow.finish()),
  ]
  await Promise.all(asked)
  await struck
  isOver = true
  if (fault === "reset" && which === "page") await allLines
  await works(frontEnd)
  expect(lines).toBeLessThanOrEqual(3)
  expect(bridge.runtimes).toMatchObject([{ number: 1, name: "browser·shop", state: "ready" }])

  await frontEnd.close()
  await tab.runtime.client.disconnect()
  await tab.runtime.silent()
  expect(tab.runtime.timers).toBe(0)
  await bridge.stop()
  await Promise.all(both.map((wire) => wire.close()))
  return struck !== undefined
}

const places: readonly Place[] = (["page", "front end"] as const).flatMap((wire) =>
  (["up", "down"] as const).flatMap((way) =>
    [true, false].flatMap((isLost) =>
      (["reset", "kill", "reload", "away"] as const).map((fault) => ({ wire, way, isLost, fault })),
    ),
  ),
)

/** What a page has said is not lost because it leaves; a front end does not. */
const isPossible = ({ wire, way, isLost, fault }: Place): boolean =>
  fault === "reset" || fault === "kill" || (wire === "page" && !(way === "up" && isLost))

test.each(places.filter(isPossible))(
  "[L37] [L39] [L41] $fault at each piece $way the wire of the $wire, lost: $isLost",
  async (place) => {
    let nth = 1
    while (await survives(place, nth)) nth++
    // A handshake, a greeting, and some of what follows.
    expect(nth).toBeGreaterThan(4)
  },
)
