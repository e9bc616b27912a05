import { expect, test } from "vitest"
import { rewriteStack, urlsIn, type Place } from "./frames.ts"

const down = ({ url, line, column }: Place): Place => ({ url: url.replace(".js", ".ts"), line: line + 10, column })

test.each([
  ["V8", "Error: x\n    at f (http://localhost:1/a.js:1:2)\n    at http://localhost:1/b.js:3:4"],
  ["V8 in an async function", "Error\n    at async f (http://localhost:1/a.js:1:2)"],
  ["V8 in eval", "    at eval (eval at f (http://localhost:1/a.js:1:2), <anonymous>:1:1)"],
  ["V8 with brackets in the path", "    at f (http://localhost:1/(group)/a.js:1:2)"],
  ["Firefox", "f@http://localhost:1/a.js:1:2\n@http://localhost:1/b.js:3:4\n"],
  ["WebKit", "f@http://localhost:1/a.js:1:2\nglobal code@http://localhost:1/b.js:3:4\n[native code]"],
])("frames of %s are found and moved, and nothing else of the text changes", (_engine, stack) => {
  const moved = stack.replaceAll(".js:1:", ".ts:11:").replaceAll(".js:3:", ".ts:13:")
  expect(rewriteStack(stack, down)).toBe(moved)
  expect(rewriteStack(stack, (place) => place)).toBe(stack)
})

test("frames for which there is null are left out", () => {
  const stack =
    "Error: x\n    at f (http://localhost/a.js:1:2)\n    at g (http://localhost/ours.js:1:2)\n    at <anonymous>"
  expect(rewriteStack(stack, (place) => (place.url.endsWith("ours.js") ? null : place))).toBe(
    "Error: x\n    at f (http://localhost/a.js:1:2)\n    at <anonymous>",
  )
})

test("the files of a stack are each named once; other schemes are none", () => {
  const stack = ["http://a/x.js:1:2", "http://a/x.js:3:4", "https://b/y.js:1:1", "file:///etc/passwd:1:1", "repl:1:1"]
  expect(urlsIn(stack.join("\n"))).toEqual(["http://a/x.js", "https://b/y.js"])
})

test("lines that are too long for a frame, and frames beyond the hundredth, are left as they are", () => {
  const long = `    at ${"f".repeat(1000)} (http://localhost/a.js:1:2)`
  const many = Array.from({ length: 101 }, () => "    at f (http://localhost/a.js:1:2)").join("\n")
  expect(rewriteStack(long, down)).toBe(long)
  expect(urlsIn(long)).toEqual([])
  expect(rewriteStack(many, down).split("a.ts:11:2")).toHaveLength(101)
})
