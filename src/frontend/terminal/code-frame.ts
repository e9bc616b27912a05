import type { FailurePlace } from "../failure-place.ts"
import { columnsOf, fit, splitGraphemes, visible } from "./cells.ts"
import type { Style } from "./style.ts"

/** As JavaScript counts them. */
const lineBreak = /\r\n|[\n\r\u2028\u2029]/

/** The line of the input that something is wrong with, and a mark below the place. */
export function codeFrame(
  code: string,
  { line, column }: FailurePlace,
  style: Style,
  columns: number,
): string | undefined {
  const text = code.split(lineBreak)[line - 1]
  if (text === undefined) return undefined
  const gutter = `${line} │ `
  const room = columns - columnsOf(gutter)
  const before = splitGraphemes(text.slice(0, column - 1))
  const [at = ""] = splitGraphemes(text.slice(column - 1))
  const needed = Math.max(1, columnsOf(at))
  let width = columnsOf(before.join(""))
  // A place beyond the window is shown with what stands before it.
  let first = 0
  while (width + needed > room && first < before.length) width -= columnsOf(before[first++]!)
  const shown = first === 0 ? fit(text, room) : visible(before.slice(first).join("") + at)
  return `${style.hint(gutter)}${shown}\n${" ".repeat(columnsOf(gutter) + width)}${style.error("^")}`
}
