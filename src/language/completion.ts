import { tokenize, type Token } from "./parse.ts"

/** What may be completed at a place in a code: the last name of a chain of members. */
export interface CompletionTarget {
  /** A variable (or `this`) and properties of it, of which a property is wanted; empty where a variable is. */
  readonly chain: readonly string[]
  /** What is there of the name. */
  readonly prefix: string
  /** Where the name begins. */
  readonly from: number
  /** The quote in which the name stands, as in `a["`. */
  readonly quote?: string
}

/** Nothing in comments, strings and templates, and nothing of what only a call would give. */
export function completionTarget(code: string, offset: number): CompletionTarget | undefined {
  const text = code.slice(0, offset)
  // At its very end the parser would take `?.` for two signs.
  const { tokens, problem, endsInComment } = tokenize(`${text} `)
  if (endsInComment) return undefined
  if (problem) {
    const isKey = problem.message === "Unterminated string constant" && tokens.at(-1)?.label === "["
    const chain = isKey ? chainBefore(tokens, tokens.length - 1) : undefined
    const from = problem.offset + 1
    return chain && { chain, prefix: text.slice(from), from, quote: text[problem.offset]! }
  }

  const last = tokens.at(-1)
  const isBegun = last !== undefined && last.end === offset && last.isName
  const end = isBegun ? tokens.length - 1 : tokens.length
  const from = isBegun ? last.start : offset
  const before = tokens[end - 1]
  const chain = isDot(before) ? chainBefore(tokens, end - 1) : isBegun || !endsOperand(before) ? [] : undefined
  return chain && { chain, prefix: text.slice(from), from }
}

/** The chain that ends before a token, as names; undefined where it is more than names and literal keys. */
function chainBefore(tokens: readonly Token[], end: number): readonly string[] | undefined {
  const chain: string[] = []
  for (let index = end - 1; ;) {
    const token = tokens[index]
    if (token?.label === "]") {
      const key = tokens[index - 1]
      if (!/^(string|num)$/.test(key?.label ?? "") || tokens[index - 2]?.label !== "[") return undefined
      chain.unshift(String(key!.value))
      index -= isDot(tokens[index - 3]) ? 4 : 3
    } else if (token?.isName) {
      chain.unshift(String(token.value))
      if (!isDot(tokens[index - 1])) return token.label === "name" || token.label === "this" ? chain : undefined
      index -= 2
    } else return undefined
  }
}

function isDot(token: Token | undefined): boolean {
  return token?.label === "." || token?.label === "?."
}

/** Behind an operand comes an operator, not a name. */
function endsOperand(token: Token | undefined): boolean {
  return /^(name|num|string|regexp|bigint|privateId|this|super|null|true|false|`|[)\]}])$/.test(token?.label ?? "")
}
