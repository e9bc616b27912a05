import { newer, older } from "./browsing.ts"
import { isInIndentation, type Buffer } from "./buffer.ts"
import { breakLine, climb, descend, edits, indent, paste, type } from "./editing.ts"
import { cleared, editing, other, type Editor } from "./editor-state.ts"
import { remembered } from "./history.ts"
import type { Key } from "./keys.ts"
import { choose, closed, offer, type Candidates } from "./menu.ts"
import { search, startSearch, takeFound } from "./searching.ts"

/**
 *          ↑                     ^R
 *  browse ◀─────────── edit ───────────▶ search
 *     │                │ ▲ ▲                │
 *     └────────────────│─┘ └────────────────┘  ^G, ^C, or any key that is not for the search
 *   any key but ↑ ↓    │ ▲
 *           candidates ▼ │  Esc, a choice taken, or any key that is not for the menu
 *                     menu
 */
export type EditorEvent =
  | { readonly kind: "key"; readonly key: Key }
  /** The answer to `complete`, for the buffer it was asked for. */
  | { readonly kind: "candidates"; readonly asked: Buffer; readonly candidates: Candidates }
  /** `.editor`: the next input is a block. */
  | { readonly kind: "block" }

export type EditorEffect =
  /** An input, whole. */
  | { readonly kind: "submit"; readonly text: string }
  | { readonly kind: "complete"; readonly asked: Buffer }
  /** ^C where there was nothing to clear. */
  | { readonly kind: "interrupt" }
  /** ^D on an empty line. */
  | { readonly kind: "leave" }
  | { readonly kind: "clear-screen" }
  | { readonly kind: "suspend" }

export interface Step {
  readonly editor: Editor
  readonly effects: readonly EditorEffect[]
}

/** Whether the text asks for another line. */
export type Continues = (text: string) => boolean

export function step(editor: Editor, event: EditorEvent, continues: Continues): Step {
  switch (event.kind) {
    case "key":
      return press({ ...editor, asked: undefined }, event.key, continues)
    case "candidates":
      return only(editor.asked === event.asked ? offer({ ...editor, asked: undefined }, event.candidates) : editor)
    case "block":
      return only({ ...cleared(editor), isBlock: true })
    default:
      return event satisfies never
  }
}

const only = (editor: Editor, ...effects: readonly EditorEffect[]): Step => ({ editor, effects })

function press(editor: Editor, key: Key, continues: Continues): Step {
  const { mode } = editor
  switch (mode.kind) {
    case "search": {
      const searched = search(editor, mode, key)
      return searched === undefined ? press(takeFound(editor), key, continues) : only(searched)
    }
    case "menu": {
      const chosen = choose(editor, mode, key)
      return chosen === undefined ? press(closed(editor), key, continues) : only(chosen)
    }
    case "browse":
    case "edit":
      return edit(editor, key, continues)
    default:
      return mode satisfies never
  }
}

function edit(editor: Editor, key: Key, continues: Continues): Step {
  const settled = { ...editor, mode: editing }
  switch (key.kind) {
    case "text":
      return only(type(settled, key.text))
    case "paste":
      return only(paste(settled, key.text))
    case "named":
      break
    default:
      return key satisfies never
  }
  const { text } = editor.buffer
  switch (key.name) {
    case "up":
    case "ctrl-p":
      return only((editor.mode.kind === "edit" && climb(editor)) || older(editor))
    case "down":
    case "ctrl-n":
      return only((editor.mode.kind === "edit" && descend(editor)) || newer(editor))
    case "enter":
      return editor.isBlock || continues(text) ? only(breakLine(settled)) : submit(settled)
    case "tab":
      if (isInIndentation(editor.buffer)) return only(indent(settled))
      return only({ ...settled, asked: editor.buffer }, { kind: "complete", asked: editor.buffer })
    case "ctrl-r":
      return only(startSearch(settled))
    case "ctrl-c":
      return text === "" && !editor.isBlock ? only(settled, { kind: "interrupt" }) : only(cleared(editor))
    case "ctrl-d":
      if (editor.isBlock) return submit(settled)
      return text === "" ? only(settled, { kind: "leave" }) : only(edits["delete"]!(settled))
    case "ctrl-l":
      return only(settled, { kind: "clear-screen" })
    case "ctrl-z":
      return only(settled, { kind: "suspend" })
    case "escape":
      return only({ ...settled, last: other })
    default:
      return only(Object.hasOwn(edits, key.name) ? edits[key.name]!(settled) : settled)
  }
}

function submit(editor: Editor): Step {
  const { text } = editor.buffer
  const history = remembered(editor.history, text)
  return only({ ...cleared(editor), history }, { kind: "submit", text })
}
