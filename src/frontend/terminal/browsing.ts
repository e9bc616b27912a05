import { lineEnd } from "./buffer.ts"
import { editing, other, type Editor } from "./editor-state.ts"

/** The next older input that starts as what stands before the cursor; stays where there is none. */
export function older(editor: Editor): Editor {
  const { mode, buffer, history } = editor
  const from = mode.kind === "browse" ? mode.at : history.length
  const prefix = mode.kind === "browse" ? mode.prefix : buffer.text.slice(0, buffer.cursor)
  const draft = mode.kind === "browse" ? mode.draft : buffer
  for (let at = from - 1; at >= 0; at--) {
    if (fits(history[at]!, prefix, buffer.text)) return shown(editor, { kind: "browse", at, prefix, draft })
  }
  return editor
}

/** The next newer one, and below the newest the text that was there before. */
export function newer(editor: Editor): Editor {
  const { mode, buffer, history } = editor
  if (mode.kind !== "browse") return editor
  for (let at = mode.at + 1; at < history.length; at++) {
    if (fits(history[at]!, mode.prefix, buffer.text)) return shown(editor, { ...mode, at })
  }
  return { ...editor, buffer: mode.draft, mode: editing, last: other }
}

function fits(entry: string, prefix: string, text: string): boolean {
  return entry.startsWith(prefix) && entry !== text
}

/** With the cursor at the end of the first line, the arrow that led here leads on. */
function shown(editor: Editor, mode: Extract<Editor["mode"], { kind: "browse" }>): Editor {
  const text = editor.history[mode.at]!
  return { ...editor, mode, buffer: { text, cursor: lineEnd({ text, cursor: 0 }) }, last: other }
}
