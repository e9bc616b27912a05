import { expect, test } from "vitest"
import { createRestorer } from "./positions.ts"

test("positions go back to where they were before the changes, the last change first", () => {
  const restorer = createRestorer()
  const source = restorer.remember([
    [1, 11, 10],
    [1, 4, 2, 2, 1, 1],
  ])
  const at = (position: string): string => restorer.restore(`at ${source}:${position}`)
  expect(["1:12", "1:15", "2:5", "3:7"].map(at)).toEqual([
    "at repl-1:1:2",
    "at repl-1:1:3",
    "at repl-1:2:4",
    "at repl-1:3:7",
  ])
})

test("lines move from a line on", () => {
  const restorer = createRestorer()
  const source = restorer.remember([[5, 3, 2, 5, 0, 4]])
  expect(restorer.restore(`at ${source}:4:9, ${source}:5:9, ${source}:6:9`)).toBe(
    "at repl-1:4:9, repl-1:1:7, repl-1:2:9",
  )
})

test("the input itself is called repl, and what is below it is cut off", () => {
  const restorer = createRestorer()
  const earlier = restorer.remember([])
  const own = restorer.remember([])
  const stack = `Error: x\n    at f (${earlier}:2:1)\n    at __repl.f (${own}:1:5)\n    at run (client.js:1:1)`
  expect(restorer.restore(stack, own)).toBe("Error: x\n    at f (repl-1:2:1)\n    at repl:1:5")
  expect(restorer.restore(stack)).toBe("Error: x\n    at f (repl-1:2:1)\n    at repl-2:1:5\n    at run (client.js:1:1)")
})

test("a stack without the input stays whole", () => {
  const restorer = createRestorer()
  const source = restorer.remember([])
  expect(restorer.restore("Error: x\n    at page.js:1:1", source)).toBe("Error: x\n    at page.js:1:1")
})

test("sources of long ago are forgotten", () => {
  const restorer = createRestorer()
  const first = restorer.remember([[1, 1, 5]])
  for (let more = 0; more < 1000; more++) restorer.remember([])
  expect(restorer.restore(`at ${first}:1:9`)).toBe("at repl-1:1:9")
})

test("Deno's way to name an input is understood", () => {
  const restorer = createRestorer()
  const source = restorer.remember([[1, 1, 4]])
  const stack = `Error: x\n    at eval (${source}, <anonymous>:1:7)\n    at eval (<anonymous>)`
  expect(restorer.restore(stack, source)).toBe("Error: x\n    at eval (repl:1:3)")
})
