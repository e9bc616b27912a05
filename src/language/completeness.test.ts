import { expect, test } from "vitest"
import { isIncomplete } from "./completeness.ts"

test.each([
  "{",
  "foo(",
  "[1,",
  "`text",
  "`${",
  "`${1",
  "/* comment",
  '"line \\',
  "a.",
  "a?.",
  "1 +",
  "x =>",
  "if (a)",
  "for (const x of",
  "try {}",
  "class A {",
  "async () => {",
  "await",
  "foo( // comment",
  "import { a } from",
  "{ a: 1,",
  "function f(a: string) {",
  "const x: { a: number",
  "interface A {",
])("%j goes on", (code) => {
  expect(isIncomplete(code)).toBe(true)
})

test.each([
  "",
  "1",
  "{ a: 1 }",
  "{}",
  "x y",
  "1 1",
  "}",
  ")",
  '"open',
  "foo bar(",
  "let x = 1 // {",
  "`${1}`",
  "if (a) {}",
  "/[/",
  "return {",
  "let n: number = 1",
])("%j does not", (code) => {
  expect(isIncomplete(code)).toBe(false)
})
