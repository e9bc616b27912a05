import { expect, test } from "vitest"
import { isIdentifier } from "./format-text.ts"

test.each(["a", "$", "_1", "größe", "東京"])("the key %s stands without quotes", (key) => {
  expect(isIdentifier(key)).toBe(true)
})

test.each(["", "1a", "a b", "a-b", "a\u200cb", "a\u200db", "a\u034fb", "\u3164", "a\ufe0f", "\u202ea"])(
  "the key %j does not: it is no name, or holds what nobody sees",
  (key) => {
    expect(isIdentifier(key)).toBe(false)
  },
)
