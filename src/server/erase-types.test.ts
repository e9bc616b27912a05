import { expect, test } from "vitest"
import { createEraseTypes } from "./erase-types.ts"

const eraseTypes = createEraseTypes()

test.each([
  ["let n: number = 1", "let n = 1"],
  ["f<number>(x!) as any", "f(x) "],
  ["type A = 1", ""],
  ["class P { constructor(private x: number) {} }", "class P { constructor( x) {;this.x = x;} }"],
  ["<b>{1}</b>", "React.createElement('b', null, 1)"],
  ["/** @jsx h */ <b/>", "/** @jsx h */ h('b', null)"],
  ["let a = await f<number>()\n\nlet b: string", "let a = await f()\n\nlet b"],
])("%j becomes %j", (typed, plain) => {
  expect(eraseTypes(typed)).toBe(plain)
})

test("what is no TypeScript either is left to others", () => {
  expect(eraseTypes("let = = 1")).toBeUndefined()
})
