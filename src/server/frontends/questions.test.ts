import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { Questions } from "./questions.ts"

const page = { id: "r1", name: "chrome·shop" }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** The id under which the runtime was asked. */
function ask(questions: Questions, answer = vi.fn(), sent = vi.fn<(id: string) => void>()): string {
  questions.ask(page, 2000, sent, answer)
  return sent.mock.calls[0]![0]
}

test("a question is answered once, by the runtime that was asked", () => {
  const questions = new Questions()
  const answer = vi.fn()
  const id = ask(questions, answer)
  questions.answer("r2", { op: "completions", id }, '["wrong"]')
  questions.answer("r1", { op: "completions", id, isCut: true }, '["a"]')
  questions.answer("r1", { op: "completions", id }, '["b"]')
  expect(answer.mock.calls).toEqual([[{ isCut: true }, '["a"]']])
  expect(vi.getTimerCount()).toBe(0)
})

test("silence is told when patience ends, and a late answer is not", () => {
  const questions = new Questions()
  const answer = vi.fn()
  const id = ask(questions, answer)
  vi.advanceTimersByTime(1999)
  expect(answer).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  questions.answer("r1", { op: "part", id }, '"a"')
  expect(answer.mock.calls).toEqual([[{ problem: "chrome·shop does not answer" }]])
})

test("one that a broken socket may have swallowed is asked again on the next, under the same id", () => {
  const questions = new Questions()
  const [answer, sent] = [vi.fn(), vi.fn<(id: string) => void>()]
  const id = ask(questions, answer, sent)
  questions.again("r2")
  questions.again("r1")
  expect(sent.mock.calls).toEqual([[id], [id]])
  questions.answer("r1", { op: "part", id }, '"a"')
  questions.answer("r1", { op: "part", id }, '"a"')
  expect(answer).toHaveBeenCalledTimes(1)
  questions.again("r1")
  expect(sent).toHaveBeenCalledTimes(2)
})

test("the end of a session answers what it was asked", () => {
  const questions = new Questions()
  const answer = vi.fn()
  ask(questions, answer)
  questions.ended("r2", "page closed")
  expect(answer).not.toHaveBeenCalled()
  questions.ended("r1", "page reloaded")
  expect(answer.mock.calls).toEqual([[{ problem: "page reloaded" }]])
  expect(vi.getTimerCount()).toBe(0)
})

test("nothing is left of questions when the bridge stops", () => {
  const questions = new Questions()
  ask(questions)
  questions.stop()
  expect(vi.getTimerCount()).toBe(0)
})
