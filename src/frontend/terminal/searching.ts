import { snap } from "./buffer.ts"
import { editing, other, type Editor, type Mode } from "./editor-state.ts"
import type { Key } from "./keys.ts"

type Search = Extract<Mode, { kind: "search" }>

export function startSearch(editor: Editor): Editor {
  return { ...editor, mode: { kind: "search", query: "", found: undefined, missed: false, before: editor.buffer } }
}

/** A key while searching. Undefined when it is not for the search: then what was found is taken over and edited. */
export function search(editor: Editor, mode: Search, key: Key): Editor | undefined {
  switch (key.kind) {
    case "text":
    case "paste":
      return look(editor, { ...mode, query: mode.query + key.text }, mode.found ?? editor.history.length - 1, -1)
    case "named":
      return pressed(editor, mode, key.name)
    default:
      return key satisfies never
  }
}

function pressed(editor: Editor, mode: Search, name: string): Editor | undefined {
  switch (name) {
    case "ctrl-r":
      return look(editor, mode, (mode.found ?? editor.history.length) - 1, -1)
    case "ctrl-s":
      return look(editor, mode, (mode.found ?? -1) + 1, 1)
    case "backspace":
      return look(
        editor,
        { ...mode, query: Array.from(mode.query).slice(0, -1).join("") },
        editor.history.length - 1,
        -1,
      )
    case "enter":
      return mode.found === undefined ? takeFound(editor) : undefined
    case "ctrl-c":
    case "ctrl-g":
      return { ...editor, buffer: mode.before, mode: editing, last: other }
    default:
      return undefined
  }
}

/** Small letters find capitals too; a capital finds only itself. */
function placeOf(query: string, entry: string): number {
  return query === query.toLowerCase() ? entry.toLowerCase().lastIndexOf(query) : entry.lastIndexOf(query)
}

function look(editor: Editor, mode: Search, from: number, step: 1 | -1): Editor {
  if (mode.query === "") return { ...editor, mode: { ...mode, found: undefined, missed: false }, buffer: mode.before }
  for (let at = from; at >= 0 && at < editor.history.length; at += step) {
    const text = editor.history[at]!
    const place = placeOf(mode.query, text)
    if (place >= 0) {
      return { ...editor, mode: { ...mode, found: at, missed: false }, buffer: { text, cursor: snap(text, place) } }
    }
  }
  return { ...editor, mode: { ...mode, missed: true } }
}

export function takeFound(editor: Editor): Editor {
  return { ...editor, mode: editing, last: other }
}
