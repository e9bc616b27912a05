import { columnsOf, fit, visible } from "./cells.ts"
import type { Style } from "./style.ts"

/** The line of the input that something is wrong with, and a mark below the place. Both 1-based. */
export function codeFrame(
  code: string,
  line: number,
  column: number,
  style: Style,
  columns: number,
): string | undefined {
  const text = code.split("\n")[line - 1]
  if (text === undefined) return undefined
  const gutter = `${line} │ `
  const before = columnsOf(text.slice(0, column - 1))
  const room = columns - columnsOf(gutter)
  // A place beyond the window is shown with what stands before it.
  const cut = Math.max(0, before + 1 - room)
  const shown = cut === 0 ? fit(text, room) : visible(text.slice(0, column)).slice(-room)
  const mark = " ".repeat(columnsOf(gutter) + before - cut)
  return `${style.hint(gutter)}${shown}\n${mark}${style.error("^")}`
}
