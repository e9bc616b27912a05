import type { Preview, Token } from "../protocol/index.ts"
import {
  apply,
  bare,
  cut,
  dataOf,
  getPrototypeOf,
  is,
  match,
  ownProperty,
  startOf,
  textOf,
  read,
  search,
  sourceOf,
} from "./reading.ts"

/** An `ObjectPreview` while it is drawn. */
export interface Drawing {
  kind: string
  name: string
  tag?: string
  ref?: number
  text?: string
  size?: number
  boxed?: unknown
  items?: Preview[]
  pairs?: unknown[]
  entries?: unknown[]
  more?: number
  isUnread?: true
  objectId?: string
}

/** Puts the positions of the user's own text into a stack. */
export type RestoreStack = (stack: string) => string

/**
 * Adds to the drawing of a value what there is to say of one of its class.
 * A value that only inherits from the class makes it throw or answer nothing.
 */
type Recognise = (drawing: Drawing, value: object) => unknown

const maxName = 100
const maxText = 500
const maxStack = 2000
const maxClasses = 10

// As they were at load, whatever the page makes of them later.
const { String } = globalThis
const { isArray } = Array
const { isFinite } = Number
const { iterator, toStringTag } = Symbol
const { includes, toLowerCase } = String.prototype
const { getTime, toISOString } = Date.prototype

/** Asks the engine's own getter, as it was at load. It throws where the value is of another kind. */
type Ask = (value: object) => unknown

function asks(holder: object, key: PropertyKey): Ask {
  const get = ownProperty(holder, key)?.get
  return (value) => get && apply(get, value, [])
}

const sourceOfRegExp = asks(RegExp.prototype, "source")
const flags: Readonly<Record<string, Ask>> = bare({
  d: asks(RegExp.prototype, "hasIndices"),
  g: asks(RegExp.prototype, "global"),
  i: asks(RegExp.prototype, "ignoreCase"),
  m: asks(RegExp.prototype, "multiline"),
  s: asks(RegExp.prototype, "dotAll"),
  u: asks(RegExp.prototype, "unicode"),
  v: asks(RegExp.prototype, "unicodeSets"),
  y: asks(RegExp.prototype, "sticky"),
})

/** Missing in older engines. */
const { isError } = Error as { readonly isError?: (value: unknown) => boolean }
/** To WebKit's `isError`, a DOMException is none. */
const codeOfException = asks(DOMException.prototype, "code")

/** By the name of the class, which in lower case is the kind. */
const recognise: Readonly<Record<string, Recognise>> = bare<Record<string, Recognise>>({
  Map: sized(asks(Map.prototype, "size")),
  Set: sized(asks(Set.prototype, "size")),
  ArrayBuffer: sized(asks(ArrayBuffer.prototype, "byteLength")),
  DataView: sized(asks(DataView.prototype, "byteLength")),
  TypedArray: sized(asks(getPrototypeOf(Uint8Array.prototype)!, "length")),
  Promise: isNamed,
  WeakMap: isNamed,
  WeakSet: isNamed,
  Number: boxed(Number.prototype),
  String: boxed(String.prototype),
  Boolean: boxed(Boolean.prototype),
  Symbol: boxed(Symbol.prototype),
  BigInt: boxed(BigInt.prototype),

  Date(drawing, value) {
    const time = apply(getTime, value, [])
    return (drawing.text = is(time, NaN) ? "Invalid Date" : apply(toISOString, value, []))
  },

  RegExp(drawing, value) {
    drawing.text = `/${cut(sourceOfRegExp(value), maxText)}/`
    for (const flag in flags) if (flags[flag]!(value)) drawing.text += flag
    return true
  },

  Error(drawing, value) {
    // Where the engine can tell, what only inherits from an Error is none.
    if (isError?.(value) === false) codeOfException(value)
    return (drawing.text = cut(writeError(value), maxStack))
  },

  Node(drawing, value) {
    const children = read(value, "childNodes") as object | undefined
    if (!children) return false
    drawing.text = cut(writeNode(value), maxText)
    return sizedByLength(drawing, children)
  },

  Object(drawing, value) {
    if (!ownProperty(value, iterator) || !ownProperty(value, "callee")) return false
    drawing.size = dataOf(value, "length") as number
    drawing.name = "Arguments"
    return (drawing.kind = "array")
  },
})

/** `NodeList`, `HTMLCollection`, `NamedNodeMap` … */
const listName = /(?:List|Collection|NodeMap)$/

function isNamed(): boolean {
  return true
}

function sized(ask: Ask): Recognise {
  return (drawing, value) => {
    const size = ask(value)
    if (typeof size !== "number") return false
    drawing.size = size
    return true
  }
}

const sizedByLength = sized((value) => read(value, "length"))

function boxed({ valueOf }: object): Recognise {
  return (drawing, value) => {
    drawing.boxed = drawPrimitive(apply(valueOf, value, []), maxText)
    return (drawing.kind = "boxed")
  }
}

function list(drawing: Drawing, value: object): unknown {
  return sizedByLength(drawing, value) && (drawing.kind = "array")
}

/** A value without parts; undefined for an object, of which `document.all` is one. */
export function drawPrimitive(value: unknown, maxLength: number): Preview | undefined {
  const kind = typeof value
  if (value === null || kind === "boolean") return value as boolean
  if (value === undefined) return bare<Token>({ kind: "undefined" })
  if (!match(/^(?:string|number|bigint|symbol)$/, kind)) return undefined
  if (isFinite(value) && !is(value, -0)) return value as number
  const text = is(value, -0) ? "-0" : String(value) + (kind === "bigint" ? "n" : "")
  const more = text.length - maxLength
  if (kind === "string" && more <= 0) return text
  return bare({ kind, text: startOf(text, maxLength), more: more > 0 ? more : undefined } as Token)
}

/** What an object is, without what is in it. */
export function drawHead(value: object, restoreStack?: RestoreStack): Drawing {
  const drawing: Drawing = bare({ kind: typeof value === "function" ? "function" : "object", name: "" })
  try {
    identify(drawing, value)
    if (restoreStack && drawing.kind === "error") drawing.text = restoreStack(drawing.text!)
  } catch {
    // Only proxies refuse to be asked.
    drawing.kind = "proxy"
  }
  return drawing
}

function identify(drawing: Drawing, value: object): void {
  let tag: unknown
  if (isArray(value)) {
    drawing.kind = "array"
    drawing.size = dataOf(value, "length") as number
  } else if (typeof value === "function") {
    drawing.text = cut(dataOf(value, "name"), maxName)
    if (match(/^class\b/, sourceOf(value))) {
      drawing.kind = "class"
      const parent = cut(dataOf(getPrototypeOf(value)!, "name"), maxName)
      if (parent) drawing.text += ` extends ${parent}`
    }
  }
  search(value, (holder) => {
    tag ??= dataOf(holder, toStringTag)
    const maker = holder === value ? undefined : dataOf(holder, "constructor")
    const name = typeof maker === "function" ? cut(dataOf(maker, "name"), maxName) : ""
    drawing.name ||= name
    const look = recognise[name] ?? (match(listName, name) ? list : undefined)
    if (!look || drawing.kind !== "object") return
    try {
      if (look(drawing, value) && drawing.kind === "object") drawing.kind = apply(toLowerCase, name, [])
    } catch {
      // It only inherits from that class.
    }
  })
  if (match(/^(?:Window)?$/, drawing.name) && typeof read(value, "closed") === "boolean") {
    drawing.name = "Window"
    tag = textOf(read(value, "location") as object, "href") || "another origin"
  }
  if (typeof tag === "string" && tag !== drawing.name) drawing.tag = cut(tag, maxName)
}

/** In newer V8 every error has its own getter for its stack, without a name to know it by. */
const tellStack = ownProperty(new Error(), "stack")?.get

function stackOf(error: object): string {
  return textOf(error, "stack") || (tellStack ? cut(apply(tellStack, error, []), Infinity) : "")
}

/** Only in V8 a stack begins with the name and the message that the error had when it was made. */
const isStackHeaded = !!match(/^Error/, stackOf(new Error()))

/** Name, message and stack. */
export function writeError(value: object, stack = stackOf(value)): string {
  const name = textOf(value, "name")
  const message = textOf(value, "message")
  const isWhole = message ? apply(includes, `${stack}\n`, [`${message}\n`]) : isStackHeaded
  return stack && isWhole ? stack : name + (message && `: ${message}`) + (stack && `\n${stack}`)
}

/** An element as a selector, any other node as its name and what it says. In a form, fields may hide what is its own. */
function writeNode(value: object): string {
  let text = String(read(value, "localName") ?? read(value, "nodeName"))
  const says = read(value, "nodeValue")
  if (typeof says === "string") return `${text} ${says}`
  const id = read(value, "id")
  if (id) text += `#${String(id)}`
  const classes = (read(value, "classList") ?? []) as object
  for (let index = 0; index < maxClasses; index++) {
    const name = dataOf(classes, index)
    if (!name) break
    text += `.${String(name)}`
  }
  return text
}
