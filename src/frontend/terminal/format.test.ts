import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Outcome, Preview, RemoteObject } from "../../protocol/index.ts"
import type { Evaluation } from "../frontend.ts"
import { neutralise } from "../neutralise.ts"
import { columnsOf } from "./cells.ts"
import { formatOutcome, formatThrown, formatValue } from "./format.ts"
import { plainStyle, type Style } from "./style.ts"

/** Colours that can be read: `string‹'a'›`. */
const readable = Object.fromEntries(
  Object.keys(plainStyle).map((name) => [name, (text: string) => `${name}‹${text}›`]),
) as unknown as Style

const data = (value: unknown): RemoteObject => ({ type: "object", value })
const drawn = (preview: Preview): RemoteObject => ({ type: "object", preview })
const ended = (outcome: Outcome): Evaluation => ({ ...outcome, id: "e1", durationMs: 1 })
const format = (value: RemoteObject, columns = 80): string => formatValue(value, plainStyle, columns)

describe("a value", () => {
  test("of a runtime that only knows the DevTools protocol is shown by what it says", () => {
    expect(format({ type: "number", value: 1, description: "1" })).toBe("1")
    expect(format({ type: "number", unserializableValue: "-0" })).toBe("-0")
    expect(format({ type: "undefined" })).toBe("undefined")
    expect(format({ type: "string", value: "a" })).toBe("'a'")
    expect(format({ type: "symbol", description: "Symbol(a)" })).toBe("Symbol(a)")
    expect(format({ type: "object", className: "Foo", description: "Foo" })).toBe("Foo")
    expect(format({ type: "object", value: { a: [1, null] } })).toBe("{ a: [ 1, null ] }")
  })

  test("has the colours of Node's", () => {
    const preview: Preview = {
      kind: "object",
      name: "Foo",
      entries: [
        ["a", "text"],
        ["b c", 1],
        [{ kind: "symbol", text: "Symbol(d)" }, null],
        [{ kind: "hidden", text: "e" }, { kind: "undefined" }],
        ["f", { kind: "function", name: "Function", text: "f" }],
        ["g", { kind: "date", name: "Date", text: "1970" }],
        ["h", { kind: "regexp", name: "RegExp", text: "/x/" }],
      ],
      more: 2,
    }
    expect(formatValue(drawn(preview), readable, 80)).toBe(
      [
        "Foo {",
        "  key‹a›: string‹'text'›,",
        "  string‹'b c'›: number‹1›,",
        "  symbol‹[Symbol(d)]›: null‹null›,",
        "  key‹[e]›: undefined‹undefined›,",
        "  key‹f›: special‹[Function: f]›,",
        "  key‹g›: date‹1970›,",
        "  key‹h›: regexp‹/x/›,",
        "  hint‹… 2 more›",
        "}",
      ].join("\n"),
    )
  })

  test("says how much is missing", () => {
    expect(format(drawn({ kind: "array", name: "Array", size: 1206, items: [1, { kind: "holes", count: 1 }] }))).toBe(
      "[ 1, <1 empty item>, … 1,204 more items ]",
    )
    expect(format(drawn({ kind: "map", name: "Map", size: 2, pairs: [[1, 2]] }))).toBe(
      "Map(2) { 1 => 2, … 1 more item }",
    )
    expect(format(drawn({ kind: "string", text: "ab", more: 1_000_000 }))).toBe("'ab'… 1,000,000 more characters")
    expect(format(data(Array.from({ length: 101 }, () => true)))).toContain("\n  … 1 more item\n]")
  })

  test("that was not read is named", () => {
    const unread = { isUnread: true } as const
    expect(format(drawn({ kind: "object", name: "Foo", ...unread }))).toBe("[Foo]")
    expect(format(drawn({ kind: "object", name: "", ...unread }))).toBe("[Object: null prototype]")
    expect(format(drawn({ kind: "array", name: "Array", size: 3, ...unread }))).toBe("[Array(3)]")
    expect(format(drawn({ kind: "array", name: "Array", size: 0, ...unread }))).toBe("[]")
    expect(format(drawn({ kind: "map", name: "Map", size: 2, ...unread }))).toBe("[Map(2)]")
    expect(format(drawn({ kind: "function", name: "Function", text: "f", ...unread }))).toBe("[Function: f]")
  })

  test.each([20, 40, 72, 80, 200])("fits %i columns, or what no line can be broken in", (columns) => {
    const value = {
      name: "Orrery",
      planets: ["Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"],
      distances: [0.387, 0.723, 1, 1.524, 5.203, 9.539, 19.18, 30.06],
      nested: { deep: { deeper: [1, 2, 3], text: "some text" }, 日本語: "漢字かな" },
    }
    for (const line of format(data(value), columns).split("\n"))
      expect(columnsOf(line)).toBeLessThanOrEqual(Math.max(columns, 32))
  })

  test("in a wide terminal is not wider than is good to read", () => {
    expect(format(data({ text: "x".repeat(40), other: "y".repeat(40) }), 300)).toContain("\n")
  })
})

describe("a thrown", () => {
  const stack = "TypeError: no\n    at f (repl:1:2)\n    at repl:3:4"

  test("Error is shown with its stack, then what it carries", () => {
    const exception = drawn({
      kind: "error",
      name: "TypeError",
      text: "not this",
      entries: [[{ kind: "hidden", text: "cause" }, "why"]],
    })
    expect(formatThrown({ exception, name: "TypeError", message: "no", stack }, readable, 80)).toBe(
      [
        "error‹Uncaught› error‹TypeError: no›",
        "hint‹    at f (repl:1:2)›",
        "hint‹    at repl:3:4› {",
        "  key‹[cause]›: string‹'why'›",
        "}",
      ].join("\n"),
    )
  })

  test("Error of a runtime that sends no preview is shown too", () => {
    const exception: RemoteObject = { type: "object", subtype: "error", description: "TypeError: no" }
    expect(formatThrown({ exception, name: "TypeError", message: "no" }, plainStyle, 80)).toBe("Uncaught TypeError: no")
    expect(formatThrown({ exception, name: "TypeError", message: "no", stack }, plainStyle, 80)).toBe(
      `Uncaught ${stack}`,
    )
  })

  test("value that is no Error is shown as a value", () => {
    expect(formatThrown({ exception: { type: "string", value: "no" } }, plainStyle, 80)).toBe("Uncaught 'no'")
    expect(formatThrown({ exception: { type: "object", subtype: "null", value: null } }, plainStyle, 80)).toBe(
      "Uncaught null",
    )
  })

  test("Error of another engine looks like one of V8's", () => {
    const text =
      "TypeError: no\nf@http://localhost/a.js:1:2\n@http://localhost/a.js:3:4\nmodule code@http://localhost/a.js:5:6"
    expect(format(drawn({ kind: "error", name: "TypeError", text }))).toBe(
      [
        "TypeError: no",
        "    at f (http://localhost/a.js:1:2)",
        "    at http://localhost/a.js:3:4",
        "    at module code (http://localhost/a.js:5:6)",
      ].join("\n"),
    )
  })

  test("message of several lines cannot look like a line of ours", () => {
    const text = "Error: a\n› fake prompt\n    at f (repl:1:2)"
    expect(format(drawn({ kind: "error", name: "Error", text }))).toBe(
      "Error: a\n    › fake prompt\n    at f (repl:1:2)",
    )
  })
})

test.each<[Outcome, string]>([
  [{ outcome: "value", result: { type: "number", value: 1 } }, "number‹1›"],
  [{ outcome: "thrown", result: { exception: { type: "number", value: 0 } } }, "error‹Uncaught› number‹0›"],
  [{ outcome: "refused", result: { name: "SyntaxError", message: "no" } }, "error‹SyntaxError: no›"],
  [
    { outcome: "lost", result: { code: "page-reloaded", reason: "page reloaded", ran: "unknown" } },
    "error‹lost: page reloaded; it may have run›",
  ],
  [
    { outcome: "lost", result: { code: "no-runtime", reason: "no runtime", ran: "no" } },
    "error‹lost: no runtime; nothing of it ran›",
  ],
  [
    { outcome: "timeout", result: { reason: "no outcome within 5 ms", ran: "unknown" } },
    "warning‹no outcome in time: no outcome within 5 ms; it may have run›",
  ],
  [{ outcome: "cancelled", result: { reason: "^C", ran: "no" } }, "warning‹cancelled: ^C; nothing of it ran›"],
  [{ outcome: "cancelled", result: { reason: "cancelled", ran: "unknown" } }, "warning‹cancelled; it may have run›"],
])("an outcome is told: %o", (outcome, shown) => {
  expect(formatOutcome(ended(outcome), readable, 80)).toBe(shown)
})

describe("text of a page is harmless wherever it stands", () => {
  const evil = "\x1b]0;owned\x07\x9b2J\u202e\u200b\u{e0041}\ud800\r"
  const kinds = [
    ...["object", "array", "map", "set", "function", "class", "error", "date", "regexp", "boxed", "node", "proxy"],
    ...["promise", "weakmap", "typedarray", "arraybuffer", "dataview", evil],
  ]
  const tokens = ["number", "bigint", "symbol", "string", "accessor", "circular", "holes"]

  test.each([...kinds, ...tokens])("in a preview of kind %j", (kind) => {
    const part = { kind, name: evil, tag: evil, text: evil, boxed: evil, size: 3, more: 1, ref: 1 }
    const lists = {
      items: [evil, part],
      pairs: [[evil, part]],
      entries: [
        [evil, evil],
        [{ kind: "symbol", text: evil }, part],
      ],
    }
    for (const isUnread of [true, false]) {
      const text = format(drawn({ ...part, ...lists, isUnread } as unknown as Preview))
      expect(text.replaceAll("\n", "")).toBe(neutralise(text).replaceAll("\n", "").replaceAll("\t", ""))
    }
  })

  test("in every part of an outcome", () => {
    const exception: RemoteObject = {
      type: "object",
      description: evil,
      preview: { kind: "error", name: evil, text: evil },
    }
    const outcomes: Outcome[] = [
      { outcome: "value", result: { type: "string", value: evil } },
      { outcome: "value", result: { type: "object", description: evil } },
      { outcome: "value", result: { type: "bigint", unserializableValue: evil } },
      { outcome: "thrown", result: { exception, name: evil, message: evil, stack: evil } },
      { outcome: "refused", result: { name: evil, message: evil } },
      { outcome: "lost", result: { code: "overflow", reason: evil, ran: "no" } },
      { outcome: "timeout", result: { reason: evil, ran: "no" } },
    ]
    for (const outcome of outcomes) {
      const text = formatOutcome(ended(outcome), plainStyle, 80)
      expect(text).toBe(neutralise(text))
    }
  })

  test("and any JSON may stand where a preview should: it is shown somehow, and does no harm", () => {
    const word = fc.constantFrom(...kinds, ...tokens, "name", "text", evil, "__proto__")
    const json = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: "small" },
        word,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        tie("list"),
        tie("object"),
      ),
      list: fc.array(tie("any"), { maxLength: 5 }),
      object: fc.record(
        {
          ...{ kind: word, name: tie("any"), tag: tie("any"), text: tie("any"), size: tie("any"), ref: tie("any") },
          ...{ boxed: tie("any"), items: tie("any"), pairs: tie("any"), entries: tie("any"), more: tie("any") },
          ...{ isUnread: tie("any"), count: tie("any") },
        },
        { requiredKeys: [] },
      ),
    })).any
    fc.assert(
      fc.property(json, fc.integer({ min: 1, max: 200 }), (preview, columns) => {
        const text = format(drawn(preview as Preview), columns)
        expect(text).toBe(neutralise(text))
      }),
      { numRuns: 500 },
    )
  })

  test("and depth has no end that could be reached", () => {
    let deep: unknown = 1
    for (let level = 0; level < 100_000; level++)
      deep = level % 2 ? [deep] : { kind: "object", entries: [["a", deep]], boxed: deep }
    expect(() => format(data(deep))).not.toThrow()
    expect(() => format(drawn(deep as Preview))).not.toThrow()
  })
})
