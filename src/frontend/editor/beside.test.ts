import { expect, test } from "vitest"
import { changeBetween, moveBy } from "./beside.ts"

test.each([
  ["a\nb\nc", "a\nB\nc", { from: 1, removed: 1, added: 1 }],
  ["a\nb", "a\nnew\nb", { from: 1, removed: 0, added: 1 }],
  ["a\nb\nc", "a\nc", { from: 1, removed: 1, added: 0 }],
  ["a\na", "a\na\na", { from: 2, removed: 0, added: 1 }],
  ["a", "a", { from: 1, removed: 0, added: 0 }],
])("from %j to %j", (before, after, change) => {
  expect(changeBetween(before, after)).toEqual(change)
})

test("what is above a change stays, what is below moves, what is in it goes", () => {
  const change = { from: 3, removed: 1, added: 3 }
  expect(moveBy({ from: 0, to: 2 }, change)).toBe(0)
  expect(moveBy({ from: 2, to: 3 }, change)).toBeUndefined()
  expect(moveBy({ from: 3, to: 3 }, change)).toBeUndefined()
  expect(moveBy({ from: 4, to: 6 }, change)).toBe(2)
})

test("a line put between two lines of a statement changes it; one above it does not", () => {
  const change = { from: 3, removed: 0, added: 1 }
  expect(moveBy({ from: 2, to: 3 }, change)).toBeUndefined()
  expect(moveBy({ from: 3, to: 4 }, change)).toBe(1)
})
