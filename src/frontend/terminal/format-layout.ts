import { columnsOf } from "./cells.ts"
import type { Paint, Style } from "./style.ts"

/** How a value is shown, and how much of it. */
export interface Format {
  readonly style: Style
  readonly width: number
  /** Objects in objects in the object. */
  readonly depth: number
  /** Of each list. */
  readonly entries: number
  /** Parts of the object itself that stand before the first. @defaultValue 0 */
  readonly offset?: number
  /** Is called where something is left out. */
  readonly cut?: () => void
}

/** Where a value stands: in how many objects, and how far right its line begins. */
export interface Place {
  readonly level: number
  readonly indent: number
}

/** Text that is ready to be written, and how wide it is without its colours. */
export interface Block {
  readonly text: string
  readonly columns: number
  /** It takes several lines, whose width nobody needs. */
  readonly isTall: boolean
}

/** Makes a block of harmless text, each line painted for itself. */
export function block(text: string, paint: Paint = (line) => line): Block {
  const lines = text.split("\n")
  return {
    text: lines.map((line) => (line === "" ? "" : paint(line))).join("\n"),
    columns: columnsOf(lines[0]!),
    isTall: lines.length > 1,
  }
}

export function beside(...blocks: readonly Block[]): Block {
  return {
    text: blocks.map(({ text }) => text).join(""),
    columns: blocks.reduce((sum, { columns }) => sum + columns, 0),
    isTall: blocks.some(({ isTall }) => isTall),
  }
}

export interface Enclosure {
  /** Ends in the opening brace. */
  readonly open: Block
  readonly close: string
  /** May stand in columns. */
  readonly items: readonly Block[]
  readonly areNumbers: boolean
  /** Follow the items, each on its own. */
  readonly rest: readonly Block[]
  /** Of the line that it begins in. */
  readonly indent: number
  readonly width: number
}

/** Columns of a line that are left for what stands before it, a key for one. */
const reserved = 10
/** Fewer items are easier to read one below the other. */
const fewItems = 6

/** Parts in braces: on one line where they fit, many short items in columns, else each part on a line. */
export function enclose({ open, close, items, areNumbers, rest, indent, width }: Enclosure): Block {
  const parts = [...items, ...rest]
  const needed = parts.reduce((sum, { columns }) => sum + columns + 2, open.columns + indent + reserved)
  if (needed <= width && ![open, ...parts].some(({ isTall }) => isTall)) {
    const listed = parts.flatMap((part, index) => (index === 0 ? [part] : [block(", "), part]))
    return beside(open, block(" "), ...listed, block(` ${close}`))
  }
  const lines = [...inColumns(items, areNumbers, width - indent - 2), ...rest.map(({ text }) => text)]
  const margin = `\n${" ".repeat(indent)}`
  const text = `${open.text}${lines.map((line) => `${margin}  ${line}`).join(",")}${margin}${close}`
  return { text, columns: width, isTall: true }
}

/** The lines of a list. Rows of ten or twenty help to count. */
function inColumns(items: readonly Block[], areNumbers: boolean, width: number): readonly string[] {
  const widest = Math.max(...items.map(({ columns }) => columns)) + 2
  const fitting = Math.floor(width / widest)
  const across = [20, 10].find((count) => count <= fitting) ?? fitting
  if (items.length <= fewItems || across < 3 || items.some(({ isTall }) => isTall)) return items.map(({ text }) => text)

  const lines: string[] = []
  for (let first = 0; first < items.length; first += across) {
    const row = items.slice(first, first + across)
    // Numbers end in line, all else begins in line.
    const cells = row.map(({ text, columns }, index) => {
      const padding = " ".repeat(widest - 2 - columns)
      const comma = index === row.length - 1 ? "" : ", "
      if (areNumbers) return padding + text + comma
      return comma === "" ? text : text + comma + padding
    })
    lines.push(cells.join(""))
  }
  return lines
}
