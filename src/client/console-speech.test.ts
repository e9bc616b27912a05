import { expect, test } from "vitest"
import type { RemoteObject } from "../protocol/index.ts"
import { createConsoleListener, describeAll, framesOf } from "./console-speech.ts"

function listenAt(clock = { now: () => 0 }) {
  const understand = createConsoleListener(clock)
  return (method: string, ...args: unknown[]) => understand(method, args)
}

test.each([
  ["log", "log", undefined],
  ["info", "info", undefined],
  ["warn", "warn", undefined],
  ["error", "error", undefined],
  ["debug", "debug", undefined],
  ["table", "log", "table"],
  ["dir", "log", "dir"],
  ["trace", "log", "trace"],
  ["clear", "log", "clear"],
])("console.%s is of level %s and kind %s", (method, level, kind) => {
  expect(listenAt()(method, 1, "a")).toEqual({ level, kind, group: undefined, args: [1, "a"] })
})

test("an assertion speaks only when it fails, and without its condition", () => {
  const hear = listenAt()
  expect(hear("assert", true, "fine")).toBeUndefined()
  expect(hear("assert", 0, "zero", 1)).toMatchObject({ level: "error", kind: "assert", args: ["zero", 1] })
  expect(hear("assert")).toMatchObject({ args: [] })
})

test("counts go up by label, from anew after a reset", () => {
  const hear = listenAt()
  expect(hear("count")).toMatchObject({ kind: "count", args: ["default", 1] })
  expect(hear("count", "a")).toMatchObject({ args: ["a", 1] })
  expect(hear("count", undefined)).toMatchObject({ args: ["default", 2] })
  expect(hear("countReset")).toBeUndefined()
  expect(hear("count")).toMatchObject({ args: ["default", 1] })
})

test("a timer tells its milliseconds until it ends, and none where no start was heard", () => {
  let now = 0
  const hear = listenAt({ now: () => now })
  expect(hear("time", "load")).toBeUndefined()
  now = 30
  hear("time", "load")
  expect(hear("timeLog", "load", "half")).toMatchObject({ kind: "timeLog", args: ["load", 30, "half"] })
  now = 70
  expect(hear("timeEnd", "load")).toMatchObject({ kind: "timeEnd", args: ["load", 70] })
  expect(hear("timeEnd", "load")).toMatchObject({ args: ["load", undefined] })
})

test("lines know how many groups they stand in, also when the group's own line was dropped", () => {
  const hear = listenAt()
  const depth = (method: string): number | undefined => hear(method, "x")?.group
  expect(depth("group")).toBeUndefined()
  expect(depth("log")).toBe(1)
  expect(depth("groupCollapsed")).toBe(1)
  expect(depth("log")).toBe(2)
  expect(hear("groupEnd")).toBeUndefined()
  expect(depth("log")).toBe(1)
  expect(depth("clear")).toBe(1)
  expect(depth("log")).toBeUndefined()
  hear("groupEnd")
  expect(depth("log")).toBeUndefined()
})

const speech = (level: string, kind?: string) => ({ level, kind, group: undefined, stack: undefined, args: [] })
const v8 =
  "Error\n    at own (x.js:1:1)\n    at Array.forEach (<anonymous>)\n    at page (app.js:2:3)\n    at app.js:9:9"
const firefox = "own@x.js:1:1\npage@app.js:2:3\n@app.js:9:9\n"

test.each([
  ["V8", v8, "    at page (app.js:2:3)"],
  ["Firefox", firefox, "page@app.js:2:3"],
  ["nothing", undefined, undefined],
])("the call site in a stack of %s is the first frame that has a place", (_engine, stack, site) => {
  expect(framesOf(stack, 1, speech("log"))).toBe(site)
})

test("grave lines and traces keep all frames but our own", () => {
  const all = "    at Array.forEach (<anonymous>)\n    at page (app.js:2:3)\n    at app.js:9:9"
  expect(framesOf(v8, 1, speech("error"))).toBe(all)
  expect(framesOf(v8, 1, speech("warn"))).toBe(all)
  expect(framesOf(v8, 1, speech("log", "trace"))).toBe(all)
  expect(framesOf(`Error\n${"    at f (a.js:1:1)\n".repeat(1000)}`, 1, speech("error"))).toHaveLength(2000)
})

function show(value: unknown): RemoteObject {
  return typeof value === "string" ? { type: "string", value } : { type: "object", description: "big", value }
}
const describing = (...args: unknown[]) => {
  const { body, more } = describeAll(args, show)
  return { objects: JSON.parse(body) as RemoteObject[], more, length: body.length }
}

test("arguments are described as they are while the line has room", () => {
  expect(describing("a", [1])).toMatchObject({
    objects: [
      { type: "string", value: "a" },
      { type: "object", description: "big", value: [1] },
    ],
    more: undefined,
  })
  expect(describing().objects).toEqual([])
})

test("an argument that is too large for the line is named without what is in it", () => {
  const { objects, length } = describing(
    "x".repeat(20_000),
    "x".repeat(9000),
    Array.from({ length: 9000 }, () => 1),
  )
  expect(objects).toEqual([
    { type: "string", description: `${"x".repeat(200)}…` },
    { type: "string", value: "x".repeat(9000) },
    { type: "object", description: "big" },
  ])
  expect(length).toBeLessThan(10_100)
})

test("arguments for which there is no room at all are counted, and not described", () => {
  let described = 0
  const { body, more } = describeAll(Array.from({ length: 100_000 }), () => {
    described++
    return { type: "undefined" }
  })
  expect((JSON.parse(body) as unknown[]).length + (more ?? 0)).toBe(100_000)
  expect(described).toBeLessThan(1000)
  expect(body.length).toBeLessThan(10_100)
})
