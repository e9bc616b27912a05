import {
  above,
  below,
  columnOf,
  indentation,
  insert,
  isInIndentation,
  isOnFirstLine,
  isOnLastLine,
  left,
  lineEnd,
  lineStart,
  replace,
  right,
  spacedWordLeft,
  textEnd,
  textStart,
  wordLeft,
  wordRight,
  type Motion,
} from "./buffer.ts"
import { change, move, other, type Editor } from "./editor-state.ts"

/** What a key does to the text, where that needs nothing but the editor. */
export type Edit = (editor: Editor) => Editor

const isWordLike = /^[\p{L}\p{N}\p{M}_$]+$/u

/** Letters of one word are taken back together. */
export function type(editor: Editor, text: string): Editor {
  const { buffer } = editor
  const typed = insert(outdented(editor, text), text)
  if (editor.last.kind === "typed" && isWordLike.test(text)) return { ...editor, buffer: typed, redo: [] }
  return change({ ...editor, buffer }, typed, { kind: "typed" })
}

/** A closing bracket that starts its line stands one step to the left. */
function outdented({ buffer }: Editor, text: string): Editor["buffer"] {
  const start = lineStart(buffer)
  if (!/^[)\]}]$/.test(text) || start === 0 || !isInIndentation(buffer)) return buffer
  const indent = buffer.text.slice(start, buffer.cursor).replace(/ {1,2}$/, "")
  return replace(buffer, start, buffer.cursor, indent)
}

/** A paste goes in as it is, but for the line break that copying whole lines leaves at the end. */
export function paste(editor: Editor, text: string): Editor {
  const isLast = editor.buffer.cursor === editor.buffer.text.length
  return change(editor, insert(editor.buffer, isLast ? text.replace(/\n$/, "") : text))
}

export const breakLine: Edit = (editor) => change(editor, insert(editor.buffer, `\n${indentation(editor.buffer)}`))

export const indent: Edit = (editor) => change(editor, insert(editor.buffer, "  "))

const to =
  (motion: Motion): Edit =>
  (editor) =>
    move(editor, motion(editor.buffer))

const erase =
  (motion: Motion): Edit =>
  (editor) => {
    const [from, end] = between(editor, motion)
    return change(editor, replace(editor.buffer, from, end, ""))
  }

/** Cuts what can be put back with ^Y; cuts in a row are one. */
const kill =
  (motion: Motion): Edit =>
  (editor) => {
    const [from, end] = between(editor, motion)
    const cut = editor.buffer.text.slice(from, end)
    if (cut === "") return editor
    const isBackward = end === editor.buffer.cursor
    const kills = editor.last.kind === "killed" ? joined(editor.kills, cut, isBackward) : [...editor.kills, cut]
    return { ...change(editor, replace(editor.buffer, from, end, ""), { kind: "killed" }), kills }
  }

function joined(kills: readonly string[], cut: string, isBackward: boolean): readonly string[] {
  const latest = kills.at(-1) ?? ""
  return [...kills.slice(0, -1), isBackward ? cut + latest : latest + cut]
}

function between({ buffer }: Editor, motion: Motion): readonly [number, number] {
  const there = motion(buffer)
  return there < buffer.cursor ? [there, buffer.cursor] : [buffer.cursor, there]
}

/** At the end of a line, ^K takes the line break, so that the next ^K goes on. */
const killableEnd: Motion = (buffer) => {
  const end = lineEnd(buffer)
  return end === buffer.cursor ? right(buffer) : end
}

const yank: Edit = (editor) => {
  const cut = editor.kills.at(-1)
  if (cut === undefined) return editor
  const from = editor.buffer.cursor
  return change(editor, insert(editor.buffer, cut), { kind: "yanked", from, back: 1 })
}

/** Puts the cut before that in the place of what was just put back. */
const yankOlder: Edit = (editor) => {
  if (editor.last.kind !== "yanked") return editor
  const { from } = editor.last
  const back = (editor.last.back % editor.kills.length) + 1
  const cut = editor.kills.at(-back)!
  return change(editor, replace(editor.buffer, from, editor.buffer.cursor, cut), { kind: "yanked", from, back })
}

const undo: Edit = (editor) => {
  const buffer = editor.undo.at(-1)
  if (buffer === undefined) return editor
  return { ...editor, buffer, undo: editor.undo.slice(0, -1), redo: [...editor.redo, editor.buffer], last: other }
}

const redo: Edit = (editor) => {
  const buffer = editor.redo.at(-1)
  if (buffer === undefined) return editor
  return { ...editor, buffer, redo: editor.redo.slice(0, -1), undo: [...editor.undo, editor.buffer], last: other }
}

const transpose: Edit = (editor) => {
  const { text, cursor } = editor.buffer
  const middle = cursor === lineEnd(editor.buffer) ? left(editor.buffer) : cursor
  if (middle <= lineStart(editor.buffer)) return editor
  const start = left({ text, cursor: middle })
  const end = right({ text, cursor: middle })
  return change(editor, replace(editor.buffer, start, end, text.slice(middle, end) + text.slice(start, middle)))
}

const column = ({ last, buffer }: Editor): number => (last.kind === "climbed" ? last.column : columnOf(buffer))

/** Undefined on the first line: there the history begins. */
export function climb(editor: Editor): Editor | undefined {
  if (isOnFirstLine(editor.buffer)) return undefined
  return move(editor, above(editor.buffer, column(editor)), { kind: "climbed", column: column(editor) })
}

export function descend(editor: Editor): Editor | undefined {
  if (isOnLastLine(editor.buffer)) return undefined
  return move(editor, below(editor.buffer, column(editor)), { kind: "climbed", column: column(editor) })
}

/** The keys of readline, and those of the editors that people come from. */
export const edits: Readonly<Record<string, Edit>> = {
  left: to(left),
  "ctrl-b": to(left),
  right: to(right),
  "ctrl-f": to(right),
  "ctrl-left": to(wordLeft),
  "meta-left": to(wordLeft),
  "meta-b": to(wordLeft),
  "ctrl-right": to(wordRight),
  "meta-right": to(wordRight),
  "meta-f": to(wordRight),
  home: to(lineStart),
  "ctrl-a": to(lineStart),
  end: to(lineEnd),
  "ctrl-e": to(lineEnd),
  "ctrl-home": to(textStart),
  "meta-<": to(textStart),
  "ctrl-end": to(textEnd),
  "meta->": to(textEnd),
  backspace: erase(left),
  delete: erase(right),
  "ctrl-k": kill(killableEnd),
  "ctrl-u": kill(lineStart),
  "ctrl-w": kill(spacedWordLeft),
  "meta-backspace": kill(wordLeft),
  "ctrl-delete": kill(wordRight),
  "meta-delete": kill(wordRight),
  "meta-d": kill(wordRight),
  "ctrl-y": yank,
  "meta-y": yankOlder,
  "ctrl-_": undo,
  "ctrl-^": redo,
  "ctrl-t": transpose,
  "meta-enter": breakLine,
}
