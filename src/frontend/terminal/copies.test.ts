import { expect, test } from "vitest"
import { createFakeFrontEnd } from "../../../test/support/fake-front-end.ts"
import { copyToClipboard, printCopies } from "./copies.ts"
import { plainStyle } from "./style.ts"

const copy = { id: "e1", runtime: { id: "r1", number: 1, name: "shop", session: "s1" }, text: "\x1b[2Ké" }

test("a copied text goes to the clipboard encoded, so that nothing in it is obeyed", () => {
  const frontEnd = createFakeFrontEnd()
  const printed: string[] = []
  const end = copyToClipboard(frontEnd, plainStyle, (text) => printed.push(text))
  frontEnd.emit("copy", copy)
  expect(printed).toEqual(["\x1b]52;c;G1syS8Op\x07copied 5 characters"])
  end()
  frontEnd.emit("copy", copy)
  expect(printed).toHaveLength(1)
})

test("without a clipboard it is shown", () => {
  const frontEnd = createFakeFrontEnd()
  const printed: string[] = []
  printCopies(frontEnd, (text) => printed.push(text))
  frontEnd.emit("copy", copy)
  expect(printed).toEqual(["no clipboard here, to copy: \\x1B[2Ké"])
})
