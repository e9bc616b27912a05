import { expect, test, vi } from "vitest"
import { createCommandApi } from "./command-api.ts"

/** Surroundings without a document, as in a worker. */
function surroundings(page: Record<string, unknown> = {}) {
  const scope = { ...page, console: { dir: vi.fn(), log: vi.fn() } } as Record<string, unknown> & {
    readonly console: { readonly dir: () => void; readonly log: () => void }
  }
  const copy = vi.fn((_evalId: string, _text: string) => true)
  const api = createCommandApi({ scope: scope as never, copy })
  return { scope, copy, api, before: Object.getOwnPropertyNames(scope) }
}

const call = (scope: Record<string, unknown>, name: string, ...args: unknown[]): unknown =>
  (scope[name] as (...args: unknown[]) => unknown)(...args)

test("an input sees the names that it mentions, until it has ended", () => {
  const { scope, api, before } = surroundings()
  const hide = api.expose("copy(keys({a: 1}))", "e1")
  expect(Object.getOwnPropertyNames(scope)).toEqual([...before, "copy", "keys"])
  expect(Object.keys(scope)).toEqual(before)
  hide()
  expect(Object.getOwnPropertyNames(scope)).toEqual(before)
})

test.each([
  ["_", ["_"]],
  ["_error.message + $_", ["_error", "$_"]],
  ["[...keys(x)]", ["keys"]],
  ["(_) => 1", ["_"]],
  ["a.keys() + b?.values() + c.d.copy", []],
  ["mykeys + keysOf + $keys + keys$ + __ + a_", []],
])("%s mentions %j", (code, names) => {
  const { scope, api, before } = surroundings()
  const hide = api.expose(code, "e1")
  expect(Object.getOwnPropertyNames(scope).slice(before.length).sort()).toEqual([...names].sort())
  hide()
})

test("a name that the page has is the page's, inherited ones too", () => {
  const { scope, api } = surroundings({ copy: "mine" })
  Object.setPrototypeOf(scope, { keys: "named element" })
  api.expose("copy + keys", "e1")()
  expect(scope).toMatchObject({ copy: "mine" })
  expect(scope["keys"]).toBe("named element")
})

test("a name that an input or the page assigns meanwhile stays theirs", () => {
  const { scope, api } = surroundings()
  const hide = api.expose("_ = 3; keys", "e1")
  scope["_"] = 3
  hide()
  expect(scope["_"]).toBe(3)
  expect("keys" in scope).toBe(false)
  api.remember({ kind: "value", value: 4 })
  api.expose("_", "e2")()
  expect(scope["_"]).toBe(3)
})

test("`_` and `_error` are the last value and the last thing thrown, of whatever kind", () => {
  const { scope, api } = surroundings()
  api.remember({ kind: "value", value: 1 })
  api.remember({ kind: "thrown", error: null, source: "repl-1" })
  api.remember({ kind: "refused", result: { name: "SyntaxError", message: "" } })
  const hide = api.expose("_, _error, $_", "e1")
  expect([scope["_"], scope["$_"], scope["_error"]]).toEqual([1, 1, null])
  hide()
  api.remember({ kind: "value", value: NaN })
  const again = api.expose("_", "e2")
  expect(scope["_"]).toBeNaN()
  again()
  expect("_" in scope).toBe(false)
})

test("a name is there as long as one of the evals that mention it runs", () => {
  const { scope, api, copy } = surroundings()
  const first = api.expose("await x; copy(1)", "e1")
  const second = api.expose("copy(2)", "e2")
  call(scope, "copy", 2)
  second()
  expect("copy" in scope).toBe(true)
  first()
  expect("copy" in scope).toBe(false)
  expect(copy.mock.calls).toEqual([["e2", "2"]])
})

test("a global object that cannot be extended is left alone", () => {
  const { scope, api } = surroundings()
  Object.preventExtensions(scope)
  api.expose("keys(1)", "e1")()
  expect("keys" in scope).toBe(false)
})

test.each([
  ["a string as it is", "a\nb", "a\nb"],
  ["an object as JSON", { a: [1] }, '{\n  "a": [\n    1\n  ]\n}'],
  ["an element as its markup", { outerHTML: "<b></b>" }, "<b></b>"],
  ["undefined", undefined, "undefined"],
  ["null", null, "null"],
  ["a bigint", 12n, "12"],
])("`copy` takes %s to the front end that asked", (_what, value, text) => {
  const { scope, api, copy } = surroundings()
  api.expose("copy()", "e1")
  call(scope, "copy", value)
  expect(copy).toHaveBeenCalledExactlyOnceWith("e1", text)
})

test("`copy` says when nothing was copied", () => {
  const { scope, api, copy } = surroundings()
  api.expose("copy()", "e1")
  const circular: Record<string, unknown> = {}
  circular["self"] = circular
  expect(() => call(scope, "copy", circular)).toThrow(TypeError)
  expect(() => call(scope, "copy", "x".repeat(1e6 + 1))).toThrow(RangeError)
  copy.mockReturnValue(false)
  expect(() => call(scope, "copy", "x")).toThrow("nothing was copied")
})

test("`inspect` and `dir` print with the page's console", () => {
  const { scope, api } = surroundings()
  api.expose("inspect, dir", "e1")
  expect(call(scope, "inspect", 5)).toBe(5)
  call(scope, "dir", 6)
  expect(vi.mocked(scope.console.dir).mock.calls).toEqual([[5], [6]])
})

test("`monitorEvents` tells events until `unmonitorEvents`, also asked twice", () => {
  const { scope, api } = surroundings()
  api.expose("monitorEvents, unmonitorEvents", "e1")
  const target = new EventTarget()
  const event = new Event("click")
  call(scope, "monitorEvents", target, ["click", "input"])
  call(scope, "monitorEvents", target, "click")
  target.dispatchEvent(event)
  call(scope, "unmonitorEvents", target, "click")
  target.dispatchEvent(new Event("click"))
  expect(vi.mocked(scope.console.log).mock.calls).toEqual([["click", event]])
})

test("what needs a document is not there without one", () => {
  const { scope, api, before } = surroundings()
  api.expose("$('a'), $$, $x, $0, pick()", "e1")
  expect(Object.getOwnPropertyNames(scope)).toEqual(before)
})
