import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { createSourceMaps, type LoadedText, type SourceMapsParts, type Trace } from "./source-maps.ts"

const origin = "http://localhost:5173"
const frame = (path: string): string => `Error: x\n    at f (${origin}${path}:1:2)`

/** Every map says the same: ten lines further down in `src.ts`. */
const trace: Trace = ({ line, column }) => ({ url: "src.ts", line: line + 10, column })

function serve(files: Record<string, string | LoadedText>, parts: Partial<SourceMapsParts> = {}) {
  const load = vi.fn(async (url: string): Promise<LoadedText | undefined> => {
    const file = files[url.slice(origin.length)]
    return typeof file === "string" ? { text: file } : file
  })
  const openMap = vi.fn((_json: string, _url: string): Trace | undefined => trace)
  const isOurs = (url: string): boolean => url.endsWith("/client.js")
  return { load, openMap, maps: createSourceMaps({ origin, isOurs, load, openMap, ...parts }) }
}

const asked = ({ load }: ReturnType<typeof serve>): string[] => load.mock.calls.map(([url]) => url.slice(origin.length))

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

test("a frame is moved by the map that its script names, which is fetched once", async () => {
  const served = serve({ "/js/a.js": "run()\n//# sourceMappingURL=maps/a.js.map", "/js/maps/a.js.map": "{}" })
  const moved = "Error: x\n    at f (src.ts:11:2)"
  expect(await Promise.all([served.maps.mapStack(frame("/js/a.js")), served.maps.mapStack(frame("/js/a.js"))])).toEqual(
    [moved, moved],
  )
  expect(await served.maps.mapStack(frame("/js/a.js"))).toBe(moved)
  expect(asked(served)).toEqual(["/js/a.js", "/js/maps/a.js.map"])
  expect(served.openMap).toHaveBeenCalledExactlyOnceWith("{}", `${origin}/js/maps/a.js.map`)
})

test.each([
  ["in the script, as base64", `data:application/json;charset=utf-8;base64,${btoa('{"a":1}')}`, '{"a":1}'],
  ["in the script, as text", "data:application/json,%7B%22a%22%3A1%7D", '{"a":1}'],
])("a map %s, needs no fetch", async (_where, reference, json) => {
  const served = serve({ "/a.js": `//# sourceMappingURL=early.map\nrun()\n//# sourceMappingURL=${reference}\n` })
  await served.maps.mapStack(frame("/a.js"))
  expect(asked(served)).toEqual(["/a.js"])
  expect(served.openMap).toHaveBeenCalledExactlyOnceWith(json, `${origin}/a.js`)
})

test("the `SourceMap` header names the map too", async () => {
  const served = serve({ "/a.js": { text: "run()", sourceMap: "/a.map" }, "/a.map": "{}" })
  expect(await served.maps.mapStack(frame("/a.js"))).toContain("src.ts:11:2")
})

test.each([
  ["a script that is not there", {}],
  ["a script without a map", { "/a.js": "run()" }],
  ["a text that only speaks of maps", { "/a.js": 'find("sourceMappingURL=a.map")', "/a.map": "{}" }],
  ["a map that is not there", { "/a.js": "//# sourceMappingURL=a.map" }],
  ["a reference that is no URL", { "/a.js": "//# sourceMappingURL=http://[" }],
])("a frame stays as it is with %s", async (_what, files) => {
  const { maps } = serve(files as Record<string, string>)
  expect(await maps.mapStack(frame("/a.js"))).toBe(frame("/a.js"))
})

test("a frame stays as it is with a map that cannot be read, and it is not read again", async () => {
  const openMap = vi.fn(() => {
    throw new SyntaxError("no map")
  })
  const { maps, load } = serve({ "/a.js": "//# sourceMappingURL=a.map", "/a.map": "<html>" }, { openMap })
  expect(await maps.mapStack(frame("/a.js"))).toBe(frame("/a.js"))
  expect(await maps.mapStack(frame("/a.js"))).toBe(frame("/a.js"))
  expect(load).toHaveBeenCalledTimes(2)
})

test.each([
  ["http://localhost:51730/a.js", "another port that begins alike"],
  ["http://127.0.0.1:5173/a.js", "another name of this machine"],
  ["http://localhost:5173@evil.example/a.js", "a name hidden behind what looks like ours"],
  ["https://cdn.example/a.js", "another machine"],
  [`${origin}/index.html`, "a page"],
  [`${origin}/`, "a page"],
  [`${origin}/?logout`, "a page"],
])("nothing is fetched from %s: %s", async (url) => {
  const served = serve({})
  const stack = `    at f (${url}:1:2)`
  expect(await served.maps.mapStack(stack)).toBe(stack)
  expect(served.load).not.toHaveBeenCalled()
})

test.each(["https://evil.example/a.map", "file:///etc/passwd", "//evil.example/a.map", "http://localhost:22/a.map"])(
  "a map at %s is not fetched, whatever the script says",
  async (reference) => {
    const served = serve({ "/a.js": `//# sourceMappingURL=${reference}` })
    await served.maps.mapStack(frame("/a.js"))
    expect(asked(served)).toEqual(["/a.js"])
  },
)

test.each(["https://app.example", "http://192.168.1.5:3000", "", "null"])(
  "nothing is fetched for a page of another machine: %j",
  async (foreign) => {
    const served = serve({}, { origin: foreign })
    await served.maps.mapStack(`    at f (${foreign}/a.js:1:2)`)
    expect(served.load).not.toHaveBeenCalled()
  },
)

test("the client's own frames are left out", async () => {
  const { maps } = serve({})
  expect(await maps.mapStack(`Error: x\n    at f (repl:1:1)\n    at run (http://127.0.0.1:9001/client.js:1:500)`)).toBe(
    "Error: x\n    at f (repl:1:1)",
  )
})

test("a stack waits a second for its maps; what comes later serves the next one", async () => {
  let answer: (loaded: LoadedText) => void = () => {}
  const load = (): Promise<LoadedText> => new Promise((resolve) => (answer = resolve))
  const { maps } = serve({}, { load })
  const stack = maps.mapStack(frame("/a.js"))
  await vi.advanceTimersByTimeAsync(1000)
  expect(await stack).toBe(frame("/a.js"))
  answer({ text: `//# sourceMappingURL=data:application/json,{}` })
  await vi.advanceTimersByTimeAsync(0)
  expect(await maps.mapStack(frame("/a.js"))).toContain("src.ts:11:2")
})

test("a page that names files without end has a few fetched at a time", async () => {
  const load = vi.fn(() => new Promise<undefined>(() => {}))
  const { maps } = serve({}, { load })
  const stack = Array.from({ length: 90 }, (_, nth) => `    at f (${origin}/${nth}.js:1:2)`).join("\n")
  const both = Promise.all([maps.mapStack(stack), maps.mapStack(stack)])
  await vi.advanceTimersByTimeAsync(1000)
  await both
  expect(load).toHaveBeenCalledTimes(10)
})

test("the maps that were used last are kept", async () => {
  const names = Array.from({ length: 60 }, (_, nth) => `/${nth}.js`)
  const served = serve(Object.fromEntries(names.map((name) => [name, "//# sourceMappingURL=data:application/json,{}"])))
  for (const name of names) {
    await served.maps.mapStack(frame(name))
    await served.maps.mapStack(frame("/0.js"))
  }
  expect(served.load).toHaveBeenCalledTimes(60)
  await served.maps.mapStack(frame("/1.js"))
  expect(served.load).toHaveBeenCalledTimes(61)
})

test("the errors in a result are mapped, and all else is as it came", async () => {
  const { maps } = serve({ "/a.js": "//# sourceMappingURL=data:application/json,{}" })
  const result = (text: string) =>
    JSON.stringify([
      { type: "object", subtype: "error", preview: { kind: "error", name: "Error", text } },
      { type: "string", value: frame("/a.js") },
    ])
  expect(await maps.mapResult(result(frame("/a.js")))).toBe(result("Error: x\n    at f (src.ts:11:2)"))
  const odd = '[ {"type":"string"} ]'
  expect(await maps.mapResult(odd)).toBe(odd)
  expect(await maps.mapResult("no json")).toBe("no json")
  const deep = "[".repeat(1e5) + "]".repeat(1e5)
  expect(await maps.mapResult(deep)).toBe(deep)
})
