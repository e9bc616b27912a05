import { expect, test } from "vitest"
import { createTerminalLanguage } from "./terminal-language.ts"

const signal = new AbortController().signal

async function completed(code: string) {
  let asked: unknown
  const language = createTerminalLanguage({
    async complete(chain, prefix) {
      asked = [chain, prefix]
      return { names: ["title", "a-b"], isCut: false }
    },
  })
  return { candidates: await language.complete!(code, code.length, signal), asked }
}

test.each<[string, readonly string[], string]>([
  ["", [], ""],
  ["docu", [], "docu"],
  ["document.ti", ["document"], "ti"],
  ["1 + this.cart?.items.", ["this", "cart", "items"], ""],
  ["f(a.b, c.d", ["c"], "d"],
  ["[...lis", [], "lis"],
  ["größe.wert", ["größe"], "wert"],
])("%s asks what may follow", async (code, chain, prefix) => {
  expect((await completed(code)).asked).toEqual([chain, prefix])
})

test.each(["f().a", "list[0].a", "'text'.a", "1.a", "/x/.a"])(
  "%s would have to be run, so it asks nothing",
  async (code) => {
    const { asked, candidates } = await completed(code)
    expect(asked).toBeUndefined()
    expect(candidates.items).toEqual([])
  },
)

test("what is no name in code is not offered; what is replaces what was typed of it", async () => {
  expect((await completed("document.ti")).candidates).toEqual({ from: 9, to: 11, items: [{ text: "title" }] })
})
