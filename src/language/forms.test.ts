import { expect, test } from "vitest"
import { topFormAt, topForms } from "./forms.ts"

/** `|` is the cursor. */
function formIn(text: string, eraseTypes?: (code: string) => string | undefined): string | undefined {
  const offset = text.indexOf("|")
  const code = text.replace("|", "")
  const form = topFormAt(code, offset, eraseTypes)
  return form && code.slice(form.from, form.to)
}

test.each([
  ["a()\nfunction f() {\n  ret|urn 1\n}\nb()", "function f() {\n  return 1\n}"],
  ["|a; b", "a;"],
  ["a; b|", "b"],
  ["let a = 1 // here|\nb", "let a = 1"],
  ["a\n\n|\nb", "a"],
  ["#!/usr/bin/env node\na|", "a"],
  ["import x from './x'|\nx()", "import x from './x'"],
])("%j has the cursor in %j", (text, form) => {
  expect(formIn(text)).toBe(form)
})

test("before the first statement there is none", () => {
  expect(formIn("// |\n\na")).toBeUndefined()
})

test("types are looked through: a statement is its lines", () => {
  const typed = "interface A {\n  a: 1\n}\nconst a: A = {\n  a: 1,|\n}; f()\nb"
  const erase = (code: string): string =>
    code.replace(/interface[^}]*\}/, (text) => text.replace(/[^\n]/g, "")).replace(": A", "")
  expect(formIn(typed, erase)).toBe("const a: A = {\n  a: 1,\n}; f()")
})

test("a text that is not whole is split where lines begin at the margin", () => {
  const broken = "f(\n\nfunction g() {\n  a|\n}\n\nconst b = 1\n"
  expect(formIn(broken, () => undefined)).toBe("function g() {\n  a\n}")
})

test("statements come in order, without empty ones", () => {
  expect(topForms("a;;b\n").map(({ from, to }) => [from, to])).toEqual([
    [0, 2],
    [3, 4],
  ])
})
