import { expect, test } from "vitest"
import { toJsonLine } from "./output.ts"

test("a JSON line is printable ASCII and says the same", () => {
  const value = { text: "é\n\u001b[31m\u202e\u{1f600}\ud800", nested: [null, 1] }
  const line = toJsonLine(value)
  expect(line).toMatch(/^[ -~]+$/)
  expect(JSON.parse(line)).toEqual(value)
})
