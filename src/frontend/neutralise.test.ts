import fc from "fast-check"
import { expect, test } from "vitest"
import { hostile } from "../../test/support/hostile.ts"
import { neutralise, neutraliseLine } from "./neutralise.ts"

test.each(hostile)("%s is shown, not obeyed", (_, text, shown) => {
  expect(neutralise(text)).toBe(shown)
})

test.each([
  ["letters", "Grüße, Ωmega, 你好, עברית, العربية"],
  ["line breaks and tabs", "a\n\tb"],
  ["pictures", "🎉 👩‍💻 👩🏽‍💻 ❤️ 👩‍❤️‍👩 🏳️‍🌈 🇩🇪"],
  ["marks on letters", "e\u0301 নি"],
  ["what escaped text looks like", "\\x1B[31m"],
  ["spaces", "a b\u00a0c\u3000d"],
])("%s stay as they are", (_, text) => {
  expect(neutralise(text)).toBe(text)
})

test("on one line, line breaks and tabs are escaped too", () => {
  expect(neutraliseLine("a\n\tb\u2028")).toBe("a\\n\\tb\\u2028")
})

/** Written out once more, by numbers. */
function isDangerous(code: number): boolean {
  return (
    (code < 0x20 && code !== 0x0a && code !== 0x09) ||
    (code >= 0x7f && code <= 0x9f) ||
    code === 0xad ||
    code === 0x61c ||
    (code >= 0x200b && code <= 0x200f && code !== 0x200d) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    code === 0xfeff ||
    (code >= 0xfff9 && code <= 0xfffb) ||
    (code >= 0xd800 && code <= 0xdfff) ||
    (code >= 0xe0000 && code <= 0xe0fff)
  )
}

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  fc
    .array(fc.constantFrom(...hostile.map(([, text]) => text), "❤", "\ufe0f", "\u200d", "👩", "a", "\n"))
    .map((parts) => parts.join("")),
)

test("no text comes out with a code point that could harm", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const left = Array.from(neutralise(text)).filter((character) => isDangerous(character.codePointAt(0)!))
      expect(left).toEqual([])
    }),
    { numRuns: 2000 },
  )
})

test("joiners and selectors stay only beside pictures, one at a time", () => {
  const stray =
    /(?<!\p{Extended_Pictographic})\ufe0f|(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d|\u200d(?!\p{Extended_Pictographic})/u
  fc.assert(
    fc.property(anyText, (text) => {
      expect(neutralise(text)).not.toMatch(stray)
    }),
  )
})

test("text that was neutralised stays as it is", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(neutralise(neutralise(text))).toBe(neutralise(text))
      expect(neutraliseLine(text)).not.toMatch(/[\n\t]/)
    }),
  )
})
