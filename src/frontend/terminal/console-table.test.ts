import { expect, test } from "vitest"
import { describe } from "../../client/describe.ts"
import type { RemoteObject } from "../../protocol/index.ts"
import { columnsOf } from "./cells.ts"
import { consoleTable } from "./console-table.ts"
import { plainStyle } from "./style.ts"

const sent = (value: unknown): RemoteObject => JSON.parse(JSON.stringify(describe(value)))

function table(data: unknown, names?: unknown, columns = 80): string | undefined {
  return consoleTable(sent(data), names === undefined ? undefined : sent(names), plainStyle, columns)
}

test("has a row for each part and a column for each of their properties", () => {
  expect(
    table([
      { a: 1, b: "x" },
      { b: { c: 1 }, d: undefined },
    ]),
  ).toBe(
    [
      "┌─────────┬───┬──────────┬───────────┐",
      "│ (index) │ a │ b        │ d         │",
      "├─────────┼───┼──────────┼───────────┤",
      "│ 0       │ 1 │ x        │           │",
      "│ 1       │   │ [Object] │ undefined │",
      "└─────────┴───┴──────────┴───────────┘",
    ].join("\n"),
  )
})

test("shows what has no properties as a value", () => {
  expect(table({ one: 1, two: ["x", "y"] })).toBe(
    [
      "┌─────────┬───┬───┬────────┐",
      "│ (index) │ 0 │ 1 │ Values │",
      "├─────────┼───┼───┼────────┤",
      "│ one     │   │   │ 1      │",
      "│ two     │ x │ y │        │",
      "└─────────┴───┴───┴────────┘",
    ].join("\n"),
  )
})

test("has the rows of maps and sets, too", () => {
  expect(table(new Map([["k", { a: 1 }]]))).toContain("│ k       │ 1 │")
  expect(table(new Set(["x"]))).toContain("│ 0       │ x      │")
})

test("has only the columns that are named, in their order", () => {
  expect(table([{ a: 1, b: 2, c: 3 }], ["c", "a"])).toContain("│ (index) │ c │ a │\n")
})

test("what has no parts is no table", () => {
  expect([table("text"), table(1), table([]), table(null)]).toEqual([undefined, undefined, undefined, undefined])
})

test("says how many rows are left out", () => {
  expect(table(Array.from({ length: 130 }, (_, n) => n))).toMatch(/│ 99 {6}│ 99 {5}│\n└─+┴─+┘\n… 30 more rows$/)
})

test("fits the width: columns are cut, and where that does not suffice left out", () => {
  const wide = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`column ${n}`, "日本 ".repeat(10)]))
  for (const columns of [40, 60, 100]) {
    const lines = table([wide], undefined, columns)!.split("\n")
    expect(
      lines.slice(0, -1).every((line) => columnsOf(line) <= columns && columnsOf(line) === columnsOf(lines[0]!)),
    ).toBe(true)
    expect(lines.at(-1)).toMatch(/^… \d+ more columns$/)
  }
})

test("cannot act on the terminal or break its frame", () => {
  expect(table([{ "a\nb": "\x1b[2J\r\n" }])).not.toMatch(/[\x1b\r]|a\nb/)
})
