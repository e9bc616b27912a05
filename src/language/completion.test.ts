import { expect, test } from "vitest"
import { completionTarget } from "./completion.ts"

/** `|` is the cursor. */
function targetIn(text: string) {
  const offset = text.indexOf("|")
  return completionTarget(text.replace("|", ""), offset)
}

test.each([
  ["|", [], ""],
  ["doc|", [], "doc"],
  ["a + |", [], ""],
  ["foo(|", [], ""],
  ["return fo|", [], "fo"],
  ["document.bo|", ["document"], "bo"],
  ["document.|", ["document"], ""],
  ["a.b.c|.d", ["a", "b"], "c"],
  ["a?.b?.c|", ["a", "b"], "c"],
  ["a?.|", ["a"], ""],
  ['a.b["c d"].e|', ["a", "b", "c d"], "e"],
  ["a?.['b'].c|", ["a", "b"], "c"],
  ["a[0].b|", ["a", "0"], "b"],
  ["this.x|", ["this"], "x"],
  ["x.if|", ["x"], "if"],
  ["new Foo.b|", ["Foo"], "b"],
  ["`${a.b|", ["a"], "b"],
  ["let x = 1\na.b|", ["a"], "b"],
  ["a. /* here */ b|", ["a"], "b"],
])("%s wants of %j what begins with %j", (text, chain, prefix) => {
  expect(targetIn(text)).toEqual({ chain, prefix, from: text.indexOf("|") - prefix.length })
})

test.each([
  ['a.b["c|', { chain: ["a", "b"], prefix: "c", from: 5, quote: '"' }],
  ["a['|", { chain: ["a"], prefix: "", from: 3, quote: "'" }],
])("%s wants a key in quotes", (text, target) => {
  expect(targetIn(text)).toEqual(target)
})

test.each([
  "f().a|",
  "(a).b|",
  "a[i].b|",
  '"text".l|',
  "1|",
  "1.|",
  "a |",
  "a[0]|",
  "// a.b|",
  "/* a.b|",
  '"a.b|',
  "`a.b|",
  "/a.b|",
  "if.x|",
  "a.#p|",
])("%s wants nothing that is known", (text) => {
  expect(targetIn(text)).toBeUndefined()
})
