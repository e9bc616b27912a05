import * as fc from "fast-check"
import { expect, test } from "vitest"
import { tokenize } from "./tokens.ts"

/** The coloured parts, each with its kind. */
function coloured(code: string): readonly string[] {
  let start = 0
  const parts: string[] = []
  for (const { kind, end } of tokenize(code)) {
    if (kind !== "plain") parts.push(`${kind} ${code.slice(start, end)}`)
    start = end
  }
  return parts
}

test.each([
  ["const a = 1", ["keyword const", "number 1"]],
  ["0xff_ff 1_000n .5 1e-3 5.", ["number 0xff_ff", "number 1_000n", "number .5", "number 1e-3", "number 5."]],
  ["a1 = b2", []],
  ["true null undefined", ["number true", "null null", "undefined undefined"]],
  ["a.class.of.null", []],
  ["[...new Set]", ["keyword new"]],
  ["'it\\'s' + \"x\"", ["string 'it\\'s'", 'string "x"']],
  ["'open", ["string 'open"]],
  ["'open\nlet b", ["string 'open", "keyword let"]],
  ["a // b\nc /* d\ne */ f", ["comment // b", "comment /* d\ne */"]],
  ["/* open", ["comment /* open"]],
  ["`a${b + `c${1}`}d` + 2", ["string `a${", "string `c${", "number 1", "string }`", "string }d`", "number 2"]],
  ["`a${{b: 1}.b}c`", ["string `a${", "number 1", "string }c`"]],
  ["`open ${", ["string `open ${"]],
  ["`open", ["string `open"]],
  ["`a$b\\`c`", ["string `a$b\\`c`"]],
  ["a / b / c", []],
  ["x = /b[/]c/g", ["regexp /b[/]c/g"]],
  ["return /b/", ["keyword return", "regexp /b/"]],
  ["f(/b/, 1 / 2)", ["regexp /b/", "number 1", "number 2"]],
  ["(a) / b / c", []],
  ["x = /open", ["regexp /open"]],
  ["#private in this", ["keyword in", "keyword this"]],
])("%s", (code, expected) => {
  expect(coloured(code)).toEqual(expected)
})

test("any text is cut from its start to its end, without a gap", () => {
  const piece = fc.constantFrom(..."`$/{}()'\"\\\n *a1.#@日".split(""), "${", "\ud800", "👍")
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const code = pieces.join("")
      const ends = tokenize(code).map(({ end }) => end)
      expect(ends).toEqual([...new Set(ends)].sort((a, b) => a - b))
      expect(ends.at(-1) ?? 0).toBe(code.length)
    }),
    { numRuns: 500 },
  )
})
