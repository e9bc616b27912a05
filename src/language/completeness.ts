import { parse, parseInBraces, tokenize } from "./parse.ts"

/** Whether an input that is no program yet may become one when it goes on. */
export function isIncomplete(input: string): boolean {
  // At its very end the parser would take `?.` for two signs.
  const code = `${input} `
  const parsed = parseInBraces(code) ?? parse(code)
  if (!("message" in parsed)) return false
  const { message, offset } = parsed
  const rest = code.slice(offset)
  switch (message) {
    case "Unterminated template":
    case "Unterminated comment":
      return true
    case "Unterminated string constant":
      return rest.endsWith("\\ ")
    case "Missing catch or finally clause":
      return !("message" in parse(`${code}\nfinally {}`))
    default:
      return rest.trim() === "" || (looksLikeTypes(code, rest) && hasOpenBracket(code))
  }
}

/** Types are no JavaScript: what the parser stumbled over says nothing about the end. */
function looksLikeTypes(code: string, rest: string): boolean {
  return (
    /^([:?<!]|(as|satisfies)\b)/.test(rest) ||
    /^\s*(export\s+)?(abstract|declare|enum|interface|namespace|type)\s/.test(code)
  )
}

function hasOpenBracket(code: string): boolean {
  let depth = 0
  for (const { label } of tokenize(code).tokens) {
    if (/^(\(|\[|\{|\$\{)$/.test(label)) depth++
    if (/^[)\]}]$/.test(label)) depth--
  }
  return depth > 0
}
