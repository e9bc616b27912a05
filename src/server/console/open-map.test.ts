import { MagicString } from "magic-string"
import { expect, test } from "vitest"
import { openMap } from "./open-map.ts"

const typed = "const a: number = 1\nthrow a\n"

function mapOf(source: string): string {
  const script = new MagicString(typed)
  script.overwrite(7, 15, "")
  script.prepend("/* made */\n")
  return script.generateMap({ source, hires: true }).toString()
}

test("a place in a script is traced to where it was written, counted from 1", () => {
  const trace = openMap(mapOf("a.ts"), "http://localhost/js/a.js.map")
  expect(trace?.({ line: 3, column: 1 })).toEqual({ url: "http://localhost/js/a.ts", line: 2, column: 1 })
  expect(trace?.({ line: 2, column: 8 })).toEqual({ url: "http://localhost/js/a.ts", line: 1, column: 16 })
})

test("what the map does not know has no place", () => {
  const trace = openMap(mapOf("a.ts"), "http://localhost/a.js.map")
  expect(trace?.({ line: 1, column: 1 })).toBeUndefined()
  expect(trace?.({ line: 99, column: 1 })).toBeUndefined()
})

test("a map of sections, and one behind a line that guards it, are read", () => {
  const map = mapOf("a.ts")
  const sections = `{"version":3,"sections":[{"offset":{"line":10,"column":0},"map":${map}}]}`
  expect(openMap(sections, "http://localhost/a.js.map")?.({ line: 13, column: 1 })).toMatchObject({ line: 2 })
  expect(openMap(`)]}'\n${map}`, "http://localhost/a.js.map")?.({ line: 3, column: 1 })).toMatchObject({ line: 2 })
})

test("a map that is none throws, and one that is too large is left alone", () => {
  expect(() => openMap("<html>", "http://localhost/a.js.map")).toThrow()
  const large = { version: 3, sources: ["a.ts"], names: [], mappings: "A".repeat(4_000_001) }
  expect(openMap(JSON.stringify(large), "http://localhost/a.js.map")).toBeUndefined()
})
