import { expect, test } from "vitest"
import { FrontEndError } from "./errors.ts"
import { createTerminalLanguage } from "./terminal-language.ts"

const signal = new AbortController().signal

async function completed(code: string, names = ["title", "a-b"]) {
  let asked: unknown
  const language = createTerminalLanguage({
    target: "r1",
    async complete(chain, prefix) {
      asked = [chain, prefix]
      return { names, isCut: false }
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
  ["list[0].a", ["list", "0"], "a"],
  ["a.b['c d'].e", ["a", "b", "c d"], "e"],
  ["a['c ", ["a"], "c "],
  ["_.na", ["_"], "na"],
])("%s asks what may follow", async (code, chain, prefix) => {
  expect((await completed(code)).asked).toEqual([chain, prefix])
})

test.each(["f().a", "'text'.a", "1.a", "/x/.a", "// a.b", "'a.b"])(
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

test.each<[string, string, string]>([
  ["$('#", "#", ""],
  ["$$('ul > #ite", "#", "ite"],
  ["document.querySelector(`.card.wi", ".", "wi"],
  ["row.closest('.", ".", ""],
  ["document.getElementById('ca", "#", "ca"],
  ["document.getElementsByClassName('ca", ".", "ca"],
  ['import { a } from "./li', "import", "./li"],
  ["await import('", "import", ""],
])("[P43] %s asks for what the page has", async (code, kind, prefix) => {
  const { asked, candidates } = await completed(code, [`${prefix}-x`, "a'b"])
  expect(asked).toEqual([[kind], prefix])
  expect(candidates).toEqual({ from: code.length - prefix.length, to: code.length, items: [{ text: `${prefix}-x` }] })
})

test("a name in quotes may be any that needs no escape", async () => {
  expect((await completed("a['t", ["title", "c d", 'e"f'])).candidates).toEqual({
    ...{ from: 3, to: 4 },
    items: [{ text: "title" }, { text: "c d" }],
  })
})

test("while the page is away its last answer counts, as far as it goes", async () => {
  let away = false
  const frontEnd = {
    target: "r1",
    async complete() {
      if (away) throw new FrontEndError("no-runtime", "chrome·shop is away")
      return { names: ["title", "timeline"], isCut: false }
    },
  }
  const language = createTerminalLanguage(frontEnd)
  const complete = (code: string) => language.complete!(code, code.length, signal)
  await complete("document.ti")
  away = true
  expect((await complete("document.tit")).items).toEqual([{ text: "title" }])
  await expect(complete("document.t")).rejects.toThrow("is away")
  await expect(complete("other.ti")).rejects.toThrow("is away")
  frontEnd.target = "r2"
  await expect(complete("document.ti")).rejects.toThrow("is away")
})
