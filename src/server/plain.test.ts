import { expect, it } from "vitest"
import { plain, quoted } from "./plain.ts"

it("foreign text ends up on one line, without anything that steers a terminal", () => {
  expect(plain("a\r\n\u001b]0;b\u0007\u009b1m\u202ec\u200b\u{e0041}\ud800d\u2028e", 100)).toBe("a ]0;b 1m c d e")
  expect(plain("  größer 東京 🛒 ", 100)).toBe("größer 東京 🛒")
})

it("long text is cut, and says so", () => {
  expect(plain("abcdef", 4)).toBe("abc…")
  expect(plain("ab🛒def", 4)).toBe("ab …")
})

it("inside our sentences it is printable ASCII in quotes", () => {
  expect(quoted('a"b\u001bé')).toBe('"a\\"b ?"')
})
