import { runInThisContext } from "node:vm"
import { describe, expect, onTestFinished, test, vi } from "vitest"
import { complete } from "./completion.ts"

/** A global object with `let` and `const` beside it, as a page's scripts have. */
function scopeOf(global: object, declared: Record<string, unknown> = {}) {
  const read = vi.fn((expression: string): unknown => {
    const name = expression.slice(1, -1)
    if (name in declared) return declared[name]
    if (name in global) return (global as Record<string, unknown>)[name]
    throw new ReferenceError(`${name} is not defined`)
  })
  return {
    read,
    names: (chain: readonly string[], prefix = "") =>
      complete(chain, prefix, { read, declared: Object.keys(declared) }, global).names,
    isCut: (chain: readonly string[], prefix = "") =>
      complete(chain, prefix, { read, declared: Object.keys(declared) }, global).isCut,
  }
}

describe("names", () => {
  test("in scope are those of the session, then the global object's, own before inherited", () => {
    const global = Object.assign(Object.create({ inherited: 1 }) as object, { page: 1, other: 2 })
    const names = scopeOf(global, { mine: 1, page: 2 }).names([])
    expect(names.slice(0, 4)).toEqual(["mine", "page", "other", "inherited"])
    expect(names).toContain("hasOwnProperty")
    expect(new Set(names).size).toBe(names.length)
  })

  test("are those that begin with what is typed, case included", () => {
    expect(scopeOf({ pageX: 1, pageY: 1, Page: 1 }).names([], "page")).toEqual(["pageX", "pageY"])
  })

  test("of an object are all its properties, enumerable or not, symbols left out", () => {
    const object = Object.create(null) as object
    Object.defineProperties(object, { hidden: { value: 1 }, "c d": { value: 1 }, [Symbol("s")]: { value: 1 } })
    expect(scopeOf({ object }).names(["object"])).toEqual(["hidden", "c d"])
  })

  test("are found along a chain of members, also of primitives and of functions", () => {
    const { names } = scopeOf({ a: { "c d": { e: "text", f: () => 1, none: null } } })
    expect(names(["a", "c d"])).toEqual(expect.arrayContaining(["e", "f", "none"]))
    expect(names(["a", "c d", "e"], "toUpper")).toEqual(["toUpperCase"])
    expect(names(["a", "c d", "e", "length"], "toF")).toEqual(["toFixed"])
    expect(names(["a", "c d", "f"], "ap")).toEqual(["apply"])
    expect(names(["a", "c d", "none"])).toEqual([])
    expect(names(["a", "missing", "e"])).toEqual([])
    expect(names(["missing"])).toEqual([])
  })

  test("of what Node makes by getters of its own are found, those of the program's are not run", () => {
    const read = (expression: string): unknown => runInThisContext(expression)
    const scope = { read, declared: [] }
    const run = vi.fn(() => process)
    Object.defineProperty(globalThis, "mine", { get: run, configurable: true })
    onTestFinished(() => void Reflect.deleteProperty(globalThis, "mine"))
    expect(Object.getOwnPropertyDescriptor(globalThis, "Buffer")?.get).toBeDefined()
    expect(complete(["Buffer"], "fro", scope).names).toEqual(["from"])
    expect(complete(["process"], "versions", scope).names).toEqual(["versions"])
    expect(complete(["mine"], "versions", scope).names).toEqual([])
    expect(run).not.toHaveBeenCalled()
  })

  test("of `this` are the global object's", () => {
    expect(scopeOf({ page: 1 }, { mine: 1 }).names(["this"], "p")).toEqual(["page", "propertyIsEnumerable"])
  })

  test("of a variable are those of the declaration, where a property has the same name", () => {
    expect(scopeOf({ status: { a: 1 } }, { status: { b: 1 } }).names(["status"])[0]).toBe("b")
  })

  test("leave out positions, and do not list the positions of what is long", () => {
    const { names, isCut } = scopeOf({
      list: ["a", "b"],
      long: Array.from({ length: 1e5 }),
      bytes: new Uint8Array(1e7),
    })
    expect(names(["list"]).slice(0, 2)).toEqual(["length", "constructor"])
    expect(names(["long"], "leng")).toEqual(["length"])
    expect(names(["bytes"], "byteL")).toEqual(["byteLength"])
    expect(isCut(["long"], "leng")).toBe(false)
  })

  test("are bounded, and it is said when there are more", () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, nth) => [`name${nth}`, 1]))
    const { names, isCut } = scopeOf({ many })
    expect(names(["many"])).toHaveLength(200)
    expect(isCut(["many"])).toBe(true)
    expect(isCut(["many"], "name49")).toBe(false)
    expect(names(["many"], "name49")).toHaveLength(11)
  })

  test("that are too long to type are left out", () => {
    expect(scopeOf({ object: { ["x".repeat(201)]: 1 } }).names(["object"], "x")).toEqual([])
  })
})

function trap(): never {
  throw new Error("this must not run")
}

describe("what is read", () => {
  test("are the engine's own accessors, so that `map.size` completes as a number", () => {
    expect(scopeOf({ map: new Map() }).names(["map", "size"], "toF")).toEqual(["toFixed"])
    expect(scopeOf({ object: {} }).names(["object", "__proto__"], "hasO")).toEqual(["hasOwnProperty"])
  })

  test.each([
    ["an own one", Object.defineProperty({}, "x", { get: trap })],
    ["an inherited one", Object.create(Object.defineProperty({}, "x", { get: trap })) as object],
    ["one that is bound, and so calls itself native", Object.defineProperty({}, "x", { get: trap.bind(null) })],
    ["one behind a proxy, which calls itself native too", Object.defineProperty({}, "x", { get: new Proxy(trap, {}) })],
    [
      "one that looks native in its text",
      Object.defineProperty({}, "x", {
        get: Object.assign(() => trap(), { toString: () => "function get x() { [native code] }" }),
      }),
    ],
    [
      "one that is native but another's",
      Object.defineProperty({}, "x", Object.getOwnPropertyDescriptor(Map.prototype, "size")!),
    ],
    ["only a setter", Object.defineProperty({}, "x", { set: trap })],
  ])("is no getter of the page: %s", (_what, object) => {
    expect(scopeOf({ object }).names(["object", "x"])).toEqual([])
  })

  test("is no function of the engine in a getter's place, which might call the page", () => {
    const toString = vi.fn(() => "")
    const object = Object.defineProperty({ length: 1, 0: { toString } }, "x", { get: Array.prototype.join })
    expect(scopeOf({ object }).names(["object", "x"])).toEqual([])
    expect(toString).not.toHaveBeenCalled()
  })

  test("is no getter on the global object, also where a declaration might stand before it", () => {
    const global = Object.defineProperty({}, "x", { get: trap, enumerable: true })
    const { names, read } = scopeOf(global)
    expect(names(["x"])).toEqual([])
    expect(read).not.toHaveBeenCalled()
  })

  test.each(["a b", "a.b", "alert()", "1", "", "a;b", "(x)"])("is nothing that is no name: %j", (root) => {
    const { names, read } = scopeOf({})
    expect(names([root])).toEqual([])
    expect(read).not.toHaveBeenCalled()
  })

  test("is an expression, so that `debugger` stops nobody", () => {
    const { names, read } = scopeOf({})
    names(["debugger"])
    expect(read).toHaveBeenCalledWith("(debugger)")
  })

  test("may throw: a dead zone, a revoked proxy, a `length` that is an object", () => {
    const revocable = Proxy.revocable({}, {})
    revocable.revoke()
    const dead = complete(["dead"], "", { declared: [], read: trap }, {})
    expect(dead).toEqual({ names: [], isCut: false })
    expect(scopeOf({ revoked: revocable.proxy }).names(["revoked"])).toEqual([])
    expect(scopeOf({ odd: { length: { valueOf: trap } } }).names(["odd"])[0]).toBe("length")
  })

  test("ends, also where a proxy inherits from itself", () => {
    const endless: object = new Proxy({}, { getPrototypeOf: () => endless })
    expect(scopeOf({ endless }).names(["endless", "x"])).toEqual([])
    expect(scopeOf({ endless }).names(["endless"])).toEqual([])
  })
})

test("a page that has patched what we use changes nothing", () => {
  const patched = [
    [String.prototype, "startsWith"],
    [RegExp.prototype, "exec"],
    [RegExp.prototype, "test"],
    [Function.prototype, "toString"],
    [Function.prototype, "call"],
    [Function.prototype, "apply"],
    [Object, "getOwnPropertyDescriptor"],
    [Object, "hasOwn"],
    [Reflect, "ownKeys"],
    [Reflect, "apply"],
    [Array.prototype, Symbol.iterator],
    [Array.prototype, "push"],
  ] as const
  const changes = patched.map(([holder, key]) => ({
    holder,
    key,
    original: Object.getOwnPropertyDescriptor(holder, key) ?? {},
  }))
  const define = Reflect.defineProperty
  const touched: unknown[] = []
  let names: readonly string[] = []
  // Nothing here but what the test is about may use what is patched.
  try {
    for (let index = 0; index < changes.length; index++) {
      const { holder, key } = changes[index] ?? { holder: {}, key: "" }
      define(holder, key, { configurable: true, value: () => (touched[touched.length] = key) })
    }
    names = complete(["saved", "length"], "toF", { declared: [], read: () => changes }, globalThis).names
  } finally {
    for (let index = 0; index < changes.length; index++) {
      const { holder, key, original } = changes[index] ?? { holder: {}, key: "", original: {} }
      define(holder, key, original)
    }
  }
  expect(touched).toEqual([])
  expect(names).toEqual(["toFixed"])
})
