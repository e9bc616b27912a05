import { neutraliseLine } from "../neutralise.ts"

/** A grapheme as the terminal shows it: what is written, and how many columns that takes. */
export interface Cell {
  readonly shown: string
  readonly columns: number
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" })
const highSurrogate = /[\ud800-\udbff]/
const printableAscii = /^[\x20-\x7e]*$/

/** Tabs have one width wherever they stand, so that a cell does not depend on its column. */
const tab: Cell = { shown: "  ", columns: 2 }

const pictograph = /\p{Extended_Pictographic}|\p{Regional_Indicator}/u
const emoji = /\p{Emoji_Presentation}|\ufe0f/u
/** East Asian wide and fullwidth characters (UAX #11), in ranges that have room for those to come. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]/u
const loneMark = /^\p{Mark}/u

/** Each segment that `Intl.Segmenter` gives holds a copy of all its input: a long line must go in pieces. */
const pieceLength = 128

export function splitGraphemes(text: string): readonly string[] {
  if (printableAscii.test(text)) return text.split("")
  const split: string[] = []
  for (let at = 0; at < text.length;) {
    const end = at + pieceLength - (highSurrogate.test(text[at + pieceLength - 1] ?? "") ? 1 : 0)
    const segments = Array.from(graphemes.segment(text.slice(at, end)), ({ segment }) => segment)
    // The last one of a piece may go on in the next.
    const whole = end >= text.length || segments.length === 1 ? segments : segments.slice(0, -1)
    for (const grapheme of whole) {
      split.push(grapheme)
      at += grapheme.length
    }
  }
  return split
}

export function cellOf(grapheme: string): Cell {
  if (grapheme.length === 1 && printableAscii.test(grapheme)) return { shown: grapheme, columns: 1 }
  if (grapheme === "\t") return tab
  const shown = neutraliseLine(grapheme)
  if (shown !== grapheme) return { shown, columns: sum(Array.from(shown, columnsOfCharacter)) }
  if (loneMark.test(grapheme)) return { shown: `\u25cc${grapheme}`, columns: 1 }
  return { shown, columns: columnsOfCharacter(grapheme) }
}

function columnsOfCharacter(grapheme: string): number {
  return wide.test(grapheme) || (pictograph.test(grapheme) && emoji.test(grapheme)) ? 2 : 1
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** How many columns a line takes that holds no colours. */
export function columnsOf(line: string): number {
  if (printableAscii.test(line)) return line.length
  return sum(splitGraphemes(line).map((grapheme) => cellOf(grapheme).columns))
}

/** The line as the terminal shows it. */
export function visible(line: string): string {
  return fit(line, Number.POSITIVE_INFINITY)
}

/** The line as the terminal shows it, cut at its end where it is wider than that. */
export function fit(line: string, columns: number): string {
  const cells = splitGraphemes(line).map(cellOf)
  if (sum(cells.map((cell) => cell.columns)) <= columns) return cells.map(({ shown }) => shown).join("")
  let cut = ""
  let room = columns - 1
  for (const { shown, columns: taken } of cells) {
    room -= taken
    if (room < 0) break
    cut += shown
  }
  return columns > 0 ? `${cut}…` : ""
}
