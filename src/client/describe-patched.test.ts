import { expect, test } from "vitest"
import { describe } from "./describe.ts"

/** In a file of its own: what was patched once is slow for the rest of the process. */

class Point {
  x = 1
}
const own = Object.defineProperty({}, "g", { get: () => 1, enumerable: true })
const plain = [
  1,
  "text",
  1n,
  Symbol("s"),
  "x".repeat(20_000),
  { a: 1, [Symbol("k")]: 2 },
  own,
  Array(3),
  () => {},
  Point,
]
const made = [new Map([[1, { a: 2 }]]), new Set([1]), new Date(0), /x/gi, new Uint8Array(2), new ArrayBuffer(2)]
const odd = [new Error("x", { cause: 1 }), new Point(), Object(1n), Array.from({ length: 200 }, () => ({ a: 1 }))]
const values: readonly unknown[] = [...plain, ...made, ...odd, Promise.resolve()]

const holders = [
  ...[Object, Function, Array, String, Number, Boolean, Symbol, BigInt, RegExp, Date, Error, Promise],
  ...[Map, Set, WeakMap, ArrayBuffer, Uint8Array, Object.getPrototypeOf(Uint8Array)],
].flatMap((maker) => [maker, maker.prototype])
const iterators = [[].values(), new Map().values(), new Set().values()].map((it) => Object.getPrototypeOf(it))
const all: object[] = [...holders, ...iterators, Reflect, JSON, Math]

const bare = (descriptor: PropertyDescriptor): PropertyDescriptor => Object.setPrototypeOf(descriptor, null)

/** Replaces every function and getter of the language while `run` runs, and tells which of them were called. */
function whilePatched(run: () => void): ReadonlySet<string> {
  const { defineProperty, deleteProperty, getOwnPropertyDescriptor, ownKeys } = Reflect
  const called: Record<string, true> = Object.create(null)
  const patches: { holder: object; key: PropertyKey; before?: PropertyDescriptor; after: PropertyDescriptor }[] = []
  for (const holder of all) {
    for (const key of ownKeys(holder)) {
      const before = getOwnPropertyDescriptor(holder, key)!
      const mark = (): void => void (called[String(key)] = true)
      if (!before.configurable || key === "constructor" || key === "__proto__") continue
      const after = typeof before.value === "function" ? { ...before, value: mark } : { ...before, get: mark }
      if (typeof before.value === "function" || before.get)
        patches.push({ holder, key, before: bare(before), after: bare(after) })
    }
  }
  for (const key of ["toJSON", "0", "1", "kind", "name", "items", "entries", "value", "get", "set", "preview"]) {
    const mark = (): void => void (called[key] = true)
    for (const holder of [Object.prototype, Array.prototype]) {
      if (!Object.hasOwn(holder, key)) {
        patches.push({ holder, key, after: bare({ get: mark, set: mark, configurable: true }) })
      }
    }
  }
  const { length } = patches
  // From here on nothing of the language can be relied on.
  for (let index = 0; index < length; index++) {
    const { holder, key, after } = patches[index]!
    defineProperty(holder, key, after)
  }
  try {
    run()
  } finally {
    for (let index = length - 1; index >= 0; index--) {
      const { holder, key, before } = patches[index]!
      deleteProperty(holder, key)
      if (before) defineProperty(holder, key, before)
    }
  }
  return new Set(Object.keys(called))
}

test("nothing that a page has patched is called, nor does the answer change", () => {
  const { stringify } = JSON
  /** What was patched is slow. */
  const now = (): number => 1
  const before = values.map((value) => stringify(describe(value, { now })))
  const { length } = values
  const after: string[] = Array.from({ length: values.length }, () => "")
  const called = whilePatched(() => {
    for (let index = 0; index < length; index++) after[index] = stringify(describe(values[index], { now }))
  })
  expect([...called]).toEqual([])
  expect(after).toEqual(before)
})
