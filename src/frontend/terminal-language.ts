import { createPrepare } from "../language/index.ts"
import type { FrontEnd } from "./frontend.ts"
import type { Language } from "./terminal/index.ts"

/** What the terminal must know about JavaScript, and of what there is in the page. */
export function createTerminalLanguage({ complete }: Pick<FrontEnd, "complete">): Language {
  const prepare = createPrepare()
  return {
    isIncomplete(code) {
      const preparation = prepare(code)
      return preparation.kind === "refused" && preparation.result.incomplete === true
    },

    async complete(code, offset) {
      const { chain, prefix } = chainBefore(code.slice(0, offset)) ?? {}
      if (chain === undefined || prefix === undefined) return { from: offset, to: offset, items: [] }
      const { names } = await complete(chain, prefix)
      const items = names.filter((name) => identifier.test(name)).map((text) => ({ text }))
      return { from: offset - prefix.length, to: offset, items }
    },
  }
}

const word = "[\\p{ID_Start}$_][\\p{ID_Continue}$]*"
const identifier = new RegExp(`^${word}$`, "u")
/** Behind a dot that is no spread, the value is that of more than names: it would have to be run. */
const unknown = /(?<!\.\.)\.$|[\p{ID_Continue}$]$/u
const ending = new RegExp(`((?:${word}\\s*\\??\\.\\s*)*)((?:${word})?)$`, "u")

/** Names with dots between them, as far as they stand before the cursor: all but the last, and what of that is typed. */
function chainBefore(text: string): { readonly chain: readonly string[]; readonly prefix: string } | undefined {
  const [whole = "", links = "", prefix = ""] = ending.exec(text) ?? []
  if (unknown.test(text.slice(0, text.length - whole.length))) return undefined
  return { chain: links.match(new RegExp(word, "gu")) ?? [], prefix }
}
