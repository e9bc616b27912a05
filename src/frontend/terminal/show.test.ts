import { describe, expect, test } from "vitest"
import type { RemoteObject } from "../../protocol/index.ts"
import type { ConsoleLine, Evaluation } from "../frontend.ts"
import { showConsoleLine, showOutcome } from "./show.ts"
import { plainStyle, type Style } from "./style.ts"

const text = (value: string): RemoteObject => ({ type: "string", value })

const line = (parts: Partial<ConsoleLine>): ConsoleLine => ({
  runtime: { id: "r1", number: 1, name: "chrome·shop", session: "s1" },
  seq: 1,
  level: "log",
  time: 0,
  dropped: 0,
  args: [],
  ...parts,
})

describe("a line of a page's console", () => {
  test("stands behind a gutter, each of its rows", () => {
    const shown = showConsoleLine(line({ args: [text("a\nb"), { type: "number", value: 1 }] }), plainStyle, 80, false)
    expect(shown).toBe("│ a\n│ b 1")
  })

  test("cannot act on the terminal or leave its gutter", () => {
    const shown = showConsoleLine(line({ args: [text("a\r\x1b[2K\x1b[1A› b\u2028c")] }), plainStyle, 80, false)
    expect(shown).toBe("│ a\\r\\x1B[2K\\x1B[1A› b\\u2028c")
  })

  test("names its runtime where there are several", () => {
    expect(showConsoleLine(line({ args: [text("a")] }), plainStyle, 80, true)).toBe("│ chrome·shop: a")
  })

  const number = (value: number): RemoteObject => ({ type: "number", value })

  test.each<[string, Partial<ConsoleLine>, string]>([
    [
      "fills in its values",
      { args: [text("%s is %d%% %c!"), text("a"), number(1.5), text("red"), text("b")] },
      "a is 1% ! b",
    ],
    ["is indented in a group", { group: 2, args: [text("a\nb")] }, "    a\n│     b"],
    ["heads a group", { kind: "group", group: 1, args: [text("%s"), text("a")] }, "▾ a"],
    ["heads a group without a name", { kind: "groupCollapsed", group: 2, args: [] }, "  ▸ console.group"],
    ["tells an object, not how", { kind: "dir", args: [number(1), { type: "object", value: { depth: 0 } }] }, "1"],
    ["counts", { kind: "count", args: [text("a"), number(2)] }, "a: 2"],
    ["tells a time", { kind: "timeEnd", args: [text("a"), number(2)] }, "a: 2 ms"],
    ["knows no start", { kind: "timeEnd", args: [text("a"), { type: "undefined" }] }, "a: its start was not heard"],
    ["fails", { kind: "assert", args: [text("a")] }, "Assertion failed: a"],
    ["was not caught", { kind: "exception", args: [text("a")] }, "Uncaught a"],
    ["was no error", { kind: "exception", args: [text("Uncaught null")] }, "Uncaught null"],
    ["was a promise", { kind: "rejection", args: [text("%s")] }, "Uncaught (in promise) %s"],
    ["has frames", { kind: "trace", stack: "    at a", args: [text("b")] }, "Trace: b\n│     at a"],
    ["has more", { more: 3, args: [text("a")] }, "a … 3 more arguments"],
  ])("%s", (_, parts, shown) => {
    expect(showConsoleLine(line(parts), plainStyle, 80, false)).toBe(`│ ${shown}`)
  })

  test("has its level's colour in the gutter", () => {
    const style: Style = { ...plainStyle, error: (bar) => `<${bar}>` }
    expect(showConsoleLine(line({ level: "error", args: [text("a")] }), style, 80, false)).toBe("<│> a")
  })

  test("says in a word how grave it is where there are no colours, unless it begins with one", () => {
    const shown = (level: string, kind?: string): string =>
      showConsoleLine(line({ level, ...(kind && { kind }), args: [text("a")] }), plainStyle, 80, true)
    expect(shown("error")).toBe("│ chrome·shop: error: a")
    expect(shown("warn")).toBe("│ chrome·shop: warning: a")
    expect(shown("info")).toBe("│ chrome·shop: a")
    expect(shown("error", "exception")).toBe("│ chrome·shop: Uncaught a")
  })

  test("says how many before it are missing", () => {
    expect(showConsoleLine(line({ dropped: 3, args: [text("a")] }), plainStyle, 80, false)).toBe(
      "│ … 3 lines dropped\n│ a",
    )
    expect(showConsoleLine(line({ kind: "dropped", dropped: 3 }), plainStyle, 80, false)).toBe("│ … 3 lines dropped")
  })
})

describe("an outcome", () => {
  const value: Evaluation = { outcome: "value", result: { type: "number", value: 1 }, id: "e1", durationMs: 1 }

  test.each([
    [999, "1"],
    [1000, "1  1.0 s"],
    [59_940, "1  59.9 s"],
    [61_500, "1  1 min 1 s"],
  ])("that took %i ms says how long only where that was long", (durationMs, shown) => {
    expect(showOutcome({ ...value, durationMs }, "1", plainStyle, 80)).toBe(shown)
  })

  const thrownAt = (stack: string, message = "no"): Evaluation => {
    const exception: RemoteObject = { type: "object", subtype: "error", className: "Error" }
    return { outcome: "thrown", result: { exception, name: "Error", message, stack }, id: "e1", durationMs: 1 }
  }

  test("that was thrown shows where in the input, by the innermost frame of its own", () => {
    const stack = "Error: no\n    at f (http://a/a.js:9:9)\n    at g (repl:2:3)\n    at repl:1:1"
    expect(showOutcome(thrownAt(stack), "a\nb c", plainStyle, 80)).toBe(`2 │ b c\n      ^\nUncaught ${stack}`)
    const firefox = "f@http://a/a.js:9:9\n@repl:2:3"
    expect(showOutcome(thrownAt(firefox), "a\nb c", plainStyle, 80)).toMatch(/^2 │ b c\n {6}\^\nUncaught /)
  })

  test("that was thrown elsewhere, or whose message only looks like a frame, shows no place", () => {
    const stack = "Error: at repl:1:1\n    at http://a/a.js:9:9"
    expect(showOutcome(thrownAt(stack, "at repl:1:1"), "a", plainStyle, 80)).toMatch(/^Uncaught /)
    expect(showOutcome(thrownAt("Error: no\n    at repl:7:1"), "a", plainStyle, 80)).toMatch(/^Uncaught /)
  })

  test.each([
    [{ a: { b: { c: { d: 1 } } } }, "{ a: { b: { c: [Object] } } }  more!"],
    [{ a: { b: { c: {} } } }, "{ a: { b: { c: {} } } }"],
    [Array(101).fill(7), /… 1 more item\n\]\nmore!$/],
  ])("of %o says how to see more only where there is more", (shown, expected) => {
    const evaluation = { ...value, result: { type: "object", value: shown } } as Evaluation
    expect(showOutcome(evaluation, "", plainStyle, 80, "more!")).toMatch(expected)
  })

  test("of an input that is wrong shows where", () => {
    const refused = { outcome: "refused", result: { name: "SyntaxError", message: "Unexpected", line: 2, column: 3 } }
    expect(showOutcome({ ...value, ...refused } as Evaluation, "a\nb c d", plainStyle, 80)).toBe(
      "2 │ b c d\n      ^\nSyntaxError: Unexpected",
    )
  })
})
