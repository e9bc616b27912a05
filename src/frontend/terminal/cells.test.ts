import { expect, test } from "vitest"
import { cellOf, columnsOf, fit, splitGraphemes, visible } from "./cells.ts"

test.each([
  ["a", "a", 1],
  ["é", "é", 1],
  ["e\u0301", "e\u0301", 1],
  ["日", "日", 2],
  ["ｱ", "ｱ", 1],
  ["Ａ", "Ａ", 2],
  ["한", "한", 2],
  ["👍", "👍", 2],
  ["👍🏽", "👍🏽", 2],
  ["👨‍👩‍👧", "👨‍👩‍👧", 2],
  ["🇫🇮", "🇫🇮", 2],
  ["❤", "❤", 1],
  ["❤️", "❤️", 2],
  ["→", "→", 1],
  ["…", "…", 1],
  ["\t", "  ", 2],
])("%j takes its columns", (grapheme, shown, columns) => {
  expect(cellOf(grapheme)).toEqual({ shown, columns })
})

test.each([
  ["\x1b", "\\x1B"],
  ["\r", "\\r"],
  ["\x9b", "\\x9B"],
  ["\u202e", "\\u202E"],
  ["\u2066", "\\u2066"],
  ["\u200b", "\\u200B"],
  ["\u200d", "\\u200D"],
  ["\ufeff", "\\uFEFF"],
  ["\u{e0041}", "\\u{E0041}"],
  ["\ud800", "\\uD800"],
  ["\u3164", "\\u3164"],
  ["\u2028", "\\u2028"],
])("%j is shown, not done", (grapheme, shown) => {
  expect(cellOf(grapheme)).toEqual({ shown, columns: shown.length })
})

test("a mark without a letter gets one to stand on", () => {
  expect(cellOf("\u0301")).toEqual({ shown: "◌\u0301", columns: 1 })
})

test("a line is as wide as its cells", () => {
  expect(columnsOf("a日👍\u202e")).toBe(1 + 2 + 2 + 6)
})

test("a line that is too wide is cut before the character that does not fit", () => {
  expect(fit("abcdef", 6)).toBe("abcdef")
  expect(fit("abcdefg", 6)).toBe("abcde…")
  expect(fit("日本語", 5)).toBe("日本…")
  expect(fit("日本語", 4)).toBe("日…")
  expect(fit("abc", 0)).toBe("")
})

test("nothing that acts on a terminal is left in a visible line", () => {
  const all = Array.from({ length: 0x3000 }, (_, code) => String.fromCodePoint(code)).join("")
  expect(visible(all)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
})

test("a long line is cut into the same characters as a short one", () => {
  const line = ["a", "日", "👨‍👩‍👧", "🇫🇮", "e\u0301", "👍🏽"]
  for (let shift = 0; shift < 20; shift++) {
    const long = [...Array.from({ length: shift }, () => "x"), ...Array.from({ length: 100 }, () => line).flat()]
    expect(splitGraphemes(long.join(""))).toEqual(long)
  }
})

test("a very long line takes no more than its share of time and memory", () => {
  expect(splitGraphemes("日本".repeat(20_000))).toHaveLength(40_000)
})
