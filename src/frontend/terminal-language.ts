import { completionTarget, isIncomplete, type CompletionTarget } from "../language/index.ts"
import type { Completions, FrontEnd } from "./frontend.ts"
import type { Language } from "./terminal/index.ts"

/** What the terminal must know about JavaScript, and of what there is in the page. */
export function createTerminalLanguage(frontEnd: Pick<FrontEnd, "complete" | "target">): Language {
  const complete = withMemory(frontEnd)
  return {
    isIncomplete,

    async complete(code, offset) {
      const target = targetIn(code.slice(0, offset))
      if (target === undefined) return { from: offset, to: offset, items: [] }
      const { names } = await complete(target.chain, target.prefix)
      const items = names.filter((name) => fits(name, target)).map((text) => ({ text }))
      return { from: target.from, to: offset, items }
    },
  }
}

/** In strings with a meaning of their own, the page has names to go on with [P43]; elsewhere the language finds the chain. */
const strings: readonly (readonly [before: RegExp, chain: readonly string[]])[] = [
  [/(?:\$\$?|\.(?:querySelector(?:All)?|closest|matches))\(\s*["'`](?:[^"'`]*[^\w"'`-])?#([\w-]*)$/, ["#"]],
  [/(?:\$\$?|\.(?:querySelector(?:All)?|closest|matches))\(\s*["'`](?:[^"'`]*[^"'`])?\.([\w-]*)$/, ["."]],
  [/\.getElementById\(\s*["'`]([^"'`]*)$/, ["#"]],
  [/\.getElementsByClassName\(\s*["'`]([^"'`]*)$/, ["."]],
  [/(?:\bfrom|\bimport)\s*\(?\s*["']([^"']*)$/, ["import"]],
]

function targetIn(before: string): CompletionTarget | undefined {
  for (const [pattern, chain] of strings) {
    const prefix = pattern.exec(before)?.[1]
    if (prefix !== undefined) return { chain, prefix, from: before.length - prefix.length, quote: '"' }
  }
  return completionTarget(before, before.length)
}

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

/** In quotes any name can stand that needs no escape. */
function fits(name: string, { quote }: CompletionTarget): boolean {
  return quote === undefined ? identifier.test(name) : !/["'`\\]/.test(name)
}

/** Answers that are remembered, at most. */
const capacity = 100

/** While the page does not answer, its last answer is better than none. */
function withMemory(frontEnd: Pick<FrontEnd, "complete" | "target">): FrontEnd["complete"] {
  const answers = new Map<string, Completions & { readonly prefix: string }>()
  return async (chain, prefix) => {
    const key = JSON.stringify([frontEnd.target, ...chain])
    try {
      const answer = await frontEnd.complete(chain, prefix)
      answers.delete(key)
      answers.set(key, { ...answer, prefix })
      if (answers.size > capacity) answers.delete(answers.keys().next().value!)
      return answer
    } catch (error) {
      const last = answers.get(key)
      if (last === undefined || !prefix.startsWith(last.prefix)) throw error
      return { ...last, names: last.names.filter((name) => name.startsWith(prefix)) }
    }
  }
}
