import type { RemoteObject } from "../../protocol/index.ts"
import { counted } from "./format-text.ts"
import type { Style } from "./style.ts"

/** One level of a value, read from JSON that nobody has checked. What is in it is read when its turn comes. */
export type View = PlainView | StringView | ObjectView

/** Text that stands for itself. */
export interface PlainView {
  readonly is: "plain"
  readonly text: string
  readonly paint: keyof Style
  /** How many positions of a list it stands for. @defaultValue 1 */
  readonly positions?: number
}

export interface StringView {
  readonly is: "string"
  readonly text: string
  /** How many characters were cut. */
  readonly more: number
}

/** The fields are those of an `ObjectPreview`; the ones that its kind does not have are empty. */
export interface ObjectView {
  readonly is: "object"
  readonly kind: string
  readonly name: string
  readonly tag: string
  readonly text: string
  readonly size: number
  readonly ref: number
  readonly boxed: unknown
  readonly items: readonly unknown[]
  readonly pairs: readonly unknown[]
  readonly entries: readonly unknown[]
  readonly more: number
  readonly isUnread: boolean
  /** Reads one of its parts. */
  readonly look: (part: unknown) => View
}

type Json = Readonly<Record<string, unknown>>

const paints: Readonly<Record<RemoteObject["type"], keyof Style>> = {
  undefined: "undefined",
  boolean: "number",
  number: "number",
  bigint: "number",
  string: "string",
  symbol: "symbol",
  function: "special",
  object: "special",
}

export function viewOf({ type, preview, value, unserializableValue, description = type }: RemoteObject): View {
  if (preview !== undefined) return viewOfPreview(preview)
  if (value !== undefined) return viewOfJson(value)
  return plain(unserializableValue ?? description, paints[type])
}

/** An error whose stack, with name and message, is this text. */
export function viewOfError(error: RemoteObject, name: string | undefined, text: string): ObjectView {
  const view = viewOf(error)
  const drawn = view.is === "object" ? view : readObject({ name }, viewOfPreview)
  return { ...drawn, kind: "error", text }
}

/** A value that JSON says exactly. */
export function viewOfJson(value: unknown): View {
  if (typeof value !== "object" || value === null) return viewOfPrimitive(value)
  const data = Array.isArray(value)
    ? { kind: "array", name: "Array", size: value.length, items: value }
    : { kind: "object", name: "Object", entries: Object.entries(value) }
  return readObject(data, viewOfJson)
}

/** What a page has drawn: a `Preview`, where the page keeps to the protocol. */
export function viewOfPreview(preview: unknown): View {
  if (typeof preview !== "object" || preview === null) return viewOfPrimitive(preview)
  const drawn = preview as Json
  const text = asText(drawn["text"])
  switch (drawn["kind"]) {
    case "undefined":
      return plain("undefined", "undefined")
    case "string":
      return { is: "string", text, more: asCount(drawn["more"]) }
    case "number":
    case "bigint":
    case "symbol":
      return plain(asCount(drawn["more"]) > 0 ? `${text}…` : text, paints[drawn["kind"]])
    case "accessor":
      return plain(`[${text}]`, "special")
    case "circular":
      return plain(`[Circular *${asCount(drawn["ref"])}]`, "special")
    case "holes": {
      const positions = asCount(drawn["count"])
      return { ...plain(`<${counted(positions, "empty item")}>`, "undefined"), positions }
    }
    default:
      return readObject(drawn, viewOfPreview)
  }
}

/** How many parts of an object are there from `offset` on, and how many behind those. */
export function partsShown(view: View, offset: number): { readonly shown: number; readonly left: number } {
  if (view.is !== "object") return { shown: 0, left: 0 }
  const { items, pairs, entries, size, more, look } = view
  const listed = pairs.length + items.reduce<number>((sum, item) => sum + positionsOf(look(item)), 0)
  return { shown: listed + entries.length, left: Math.max(0, size - offset - listed) + more }
}

/** How many positions of a list a part stands for. */
export function positionsOf(view: View): number {
  return view.is === "plain" ? (view.positions ?? 1) : 1
}

/** A key is a string, or drawn as a symbol or as one that is not enumerable. */
export function readKey(key: unknown): { readonly kind: string; readonly text: string } {
  if (typeof key !== "object" || key === null) return { kind: "string", text: asText(key) }
  const { kind, text, more } = key as Json
  return { kind: asText(kind), text: asCount(more) > 0 ? `${asText(text)}…` : asText(text) }
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function viewOfPrimitive(value: unknown): View {
  if (typeof value === "string") return { is: "string", text: value, more: 0 }
  return plain(String(value), value === null ? "null" : "number")
}

function readObject(drawn: Json, look: (part: unknown) => View): ObjectView {
  return {
    is: "object",
    kind: asText(drawn["kind"]),
    name: asText(drawn["name"]),
    tag: asText(drawn["tag"]),
    text: asText(drawn["text"]),
    size: asCount(drawn["size"]),
    ref: asCount(drawn["ref"]),
    boxed: drawn["boxed"],
    items: asList(drawn["items"]),
    pairs: asList(drawn["pairs"]),
    entries: asList(drawn["entries"]),
    more: asCount(drawn["more"]),
    isUnread: drawn["isUnread"] === true,
    look,
  }
}

function plain(text: string, paint: keyof Style): PlainView {
  return { is: "plain", text, paint }
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : ""
}

function asCount(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : 0
}
