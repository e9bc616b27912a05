import { expect, test } from "vitest"
import { createFakeFrontEnd, runtimeInfo, type FakeFrontEnd } from "../../test/support/fake-front-end.ts"
import { FrontEndError } from "./errors.ts"
import type { ConsoleLine, Recollection } from "./frontend.ts"
import { createLog, followLog } from "./log.ts"

const shop = runtimeInfo()
const cart = runtimeInfo({ number: 2, name: "chrome·cart" })

function line(seq: number, { runtime = shop, time = seq, dropped = 0, session = "" } = {}): ConsoleLine {
  const { id, number, name } = runtime
  return {
    runtime: { id, number, name, session: session || runtime.session },
    seq,
    time,
    level: "log",
    dropped,
    args: [],
  }
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

/** What a bridge remembers, by runtime; those that are not in it are unknown to the bridge. */
function remember(frontEnd: FakeFrontEnd, memory: Readonly<Record<string, readonly ConsoleLine[]>>): void {
  frontEnd.recall = async ({ runtime = "" } = {}) => {
    const lines = memory[runtime]
    if (lines === undefined) throw new FrontEndError("no-runtime", `no runtime ${runtime}`)
    return { runtime: shop, lines, levels: [], dropped: 0, forgotten: 0, left: 0 } satisfies Recollection
  }
}

function openLog(frontEnd: FakeFrontEnd, runtime?: string) {
  const printed: string[] = []
  const print = ({ runtime: { number }, seq, dropped }: ConsoleLine): unknown =>
    printed.push(`${number}.${seq} ${dropped}`)
  return { log: createLog(frontEnd, { runtime, print }), printed }
}

test("prints what is remembered in the order of time, and each runtime's lines in their own", async () => {
  const frontEnd = createFakeFrontEnd(shop, cart)
  remember(frontEnd, {
    r1: [line(1), line(2, { time: 40 }), line(3, { time: 30 })],
    r2: [line(1, { runtime: cart, time: 20 }), line(2, { runtime: cart, time: 35 })],
  })
  const { log, printed } = openLog(frontEnd)
  await log.catchUp()
  expect(printed).toEqual(["1.1 0", "2.1 0", "2.2 0", "1.2 0", "1.3 0"])
})

test("a line that comes while others are recalled is printed once, and after them", async () => {
  const frontEnd = createFakeFrontEnd(shop)
  remember(frontEnd, { r1: [line(1), line(2)] })
  const { log, printed } = openLog(frontEnd)
  frontEnd.emit("console", line(2))
  frontEnd.emit("console", line(3))
  expect(printed).toEqual([])
  await log.catchUp()
  frontEnd.emit("console", line(4))
  expect(printed).toEqual(["1.1 0", "1.2 0", "1.3 0", "1.4 0"])
})

test("[L40] lines that are not remembered any more are counted, and those that came with a drop as well", async () => {
  const frontEnd = createFakeFrontEnd(shop)
  remember(frontEnd, { r1: [line(4), line(5), line(9, { dropped: 3 })] })
  const { log, printed } = openLog(frontEnd)
  await log.catchUp()
  frontEnd.emit("console", { ...line(12, { dropped: 3 }), kind: "dropped" })
  frontEnd.emit("console", line(1, { session: "after-a-reload" }))
  expect(printed).toEqual(["1.4 3", "1.5 0", "1.9 3", "1.12 3", "1.1 0"])
})

test("after a drop it goes on where it was, also with another bridge that does not know all runtimes yet", async () => {
  const frontEnd = createFakeFrontEnd(shop, cart)
  remember(frontEnd, { r1: [line(1), line(2)], r2: [] })
  const { log, printed } = openLog(frontEnd)
  await log.catchUp()
  frontEnd.setState("waiting")
  frontEnd.setState("ready")
  remember(frontEnd, { r1: [line(2), line(3)] })
  frontEnd.emit("console", line(4))
  await log.catchUp()
  expect(printed).toEqual(["1.1 0", "1.2 0", "1.3 0", "1.4 0"])
})

test("from now on, it prints nothing that was said before, and after a drop what was said meanwhile", async () => {
  const frontEnd = createFakeFrontEnd(shop, cart)
  const history = [line(3, { session: "before-a-reload", time: 1 }), line(7)]
  remember(frontEnd, { r1: history, r2: [] })
  const printed: string[] = []
  const print = ({ runtime: { number }, seq, dropped }: ConsoleLine): unknown =>
    printed.push(`${number}.${seq} ${dropped}`)
  const stop = followLog(frontEnd, { isFromNow: true, print })
  await turn()
  frontEnd.emit("console", line(8))
  frontEnd.setState("waiting")
  remember(frontEnd, {
    r1: [...history, line(8), line(9, { time: 20 }), line(1, { session: "after-a-reload", time: 40 })],
    r2: [line(1, { runtime: cart, time: 30 })],
  })
  frontEnd.setState("ready")
  frontEnd.emit("console", line(2, { session: "after-a-reload", time: 50 }))
  await turn()
  stop()
  frontEnd.emit("console", line(3, { session: "after-a-reload", time: 60 }))
  expect(printed).toEqual(["1.8 0", "1.9 0", "2.1 0", "1.1 0", "1.2 0"])
})

test("from now on, it prints at once, also while the bridge has not said what was before", () => {
  const frontEnd = createFakeFrontEnd(shop)
  frontEnd.recall = () => new Promise(() => undefined)
  const printed: number[] = []
  followLog(frontEnd, { isFromNow: true, print: ({ seq }) => printed.push(seq) })
  frontEnd.emit("console", line(8))
  expect(printed).toEqual([8])
})

test("where the bridge goes while it is asked, it asks again when that is back", async () => {
  const frontEnd = createFakeFrontEnd(shop)
  const printed: number[] = []
  remember(frontEnd, { r1: [line(1)] })
  followLog(frontEnd, { print: ({ seq }) => printed.push(seq) })
  await turn()
  frontEnd.recall = () => Promise.reject(new FrontEndError("gone", "the bridge is away"))
  frontEnd.setState("waiting")
  frontEnd.setState("ready")
  frontEnd.emit("console", line(3))
  await turn()
  frontEnd.setState("waiting")
  remember(frontEnd, { r1: [line(1), line(2), line(3)] })
  frontEnd.setState("ready")
  await turn()
  expect(printed).toEqual([1, 2, 3])
})

test("keeps to one runtime where it was asked to, and prints nothing once it is stopped", async () => {
  const frontEnd = createFakeFrontEnd(shop, cart)
  remember(frontEnd, { r1: [line(1)], r2: [line(1, { runtime: cart })] })
  const { log, printed } = openLog(frontEnd, "r2")
  await log.catchUp()
  frontEnd.emit("console", line(2))
  frontEnd.emit("console", line(2, { runtime: cart }))
  log.stop()
  frontEnd.emit("console", line(3, { runtime: cart }))
  expect(printed).toEqual(["2.1 0", "2.2 0"])
})

test("a bridge that goes while it is asked is an error", async () => {
  const frontEnd = createFakeFrontEnd(shop)
  frontEnd.recall = () => Promise.reject(new FrontEndError("gone", "the bridge is away"))
  await expect(openLog(frontEnd).log.catchUp()).rejects.toThrow("the bridge is away")
})
