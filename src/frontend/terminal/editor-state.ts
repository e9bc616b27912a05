import type { History } from "./history.ts"
import { emptyBuffer, type Buffer } from "./buffer.ts"

/** A way to go on from what was typed. */
export interface Candidate {
  /** What replaces the part being completed. */
  readonly text: string
}

export type Mode =
  | { readonly kind: "edit" }
  /** Older inputs that start with `prefix`, one by one. `draft` comes back below the newest. */
  | { readonly kind: "browse"; readonly at: number; readonly prefix: string; readonly draft: Buffer }
  /** ^R. `found` is the place in the history of what is shown; `missed` when the query as it stands is nowhere. */
  | {
      readonly kind: "search"
      readonly query: string
      readonly found: number | undefined
      readonly missed: boolean
      readonly before: Buffer
    }
  /** Candidates for the part from `from` to the cursor, which was `typed`. */
  | {
      readonly kind: "menu"
      readonly items: readonly Candidate[]
      readonly chosen: number | undefined
      readonly from: number
      readonly typed: string
    }

/** What the last key did, for the keys whose effect depends on it. */
export type Last =
  | { readonly kind: "other" }
  | { readonly kind: "typed" }
  | { readonly kind: "killed" }
  | { readonly kind: "yanked"; readonly from: number; readonly back: number }
  /** Moved up or down, and would like to stay in this column. */
  | { readonly kind: "climbed"; readonly column: number }

export interface Editor {
  readonly buffer: Buffer
  readonly mode: Mode
  readonly history: History
  /** After `.editor`: Enter always starts a line, ^D runs the text. */
  readonly isBlock: boolean
  readonly undo: readonly Buffer[]
  readonly redo: readonly Buffer[]
  /** What was cut, newest last. */
  readonly kills: readonly string[]
  readonly last: Last
  /** The buffer that candidates are awaited for; any key ends the wait. */
  readonly asked: Buffer | undefined
}

export const editing: Mode = { kind: "edit" }
export const other: Last = { kind: "other" }

export function createEditor(history: History): Editor {
  return {
    buffer: emptyBuffer,
    mode: editing,
    history,
    isBlock: false,
    undo: [],
    redo: [],
    kills: [],
    last: other,
    asked: undefined,
  }
}

const maxUndo = 200

/** A change that undo takes back. */
export function change(editor: Editor, buffer: Buffer, last: Last = other): Editor {
  if (buffer.text === editor.buffer.text) return { ...editor, buffer, last }
  return { ...editor, buffer, last, undo: [...editor.undo, editor.buffer].slice(-maxUndo), redo: [] }
}

export function move(editor: Editor, cursor: number, last: Last = other): Editor {
  return { ...editor, buffer: { text: editor.buffer.text, cursor }, last }
}

/** An empty line, ready for the next input. */
export function cleared(editor: Editor): Editor {
  return { ...createEditor(editor.history), kills: editor.kills }
}
