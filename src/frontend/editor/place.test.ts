import { expect, test } from "vitest"
import type { Evaluation } from "../frontend.ts"
import { placeOf } from "./place.ts"

const origin = { line: 10, character: 4 }

const thrown = (stack: string | undefined): Evaluation => ({
  id: "e",
  durationMs: 1,
  outcome: "thrown",
  result: { exception: { type: "object" }, ...(stack && { stack }) },
})

test("what was thrown has the place of its innermost frame in the input", () => {
  const stack =
    "Error: no\n    at g (http://localhost/app.js:3:9)\n    at f (repl-3:7:7)\n    at repl:2:3\n    at repl:1:1"
  expect(placeOf(thrown(stack), origin)).toEqual({ line: 11, character: 2 })
})

test("a message that speaks of places is no frame", () => {
  const { result, ...rest } = thrown("Error: at repl:7:7\n    at repl:2:3") as Extract<
    Evaluation,
    { outcome: "thrown" }
  >
  expect(placeOf({ ...rest, result: { ...result, message: "at repl:7:7" } }, origin)).toEqual({
    line: 11,
    character: 2,
  })
})

test("on the first line the code begins further right", () => {
  expect(placeOf(thrown("Error: no\n    at repl:1:3"), origin)).toEqual({ line: 10, character: 6 })
})

test("what was refused says where itself", () => {
  const refused: Evaluation = {
    id: "e",
    durationMs: 0,
    outcome: "refused",
    result: { name: "SyntaxError", message: "no", line: 1, column: 2 },
  }
  expect(placeOf(refused, origin)).toEqual({ line: 10, character: 5 })
})

test("elsewhere it is not known", () => {
  expect(placeOf(thrown("Error: no\n    at http://localhost/app.js:3:9"), origin)).toBeUndefined()
  expect(placeOf(thrown(undefined), origin)).toBeUndefined()
})
