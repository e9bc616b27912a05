import { describe, expect, test } from "vitest"
import { readFrame, textLimits } from "../protocol/index.ts"
import { createOutbox, type Outbox, type OutboxLimits } from "./outbox.ts"

const outcome = (id: string, length = 50): string => `{"op":"outcome","id":"${id}"}\n`.padEnd(length, "x")

function outboxWith(limits: OutboxLimits, ...finished: readonly [id: string, length: number][]): Outbox {
  const outbox = createOutbox(limits)
  for (const [id, length] of finished) {
    outbox.accept(id)
    outbox.finish(id, outcome(id, length))
  }
  return outbox
}

function read(message = ""): Record<string, unknown> {
  const [{ header, body = "" } = { header: { op: "nothing" } }] = readFrame(message)
  return { ...header, result: "outcome" in header ? JSON.parse(body) : body }
}

const overflow = { outcome: "lost", result: { code: "overflow", ran: "unknown" } }

describe("texts that are too long for their outcomes", () => {
  test("are kept as long as these, and together no longer than one may be", () => {
    const outbox = createOutbox()
    const half = "x".repeat(textLimits.whole / 2)
    for (const id of ["a", "b", "c", "d"]) outbox.accept(id)
    for (const id of ["a", "b", "c"]) outbox.finish(id, outcome(id), half)
    expect(["a", "b", "c"].map((id) => outbox.textOf(id)?.length)).toEqual([undefined, half.length, half.length])
    outbox.release(["b"])
    expect(outbox.textOf("b")).toBeUndefined()
    outbox.finish("d", outcome("d"), `${half}${half}!`)
    expect(["c", "d"].map((id) => outbox.textOf(id))).toEqual([undefined, undefined])
  })

  test("are not kept for those that were cancelled meanwhile", () => {
    const outbox = createOutbox()
    outbox.accept("a")
    outbox.release(["a"])
    outbox.finish("a", outcome("a"), "text")
    expect(outbox.textOf("a")).toBeUndefined()
  })
})

describe("an eval", () => {
  test("[L39] runs the first time it is asked for, and never again", () => {
    const outbox = createOutbox()
    expect(outbox.accept("a")).toBeUndefined()
    expect(outbox.accept("a")).toBe("")
    outbox.finish("a", outcome("a"))
    expect(outbox.accept("a")).toBe(outcome("a"))
    outbox.release(["a"])
    expect(read(outbox.accept("a"))).toMatchObject({ id: "a", ...overflow })
  })

  test("that was cancelled before it came does not run", () => {
    const outbox = createOutbox()
    outbox.release(["a"])
    expect(read(outbox.accept("a"))).toMatchObject({ id: "a", ...overflow })
  })

  test("that was cancelled while it ran sends its outcome once and does not keep it", () => {
    const outbox = createOutbox()
    outbox.accept("a")
    outbox.release(["a"])
    expect(outbox.finish("a", outcome("a"))).toBe(outcome("a"))
    expect(outbox.owed()).toEqual([])
  })
})

describe("[L38] outcomes", () => {
  test("are owed until they are acknowledged, in the order they came about", () => {
    const outbox = createOutbox()
    outbox.accept("slow")
    outbox.accept("quick")
    outbox.finish("quick", outcome("quick"))
    outbox.finish("slow", outcome("slow"))
    expect(outbox.owed()).toEqual([outcome("quick"), outcome("slow")])
    outbox.release(["quick"])
    expect(outbox.owed()).toEqual([outcome("slow")])
  })

  test("that are too long together are dropped from the oldest on, and say so", () => {
    const outbox = outboxWith({ maxLength: 5000 }, ["a", 2000], ["b", 2000], ["c", 2000])
    const [a, ...rest] = outbox.owed()
    expect(read(a)).toEqual({
      op: "outcome",
      id: "a",
      outcome: "lost",
      durationMs: 0,
      result: { code: "overflow", reason: "too many outcomes were waiting to be sent", ran: "unknown" },
    })
    expect(rest).toEqual([outcome("b", 2000), outcome("c", 2000)])
    expect(outbox.accept("a")).toBe(a)
  })

  test("make room when they are acknowledged", () => {
    const outbox = outboxWith({ maxLength: 5000 }, ["a", 2000], ["b", 2000])
    outbox.release(["a"])
    outbox.accept("c")
    outbox.finish("c", outcome("c", 2000))
    expect(outbox.owed()).toEqual([outcome("b", 2000), outcome("c", 2000)])
  })

  test("that are short are never dropped", () => {
    const outbox = outboxWith({ maxLength: 100 }, ["a", 60], ["b", 60], ["c", 60])
    expect(outbox.owed()).toEqual([outcome("a", 60), outcome("b", 60), outcome("c", 60)])
  })

  test("that may be larger than the bridge takes are replaced before they are sent", () => {
    const outbox = createOutbox()
    outbox.fit(3000)
    outbox.accept("a")
    const message = outbox.finish("a", outcome("a", 1001))
    expect(read(message)).toMatchObject({ id: "a", ...overflow })
    expect(outbox.owed()).toEqual([message])
    outbox.accept("b")
    expect(outbox.finish("b", outcome("b", 1000))).toBe(outcome("b", 1000))
  })

  test("that a former bridge would have taken are replaced for one that does not", () => {
    const outbox = outboxWith({}, ["a", 2000], ["b", 50])
    outbox.fit(3000)
    const [a, b] = outbox.owed()
    expect(read(a)).toMatchObject({ id: "a", ...overflow })
    expect(b).toBe(outcome("b", 50))
  })

  test("survive a bridge that claims to take nothing", () => {
    const outbox = outboxWith({}, ["a", 2000])
    outbox.fit(0)
    expect(outbox.owed().map(read)).toMatchObject([{ id: "a", ...overflow }])
  })
})

describe("the number of remembered evals", () => {
  test("is bounded: the released first are forgotten", () => {
    const outbox = createOutbox({ maxIds: 2 })
    outbox.release(["a", "b", "c"])
    expect(outbox.accept("a")).toBeUndefined()
    expect(read(outbox.accept("b"))).toMatchObject(overflow)
    expect(read(outbox.accept("c"))).toMatchObject(overflow)
  })

  test("is bounded: beyond it an eval is not run, and says so", () => {
    const outbox = outboxWith({ maxIds: 2 }, ["a", 50])
    outbox.accept("b")
    expect(read(outbox.accept("c"))).toMatchObject({ id: "c", outcome: "lost", result: { ran: "no" } })
    outbox.release(["a"])
    expect(outbox.accept("c")).toBeUndefined()
  })
})
