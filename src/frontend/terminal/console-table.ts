import { previewLimits, type RemoteObject } from "../../protocol/index.ts"
import { columnsOf, fit } from "./cells.ts"
import { formatView } from "./format-object.ts"
import { counted } from "./format-text.ts"
import { asList, readKey, viewOf, type ObjectView, type View } from "./format-view.ts"
import { plainStyle, type Paint, type Style } from "./style.ts"

interface Row {
  readonly index: string
  readonly value: View
}

interface Cell {
  readonly text: string
  readonly paint: Paint
}

/** Narrower cells would tell too little: rather fewer columns are shown. */
const leastColumns = 8
const mostColumns = 40
const borders = { top: "┌┬┐", middle: "├┼┤", bottom: "└┴┘" } as const

/**
 * What `console.table` shows: a row for each part of the data, a column for
 * each property of those, or for those that are named. Undefined where the
 * data has no parts.
 */
export function consoleTable(
  data: RemoteObject,
  names: RemoteObject | undefined,
  style: Style,
  columns: number,
): string | undefined {
  const view = viewOf(data)
  if (view.is !== "object") return undefined
  const all = rowsOf(view)
  const rows = all.slice(0, previewLimits.entries)
  if (rows.length === 0) return undefined
  const heads = namesIn(names) ?? [...new Set(rows.flatMap(({ value }) => propertiesOf(value).map(([name]) => name)))]
  const hasValues = rows.some(({ value }) => value.is !== "object" || propertiesOf(value).length === 0)
  const grid = [
    ["(index)", ...heads, ...(hasValues ? ["Values"] : [])].map((text) => ({ text, paint: style.key })),
    ...rows.map(({ index, value }) => cellsOf(index, value, heads, hasValues, style)),
  ]
  const left = Math.max(view.more, view.size - all.length) + all.length - rows.length
  const more = left > 0 ? `\n${style.hint(`… ${counted(left, "more row")}`)}` : ""
  return draw(grid, style, columns) + more
}

function rowsOf({ items, pairs, entries, look }: ObjectView): readonly Row[] {
  const listed = items.map((item, index) => ({ index: String(index), value: look(item) }))
  const mapped = pairs.map(asList).map(([key, value]) => ({ index: textOf(look(key)), value: look(value) }))
  const named = entries.map(asList).map(([key, value]) => ({ index: readKey(key).text, value: look(value) }))
  return [...listed, ...mapped, ...named]
}

function propertiesOf(view: View): readonly (readonly [name: string, value: View])[] {
  if (view.is !== "object") return []
  const { items, entries, look } = view
  return [
    ...items.map((item, index) => [String(index), look(item)] as const),
    ...entries.map(asList).map(([key, value]) => [readKey(key).text, look(value)] as const),
  ]
}

function namesIn(names: RemoteObject | undefined): readonly string[] | undefined {
  const view = names && viewOf(names)
  if (view?.is !== "object" || view.kind !== "array") return undefined
  return view.items.map((name) => textOf(view.look(name)))
}

/** A text stands for itself; what has parts is only named. */
function textOf(view: View): string {
  if (view.is === "string") return view.text
  const format = { style: plainStyle, width: Number.POSITIVE_INFINITY, depth: 0, entries: 0 }
  return formatView(view, format, { level: 1, indent: 0 }).text
}

function cellsOf(
  index: string,
  value: View,
  heads: readonly string[],
  hasValues: boolean,
  style: Style,
): readonly Cell[] {
  const properties = new Map(propertiesOf(value))
  const cell = (view: View | undefined): Cell => {
    if (view === undefined) return { text: "", paint: style.hint }
    const paint = view.is === "string" ? style.string : view.is === "plain" ? style[view.paint] : style.special
    return { text: textOf(view), paint }
  }
  const own = hasValues ? [cell(properties.size === 0 ? value : undefined)] : []
  return [{ text: index, paint: style.key }, ...heads.map((name) => cell(properties.get(name))), ...own]
}

/** As wide as the window allows: wide columns are cut, and where that does not suffice, the last ones are left out. */
function draw(grid: readonly (readonly Cell[])[], style: Style, columns: number): string {
  const wanted = grid[0]!.map((_, nth) =>
    Math.min(mostColumns, Math.max(...grid.map((row) => columnsOf(row[nth]!.text)))),
  )
  const fitting = Math.max(1, Math.floor((columns - 1) / (leastColumns + 3)))
  const widths = narrowed(wanted.slice(0, takes(wanted) <= columns ? wanted.length : fitting), columns)
  const left = wanted.length - widths.length
  const line = ([start, cross, end]: string): string =>
    style.hint(`${start}${widths.map((width) => "─".repeat(width + 2)).join(cross)}${end}`)
  const bar = style.hint("│")
  const [head, ...body] = grid.map((row) => {
    const cells = widths.map((width, nth) => {
      const { text, paint } = row[nth]!
      const shown = fit(text, width)
      return ` ${shown === "" ? "" : paint(shown)}${" ".repeat(width - columnsOf(shown))} `
    })
    return `${bar}${cells.join(bar)}${bar}`
  })
  const note = left > 0 ? [style.hint(`… ${counted(left, "more column")}`)] : []
  return [line(borders.top), head, line(borders.middle), ...body, line(borders.bottom), ...note].join("\n")
}

function takes(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + 3, 1)
}

/** The widest give way first. */
function narrowed(widths: readonly number[], columns: number): readonly number[] {
  const narrow = [...widths]
  for (let over = takes(narrow) - columns; over > 0; over--) {
    const widest = narrow.indexOf(Math.max(...narrow))
    if (narrow[widest]! <= leastColumns) break
    narrow[widest]!--
  }
  return narrow
}
