import { expect, test } from "vitest"
import { createRing, type Ring } from "./ring.ts"

function add(
  ring: Ring,
  level: string,
  { body = "[]", dropped = 0, kind = "", session = "s1" } = {},
): number | undefined {
  const line = { op: "console", seq: 1, time: 0, level, dropped, ...(kind && { kind }) } as const
  return ring.add(session, line, body)
}

const numbers = (ring: Ring, query: Parameters<Ring["select"]>[0] = {}): number[] =>
  ring.select(query).lines.map(({ number }) => number)

test("remembers lines under numbers that are never used again, over all sessions", () => {
  const ring = createRing({ maxLines: 2 })
  expect([add(ring, "log"), add(ring, "warn"), add(ring, "error", { session: "s2" })]).toEqual([1, 2, 3])
  expect(ring.select({}).lines.map(({ number, session }) => [number, session])).toEqual([
    [2, "s1"],
    [3, "s2"],
  ])
  expect(ring.forgotten).toBe(1)
})

test("finds lines by level, by number, after a number, and the latest of them", () => {
  const ring = createRing()
  for (const level of ["log", "error", "log", "warn", "error"]) add(ring, level)
  expect(numbers(ring, { levels: ["error", "warn"] })).toEqual([2, 4, 5])
  expect(numbers(ring, { numbers: [5, 1, 99] })).toEqual([1, 5])
  expect(numbers(ring, { after: 3 })).toEqual([4, 5])
  expect(numbers(ring, { levels: ["log", "error"], limit: 2 })).toEqual([3, 5])
  expect(numbers(ring, { limit: 0 })).toEqual([])
})

test("tells how many lines of each level there are, and the latest of each", () => {
  const ring = createRing({ maxLines: 3 })
  for (const level of ["error", "log", "error", "log"]) add(ring, level)
  expect(ring.summarise()).toEqual([
    { level: "log", count: 2, last: 4 },
    { level: "error", count: 1, last: 3 },
  ])
})

test("[L40] counts what the runtime dropped, which is no line", () => {
  const ring = createRing()
  add(ring, "log", { dropped: 3 })
  expect(add(ring, "log", { dropped: 4, kind: "dropped" })).toBeUndefined()
  expect(ring.dropped).toBe(7)
  expect(numbers(ring)).toEqual([1])
})

test("of a line that is too long it remembers how long it was", () => {
  const ring = createRing({ maxLength: 10 })
  add(ring, "log", { body: `["${"x".repeat(96)}"]` })
  expect(ring.select({}).lines[0]?.body).toContain("100 characters")
})

test("of more lines than can be told at once it gives the latest, and how many are left out", () => {
  const ring = createRing({ maxSelected: 10 })
  for (const body of ["[1,2]", "[3,4]", "[5,6]"]) add(ring, "log", { body })
  expect(ring.select({})).toMatchObject({ lines: [{ number: 2 }, { number: 3 }], left: 1 })
  expect(ring.select({ limit: 2 })).toMatchObject({ lines: [{ number: 2 }, { number: 3 }], left: 0 })
})
