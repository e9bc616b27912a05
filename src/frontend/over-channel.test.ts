import { beforeEach, expect, test } from "vitest"
import { createFakeChannel, type FakeChannel } from "../../test/support/fake-channel.ts"
import { createFakeClock, type FakeClock } from "../../test/support/fake-clock.ts"
import { runtimeInfo } from "../../test/support/fake-front-end.ts"
import type { AnsweringRuntime, RuntimeInfo } from "../protocol/index.ts"
import type { Evaluation, FrontEnd } from "./frontend.ts"
import { frontEndOver } from "./over-channel.ts"

const shop = runtimeInfo()
const two = { op: "outcome", id: "", outcome: "value", durationMs: 3 } as const
const resultOfTwo = { type: "number", value: 2, description: "2" }

const answering = ({ id, number, name, session }: RuntimeInfo): AnsweringRuntime => ({ id, number, name, session })

let bridge: FakeChannel
let clock: FakeClock
let frontEnd: FrontEnd

beforeEach(() => {
  bridge = createFakeChannel()
  clock = createFakeClock()
  let ids = 0
  frontEnd = frontEndOver(bridge.open, { name: "cli", clock, newId: () => `id${ids++}` })
})

/** What became of an eval so far; looks again each time. */
function watched(evaluating: Promise<Evaluation>): { settled: Evaluation[] } {
  const seen = { settled: [] as Evaluation[] }
  void evaluating.then((evaluation) => seen.settled.push(evaluation))
  return seen
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

test("it says who it is, and knows the runtimes and the target that the welcome names", () => {
  bridge.welcome({ runtimes: [runtimeInfo({ number: 2 }), shop], target: "r2" })
  expect(bridge.heard()).toMatchObject([{ op: "hello", frontEnd: "id0", name: "cli", features: expect.anything() }])
  expect(frontEnd.runtimes.map(({ number }) => number)).toEqual([1, 2])
  expect(frontEnd.target).toBe("r2")
  expect(frontEnd.state).toBe("ready")
})

test("[P32] how long a runtime has been busy counts on by itself, until it listens again", () => {
  bridge.welcome({ runtimes: [{ ...shop, busyMs: 2000 }] })
  clock.advance(3000)
  expect(frontEnd.runtimes).toEqual([{ ...shop, busyMs: 5000 }])
  const told: unknown[] = []
  frontEnd.on("runtime", (runtime) => told.push(runtime))
  bridge.say({ op: "runtime", runtime: { ...shop, busyMs: 5000 } })
  bridge.say({ op: "runtime", runtime: shop })
  expect(told).toEqual([shop])
  expect(frontEnd.runtimes).toEqual([shop])
  expect(clock.pending).toBe(0)
})

test("[P16] an eval is asked for under an id of its own, with its code as the body", () => {
  bridge.welcome()
  bridge.heard()
  void frontEnd.evaluate("1 + 1", { runtime: "shop" })
  expect(bridge.heard()).toEqual([
    { op: "eval", id: "id1", runtime: "shop", waitMs: 5000, timeoutMs: 30_000, code: "1 + 1" },
  ])
})

test("[L37] it settles with the first outcome; every outcome is acknowledged, known or not [P20]", async () => {
  bridge.welcome()
  const { settled } = watched(frontEnd.evaluate("1 + 1"))
  bridge.heard()
  bridge.say({ op: "sent", id: "id1", runtime: answering(shop) })
  bridge.say({ ...two, id: "id1", runtime: answering(shop) }, resultOfTwo)
  bridge.say({ ...two, id: "id1", runtime: answering(shop) }, { type: "string", value: "again" })
  bridge.say({ ...two, id: "of-another-life" }, resultOfTwo)
  await turn()
  expect(settled).toEqual([
    { id: "id1", outcome: "value", result: resultOfTwo, runtime: answering(shop), durationMs: 3 },
  ])
  expect(bridge.heard()).toEqual([
    { op: "ack", ids: ["id1"] },
    { op: "ack", ids: ["id1"] },
    { op: "ack", ids: ["of-another-life"] },
  ])
  expect(clock.pending).toBe(0)
})

test("[P21] after a drop it asks again: in the session it was sent to, or anew", async () => {
  bridge.welcome({ runtimes: [shop], target: "r1" })
  const running = watched(frontEnd.evaluate("running"))
  void frontEnd.evaluate("queued")
  bridge.say({ op: "sent", id: "id1", runtime: answering(shop) })
  bridge.drop()
  void frontEnd.evaluate("meanwhile")
  bridge.heard()
  bridge.welcome({ bridge: "bridge-2" })
  expect(bridge.heard()).toEqual([
    expect.objectContaining({ op: "hello", frontEnd: "id0", target: "r1", isChosen: false }),
    { op: "eval", id: "id1", runtime: "r1", session: "s1", waitMs: 5000, timeoutMs: 30_000, code: "running" },
    { op: "eval", id: "id2", waitMs: 5000, timeoutMs: 30_000, code: "queued" },
    { op: "eval", id: "id3", waitMs: 5000, timeoutMs: 30_000, code: "meanwhile" },
  ])
  bridge.say({ ...two, id: "id1", runtime: answering(shop) }, resultOfTwo)
  await turn()
  expect(running.settled).toMatchObject([{ outcome: "value" }])
})

test("a timeout settles it, withdraws it, and what comes later is acknowledged and ignored", async () => {
  bridge.welcome()
  const { settled } = watched(frontEnd.evaluate("slow", { timeoutMs: 100 }))
  bridge.say({ op: "sent", id: "id1", runtime: answering(shop) })
  bridge.heard()
  clock.advance(100)
  bridge.say({ ...two, id: "id1", runtime: answering(shop) }, resultOfTwo)
  await turn()
  expect(settled).toEqual([
    {
      id: "id1",
      outcome: "timeout",
      result: { reason: "no outcome within 100 ms", ran: "unknown" },
      runtime: answering(shop),
      durationMs: 100,
    },
  ])
  expect(bridge.heard()).toEqual([
    { op: "cancel", id: "id1", as: "timeout" },
    { op: "ack", ids: ["id1"] },
  ])
})

test("without a bridge an eval ends when its wait is over", async () => {
  const { settled } = watched(frontEnd.evaluate("1", { waitMs: 200 }))
  clock.advance(199)
  await turn()
  expect(settled).toEqual([])
  clock.advance(1)
  await turn()
  expect(settled).toMatchObject([{ outcome: "lost", result: { code: "bridge-gone", ran: "no" } }])
})

test("an abort cancels: before it begins, while it waits, while it runs", async () => {
  const cancel = new AbortController()
  const before = watched(frontEnd.evaluate("1", { signal: AbortSignal.abort() }))
  bridge.welcome()
  const waiting = watched(frontEnd.evaluate("2", { signal: cancel.signal }))
  const running = watched(frontEnd.evaluate("3", { signal: cancel.signal }))
  bridge.say({ op: "sent", id: "id3", runtime: answering(shop) })
  bridge.heard()
  cancel.abort()
  expect(bridge.heard()).toEqual([
    { op: "cancel", id: "id2", as: "cancelled" },
    { op: "cancel", id: "id3", as: "cancelled" },
  ])
  bridge.say({ op: "outcome", id: "id2", outcome: "cancelled", durationMs: 0 }, { reason: "cancelled", ran: "no" })
  await turn()
  expect(before.settled).toMatchObject([{ outcome: "cancelled", result: { ran: "no" } }])
  expect(waiting.settled).toMatchObject([{ outcome: "cancelled", result: { ran: "no" } }])
  expect(running.settled).toMatchObject([{ outcome: "cancelled", result: { ran: "unknown" } }])
  expect(clock.pending).toBe(0)
})

test("[P42] what an eval came to that was given up is told once, with its code", async () => {
  bridge.welcome()
  const late: unknown[] = []
  frontEnd.on("late", (evaluation) => late.push(evaluation))
  const cancel = new AbortController()
  const running = frontEnd.evaluate("slow()", { signal: cancel.signal })
  bridge.say({ op: "sent", id: "id1", runtime: answering(shop) })
  cancel.abort()
  expect(await running).toMatchObject({ outcome: "cancelled" })
  const answer = { ...two, op: "late", id: "id1", runtime: answering(shop) } as const
  bridge.say(answer, resultOfTwo)
  bridge.say(answer, resultOfTwo)
  bridge.say({ ...answer, id: "of-another" }, resultOfTwo)
  expect(late).toEqual([
    { id: "id1", code: "slow()", outcome: "value", result: resultOfTwo, runtime: answering(shop), durationMs: 3 },
  ])
})

test("close() cancels what is unsettled, and leaves nothing; afterwards evals end at once", async () => {
  bridge.welcome()
  const { settled } = watched(frontEnd.evaluate("1"))
  await frontEnd.close()
  await frontEnd.close()
  expect(settled).toMatchObject([{ outcome: "cancelled", result: { reason: "the front end was closed" } }])
  expect(bridge.isClosed).toBe(true)
  expect(clock.pending).toBe(0)
  expect(await frontEnd.evaluate("2")).toMatchObject({ outcome: "cancelled", result: { ran: "no" } })
})

test("a refusal for good ends what is unsettled with its reason", async () => {
  bridge.welcome()
  const { settled } = watched(frontEnd.evaluate("1"))
  const refusals: unknown[] = []
  frontEnd.on("refused", (refusal) => refusals.push(refusal))
  bridge.refuse(4409, "another socket took its place")
  await turn()
  expect(settled).toMatchObject([
    { outcome: "lost", result: { reason: "refused by the bridge: another socket took its place" } },
  ])
  expect(refusals).toEqual([{ code: 4409, reason: "another socket took its place" }])
})

test("code longer than the bridge takes is not sent, and says so", async () => {
  bridge.welcome({ maxBytes: 2000 })
  bridge.heard()
  expect(await frontEnd.evaluate("é".repeat(1000))).toMatchObject({
    outcome: "lost",
    result: {
      code: "overflow",
      reason: "the code has 2000 bytes, and the bridge takes 976: evaluate it in parts",
      ran: "no",
    },
  })
  expect(bridge.heard()).toEqual([])
})

test("an outcome whose result is not in the protocol is lost, and named", async () => {
  bridge.welcome()
  const bodies: readonly unknown[] = [undefined, 1, [], { type: "odd" }, { type: "string", description: 1 }]
  for (const [index, body] of bodies.entries()) {
    const evaluating = frontEnd.evaluate("1")
    bridge.say({ ...two, id: `id${index + 1}` }, body)
    expect(await evaluating).toMatchObject({ outcome: "lost", result: { code: "unreadable", ran: "unknown" } })
  }
})

test("a result nested so deep that writing it again would overflow the stack is none; brackets in a text are no nesting", async () => {
  bridge.welcome()
  const evaluating = frontEnd.evaluate("1")
  const deep = JSON.parse(`${"[".repeat(2000)}${"]".repeat(2000)}`) as unknown
  bridge.say({ ...two, id: "id1" }, { type: "object", value: deep })
  expect(await evaluating).toMatchObject({ outcome: "lost", result: { code: "unreadable", ran: "unknown" } })
  const brackets = { type: "string", value: `\\"${"[".repeat(2000)}` }
  const other = frontEnd.evaluate("1")
  bridge.say({ ...two, id: "id2" }, brackets)
  expect(await other).toMatchObject({ outcome: "value", result: brackets })
  const lines: unknown[] = []
  frontEnd.on("console", ({ args }) => lines.push(args))
  bridge.say({ op: "console", runtime: answering(shop), seq: 1, level: "log", time: 5 }, [
    { type: "object", value: deep },
  ])
  expect(lines).toEqual([[]])
})

test("runtimes are told about once the list has them; unchanged ones are not news", () => {
  bridge.welcome({ runtimes: [shop] })
  const news: unknown[] = []
  frontEnd.on("runtime", ({ number, state }) => news.push([number, state, frontEnd.runtimes.length]))
  bridge.say({ op: "runtime", runtime: shop })
  bridge.say({ op: "runtime", runtime: runtimeInfo({ number: 2 }) })
  bridge.say({ op: "runtime", runtime: { ...shop, state: "away" } })
  bridge.say({ op: "runtime", runtime: { ...shop, state: "gone" } })
  bridge.say({ op: "runtime", runtime: { ...shop, state: "gone" } })
  expect(news).toEqual([
    [2, "ready", 2],
    [1, "away", 2],
    [1, "gone", 1],
  ])
})

test("a bounce shows runtimes as away until they return, and as gone when they do not", () => {
  bridge.welcome({ runtimes: [shop, runtimeInfo({ number: 2 })] })
  const news: unknown[] = []
  frontEnd.on("runtime", ({ number, state }) => news.push([number, state]))
  bridge.drop()
  bridge.welcome({ bridge: "bridge-2" })
  bridge.drop()
  bridge.welcome({ bridge: "bridge-2" })
  bridge.say({ op: "runtime", runtime: shop })
  clock.advance(60_000)
  expect(news).toEqual([
    [1, "away"],
    [2, "away"],
    [1, "ready"],
    [2, "gone"],
  ])
})

test("a runtime that left the same bridge meanwhile is gone", () => {
  bridge.welcome({ runtimes: [shop] })
  bridge.drop()
  bridge.welcome()
  expect(frontEnd.runtimes).toEqual([])
})

test("use() chooses by number, name or id, and resolves with the bridge's word", async () => {
  const other = runtimeInfo({ number: 2, name: "firefox·cart" })
  bridge.welcome({ runtimes: [shop, other], target: "r1" })
  bridge.heard()
  const using = frontEnd.use("cart")
  bridge.say({ op: "target", problem: "something else is gone" })
  bridge.say({ op: "target", runtime: "r2" })
  expect(await using).toEqual(other)
  expect(bridge.heard()).toEqual([{ op: "use", runtime: "r2" }])
  expect(frontEnd.target).toBe("r2")
  bridge.drop()
  bridge.welcome({ runtimes: [shop, other], target: "r2" })
  expect(bridge.heard()).toEqual([expect.objectContaining({ op: "hello", target: "r2", isChosen: true })])
})

test("use() of what is not there lists what is", async () => {
  bridge.welcome({ runtimes: [shop] })
  await expect(frontEnd.use("9")).rejects.toThrow("no runtime 9: there is 1 chrome·shop")
  const using = frontEnd.use("1")
  bridge.say({ op: "runtime", runtime: { ...shop, state: "gone" } })
  await expect(using).rejects.toThrow("chrome·shop is gone: there is none")
})

test("a copied text is taken from an eval under way that mentions it, and from no other", async () => {
  bridge.welcome({ runtimes: [shop] })
  const copied: string[] = []
  frontEnd.on("copy", ({ text }) => copied.push(text))
  void frontEnd.evaluate("copy(1)")
  void frontEnd.evaluate("1")
  for (const id of ["id1", "id2", "id3"]) bridge.say({ op: "copy", id, runtime: answering(shop) }, id)
  expect(copied).toEqual(['"id1"'])
})

test("complete() resolves with names, and rejects with the bridge's problem or a drop", async () => {
  bridge.welcome({ runtimes: [shop] })
  bridge.heard()
  const completing = frontEnd.complete(["document"], "ti")
  expect(bridge.heard()).toEqual([{ op: "complete", id: "id1", chain: ["document"], prefix: "ti" }])
  bridge.say({ op: "completions", id: "id1", isCut: true }, ["title", 1])
  expect(await completing).toEqual({ names: ["title"], isCut: true })

  const away = frontEnd.complete([], "")
  bridge.say({ op: "completions", id: "id2", problem: "chrome·shop is away" })
  await expect(away).rejects.toThrow("chrome·shop is away")

  const interrupted = frontEnd.complete([], "")
  bridge.drop()
  await expect(interrupted).rejects.toThrow("broke before it answered")
})

test("[P40] recall() resolves with the lines that came before its end, and rejects with the bridge's problem or a drop", async () => {
  bridge.welcome({ runtimes: [shop] })
  bridge.heard()
  const recalling = frontEnd.recall({ levels: ["error"], limit: 2 })
  expect(bridge.heard()).toEqual([{ op: "recall", id: "id1", levels: ["error"], limit: 2 }])
  const line = { runtime: answering(shop), number: 7, seq: 9, level: "error", time: 5 } as const
  bridge.say({ op: "line", id: "id1", ...line }, [resultOfTwo])
  bridge.say({ op: "line", id: "another", ...line }, [])
  const levels = [{ level: "error", count: 1, last: 7 }]
  bridge.say({ op: "recalled", id: "id1", runtime: answering(shop), levels, forgotten: 3 })
  expect(await recalling).toEqual({
    runtime: answering(shop),
    lines: [{ ...line, dropped: 0, args: [resultOfTwo] }],
    levels,
    ...{ dropped: 0, forgotten: 3, left: 0 },
  })

  const unknown = frontEnd.recall()
  bridge.say({ op: "recalled", id: "id2", problem: "no runtime" })
  await expect(unknown).rejects.toThrow("no runtime")

  const interrupted = frontEnd.recall()
  bridge.drop()
  await expect(interrupted).rejects.toThrow("broke before it answered")
  await expect(frontEnd.recall()).rejects.toThrow("the bridge is away")
})

test("expand() and look() resolve with the value, and reject with the problem, what is no value, or a drop", async () => {
  bridge.welcome({ runtimes: [shop] })
  bridge.heard()
  const expanding = frontEnd.expand("s1.7", { depth: 1, offset: 100 })
  expect(bridge.heard()).toEqual([{ op: "expand", id: "id1", objectId: "s1.7", depth: 1, offset: 100 }])
  bridge.say({ op: "expansion", id: "id1" }, resultOfTwo)
  expect(await expanding).toEqual(resultOfTwo)

  const gone = frontEnd.look(["cart", "items"], { runtime: "2" })
  expect(bridge.heard()).toEqual([{ op: "expand", id: "id2", chain: ["cart", "items"], runtime: "2" }])
  bridge.say({ op: "expansion", id: "id2", problem: "its page was reloaded" })
  await expect(gone).rejects.toMatchObject({ code: "no-value", message: "its page was reloaded" })

  const strange = frontEnd.expand("s1.7")
  bridge.say({ op: "expansion", id: "id3" }, { type: "banana" })
  await expect(strange).rejects.toThrow("not in the protocol")

  const interrupted = frontEnd.expand("s1.7")
  bridge.drop()
  await expect(interrupted).rejects.toThrow("broke before it answered")
})

test("what the wire does not allow is refused before it ends the connection", async () => {
  bridge.welcome({ runtimes: [shop] })
  bridge.heard()
  const refusal = (field: string): object => ({ code: "bad-options", message: expect.stringContaining(field) })
  await expect(frontEnd.expand("no handle")).rejects.toMatchObject(refusal("objectId"))
  await expect(frontEnd.expand("s1.7", { depth: -1 })).rejects.toMatchObject(refusal("depth"))
  await expect(frontEnd.look("cart" as unknown as string[])).rejects.toMatchObject(refusal("chain"))
  await expect(frontEnd.complete("cart" as unknown as string[], "i")).rejects.toMatchObject(refusal("chain"))
  expect(() => frontEnd.release(["s1.7", "no handle"])).toThrow(expect.objectContaining(refusal("objectIds")))
  await expect(frontEnd.recall({ numbers: [-1] })).rejects.toMatchObject(refusal("numbers"))
  await expect(frontEnd.reload({ stylesheets: "a.css" as unknown as string[] })).rejects.toMatchObject(
    refusal("stylesheets"),
  )
  for (const timeoutMs of [Number.POSITIVE_INFINITY, Number.NaN, -1, 0.5]) {
    await expect(frontEnd.evaluate("1", { timeoutMs })).rejects.toMatchObject(refusal("timeoutMs"))
  }
  await expect(frontEnd.evaluate("1", { runtime: 1 as unknown as string })).rejects.toMatchObject(refusal("runtime"))
  expect(bridge.heard()).toEqual([])
})

test("reload() resolves with those asked, and rejects with the bridge's problem or a drop", async () => {
  bridge.welcome({ runtimes: [shop] })
  bridge.heard()
  const reloading = frontEnd.reload({ runtime: "all", stylesheets: ["/a.css"] })
  expect(bridge.heard()).toEqual([{ op: "reload", id: "id1", runtime: "all", stylesheets: ["/a.css"] }])
  bridge.say({ op: "reloading", id: "id1", runtimes: [answering(shop)] })
  expect(await reloading).toEqual([answering(shop)])

  const away = frontEnd.reload()
  bridge.say({ op: "reloading", id: "id2", runtimes: [], problem: "chrome·shop is away" })
  await expect(away).rejects.toThrow("chrome·shop is away")

  const interrupted = frontEnd.reload()
  bridge.drop()
  await expect(interrupted).rejects.toThrow("the connection to the bridge broke")
  await expect(frontEnd.reload()).rejects.toThrow("the bridge is away")
})

test("[P28] a console line that another bridge passes on again is told once", () => {
  bridge.welcome({ bridge: "one", runtimes: [shop] })
  const told: unknown[] = []
  frontEnd.on("console", ({ seq, dropped }) => told.push([seq, dropped]))
  const say = (seq: number, more = {}): void =>
    bridge.say({ op: "console", runtime: answering(shop), seq, level: "log", time: 5, ...more }, [])
  say(1)
  say(2)
  bridge.drop()
  bridge.welcome({ bridge: "two", runtimes: [shop] })
  say(2)
  say(6, { dropped: 4 })
  expect(told).toEqual([
    [1, 0],
    [2, 0],
    [6, 3],
  ])
})

test("[L40] console lines that were said while it was away are counted, also those of a page that was reloaded", () => {
  bridge.welcome({ runtimes: [shop] })
  const told: unknown[] = []
  frontEnd.on("console", ({ seq, dropped }) => told.push([seq, dropped]))
  const say = (seq: number, session = shop.session): void =>
    bridge.say({ op: "console", runtime: { ...answering(shop), session }, seq, level: "log", time: 5 }, [])
  // What came before it is history.
  say(7)
  bridge.drop()
  bridge.welcome({ runtimes: [shop] })
  say(10)
  say(11)
  bridge.drop()
  bridge.welcome({ runtimes: [{ ...shop, session: "next" }] })
  say(3, "next")
  say(4, "next")
  expect(told).toEqual([
    [7, 0],
    [10, 2],
    [11, 0],
    [3, 2],
    [4, 0],
  ])
})

test("console lines come with their arguments, those that are not in the protocol left out", () => {
  bridge.welcome()
  const lines: unknown[] = []
  frontEnd.on("console", (line) => lines.push(line))
  const line = { op: "console", runtime: answering(shop), seq: 1, level: "log", time: 5 } as const
  bridge.say(line, [resultOfTwo, { type: "odd" }, null])
  const { op: _, ...fields } = line
  expect(lines).toEqual([{ ...fields, dropped: 0, args: [resultOfTwo] }])
})

/** The outcome of `id1` as a page says it of a text of so many characters. */
function sayLong(length: number): void {
  const preview = { kind: "string", text: "ab", more: length - 2 }
  bridge.say({ op: "sent", id: "id1", runtime: answering(shop) })
  bridge.say({ ...two, id: "id1", runtime: answering(shop) }, { type: "string", description: "ab…", preview })
}

test("[P33] a text that is too long for its outcome is read to its end before the eval settles and is acknowledged", async () => {
  bridge.welcome({ runtimes: [shop] })
  const { settled } = watched(frontEnd.evaluate("long", { whole: true, timeoutMs: 1000 }))
  bridge.heard()
  sayLong(7)
  expect(bridge.heard()).toEqual([{ op: "read", id: "id2", runtime: "r1", eval: "id1", from: 0 }])
  clock.advance(5000)
  bridge.say({ op: "part", id: "id2" }, "abc")
  expect(bridge.heard()).toEqual([{ op: "read", id: "id3", runtime: "r1", eval: "id1", from: 3 }])
  bridge.say({ op: "part", id: "id2" }, "too late")
  bridge.say({ op: "part", id: "id3" }, "\ud83ddef")
  await turn()
  expect(settled).toMatchObject([
    { outcome: "value", result: { type: "string", value: "abc\ud83ddef" }, durationMs: 3 },
  ])
  expect(bridge.heard()).toEqual([{ op: "ack", ids: ["id1"] }])
  expect(clock.pending).toBe(0)
})

test("[P33] it is read on where the connection broke, from another bridge too", async () => {
  bridge.welcome({ runtimes: [shop] })
  const { settled } = watched(frontEnd.evaluate("long", { whole: true }))
  sayLong(4)
  bridge.say({ op: "part", id: "id2" }, "ab")
  bridge.drop()
  bridge.heard()
  bridge.welcome({ bridge: "bridge-2", runtimes: [shop] })
  expect(bridge.heard()).toMatchObject([{ op: "hello" }, { op: "eval", id: "id1", session: "s1" }])
  sayLong(4)
  expect(bridge.heard()).toEqual([{ op: "read", id: "id4", runtime: "r1", eval: "id1", from: 2 }])
  bridge.say({ op: "part", id: "id4" }, "cd")
  await turn()
  expect(settled).toMatchObject([{ outcome: "value", result: { value: "abcd" } }])
})

test.each<[what: string, why: string, length: number, answer: () => void]>([
  ["is longer than may be", "it has 70000000 characters, and no more than 67108864", 70_000_000, () => undefined],
  ["is kept no longer", "keeps it no longer", 4, () => bridge.say({ op: "part", id: "id2" })],
  ["is in another language", "cannot be read", 4, () => bridge.say({ op: "part", id: "id2" }, { text: "abcd" })],
  ["is longer than was said", "cannot be read", 4, () => bridge.say({ op: "part", id: "id2" }, "abcde")],
  ["went with its page", "page closed", 4, () => bridge.say({ op: "part", id: "id2", problem: "page closed" })],
  ["does not come", "does not answer", 4, () => clock.advance(65_000)],
])("[P33] an eval whose text %s is lost, with the reason", async (_, why, length, answer) => {
  bridge.welcome({ runtimes: [shop] })
  const { settled } = watched(frontEnd.evaluate("long", { whole: true }))
  sayLong(length)
  answer()
  await turn()
  const reason = expect.stringMatching(`the whole of its result did not come: .*${why}`)
  expect(settled).toMatchObject([{ outcome: "lost", result: { code: "overflow", reason, ran: "unknown" } }])
  expect(bridge.heard().at(-1)).toEqual({ op: "ack", ids: ["id1"] })
  expect(clock.pending).toBe(0)
})

test("[P33] who gives up no longer needs the text, and who did not ask for the whole gets its beginning", async () => {
  bridge.welcome({ runtimes: [shop] })
  const cancel = new AbortController()
  const { settled } = watched(frontEnd.evaluate("long", { whole: true, signal: cancel.signal }))
  sayLong(4)
  bridge.heard()
  cancel.abort()
  await turn()
  expect(settled).toMatchObject([{ outcome: "cancelled" }])
  expect(bridge.heard()).toContainEqual({ op: "ack", ids: ["id1"] })
  const short = watched(frontEnd.evaluate("long"))
  bridge.say({ ...two, id: "id3", runtime: answering(shop) }, { type: "string", preview: { text: "ab", more: 2 } })
  await turn()
  expect(short.settled).toMatchObject([{ outcome: "value", result: { preview: { more: 2 } } }])
  expect(clock.pending).toBe(0)
})
