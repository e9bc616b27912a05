import { columnsOf, splitGraphemes } from "./cells.ts"

/** The text being typed, and where the cursor stands in it: an offset that never splits a grapheme. */
export interface Buffer {
  readonly text: string
  readonly cursor: number
}

export const emptyBuffer: Buffer = { text: "", cursor: 0 }

/** Where a key leads to from the cursor. */
export type Motion = (buffer: Buffer) => number

export function bufferOf(text: string): Buffer {
  return { text, cursor: text.length }
}

/** Replaces a part of the text and puts the cursor behind what is new, or before it where it grew together with what follows. */
export function replace({ text }: Buffer, from: number, to: number, inserted: string): Buffer {
  const replaced = text.slice(0, from) + inserted + text.slice(to)
  return { text: replaced, cursor: snap(replaced, from + inserted.length) }
}

export function insert(buffer: Buffer, inserted: string): Buffer {
  return replace(buffer, buffer.cursor, buffer.cursor, inserted)
}

export const lineStart: Motion = ({ text, cursor }) => (cursor === 0 ? 0 : text.lastIndexOf("\n", cursor - 1) + 1)

export const lineEnd: Motion = ({ text, cursor }) => {
  const end = text.indexOf("\n", cursor)
  return end < 0 ? text.length : end
}

export const textStart: Motion = () => 0
export const textEnd: Motion = ({ text }) => text.length

export const left: Motion = (buffer) => {
  const start = lineStart(buffer)
  if (buffer.cursor === start) return Math.max(0, start - 1)
  const before = splitGraphemes(buffer.text.slice(start, buffer.cursor))
  return buffer.cursor - before.at(-1)!.length
}

export const right: Motion = (buffer) => {
  const end = lineEnd(buffer)
  if (buffer.cursor === end) return Math.min(buffer.text.length, end + 1)
  return buffer.cursor + splitGraphemes(buffer.text.slice(buffer.cursor, end))[0]!.length
}

const wordCharacter = /[\p{L}\p{N}\p{M}_$]/u
export const wordLeft: Motion = (buffer) => backward(buffer, wordCharacter)
export const spacedWordLeft: Motion = (buffer) => backward(buffer, /\S/)

function backward({ text, cursor }: Buffer, inside: RegExp): number {
  let at = cursor
  while (at > 0 && !inside.test(text[at - 1]!)) at--
  while (at > 0 && inside.test(text[at - 1]!)) at--
  return snap(text, at)
}

export const wordRight: Motion = ({ text, cursor }) => {
  let at = cursor
  while (at < text.length && !wordCharacter.test(text[at]!)) at++
  while (at < text.length && wordCharacter.test(text[at]!)) at++
  return snap(text, at)
}

/** No character below this one is a part of the grapheme before it. */
const firstJoining = 0x300

/** The nearest place at or before the offset that splits no grapheme. */
export function snap(text: string, offset: number): number {
  if (offset === text.length || text.charCodeAt(offset) < firstJoining) return offset
  const start = lineStart({ text, cursor: offset })
  let at = start
  for (const grapheme of splitGraphemes(text.slice(start, lineEnd({ text, cursor: offset })))) {
    if (at + grapheme.length > offset) break
    at += grapheme.length
  }
  return at
}

export function columnOf(buffer: Buffer): number {
  return columnsOf(buffer.text.slice(lineStart(buffer), buffer.cursor))
}

export const isOnFirstLine = (buffer: Buffer): boolean => lineStart(buffer) === 0
export const isOnLastLine = (buffer: Buffer): boolean => lineEnd(buffer) === buffer.text.length

/** The place in the line above, as near to the column as its characters allow. */
export function above(buffer: Buffer, column: number): number {
  const start = lineStart({ text: buffer.text, cursor: lineStart(buffer) - 1 })
  return atColumn(buffer.text, start, column)
}

export function below(buffer: Buffer, column: number): number {
  return atColumn(buffer.text, lineEnd(buffer) + 1, column)
}

function atColumn(text: string, start: number, column: number): number {
  let at = start
  let passed = 0
  for (const grapheme of splitGraphemes(text.slice(start, lineEnd({ text, cursor: start })))) {
    passed += columnsOf(grapheme)
    if (passed > column) break
    at += grapheme.length
  }
  return at
}

/** What a new line below the cursor starts with: the indentation, one step deeper behind an opening bracket. */
export function indentation(buffer: Buffer): string {
  const line = buffer.text.slice(lineStart(buffer), buffer.cursor)
  const indent = /^[ \t]*/.exec(line)![0]
  return /[([{]\s*$/.test(line) ? `${indent}  ` : indent
}

/** Whether only white space stands between the start of the line and the cursor. */
export function isInIndentation(buffer: Buffer): boolean {
  return /^\s*$/.test(buffer.text.slice(lineStart(buffer), buffer.cursor))
}
