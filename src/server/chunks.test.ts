import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { createChunks } from "./chunks.ts"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it("a chunk is there for ten seconds [P45]", () => {
  const chunks = createChunks()
  const [one, other] = [chunks.keep("s1", "http://localhost", "1"), chunks.keep("s2", "http://localhost", "2")]
  vi.advanceTimersByTime(9999)
  expect(chunks.take(one, "http://localhost")).toBe("1")
  vi.advanceTimersByTime(1)
  expect(chunks.take(other, "http://localhost")).toBeUndefined()
})

it("names are long, plain and never the same", () => {
  const chunks = createChunks()
  const names = Array.from({ length: 100 }, () => chunks.keep("s", "", ""))
  expect(new Set(names).size).toBe(100)
  expect(names.every((name) => /^[\w-]{22}$/.test(name))).toBe(true)
})

it("nothing is left after clear", () => {
  const chunks = createChunks()
  const name = chunks.keep("s", "", "")
  chunks.clear()
  expect(chunks.take(name, "")).toBeUndefined()
  expect(vi.getTimerCount()).toBe(0)
})
