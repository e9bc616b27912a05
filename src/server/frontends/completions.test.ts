import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { Completions } from "./completions.ts"

const page = { id: "r1", name: "chrome·shop" }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test("a wish is answered once, by the runtime that was asked", () => {
  const completions = new Completions()
  const answer = vi.fn()
  const id = completions.expect(page, "mine", answer)
  completions.answer("r2", { op: "completions", id }, '["wrong"]')
  completions.answer("r1", { op: "completions", id, isCut: true }, '["a"]')
  completions.answer("r1", { op: "completions", id }, '["b"]')
  expect(answer.mock.calls).toEqual([[{ op: "completions", id: "mine", isCut: true }, '["a"]']])
  expect(vi.getTimerCount()).toBe(0)
})

test("silence is told after two seconds, and a late answer is not", () => {
  const completions = new Completions()
  const answer = vi.fn()
  const id = completions.expect(page, "mine", answer)
  vi.advanceTimersByTime(1999)
  expect(answer).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  completions.answer("r1", { op: "completions", id }, '["a"]')
  expect(answer.mock.calls).toEqual([[{ op: "completions", id: "mine", problem: "chrome·shop does not answer" }]])
})

test("nothing is left of wishes when the bridge stops", () => {
  const completions = new Completions()
  completions.expect(page, "mine", vi.fn())
  completions.stop()
  expect(vi.getTimerCount()).toBe(0)
})
