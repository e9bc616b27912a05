import { expect, test } from "vitest"
import { createFakeFrontEnd } from "../../../test/support/fake-front-end.ts"
import { answerAsking, followAsking } from "./asking.ts"
import { followNews } from "./news.ts"
import { plainStyle } from "./style.ts"

const papers = () => {
  const printed: string[] = []
  return { printed, paper: { print: (text: string) => void printed.push(text) } }
}

test("what agents want to run is shown one after the other, harmless, and y or n is the answer", () => {
  const frontEnd = createFakeFrontEnd()
  const { printed, paper } = papers()
  followAsking(frontEnd, plainStyle, paper)
  const answer = (input: string): boolean =>
    answerAsking(frontEnd, input, frontEnd.asking[0]?.id, (text) => printed.push(text))
  expect(answer("y")).toBe(false)
  frontEnd.setAsking([
    { id: "a", from: "mcp:x", code: "f(\n'\u001b[2J')" },
    { id: "b", from: "mcp:x", code: "2" },
  ])
  expect(printed).toEqual(["│ f(\n│ '\\x1B[2J')\nmcp:x wants to run this: y allows it, n does not"])
  expect(answer("yes")).toBe(false)
  expect(answer(" y ")).toBe(true)
  expect(printed).toHaveLength(2)
  expect(answer("N")).toBe(true)
  expect(frontEnd.decided).toEqual([
    { id: "a", isAllowed: true },
    { id: "b", isAllowed: false },
  ])
  expect(answer("n")).toBe(false)
})

test("an answer is not for what an agent put in the place of what was read", () => {
  const frontEnd = createFakeFrontEnd()
  const told: string[] = []
  const answer = (input: string, asked: string | undefined): boolean =>
    answerAsking(frontEnd, input, asked, (text) => told.push(text))
  frontEnd.setAsking([{ id: "harmful", from: "mcp:x", code: "pay()" }])
  expect(answer("y", "harmless")).toBe(true)
  expect(answer("y", undefined)).toBe(false)
  expect(frontEnd.decided).toEqual([])
  expect(told).toEqual(["that is not asked any more: nothing was decided"])
})

test("code too long to show says so", () => {
  const frontEnd = createFakeFrontEnd()
  const { printed, paper } = papers()
  frontEnd.setAsking([{ id: "a", from: "mcp:x", code: "a\n".repeat(50) }])
  followAsking(frontEnd, plainStyle, paper)
  expect(printed[0]).toContain("│ … 11 more lines, not shown")
})

test("others' evals are news, with who asked; one's own are not", () => {
  const frontEnd = createFakeFrontEnd()
  const { printed, paper } = papers()
  followNews(frontEnd, plainStyle, paper)
  const evaluated = { id: "e", from: "vscode", code: "document.title\n+ 1", outcome: "value", durationMs: 1 } as const
  frontEnd.emit("evaluated", { ...evaluated, isOurs: false })
  frontEnd.emit("evaluated", { ...evaluated, isOurs: true })
  expect(printed).toEqual(["vscode › document.title (value)"])
})
