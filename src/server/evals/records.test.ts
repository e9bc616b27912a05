import { expect, it } from "vitest"
import type { Settled } from "./ledger.ts"
import { Records } from "./records.ts"

function record(length: number, isOwed = true): Settled {
  const outcome = { op: "outcome", id: "e", outcome: "value", durationMs: 1 } as const
  return { at: "settled", from: "f", outcome, body: "x".repeat(length), isOwed }
}

const kept = (records: Records): readonly string[] => [...records].map(([id]) => id)

it("the oldest records go when there are too many", () => {
  const records = new Records()
  for (let nth = 0; nth < 1003; nth++) records.set(`e${nth}`, record(1))
  expect(kept(records)).toHaveLength(1000)
  expect(records.get("e2")).toBeUndefined()
  expect(records.get("e3")).toBeDefined()
})

it("the oldest records go when all are too long together, the newest never", () => {
  const records = new Records()
  const mebibyte = 1024 * 1024
  for (const id of ["a", "b", "c", "d"]) records.set(id, record(mebibyte))
  expect(kept(records)).toEqual(["a", "b", "c", "d"])
  records.set("e", record(1))
  expect(kept(records)).toEqual(["b", "c", "d", "e"])
  records.set("f", record(5 * mebibyte))
  expect(kept(records)).toEqual(["f"])
})

it("a record that changes keeps its place and is counted once", () => {
  const records = new Records()
  const half = 2 * 1024 * 1024
  records.set("a", record(half))
  records.set("a", record(half, false))
  records.set("b", record(half))
  expect(kept(records)).toEqual(["a", "b"])
  expect(records.get("a")?.isOwed).toBe(false)
})
