import type { ReadStream, WriteStream } from "node:tty"
import { emptyFrame, type Frame, type Size } from "./render.ts"

const begin = "\x1b[?2026h"
const end = "\x1b[?2026l"
const pasteOn = "\x1b[?2004h"
const pasteOff = "\x1b[?2004l"
/** From the second column on: tmux takes clearing from the very first for a page to be kept, and would keep each frame. */
const clearBelow = "\x1b[K \x1b[J\r"
const clearAll = "\x1b[H\x1b[2J"
const up = (rows: number): string => (rows > 0 ? `\x1b[${rows}A` : "")
const right = (columns: number): string => (columns > 0 ? `\x1b[${columns}C` : "")

/** The terminal: text that stays, and below it a frame that is drawn over and over. */
export interface Screen {
  readonly size: Size
  readonly columns: number
  /** Text that stays, above the frame. */
  print(text: string): void
  /** Asks for a new frame; all that is asked for in one turn is drawn at once. */
  refresh(): void
  /** Empties the terminal; the frame comes back at its top. */
  clear(): void
  /** Takes the terminal: keys come one by one, a paste comes in brackets. */
  take(): void
  /** Gives it back as it was, with what was printed left standing. Twice is fine. */
  release(): void
}

/** `draw` is asked for the frame whenever one is needed. */
export function createScreen(input: ReadStream, output: WriteStream, draw: (size: Size) => Frame): Screen {
  let shown = emptyFrame
  let shownWidth = Number.POSITIVE_INFINITY
  let unprinted = ""
  let scheduled: NodeJS.Immediate | undefined
  let isTaken = false

  const size = (): Size => ({ columns: Math.max(8, output.columns || 80), rows: Math.max(4, output.rows || 24) })

  /** A window made narrower has broken the rows that no longer fit: most terminals do that on their own. */
  const toTop = (): string => {
    const { columns } = size()
    const broken =
      columns < shownWidth ? (width: number): number => Math.floor(Math.max(0, width - 1) / columns) : () => 0
    const { row, column } = shown.cursor
    const extra = shown.rows.slice(0, row).reduce((sum, { columns: width }) => sum + broken(width), broken(column + 1))
    return `\r${up(row + extra)}`
  }

  const replace = (frame: Frame, text: string): void => {
    const last = Math.max(0, frame.rows.length - 1)
    const rows = frame.rows.map((row) => row.text).join("\r\n")
    const toCursor = `\r${up(last - frame.cursor.row)}${right(frame.cursor.column)}`
    output.write(`${begin}${toTop()}${clearBelow}${text}${rows}${toCursor}${end}`)
    shown = frame
    shownWidth = size().columns
  }

  const flush = (): void => {
    clearImmediate(scheduled)
    scheduled = undefined
    const text = unprinted
    unprinted = ""
    const frame = isTaken ? draw(size()) : emptyFrame
    if (text !== "" || !isSame(frame, shown) || size().columns !== shownWidth) replace(frame, text)
  }

  const refresh = (): void => {
    scheduled ??= setImmediate(flush)
  }

  return {
    get size() {
      return size()
    },
    get columns() {
      return size().columns
    },
    print(text) {
      unprinted += `${text.replace(/\r?\n/g, "\r\n")}\r\n`
      refresh()
    },
    refresh,
    clear() {
      output.write(clearAll)
      shown = emptyFrame
      unprinted = ""
      refresh()
    },
    take() {
      if (isTaken) return
      isTaken = true
      input.setRawMode(true)
      output.write(pasteOn)
      output.on("resize", refresh)
      refresh()
    },
    release() {
      if (!isTaken) return
      isTaken = false
      output.off("resize", refresh)
      flush()
      output.write(pasteOff)
      input.setRawMode(false)
    },
  }
}

function isSame(frame: Frame, shown: Frame): boolean {
  return (
    frame.rows.length === shown.rows.length &&
    frame.cursor.row === shown.cursor.row &&
    frame.cursor.column === shown.cursor.column &&
    frame.rows.every((row, index) => row.text === shown.rows[index]!.text)
  )
}
