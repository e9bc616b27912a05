import { expect, test, vi } from "vitest"
import type { AnsweringRuntime } from "../../protocol/index.ts"
import { createConsoleDesk } from "./desk.ts"

const shop: AnsweringRuntime = { id: "r1", number: 1, name: "chrome·shop", session: "s1" }

/** A desk whose maps come when the test says so. */
function openDesk() {
  const passed: unknown[][] = []
  const maps: (() => void)[] = []
  const mapped = (text: string): Promise<string> =>
    new Promise((resolve) => void maps.push(() => resolve(text.replace("a.js", "a.ts"))))
  const openSourceMaps = vi.fn((_by: AnsweringRuntime) => ({ mapStack: mapped, mapResult: mapped }))
  const desk = createConsoleDesk({
    openSourceMaps,
    pass: (by, { seq, stack }, body, number) => passed.push([by.id, seq, stack, body, number]),
  })
  let seq = 0
  const say = (
    by: AnsweringRuntime,
    line: { level?: string; kind?: string; dropped?: number; stack?: string },
    body?: string,
  ) => desk.hear(by, { op: "console", seq: ++seq, level: "log", time: 0, ...line }, body)
  return { desk, passed, maps, say, openSourceMaps }
}

const allMaps = async ({ maps }: ReturnType<typeof openDesk>): Promise<void> => {
  for (const come of maps.splice(0)) come()
  await new Promise<void>((turn) => setImmediate(turn))
}

test("a line without a stack is passed on at once, and remembered", () => {
  const { desk, passed, say, openSourceMaps } = openDesk()
  say(shop, {}, '["a"]')
  say(shop, { level: "error" })
  expect(passed).toEqual([
    ["r1", 1, undefined, '["a"]', 1],
    ["r1", 2, undefined, "[]", 2],
  ])
  expect(desk.recall("r1", { levels: ["error"] })).toMatchObject({
    lines: [{ number: 2, session: "s1", line: { level: "error" }, body: "[]" }],
    levels: [
      { level: "log", count: 1, last: 1 },
      { level: "error", count: 1, last: 2 },
    ],
  })
  expect(openSourceMaps).not.toHaveBeenCalled()
})

test("lines keep their order where some wait for their maps, and do not wait one after another", async () => {
  const open = openDesk()
  const { passed, maps, say } = open
  say(shop, { stack: "at a.js" })
  say(shop, {}, '["plain"]')
  say(shop, {}, '[{"kind":"error","text":"at a.js"}]')
  say({ ...shop, id: "r2" }, {}, '["another runtime"]')
  expect(passed).toEqual([["r2", 4, undefined, '["another runtime"]', 1]])
  expect(maps).toHaveLength(2)
  await allMaps(open)
  expect(passed.slice(1)).toEqual([
    ["r1", 1, "at a.ts", "[]", 1],
    ["r1", 2, undefined, '["plain"]', 2],
    ["r1", 3, undefined, '[{"kind":"error","text":"at a.ts"}]', 3],
  ])
  say(shop, {})
  expect(passed).toHaveLength(5)
})

test("the result of an eval is mapped where it holds a stack", async () => {
  const open = openDesk()
  const { desk, openSourceMaps } = open
  expect(desk.mapResult(shop, '{"type":"number","value":1}')).toBe('{"type":"number","value":1}')
  const result = desk.mapResult(shop, '{"stack":"at a.js"}')
  await allMaps(open)
  expect(await result).toBe('{"stack":"at a.ts"}')
  expect(openSourceMaps).toHaveBeenCalledExactlyOnceWith(shop)
})

test("after a reload the maps are others", () => {
  const { desk, openSourceMaps } = openDesk()
  for (const session of ["s1", "s1", "s2", "s2"]) void desk.mapResult({ ...shop, session }, '"stack":')
  expect(openSourceMaps).toHaveBeenCalledTimes(2)
})

test("[L40] the word that lines were dropped is passed on, and is no line", () => {
  const { desk, passed, say } = openDesk()
  say(shop, { kind: "dropped", dropped: 3 })
  expect(passed).toEqual([["r1", 1, undefined, "[]", undefined]])
  expect(desk.recall("r1", {})).toMatchObject({ lines: [], dropped: 3 })
})

test("words and stacks that no client of ours would say are cut", () => {
  const { desk, say } = openDesk()
  say(shop, { level: "x".repeat(5000), kind: "y".repeat(5000) })
  expect(desk.recall("r1", {}).lines[0]?.line).toMatchObject({ level: "x".repeat(40), kind: "y".repeat(40) })
})

test("a runtime that is gone, or never was, has no lines", () => {
  const { desk, say } = openDesk()
  say(shop, {})
  desk.forget("r1")
  expect(desk.recall("r1", {})).toEqual({ lines: [], left: 0, levels: [], dropped: 0, forgotten: 0 })
  expect(desk.recall("constructor", {}).lines).toEqual([])
})

test("what a line says beside its fields is not kept, whatever its size", () => {
  const { desk, say } = openDesk()
  say(shop, { level: "l".repeat(100), stowaway: "x".repeat(1e6) } as object)
  const [kept] = desk.recall("r1", {}).lines
  expect(JSON.stringify(kept!.line).length).toBeLessThan(200)
})

test("a line that still waits when its runtime is forgotten is passed on, and not remembered", async () => {
  const open = openDesk()
  const { desk, passed, say } = open
  say(shop, { stack: "at a.js" })
  desk.forget("r1")
  await allMaps(open)
  expect(passed).toEqual([["r1", 1, "at a.ts", "[]", 1]])
  expect(desk.recall("r1", {})).toMatchObject({ lines: [], levels: [] })
})
