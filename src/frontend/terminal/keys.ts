import type { Key as Keypress } from "node:readline"

/** What a person did: typed a character, pasted something, or pressed a key that has a name. */
export type Key =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "paste"; readonly text: string }
  /** As in `left`, `ctrl-a`, `meta-enter`, `shift-tab`. */
  | { readonly kind: "named"; readonly name: string }

const interrupt = "\x03"

/** Makes keys of what `readline` emits; a paste in brackets is one key, unless ^C ends it. Undefined while a paste is under way. */
export function createKeyReader(): (character: string | undefined, press: Keypress) => Key | undefined {
  let pasted: string[] | undefined
  return (character, press) => {
    if (press.name === "paste-start") {
      pasted = []
      return undefined
    }
    if (press.name === "paste-end") {
      const text = (pasted ?? []).join("").replace(/\r\n?/g, "\n")
      pasted = undefined
      return { kind: "paste", text }
    }
    if (pasted !== undefined && press.sequence !== interrupt) {
      pasted.push(press.sequence ?? "")
      return undefined
    }
    pasted = undefined
    return keyOf(character, press)
  }
}

/** Those whose bytes say more than the name that `readline` gives them. */
const bySequence: Readonly<Record<string, string>> = {
  "\r": "enter",
  "\n": "enter",
  "\x1b\r": "meta-enter",
  "\x1b\n": "meta-enter",
  /** Shift and Enter, where the terminal tells it from Enter. */
  "\x1b[13;2u": "meta-enter",
  "\x1f": "ctrl-_",
  "\x1e": "ctrl-^",
  "\x1b<": "meta-<",
  "\x1b>": "meta->",
}

const control = /\p{Cc}/u

function keyOf(character: string | undefined, press: Keypress): Key | undefined {
  const { sequence = "", name, ctrl, meta, shift } = press
  const known = bySequence[sequence]
  if (known !== undefined) return { kind: "named", name: known }
  if (character !== undefined && !ctrl && !meta && !control.test(character)) return { kind: "text", text: character }
  if (name === undefined || name === "undefined") return undefined
  if (name === "escape") return { kind: "named", name }
  const isLetter = name.length === 1
  const modifiers = `${ctrl ? "ctrl-" : ""}${meta ? "meta-" : ""}${shift && !isLetter ? "shift-" : ""}`
  return { kind: "named", name: `${modifiers}${name}` }
}
