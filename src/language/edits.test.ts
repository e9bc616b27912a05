import { expect, test } from "vitest"
import { Edits, Rewriting } from "./edits.ts"

const source = "one two\nthree four"

function rewrite(edit: (edits: Edits) => void): Rewriting {
  const edits = new Edits()
  edit(edits)
  const rewriting = new Rewriting(source, edits)
  rewriting.take(0, source.length)
  return rewriting
}

test("what is opened first closes last", () => {
  const { text } = rewrite((edits) => {
    edits.open(0, "(")
    edits.close(3, ")")
    edits.open(0, "[")
    edits.close(3, "]")
  })
  expect(text).toBe("([one]) two\nthree four")
})

test("what ends at a place comes before what starts there", () => {
  const { text } = rewrite((edits) => {
    edits.open(4, "<")
    edits.close(4, ">")
    edits.replace(4, 7, "2")
  })
  expect(text).toBe("one ><2\nthree four")
})

test("a part takes with it the edits inside, and at its edges those that belong to it", () => {
  const edits = new Edits()
  edits.close(4, "A")
  edits.open(4, "B")
  edits.close(7, "C")
  edits.open(7, "D")
  const rewriting = new Rewriting(source, edits)
  rewriting.take(4, 7)
  expect(rewriting.text).toBe("BtwoC")
})

test("places that stayed are found again, others are not", () => {
  const locate = rewrite((edits) => {
    edits.open(0, "__")
    edits.replace(4, 7, "2")
  }).locator()
  expect([0, 2, 4, 6, 8].map(locate)).toEqual([2, 4, undefined, undefined, 8])
})

test("shifts tell how far columns moved, line by line", () => {
  const rewriting = rewrite((edits) => {
    edits.open(0, "__")
    edits.replace(4, 7, "2")
    edits.open(14, "_")
  })
  expect(rewriting.text).toBe("__one 2\nthree _four")
  expect(rewriting.shifts()).toEqual([1, 3, 2, 1, 8, 0, 2, 8, 1])
})

test("text that stands for a place shifts to it", () => {
  const edits = new Edits()
  edits.replace(0, 3, "let", 4)
  const rewriting = new Rewriting(source, edits)
  rewriting.add("head ")
  rewriting.take(0, source.length)
  expect(rewriting.shifts()).toEqual([1, 6, 1, 1, 9, 5])
})
