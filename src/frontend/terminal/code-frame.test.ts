import { expect, test } from "vitest"
import { codeFrame } from "./code-frame.ts"
import { plainStyle } from "./style.ts"

const frame = (code: string, line: number, column: number, columns = 40): string | undefined =>
  codeFrame(code, { line, column }, plainStyle, columns)

test("shows the line and marks the place", () => {
  expect(frame("let 1a = 2", 1, 5)).toBe("1 │ let 1a = 2\n        ^")
  expect(frame("a\n  b c", 2, 5)).toBe("2 │   b c\n        ^")
})

test("the mark stands below wide characters and behind the end of the line", () => {
  expect(frame("'日本' x", 1, 6)).toBe("1 │ '日本' x\n           ^")
  expect(frame("f(", 1, 3)).toBe("1 │ f(\n      ^")
})

test("a long line is cut so that the place is in view", () => {
  const code = `${"x".repeat(100)}!y`
  expect(frame(code, 1, 101)).toBe(`1 │ ${"x".repeat(35)}!\n${" ".repeat(39)}^`)
  expect(frame(code, 1, 2)).toBe(`1 │ ${"x".repeat(35)}…\n     ^`)
})

test("of a long line of wide characters no more is shown than has room, and none is cut in two", () => {
  expect(frame(`${"日".repeat(100)}👩‍💻y`, 1, 101, 20)).toBe(`1 │ ${"日".repeat(7)}👩‍💻\n${" ".repeat(18)}^`)
})

test("lines end as JavaScript says, and their ends are not shown", () => {
  expect(frame("a\r\nb c\r\nd", 2, 3)).toBe("2 │ b c\n      ^")
  expect(frame("a\u2028b\rc", 3, 1)).toBe("3 │ c\n    ^")
})

test("a line that is not there has no frame", () => {
  expect(frame("a", 7, 1)).toBeUndefined()
})
