import type { Evaluation } from "../frontend.ts"
import { neutraliseLine } from "../neutralise.ts"
import { formatOutcome } from "../terminal/format.ts"
import { plainStyle } from "../terminal/style.ts"

const columns = 80
const maxLineLength = 200

/** How an eval ended, in as many lines as it takes, and on one line. */
export function textsOf(evaluation: Evaluation): { readonly text: string; readonly line: string } {
  const text = formatOutcome(evaluation, plainStyle, columns)
  return { text, line: onOneLine(text) }
}

export function onOneLine(text: string): string {
  const line = text.replace(/\s*\n\s*/g, " ")
  return line.length <= maxLineLength ? line : `${line.slice(0, maxLineLength - 1)}…`
}

/** Foreign words for where an editor looks for links, some of which run its commands. */
export function harmless(text: string): string {
  return neutraliseLine(text).replaceAll("](", "] (")
}
