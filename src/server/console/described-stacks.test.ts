import { expect, test } from "vitest"
import { changeStacks } from "./described-stacks.ts"

const loud = (result: unknown): unknown => {
  changeStacks(result, (stack) => stack.toUpperCase())
  return result
}
const error = (text: string) => ({ kind: "error", name: "Error", text })

test("the stacks of what was thrown, of its causes, and of errors within values are changed", () => {
  expect(loud({ exception: { type: "object", preview: error("a") }, name: "Error", message: "a", stack: "a" })).toEqual(
    {
      exception: { type: "object", preview: error("A") },
      name: "Error",
      message: "a",
      stack: "A",
    },
  )
  const preview = (text: string) => ({
    kind: "map",
    name: "Map",
    items: [1, error(text)],
    pairs: [[error(text), "b"]],
    entries: [
      ["b", error(text)],
      [{ kind: "hidden", text: "cause" }, error(text)],
    ],
    boxed: error(text),
  })
  expect(loud([{ type: "object", preview: preview("a") }])).toEqual([{ type: "object", preview: preview("A") }])
})

test("the page's own data is left alone, whatever it looks like", () => {
  const value = () => ({ type: "object", value: { kind: "error", text: "a", stack: "a", preview: error("a") } })
  expect(loud(value())).toEqual(value())
  expect(loud([value(), "stack", null, 5])).toEqual([value(), "stack", null, 5])
})

test("a preview without end is followed for a while", () => {
  const endless: { kind: string; items: unknown[] } = { kind: "array", items: [] }
  endless.items.push(endless)
  expect(() => loud({ type: "object", preview: endless })).not.toThrow()
})
