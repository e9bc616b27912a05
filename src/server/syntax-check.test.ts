import { expect, test } from "vitest"
import { createSyntaxCheck } from "./syntax-check.ts"

const check = createSyntaxCheck()

test.each([
  ["x y", "Unexpected identifier 'y'", 1, 3],
  ["let x = 1\nlet y = = 2", "Unexpected token '='", 2, 9],
  ["await (", "Unexpected end of input", 1, 8],
  ['"use strict"; with ({}) {}', "Strict mode code may not include a with statement", 1, 15],
  ['// comment\n"use strict"; 010', "Octal literals are not allowed in strict mode.", 2, 15],
  ["let await = 1", "Unexpected reserved word", 1, 5],
  ["let undefined = 1", "Identifier 'undefined' has already been declared", 1, 1],
])("%j is no JavaScript: %s at %i:%i", (code, message, line, column) => {
  expect(check(code)).toEqual({ message, line, column })
})

test("nothing runs, and nothing is left behind", () => {
  const before = Object.keys(globalThis)
  expect(check("globalThis.ran = 1; function left() {} let a = 1; f() = 1")).toBeUndefined()
  expect(check("const a = 1")).toBeUndefined()
  expect(check("for (;;);")).toBeUndefined()
  expect(Object.keys(globalThis)).toEqual(before)
})

test("strings that look like a directive further down are none", () => {
  expect(check('1; "use strict"; with ({}) {}')).toBeUndefined()
})
