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

test.each([
  ["an unfinished end", "const price = 20;\n\n  price\n\n  cart.", ["const price = 20;", "price", "cart."]],
  ["an unfinished end on the same line", "price; cart.", ["price;", "cart."]],
  ["a text that does not end", "const price = 20;\n\n  'abc", ["const price = 20;", "'abc"]],
  ["a template that does not end goes on from its tag", "tag\n  `abc", ["tag\n  `abc"]],
  ["two names side by side are no two statements", "  foo bar\n  baz", ["foo bar\n  baz"]],
  ["a call that goes on", "a;\n  b\n  (", ["a;", "b\n  ("]],
  ["a name that is declared twice", "let a = 1\n  let b\nlet a = 2\n  a", ["let a = 1", "let b", "let a = 2\n  a"]],
  [
    "a function that does not end",
    "f()\nfunction g() {\n  a(\n}\n\n  h()\n\nb;\n  c",
    ["f()", "function g() {\n  a(\n}\n\n  h()", "b;", "c"],
  ],
  ["a first line for the system", "#!/usr/bin/env node\na\n\n  b.", ["a", "b."]],
  ["nothing but a mistake", "  )\n", [")"]],
])("in a text with %s, statements that are whole stand by themselves", (_, code, forms) => {
  expect(topForms(code, () => undefined).map(({ from, to }) => code.slice(from, to))).toEqual(forms)
})

test("a text of nothing but beginnings is not read again for each of them", () => {
  const lines = 20_000
  expect(topForms("f(\n".repeat(lines), () => undefined)).toHaveLength(lines)
})

test("statements come in order, without empty ones", () => {
  expect(topForms("a;;b\n").map(({ from, to }) => [from, to])).toEqual([
    [0, 2],
    [3, 4],
  ])
})
