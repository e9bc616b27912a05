import { cellOf, columnsOf, fit, splitGraphemes } from "./cells.ts"
import type { Editor, Mode } from "./editor-state.ts"
import type { Paint, Style } from "./style.ts"
import { tokenize, type Token } from "./tokens.ts"

/** What the lower end of the terminal shows: all that changes while a person types. */
export interface View {
  readonly editor: Editor
  /** Ends in a space. */
  readonly prompt: string
  /** False where an input would have to wait: no runtime, or one that is away. */
  readonly isReady: boolean
  /** A line above the prompt: what is being waited for. */
  readonly status: string | undefined
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

export interface Row {
  readonly text: string
  readonly columns: number
}

export interface Frame {
  readonly rows: readonly Row[]
  readonly cursor: { readonly row: number; readonly column: number }
}

export const emptyFrame: Frame = { rows: [], cursor: { row: 0, column: 0 } }

const blockHint = "a block: ^D runs it, ^C drops it"
const maxMenuRows = 6
/** Longer texts go without colours, so that a key is never slow. */
const maxColoured = 20_000

/** Pure: the same view in the same size is the same frame. */
export function render(view: View, size: Size, style: Style): Frame {
  const { editor, status } = view
  const above = [status, editor.isBlock ? blockHint : undefined].filter((line) => line !== undefined)
  const head = above.map((line) => hintRow(line, size, style))
  const text = textRows(view, size, style)
  const foot = footRows(editor, size, style)
  const rows = [...head, ...text.rows, ...foot.rows]
  const cursor =
    foot.cursor === undefined
      ? { row: head.length + text.cursor.row, column: text.cursor.column }
      : { row: head.length + text.rows.length, column: foot.cursor }
  return inView(rows, cursor, size)
}

/** The prompt and the text alone, as they stay above once the text was submitted. */
export function renderSubmitted(view: View, size: Size, style: Style): readonly Row[] {
  return textRows(view, { ...size, rows: Number.POSITIVE_INFINITY }, style).rows
}

function hintRow(line: string, { columns }: Size, style: Style): Row {
  const shown = fit(line, columns)
  return { text: style.hint(shown), columns: columnsOf(shown) }
}

const bare: Paint = (text) => text

/** Rows are collected cell by cell; neighbours of one colour are painted together. */
class Rows {
  readonly rows: Row[] = []
  private text = ""
  private run = ""
  private paint = bare
  private columns = 0
  private readonly width: number

  constructor(width: number) {
    this.width = width
  }

  add(shown: string, columns: number, paint: Paint): void {
    if (this.columns + columns > this.width && this.columns > 0) this.end()
    if (paint !== this.paint) this.flush()
    this.paint = paint
    this.run += shown
    this.columns += columns
  }

  /** Begins the next row. */
  end(): void {
    this.flush()
    this.rows.push({ text: this.text, columns: this.columns })
    this.text = ""
    this.columns = 0
  }

  /** Where the next cell of this width would go. */
  place(columns: number): Frame["cursor"] {
    return this.columns + columns > this.width && this.columns > 0
      ? { row: this.rows.length + 1, column: 0 }
      : { row: this.rows.length, column: this.columns }
  }

  private flush(): void {
    if (this.run !== "") this.text += this.paint(this.run)
    this.run = ""
  }
}

function textRows({ editor, prompt, isReady }: View, size: Size, style: Style): Frame {
  const { text, cursor } = editor.buffer
  const rows = new Rows(size.columns)
  const paintAt = painter(editor, style)
  const lines = text.split("\n")
  const [first, last] = nearCursor(lines, cursor, size.rows)
  let place = { row: 0, column: 0 }
  let offset = lines.slice(0, first).reduce((sum, line) => sum + line.length + 1, 0)

  for (let line = first; line <= last; line++) {
    const lead = line === 0 ? prompt : continuation(prompt, size)
    const paintLead = line > 0 ? style.hint : isReady ? style.prompt : style.warning
    for (const grapheme of splitGraphemes(lead)) rows.add(grapheme, columnsOf(grapheme), paintLead)
    for (const grapheme of splitGraphemes(lines[line]!)) {
      const { shown, columns } = cellOf(grapheme)
      if (offset === cursor) place = rows.place(columns)
      rows.add(shown, columns, paintAt(offset))
      offset += grapheme.length
    }
    if (offset === cursor) place = rows.place(1)
    if (offset === cursor && place.row > rows.rows.length) rows.end()
    rows.end()
    offset++
  }
  return { rows: rows.rows, cursor: place }
}

/** Lines that can be in view: a pasted megabyte must not be laid out for each key. */
function nearCursor(lines: readonly string[], cursor: number, rows: number): readonly [number, number] {
  let line = 0
  for (let passed = lines[0]!.length; passed < cursor; passed += lines[line]!.length + 1) line++
  return [Math.max(0, line - rows), Math.min(lines.length - 1, line + rows)]
}

/** Later lines stand under the first; in a narrow window the columns are worth more. */
function continuation(prompt: string, { columns }: Size): string {
  const width = columnsOf(prompt)
  return width > columns / 3 ? "… " : "… ".padStart(width)
}

/** The colour of the character at an offset; asked in rising order. */
function painter({ buffer, mode }: Editor, style: Style): (offset: number) => Paint {
  const tokens: readonly Token[] = buffer.text.length > maxColoured ? [] : tokenize(buffer.text)
  const found = mode.kind === "search" && mode.found !== undefined ? mode.query.length : 0
  let at = 0
  return (offset) => {
    while (at < tokens.length && tokens[at]!.end <= offset) at++
    if (offset >= buffer.cursor && offset < buffer.cursor + found) return style.chosen
    const kind = tokens[at]?.kind ?? "plain"
    return kind === "plain" ? bare : style[kind]
  }
}

function footRows(editor: Editor, size: Size, style: Style): { rows: readonly Row[]; cursor?: number } {
  switch (editor.mode.kind) {
    case "search": {
      const { query, missed } = editor.mode
      const label = missed ? "not in history: " : "search history: "
      const shown = fit(query, size.columns - label.length - 1)
      const columns = label.length + columnsOf(shown)
      const paint = missed ? style.warning : style.hint
      return { rows: [{ text: paint(label) + shown, columns }], cursor: columns }
    }
    case "menu":
      return { rows: menuRows(editor.mode, size, style) }
    case "browse":
    case "edit":
      return { rows: [] }
    default:
      return editor.mode satisfies never
  }
}

function menuRows({ items, chosen }: Extract<Mode, { kind: "menu" }>, size: Size, style: Style): readonly Row[] {
  const labels = items.map(({ text }) => fit(text, size.columns - 2))
  const width = Math.max(...labels.map(columnsOf)) + 2
  const across = Math.max(1, Math.floor(size.columns / width))
  const down = Math.max(1, Math.min(maxMenuRows, size.rows - 3))
  const page = Math.floor((chosen ?? 0) / (across * down)) * across * down
  const rows: Row[] = []
  for (let start = page; start < Math.min(labels.length, page + across * down); start += across) {
    const line = labels.slice(start, start + across)
    const text = line.map((label, index) => {
      const padding = " ".repeat(width - columnsOf(label))
      return (start + index === chosen ? style.chosen(label) : label) + padding
    })
    rows.push({ text: text.join(""), columns: width * line.length })
  }
  const left = labels.length - page - across * down
  return left > 0 ? [...rows, hintRow(`… ${left} more`, size, style)] : rows
}

/** As many rows as fit, the cursor's among them. */
function inView(rows: readonly Row[], cursor: Frame["cursor"], size: Size): Frame {
  if (rows.length <= size.rows) return { rows, cursor }
  const first = Math.min(Math.max(0, cursor.row - size.rows + 1), rows.length - size.rows)
  return { rows: rows.slice(first, first + size.rows), cursor: { row: cursor.row - first, column: cursor.column } }
}
