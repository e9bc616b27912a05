import { replace } from "./buffer.ts"
import { change, editing, other, type Candidate, type Editor, type Mode } from "./editor-state.ts"
import type { Key } from "./keys.ts"
import { type } from "./editing.ts"

type Menu = Extract<Mode, { kind: "menu" }>

/** The answer to a request for candidates: they replace the text from `from` to `to`. */
export interface Candidates {
  readonly from: number
  readonly to: number
  readonly items: readonly Candidate[]
}

/** Goes on as far as all candidates agree, and shows them where they part. */
export function offer(editor: Editor, { from, to, items }: Candidates): Editor {
  const shared = items.map(({ text }) => text).reduce(commonStart, items[0]?.text ?? "")
  const typed = editor.buffer.text.slice(from, to)
  if (items.length === 0) return editor
  const goesOn = items.length === 1 || (shared.length > typed.length && shared.startsWith(typed))
  const text = goesOn ? shared : typed
  const extended = change(editor, replace(editor.buffer, from, to, text))
  if (items.length === 1) return extended
  return { ...extended, mode: { kind: "menu", items, chosen: undefined, from, typed: text } }
}

function commonStart(one: string, another: string): string {
  let length = 0
  while (length < one.length && one[length] === another[length]) length++
  return one.slice(0, length)
}

/** A key while the menu is open. Undefined when it is not for the menu, which then closes. */
export function choose(editor: Editor, menu: Menu, key: Key): Editor | undefined {
  switch (key.kind) {
    case "text":
      return narrow(type(editor, key.text), menu)
    case "paste":
      return undefined
    case "named":
      return pressed(editor, menu, key.name)
    default:
      return key satisfies never
  }
}

function pressed(editor: Editor, menu: Menu, name: string): Editor | undefined {
  const { chosen, items } = menu
  switch (name) {
    case "tab":
    case "down":
    case "ctrl-n":
      return pick(editor, menu, chosen === undefined ? 0 : (chosen + 1) % items.length)
    case "shift-tab":
    case "up":
    case "ctrl-p":
      return pick(editor, menu, (chosen === undefined || chosen === 0 ? items.length : chosen) - 1)
    case "enter":
      return chosen === undefined ? undefined : closed(editor)
    case "escape":
    case "ctrl-g":
    case "ctrl-c":
      return closed({ ...editor, buffer: replace(editor.buffer, menu.from, editor.buffer.cursor, menu.typed) })
    default:
      return undefined
  }
}

function pick(editor: Editor, menu: Menu, chosen: number): Editor {
  const buffer = replace(editor.buffer, menu.from, editor.buffer.cursor, menu.items[chosen]!.text)
  return { ...editor, buffer, mode: { ...menu, chosen }, last: other }
}

/** Typing on keeps those that still fit; after a choice it takes the choice over. */
function narrow(editor: Editor, menu: Menu): Editor {
  const typed = editor.buffer.text.slice(menu.from, editor.buffer.cursor)
  const items = menu.items.filter(({ text }) => text.startsWith(typed))
  if (menu.chosen !== undefined || items.length === 0) return closed(editor)
  return { ...editor, mode: { ...menu, items, typed } }
}

export function closed(editor: Editor): Editor {
  return { ...editor, mode: editing }
}
