import { expect, test } from "vitest"
import { createInputs } from "./inputs.ts"

const isOpen = (text: string): boolean => text.split("{").length > text.split("}").length

test("a line that is whole is an input; one that is not waits for more", () => {
  const inputs = createInputs(isOpen)
  expect(inputs.add("a")).toBe("a")
  expect(inputs.add("if (b) {")).toBeUndefined()
  expect(inputs.partial).toBe("if (b) {")
  expect(inputs.add("")).toBeUndefined()
  expect(inputs.add("}")).toBe("if (b) {\n\n}")
  expect(inputs.partial).toBeUndefined()
})

test("a block ends at a line that is a dot", () => {
  const inputs = createInputs(isOpen)
  inputs.startBlock()
  expect(inputs.partial).toBe("")
  expect(inputs.add("a")).toBeUndefined()
  expect(inputs.add(".b")).toBeUndefined()
  expect(inputs.add(".")).toBe("a\n.b")
  expect(inputs.add("c")).toBe("c")
})

test("what was dropped is gone", () => {
  const inputs = createInputs(isOpen)
  inputs.add("{")
  inputs.drop()
  expect(inputs.add("a")).toBe("a")
})
