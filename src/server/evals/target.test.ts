import { describe, expect, it } from "vitest"
import type { Runtime } from "../runtimes/registry.ts"
import { choose, emptySeat, find, reseat, seatFor, type Seat, type TargetPolicy } from "./target.ts"

function runtime(number: number, name: string, origin = "http://localhost:3000"): Runtime {
  const presence = { at: "ready", socket: number } as const
  return {
    id: `r${number}`,
    number,
    name,
    session: `s${number}`,
    kind: "page",
    origin,
    url: "",
    title: "",
    visible: true,
    takesPrepared: true,
    takesPieces: true,
    presence,
  }
}

const all = (...runtimes: readonly Runtime[]): ReadonlyMap<string, Runtime> =>
  new Map(runtimes.map((one) => [one.id, one]))

const shop = runtime(1, "chrome·shop")
const docs = runtime(2, "firefox·docs")
const elsewhere = runtime(3, "chrome·elsewhere", "http://localhost:4000")

const rules = (policy: TargetPolicy, isSettled = true) => ({ policy, isSettled })
const sticky = rules("sticky")
const stickyAtFirst = rules("sticky", false)

describe("[L32] a seat", () => {
  it("is taken by itself only while there is exactly one runtime", () => {
    expect(reseat(emptySeat, all(), sticky)).toEqual(emptySeat)
    expect(reseat(emptySeat, all(shop), sticky)).toEqual(seatFor(shop))
    expect(reseat(emptySeat, all(shop, docs), sticky)).toEqual(emptySeat)
  })

  it("is kept while its runtime is there, whoever comes", () => {
    const seat = seatFor(shop)
    expect(reseat(seat, all(docs, shop), sticky)).toBe(seat)
  })

  it("is vacated when its runtime is gone, and inherited only by one of the same origin", () => {
    const vacated = reseat(seatFor(shop), all(), sticky)
    expect(vacated).toEqual({ at: "vacated", name: "chrome·shop", origin: "http://localhost:3000" })
    expect(reseat(vacated, all(elsewhere), sticky)).toBe(vacated)
    expect(reseat(vacated, all(docs, elsewhere), sticky)).toBe(vacated)
    expect(reseat(vacated, all(docs), sticky)).toEqual(seatFor(docs))
  })

  it("of an earlier bridge waits for its runtime until all have had their time to return", () => {
    const expected: Seat = { at: "expected", runtime: "r2", isChosen: false }
    expect(reseat(expected, all(shop), stickyAtFirst)).toBe(expected)
    expect(reseat(expected, all(shop, docs), stickyAtFirst)).toEqual(seatFor(docs))
    expect(reseat(expected, all(shop), sticky)).toEqual(seatFor(shop))
    expect(reseat(expected, all(), sticky)).toEqual(emptySeat)
  })
})

describe("[P41] a seat that nobody chose", () => {
  const hidden = (one: Runtime): Runtime => ({ ...one, visible: false })
  const worker: Runtime = { ...runtime(9, "chrome·worker"), kind: "worker" }

  it("goes to the page that came last, and back to the one before when that is gone", () => {
    const first = reseat(emptySeat, all(shop), rules("latest"))
    const second = reseat(first, all(shop, docs, worker), rules("latest"))
    expect([first, second]).toEqual([seatFor(shop), seatFor(docs)])
    expect(reseat(second, all(shop, worker), rules("latest"))).toEqual(seatFor(shop))
    expect(reseat(seatFor(shop), all(worker), rules("latest"))).toEqual(seatFor(worker))
  })

  it("is the same in whatever order runtimes return to another bridge", () => {
    expect(reseat(emptySeat, all(docs, shop), rules("latest"))).toEqual(seatFor(docs))
    const expected: Seat = { at: "expected", runtime: docs.id, isChosen: false }
    expect(reseat(expected, all(shop), rules("latest", false))).toBe(expected)
    expect(reseat(expected, all(shop, docs), rules("latest", false))).toEqual(seatFor(docs))
  })

  it("goes to the visible page, stays while that is visible, and where it was while none is", () => {
    const visible = rules("visible")
    expect(reseat(emptySeat, all(hidden(shop), docs), visible)).toEqual(seatFor(docs))
    expect(reseat(seatFor(docs), all(shop, hidden(docs)), visible)).toEqual(seatFor(shop))
    const seat = seatFor(shop)
    expect(reseat(seat, all(shop, docs, worker), visible)).toBe(seat)
    expect(reseat(seat, all(hidden(shop), hidden(docs), worker), visible)).toBe(seat)
    expect(reseat(emptySeat, all(hidden(shop), hidden(docs)), visible)).toBe(emptySeat)
    expect(reseat(emptySeat, all(worker), visible)).toEqual(seatFor(worker))
  })

  it("differs from one that was chosen: that is kept while its runtime is there, and at another bridge", () => {
    const chosen = seatFor(shop, true)
    expect(reseat(chosen, all(shop, docs), rules("latest"))).toBe(chosen)
    expect(reseat(chosen, all(docs), rules("latest"))).toEqual(seatFor(docs))
    const expected: Seat = { at: "expected", runtime: shop.id, isChosen: true }
    expect(reseat(expected, all(shop, docs), rules("visible", false))).toEqual(chosen)
  })
})

describe("an eval's target", () => {
  it("is the one it names, else the seat's", () => {
    expect(choose("2", seatFor(shop), all(shop, docs))).toEqual({ at: "found", runtime: docs })
    expect(choose(undefined, seatFor(shop), all(shop, docs))).toEqual({ at: "found", runtime: shop })
  })

  it("may still come", () => {
    expect(choose("9", seatFor(shop), all(shop))).toEqual({
      at: "absent",
      loss: "no runtime 9: there is 1 chrome·shop",
    })
    expect(choose(undefined, emptySeat, all())).toEqual({ at: "absent", loss: "no runtime" })
    expect(choose(undefined, { at: "expected", runtime: "r2", isChosen: false }, all(shop))).toMatchObject({
      at: "absent",
    })
    expect(choose(undefined, { at: "vacated", name: "chrome·shop", origin: "" }, all())).toMatchObject({ at: "absent" })
  })

  it("must be chosen where there is a choice, by number order", () => {
    expect(choose(undefined, emptySeat, all(docs, shop))).toEqual({
      at: "undecided",
      reason: "2 runtimes and none chosen: 1 chrome·shop, 2 firefox·docs — choose one with --runtime or .use",
    })
  })

  it("is never a runtime of another origin in the place of one that is gone", () => {
    const vacated: Seat = { at: "vacated", name: "chrome·shop", origin: shop.origin }
    expect(choose(undefined, vacated, all(elsewhere))).toEqual({
      at: "undecided",
      reason: "1 runtime and chrome·shop is gone: 3 chrome·elsewhere — choose one with --runtime or .use",
    })
  })
})

describe("a runtime is found", () => {
  it("by id, number, name, or the part of the name that only it has", () => {
    const runtimes = all(shop, docs, runtime(4, "firefox·shop"))
    expect(find("r2", runtimes)).toBe(docs)
    expect(find("1", runtimes)).toBe(shop)
    expect(find("chrome·shop", runtimes)).toBe(shop)
    expect(find("docs", runtimes)).toBe(docs)
    expect(find("shop", runtimes)).toBeUndefined()
    expect(find("", runtimes)).toBeUndefined()
  })
})
