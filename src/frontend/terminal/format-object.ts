import { neutraliseLine } from "../neutralise.ts"
import { formatBase } from "./format-base.ts"
import { beside, block, enclose, type Block, type Format, type Place } from "./format-layout.ts"
import { counted, isIdentifier, quote, written } from "./format-text.ts"
import { asList, positionsOf, readKey, type ObjectView, type StringView, type View } from "./format-view.ts"
import type { Style } from "./style.ts"

export function formatView(view: View, format: Format, place: Place = { level: 0, indent: 0 }): Block {
  switch (view.is) {
    case "plain":
      return block(neutraliseLine(view.text), format.style[view.paint])
    case "string":
      return formatString(view, format, place)
    case "object": {
      const shown = formatObject(view, format, place)
      return view.ref > 0 ? beside(block(`<ref *${view.ref}>`, format.style.special), block(" "), shown) : shown
    }
    default:
      return view satisfies never
  }
}

/** A wide text of several lines is shown line by line. */
function formatString({ text, more }: StringView, { style, width, cut }: Format, { indent }: Place): Block {
  if (more > 0) cut?.()
  const whole = block(quote(text), style.string)
  const isWide = whole.columns > width - indent && text.includes("\n")
  const lines = isWide ? text.split(/(?<=\n)/).map((line) => style.string(quote(line))) : [whole.text]
  const shown = { ...whole, text: lines.join(` +\n${" ".repeat(indent + 2)}`), isTall: isWide }
  return more > 0 ? beside(shown, block(`… ${counted(more, "more character")}`, style.hint)) : shown
}

function formatObject(view: ObjectView, format: Format, place: Place): Block {
  const { kind, size, isUnread } = view
  const { style, width } = format
  const base = formatBase(view, format, place)
  const title = neutraliseLine(titleOf(view))
  const isKnown = isUnread ? sized.has(kind) && size === 0 : place.level <= format.depth || isEmpty(view)
  if (!isKnown && (base === undefined || size > 0)) format.cut?.()
  if (!isKnown) return base ?? block(title.startsWith("[") ? title : `[${title}]`, style.special)

  const { items, rest } = partsOf(view, format, { level: place.level + 1, indent: place.indent + 2 })
  const [opening, close] = lists.has(kind) ? ["[", "]"] : ["{", "}"]
  const head = base ?? block(isPlain(view) ? "" : title)
  if (items.length + rest.length === 0)
    return base ?? beside(head, block(`${head.text === "" ? "" : " "}${opening}${close}`))
  return enclose({
    open: head.text === "" ? block(opening) : beside(head, block(` ${opening}`)),
    close,
    items,
    areNumbers: view.items.every((item) => isNumber(view.look(item))),
    rest,
    indent: place.indent,
    width,
  })
}

/** Kinds whose title tells how many. */
const sized: ReadonlySet<string> = new Set(["array", "typedarray", "map", "set"])
/** Kinds in square brackets. */
const lists: ReadonlySet<string> = new Set(["array", "typedarray", "node"])
const classes: Readonly<Record<string, string>> = { array: "Array", typedarray: "TypedArray", map: "Map", set: "Set" }

function isEmpty({ items, pairs, entries, more }: ObjectView): boolean {
  return items.length + pairs.length + entries.length + more === 0
}

/** Of what class it is: `Map(2)`, `Foo [tag]`, `[Object: null prototype]`. */
function titleOf({ kind, name, tag, size }: ObjectView): string {
  const count = sized.has(kind) ? `(${size})` : ""
  if (name === "Arguments") return "[Arguments]"
  const title = name === "" ? `[${classes[kind] ?? "Object"}${count}: null prototype]` : name + count
  return tag === "" || tag === name ? title : `${title} [${tag}]`
}

/** Objects and arrays as literals make them need no title. */
function isPlain({ kind, name, tag }: ObjectView): boolean {
  return tag === "" && ((kind === "object" && name === "Object") || (kind === "array" && name === "Array"))
}

/** An error that sets its `name` says it in its stack already. */
function isSaid([key, value]: readonly unknown[], { kind, text }: ObjectView): boolean {
  return (
    kind === "error" &&
    (key === "name" || key === "message" || key === "stack") &&
    typeof value === "string" &&
    text.includes(value)
  )
}

/** What is said of kinds that keep what is in them to themselves. */
const secrets: Readonly<Record<string, string>> = {
  promise: "<state unknown>",
  weakmap: "<items unknown>",
  weakset: "<items unknown>",
}

interface Parts {
  readonly items: readonly Block[]
  readonly rest: readonly Block[]
}

function partsOf(view: ObjectView, format: Format, place: Place): Parts {
  const { kind, look } = view
  const { style, entries: max } = format
  // It is the object itself whose parts stand at the first level.
  const before = place.level === 1 ? (format.offset ?? 0) : 0
  const size = Math.max(0, view.size - before)
  const show = (part: unknown): Block => formatView(look(part), format, place)
  const remark = (text: string): Block => {
    format.cut?.()
    return block(`… ${text}`, style.hint)
  }
  const isBuffer = kind === "arraybuffer" || kind === "dataview"

  const items = isBuffer ? [] : view.items.slice(0, max)
  const pairs = view.pairs.slice(0, max).map(asList)
  const properties = view.entries.map(asList).filter((entry) => !isSaid(entry, view))
  const entries = properties.slice(0, max)
  const rest = pairs.map(([key, value]) => beside(show(key), block(" => "), show(value)))
  const left = size - pairs.length - items.reduce<number>((sum, item) => sum + positionsOf(look(item)), 0)
  const more = view.more + properties.length - entries.length
  if (Object.hasOwn(secrets, kind)) rest.push(block(secrets[kind]!, style.special))
  if (kind === "arraybuffer") rest.push(bytesOf(view, style))
  if (isBuffer) rest.push(beside(block("byteLength: "), block(String(size), style.number)))
  else if (left > 0) rest.push(remark(counted(left, "more item")))
  if (before > 0) rest.unshift(block(`… after the first ${written(before)}`, style.hint))
  rest.push(...entries.map(([key, value]) => beside(formatKey(key, style), block(": "), show(value))))
  if (more > 0) rest.push(remark(`${written(more)} more`))
  const blocks = items.map(show)
  // A tree is read line by line.
  return kind === "node" ? { items: [], rest: [...blocks, ...rest] } : { items: blocks, rest }
}

function isNumber(view: View): boolean {
  return view.is === "plain" && view.paint === "number"
}

const maxBytes = 50

function bytesOf({ items, size }: ObjectView, style: Style): Block {
  const known = items.filter((item) => typeof item === "number").slice(0, maxBytes)
  const bytes = known.map((byte) => byte.toString(16).padStart(2, "0"))
  const more = size > bytes.length ? ` … ${written(size - bytes.length)} more` : ""
  return beside(block("[Uint8Contents]: "), block(`<${bytes.join(" ")}${more}>`, style.special))
}

function formatKey(key: unknown, style: Style): Block {
  const { kind, text } = readKey(key)
  if (kind === "symbol") return block(`[${neutraliseLine(text)}]`, style.symbol)
  if (kind === "hidden") return block(`[${neutraliseLine(text)}]`, style.key)
  return isIdentifier(text) ? block(text, style.key) : block(quote(text), style.string)
}
