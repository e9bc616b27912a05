import vm from "node:vm"
import fc from "fast-check"
import { describe as suite, expect, test } from "vitest"
import { readSamples, withoutFrames } from "../../test/support/samples.ts"
import { formatValue } from "../frontend/terminal/format.ts"
import { plainStyle } from "../frontend/terminal/style.ts"
import { previewLimits, type RemoteObject } from "../protocol/index.ts"
import { describe, describeThrown, type DescribeOptions } from "./describe.ts"

/** As it arrives, however slow the machine is. */
function sent(value: unknown, options?: DescribeOptions): RemoteObject {
  return JSON.parse(JSON.stringify(describe(value, { now: () => 1, ...options })))
}

function shown(value: unknown): string {
  return withoutFrames(formatValue(sent(value), plainStyle, 80))
}

suite("what is shown", () => {
  test.each(readSamples("values"))("of $code", ({ code, shown: expected }) => {
    expect(shown(vm.runInThisContext(`(${code})`))).toBe(expected)
  })

  test.each(readSamples("values"))("of $code of another realm", ({ code, shown: expected }) => {
    expect(shown(vm.runInNewContext(`(${code})`))).toBe(expected)
  })
})

suite("a RemoteObject has the words of the DevTools protocol", () => {
  test.each([
    [undefined, { type: "undefined", description: "undefined" }],
    [null, { type: "object", subtype: "null", description: "null", value: null }],
    [true, { type: "boolean", description: "true", value: true }],
    [1.5, { type: "number", description: "1.5", value: 1.5 }],
    [-0, { type: "number", description: "-0", unserializableValue: "-0" }],
    [NaN, { type: "number", description: "NaN", unserializableValue: "NaN" }],
    [-Infinity, { type: "number", description: "-Infinity", unserializableValue: "-Infinity" }],
    [12n, { type: "bigint", description: "12n", unserializableValue: "12n" }],
    ["text", { type: "string", value: "text" }],
    ["\ud83d", { type: "string", value: "\ud83d" }],
    [Symbol("a"), { type: "symbol", description: "Symbol(a)" }],
    [{}, { type: "object", className: "Object", description: "Object", value: {} }],
    [[1], { type: "object", subtype: "array", className: "Array", description: "Array(1)", value: [1] }],
    [new Date(0), { subtype: "date", className: "Date", description: "1970-01-01T00:00:00.000Z" }],
    [/x/g, { subtype: "regexp", className: "RegExp", description: "/x/g" }],
    [new Map([[1, 2]]), { subtype: "map", className: "Map", description: "Map(1)" }],
    [new Set(), { subtype: "set", className: "Set", description: "Set(0)" }],
    [new WeakMap(), { subtype: "weakmap", className: "WeakMap", description: "WeakMap" }],
    [Promise.resolve(), { subtype: "promise", className: "Promise", description: "Promise" }],
    [new Uint8Array(3), { subtype: "typedarray", className: "Uint8Array", description: "Uint8Array(3)" }],
    [new ArrayBuffer(3), { subtype: "arraybuffer", className: "ArrayBuffer", description: "ArrayBuffer(3)" }],
    [new DataView(new ArrayBuffer(3)), { subtype: "dataview", className: "DataView", description: "DataView(3)" }],
    [new TypeError("no"), { subtype: "error", className: "TypeError", description: "TypeError: no" }],
    [(a: number) => a, { type: "function", className: "Function", description: "(a) => a" }],
    [
      class A {
        a = 1
      },
      { type: "function", className: "Function", preview: { kind: "class", text: "A" } },
    ],
    [
      new (class Point {
        x = 1
      })(),
      { type: "object", className: "Point", description: "Point" },
    ],
    [Object.create(null), { type: "object", className: "Object", description: "Object", value: {} }],
    [Math, { type: "object", className: "Math", description: "Math" }],
    [new Number(1), { type: "object", className: "Number", description: "Number" }],
  ])("%o", (value, expected) => {
    expect(sent(value)).toMatchObject(expected)
  })

  test("a long text is cut, and says by how much", () => {
    const long = "x".repeat(10_001)
    const { value, description, preview } = sent(long) as any
    expect(value).toBeUndefined()
    expect(description).toMatch(/^x+…$/)
    expect(preview).toEqual({ kind: "string", text: long.slice(0, -preview.more), more: expect.any(Number) })
    expect(JSON.stringify(sent(long)).length).toBeLessThan(previewLimits.length)
    expect(sent(long, { maxText: 20_000 })).toEqual({ type: "string", value: long })
  })

  test("a bigint that was cut is not said to be whole", () => {
    const { unserializableValue, description } = sent(10n ** 30n, { maxLength: 10 })
    expect(unserializableValue).toBeUndefined()
    expect(description).toMatch(/^1000000000/)
  })
})

suite("`value` is there where JSON says the same", () => {
  const deep = { a: [{ b: { c: { d: [[["e"]]] } } }], "": null }

  test.each([
    ["nested deeper than a preview", deep],
    ["longer than a preview's lists", Array.from({ length: 500 }, (_, i) => i)],
    ["a text longer than in a preview", { text: "x".repeat(3000) }],
    ["a key like any other", JSON.parse('{"__proto__": 1, "constructor": 2, "toJSON": 3}')],
    ["keys that look like positions", { 2: "b", 1: "a" }],
    ["plain data of another realm", vm.runInNewContext("({ a: [1, { b: null }] })")],
    ["a proxy of plain data", new Proxy({ a: 1 }, {})],
  ])("%s", (_, value) => {
    expect(sent(value).value).toEqual(value)
    expect(sent(value).preview).toBeUndefined()
  })

  test.each([
    ["undefined", { a: undefined }],
    ["-0", [-0]],
    ["NaN", { a: NaN }],
    ["bigint", [1n]],
    ["symbol", [Symbol("a")]],
    ["function", { f() {} }],
    ["date", [new Date(0)]],
    ["hole", Array(2)],
    ["array with a name", Object.assign([1], { a: 1 })],
    ["subclass of Array", new (class List extends Array {})()],
    [
      "instance of a class",
      new (class Point {
        x = 1
      })(),
    ],
    ["Symbol key", { [Symbol("a")]: 1 }],
    [
      "getter",
      {
        get a() {
          return 1
        },
      },
    ],
    ["Map", new Map([[1, 2]])],
    ["boxed", [new String("a")]],
    [
      "circle",
      (() => {
        const o: Record<string, unknown> = {}
        o["o"] = o
        return o
      })(),
    ],
    ["tag", { [Symbol.toStringTag]: "x" }],
    ["more than the limit", Array.from({ length: 6000 }, () => 1)],
  ])("not for: %s", (_, value) => {
    expect(sent(value)).not.toHaveProperty("value")
    expect(sent(value)).toHaveProperty("preview")
  })

  test("whatever JSON can say comes out as it went in", () => {
    const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown)
    fc.assert(
      fc.property(json, (value) => {
        expect(sent(value, { maxLength: 1e6 }).value).toEqual(value)
      }),
    )
  })
})

suite("nothing of the page runs", () => {
  let ran = 0
  const trap = (): never => {
    ran++
    throw new Error("a trap was run")
  }
  const trapped = { get: trap, set: trap, enumerable: true, configurable: true }

  /** Every way by which looking at an object can run its code. */
  function mine<T extends object>(object: T): T {
    const names = [
      ...[
        "stack",
        "toString",
        "toJSON",
        "valueOf",
        "inspect",
        "then",
        "size",
        "length",
        "byteLength",
        "name",
        "message",
      ],
      ...["cause", "source", "flags", "global", "constructor", "description", "nodeName", "childNodes"],
      ...[Symbol.iterator, Symbol.toPrimitive, Symbol.toStringTag, Symbol.species, Symbol.hasInstance],
      Symbol.for("nodejs.util.inspect.custom"),
    ]
    for (const name of names) {
      if (Object.getOwnPropertyDescriptor(object, name)?.configurable !== false)
        Object.defineProperty(object, name, trapped)
    }
    return object
  }

  test.each([
    ["object", {}],
    ["array", [1]],
    ["map", new Map([[1, 2]])],
    ["set", new Set([1])],
    ["date", new Date(0)],
    ["regexp", /x/g],
    ["error", new Error("x")],
    ["promise", Promise.resolve()],
    ["typed array", new Uint8Array(2)],
    ["buffer", new ArrayBuffer(2)],
    ["boxed", new Number(1)],
    ["function", () => {}],
    [
      "class",
      class A {
        a = 1
      },
    ],
    ["generator", (function* () {})()],
    ["null prototype", Object.create(null)],
  ])("of a mined %s", (_, value) => {
    mine(value)
    ran = 0
    for (const each of [value, { value, list: [value] }, Object.create(value)]) {
      sent(each)
      describeThrown(each)
    }
    expect(ran).toBe(0)
  })

  test("of a class whose instances are mined by their prototype", () => {
    class Mined extends Map<number, number> {}
    mine(Mined.prototype)
    mine(Mined)
    ran = 0
    expect(shown(new Mined([[1, 2]]))).toBe("Map(1) { 1 => 2 }")
    expect(ran).toBe(0)
  })

  test("of a proxy but the three traps by which it is listed", () => {
    const run = new Set<string>()
    const tell = new Proxy(
      {},
      {
        get:
          (_, name: string) =>
          (...args: [object]) => {
            run.add(name)
            return (Reflect[name as "get"] as (...args: unknown[]) => unknown)(...args)
          },
      },
    )
    for (const target of [
      { a: { b: 1 } },
      [1, 2],
      () => {},
      class A {
        a = 1
      },
      new Map(),
      new Error("x"),
    ]) {
      sent(new Proxy(target, tell))
      describeThrown(new Proxy(target, tell))
    }
    expect([...run].sort()).toEqual(["getOwnPropertyDescriptor", "getPrototypeOf", "ownKeys"])
  })

  test("of proxies whose every trap throws", () => {
    const refuse = new Proxy({}, { get: () => trap })
    for (const target of [
      {},
      [],
      () => {},
      class A {
        a = 1
      },
      new Date(),
    ]) {
      expect(() => sent([new Proxy(target, refuse)])).not.toThrow()
    }
  })

  test("of proxies that answer with more proxies, without an end", () => {
    const endless: object = new Proxy(
      {},
      {
        getPrototypeOf: () => endless,
        ownKeys: () => ["a"],
        getOwnPropertyDescriptor: () => ({ value: endless, enumerable: true, configurable: true }),
      },
    )
    expect(JSON.stringify(sent(endless)).length).toBeLessThan(1000)
  })

  test("and a slow proxy does not hold the page up for long", () => {
    let timeMs = 1
    const slow = new Proxy(
      {},
      {
        ownKeys: () => Array.from({ length: 1000 }, (_, i) => `k${i}`),
        getOwnPropertyDescriptor() {
          timeMs += 20
          return { value: 1, enumerable: true, configurable: true }
        },
      },
    )
    const { preview } = sent(slow, { now: () => timeMs }) as any
    expect(preview.entries.length).toBeLessThan(20)
    expect(preview.entries.length + preview.more).toBe(1000)
  })

  test("while a pause of the machine leaves nothing out", () => {
    let timeMs = 1
    let isPaused = false
    const paused = new Set(Array.from({ length: 50 }, (_, i) => i))
    const now = (): number => {
      if (timeMs > 10 && !isPaused) {
        isPaused = true
        timeMs += 10_000
      }
      return timeMs++
    }
    expect((sent(paused, { now }) as any).preview.items).toHaveLength(50)
  })
})

suite("an error", () => {
  test("that was thrown has its name, message and stack", () => {
    const error = new RangeError("too far")
    const thrown = describeThrown(error)
    expect(thrown).toMatchObject({ name: "RangeError", message: "too far", stack: error.stack })
    expect(thrown.exception).toMatchObject({ type: "object", subtype: "error", className: "RangeError" })
  })

  test.each([null, undefined, 0, "", "text", {}, [1], () => {}])(
    "is not what %o is, which can be thrown too",
    (value) => {
      expect(describeThrown(value)).toEqual({ exception: describe(value) })
    },
  )

  test("of another realm, and a DOMException, keep name and message", () => {
    expect(describeThrown(vm.runInNewContext('new TypeError("there")'))).toMatchObject({
      name: "TypeError",
      message: "there",
    })
  })

  test("is shown with the positions of the user's own text, its causes too", () => {
    const restoreStack = (stack: string): string => stack.replaceAll(/\n +at .*/g, "\n    at repl:1:1")
    const error = new Error("outer", { cause: new Error("inner") })
    const { stack, exception } = describeThrown(error, { restoreStack })
    expect(new Set(stack!.split("\n"))).toEqual(new Set(["Error: outer", "    at repl:1:1"]))
    expect(JSON.stringify(exception)).not.toContain("describe.test")
  })

  test("whose message was changed says the new one", () => {
    const error = new Error("old")
    void error.stack
    error.message = "new"
    expect(describeThrown(error).stack).toMatch(/^Error: new\nError: old\n/)
  })
})

suite("a preview is bounded", () => {
  const wide = (make: (index: number) => unknown, length: number): unknown[] =>
    Array.from({ length }, (_, i) => make(i))
  class Fiber {
    child?: Fiber
    sibling?: Fiber
    parent: Fiber | undefined
    constructor(parent: Fiber | undefined, depth: number) {
      this.parent = parent
      if (depth > 0) this.child = new Fiber(this, depth - 1)
      if (depth > 0) this.sibling = new Fiber(this, depth - 1)
    }
    memoizedState = { a: [1, 2, { b: 3 }] }
    pendingProps = { children: wide((i) => ({ i }), 10), text: "x".repeat(2000) }
  }

  test.each([
    ["a long list", wide((i) => i, 1e5)],
    ["a long list of objects", wide((i) => ({ id: i, name: `n${i}`, tags: ["a", "b"] }), 1000)],
    ["lists in lists", wide(() => wide(() => wide((i) => i, 100), 100), 100)],
    ["a wide object", Object.fromEntries(wide((i) => [`key ${i}`, i], 1e4) as [string, number][])],
    ["long keys", Object.fromEntries(wide((i) => [`${i}`.repeat(5000), i], 100) as [string, number][])],
    ["long texts", wide((i) => `${i}`.repeat(5000), 100)],
    ["a large map", new Map(wide((i) => [{ i }, new Set([i])], 1e4) as [object, Set<number>][])],
    ["a large typed array", new Float64Array(1e6).fill(Math.PI)],
    ["a large buffer", new ArrayBuffer(1e7)],
    ["a tree that points both ways", new Fiber(undefined, 8)],
    ["globalThis", globalThis],
    ["process", process],
  ])("for %s", (_, value) => {
    expect(JSON.stringify(sent(value)).length).toBeLessThan(previewLimits.length)
  })

  test("what is nearest comes first", () => {
    const value = { first: wide(() => ({ text: "x".repeat(400) }), 100), second: { third: 3 } }
    expect(shown(value)).toMatch(/second: \{ third: 3 \}/)
  })

  test("and every list says what is missing", () => {
    const rows = wide(
      (i) =>
        new (class Row {
          id = i
          text = "x".repeat(300)
        })(),
      500,
    )
    const { preview } = sent(rows) as any
    expect(preview.size).toBe(500)
    expect(preview.items).toHaveLength(100)
    expect(preview.items.some(({ isUnread }: any) => isUnread)).toBe(true)
  })
})

test("whatever it is given, it answers with JSON that can be shown", () => {
  const anything = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  } as object)
  fc.assert(
    fc.property(anything, (value) => {
      const text = formatValue(sent(value), plainStyle, 80)
      expect(text).not.toBe("")
      expect(JSON.stringify(sent(value)).length).toBeLessThan(3 * previewLimits.length)
    }),
  )
})

suite("an expansion", () => {
  const many = Array.from({ length: 250 }, (_, index) => ({ index }))
  const told = (value: unknown, expansion: DescribeOptions["expansion"] = {}) => {
    const kept: object[] = []
    const keep = (object: object): string => `s.${kept.push(object)}`
    return { ...sent(value, { keep, expansion }), kept } as any
  }

  test.each([
    ["a list", many],
    ["a typed array", new Float64Array(250).map((_, index) => index)],
    ["a set", new Set(many)],
  ])("of %s begins anywhere and is as long as is asked for", (_, value) => {
    const { preview } = told(value, { offset: 240, count: 5 })
    const indexes = preview.items.map((item: any) => item.entries?.[0][1] ?? item)
    expect([preview.size, indexes]).toEqual([250, [240, 241, 242, 243, 244]])
  })

  test("of a map and of an object, too", () => {
    const map = new Map(many.map(({ index }) => [index, -index]))
    expect(told(map, { offset: 248 }).preview.pairs).toEqual([
      [248, -248],
      [249, -249],
    ])
    const object = Object.fromEntries(many.map(({ index }) => [`key${index}`, index]))
    const { preview } = told(object, { offset: 100, count: 2 })
    expect([preview.entries, preview.more]).toEqual([
      [
        ["key100", 100],
        ["key101", 101],
      ],
      148,
    ])
  })

  test("gives handles to its parts where there is more to see, and only to those", () => {
    const value = { whole: { a: 1 }, deep: { a: { b: {} } }, long: "x".repeat(20_000) }
    const { preview, kept, objectId } = told(value, { depth: 1 })
    expect(preview.entries.map(([key, part]: any) => [key, part.objectId])).toEqual([
      ["whole", undefined],
      ["deep", "s.1"],
      ["long", undefined],
    ])
    expect([objectId, kept[0], kept[1]]).toEqual(["s.2", value.deep, value])
  })

  test("stays within the length that is asked for", () => {
    const length = JSON.stringify(sent(many, { expansion: { length: 3000 } })).length
    expect(length).toBeLessThan(3500)
    expect(JSON.stringify(sent(many, { expansion: { count: 250, length: 30_000 } })).length).toBeGreaterThan(8000)
  })
})

suite("a handle is given", () => {
  const keep = () => "s.1"
  test.each([
    ["what is cut by depth", { a: { b: { c: { d: { e: 1 } } } }, f() {} }],
    ["what is cut by length", new Set(Array.from({ length: 1000 }, (_, i) => i))],
    [
      "a getter",
      {
        get x() {
          return 1
        },
      },
    ],
    ["a long text in it", { text: "x".repeat(600), u: undefined }],
  ])("for %s", (_, value) => {
    expect(sent(value, { keep }).objectId).toBe("s.1")
  })

  test.each([1, "text", [1, 2], { a: { b: { c: { d: 1 } } } }, new Map([[1, 2]]), new Date(0), () => 1])(
    "but not for %o, which is told as a whole",
    (value) => {
      expect(sent(value, { keep }).objectId).toBeUndefined()
    },
  )
})
