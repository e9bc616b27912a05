import { neutraliseLine } from "../neutralise.ts"
import { formatError } from "./format-error.ts"
import { beside, block, type Block, type Format, type Place } from "./format-layout.ts"
import { quote } from "./format-text.ts"
import type { ObjectView } from "./format-view.ts"

type Base = (view: ObjectView, format: Format, place: Place) => Block

/** What stands for an object of certain kinds, with or without braces behind. */
export function formatBase(view: ObjectView, format: Format, place: Place): Block | undefined {
  return Object.hasOwn(bases, view.kind) ? bases[view.kind]!(view, format, place) : undefined
}

const bases: Readonly<Record<string, Base>> = {
  function: ({ name, text }, { style }) =>
    block(neutraliseLine(`[${name || "Function"}${text === "" ? " (anonymous)" : `: ${text}`}]`), style.special),
  class: ({ text }, { style }) =>
    block(neutraliseLine(`[class ${/^( |$)/.test(text) ? "(anonymous)" : ""}${text}]`), style.special),
  error: ({ name, text }, { style, depth }, { level, indent }) =>
    level > depth
      ? block(neutraliseLine(`[${text.split("\n", 1)[0]!}]`), style.error)
      : formatError(text, name, style, indent),
  date: ({ text }, { style }) => block(neutraliseLine(text), style.date),
  regexp: ({ text }, { style }) => block(neutraliseLine(text), style.regexp),
  boxed: ({ name, boxed, look }, { style }) => {
    const inner = look(boxed)
    if (inner.is === "object") return block(neutraliseLine(`[${name}]`), style.special)
    const text = inner.is === "string" ? quote(inner.text) : neutraliseLine(inner.text)
    return block(`[${neutraliseLine(name)}: ${text}]`, style[inner.is === "string" ? "string" : inner.paint])
  },
  node: ({ name, text }, { style }) => {
    const [, kind, says] = /^(\S+) ([^]*)$/.exec(text) ?? []
    if (name === "DocumentType") return block(`<!doctype ${neutraliseLine(text)}>`, style.keyword)
    if (kind === undefined) return block(neutraliseLine(text.startsWith("#") ? text : `<${text}>`), style.keyword)
    const sign = text.startsWith("#") ? " " : "="
    return beside(block(neutraliseLine(kind) + sign, style.keyword), block(quote(says!), style.string))
  },
  proxy: (_, { style }) => block("[Proxy]", style.special),
}
