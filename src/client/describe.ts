import { previewLimits, type Preview, type RemoteObject, type Thrown } from "../protocol/index.ts"
import { drawPrimitive, writeError, type Drawing, type RestoreStack } from "./kinds.ts"
import { drawPreview, type Keep, type Limits } from "./preview.ts"
import { bare, cut, match, sourceOf, textOf } from "./reading.ts"

export interface DescribeOptions {
  /** How much the `value` of an object may say, in characters, about. @defaultValue as much as a preview */
  readonly maxLength?: number
  /** How long a text may be to be sent whole. @defaultValue `maxLength` */
  readonly maxText?: number
  /** Puts the positions of the user's own text into the stacks of errors. */
  readonly restoreStack?: RestoreStack
  /** Where there is more to see of an object than is told, it is kept. */
  readonly keep?: Keep
  /** Another part of it than the first, or more of it, and handles for its parts, too. */
  readonly expansion?: Expansion
  /** By which what takes too long is left out. @defaultValue the wall clock */
  readonly now?: () => number
}

/** How an object is told to those who ask for more of it. */
export interface Expansion {
  readonly depth?: number | undefined
  readonly offset?: number | undefined
  readonly count?: number | undefined
  readonly length?: number | undefined
}

const maxDescription = 1000
/** Of what is asked for: the bridge takes a few megabytes. */
const maxExpansion = 1e6

// As it was at load, whatever the page makes of it later.
const { max, min } = Math

/** A tenth of the length is for what stands around the preview. */
const limits: Limits = { ...previewLimits, text: 500, length: previewLimits.length * 0.9 }

/** A value as front ends see it, made without running code of the page. Never throws. */
export function describe(value: unknown, options: DescribeOptions = {}): RemoteObject {
  const { maxLength = previewLimits.length, maxText = maxLength } = options
  const primitive = drawPrimitive(value, maxText)
  return primitive === undefined
    ? describeObject(value as object, maxLength, options)
    : describePrimitive(value, primitive)
}

/** A thrown value as front ends see it. Never throws. */
export function describeThrown(error: unknown, options?: DescribeOptions): Thrown {
  const exception = describe(error, options)
  if (exception.subtype !== "error") return bare({ exception })
  return bare({
    exception,
    name: cut(textOf(error as object, "name"), maxDescription),
    message: cut(textOf(error as object, "message"), previewLimits.length),
    stack: (exception.preview as unknown as Drawing).text!,
  })
}

function describePrimitive(value: unknown, drawn: Preview): RemoteObject {
  const type = typeof value
  if (value === null) return bare({ type, subtype: "null", description: "null", value })
  if (value === undefined) return bare({ type, description: type })
  if (typeof drawn !== "object") return bare({ type, value, description: type === "string" ? undefined : `${drawn}` })
  const { text, more } = drawn as { readonly text: string; readonly more?: number }
  return bare({
    type,
    description: cut(text, more ? maxDescription : Infinity),
    unserializableValue: more || type === "symbol" ? undefined : text,
    preview: more ? drawPrimitive(value, limits.length - maxDescription) : undefined,
  })
}

function describeObject(
  object: object,
  maxLength: number,
  { restoreStack, keep, expansion, now }: DescribeOptions,
): RemoteObject {
  const { drawing, isCut } = drawPreview(
    object,
    expansion ? limitsOf(expansion) : limits,
    restoreStack,
    expansion && keep,
    now,
  )
  const { kind, name, tag, size, more } = drawing
  const isFunction = typeof object === "function"
  const isPlain = match(/^(?:object|array)(?:Object|Array|)$/, kind + name) && !tag && !expansion
  const all = { depth: 100, entries: maxLength, text: maxLength, length: maxLength }
  // Most values are drawn as a whole. The others are drawn again, where they are not too large for that.
  const mayFit = isPlain && (more ?? size ?? 0) < maxLength
  const value = isPlain
    ? (exactly(drawing) ?? (mayFit ? exactly(drawPreview(object, all, undefined, undefined, now).drawing) : undefined))
    : undefined
  const className = (name === "Object" ? tag : name || tag) ?? "Object"
  let text = drawing.text ?? (size === undefined ? className : `${className}(${size})`)
  if (isFunction) text = sourceOf(object)
  else if (kind === "error") text = writeError(object, "")
  return bare({
    type: isFunction ? "function" : "object",
    subtype: match(/^(?:object|function|class|boxed)$/, kind) ? undefined : kind,
    className,
    description: cut(text, maxDescription),
    value,
    // It says no more than the value, unless the object has no prototype.
    preview: value === undefined || !name ? (drawing as unknown as Preview) : undefined,
    objectId: value === undefined && isCut ? keep?.(object) : undefined,
  })
}

function limitsOf({ depth = limits.depth, offset, count = limits.entries, length = limits.length }: Expansion): Limits {
  return { depth, offset, entries: count, text: max(limits.text, length / 10), length: min(length, maxExpansion) }
}

/** What JSON says exactly of what is drawn; undefined where it would say something else. */
function exactly(drawn: unknown): unknown {
  if (typeof drawn !== "object" || drawn === null) return drawn
  const { kind, name, tag, size, items, entries, more, isUnread } = drawn as Drawing
  const isList = kind + name === "arrayArray"
  if (tag || more || isUnread || (isList ? entries : !match(/^object(?:Object|)$/, kind + name))) return undefined
  const list = (isList ? items : entries) as readonly (readonly unknown[])[] | undefined
  const length = list ? list.length : 0
  if (isList && size !== length) return undefined
  const value: Record<PropertyKey, unknown> = bare(isList ? [] : {})
  for (let index = 0; index < length; index++) {
    const key = isList ? index : list![index]![0]
    const part = isList ? list![index] : list![index]![1]
    const exact = exactly(part)
    if (exact === undefined || typeof key === "object") return undefined
    value[key as string] = exact
  }
  return value
}
