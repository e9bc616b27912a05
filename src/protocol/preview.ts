/**
 * The bounded picture of a value that travels with it. The page draws it
 * without running getters, `toString` or iterators; front ends format it.
 *
 * What JSON has a word for stands for itself, all else is an object with a
 * `kind`: most previews are numbers and strings, and are as short as those.
 */
export type Preview = null | boolean | number | string | Token | ObjectPreview

/** A value without parts. */
export type Token =
  | { readonly kind: "undefined" }
  /** `text` is how it is written: `NaN`, `-0`, `12n`, `Symbol(a)`. */
  | { readonly kind: "number" | "bigint" | "symbol"; readonly text: string }
  /** A string that was cut, by so many characters. */
  | { readonly kind: "string"; readonly text: string; readonly more: number }
  /** `Getter`, `Setter` or `Getter/Setter`: it was not run. */
  | { readonly kind: "accessor"; readonly text: string }
  /** So many positions of an array in a row that hold nothing. */
  | { readonly kind: "holes"; readonly count: number }
  /** An object that this one is part of: the one with the same `ref`. */
  | { readonly kind: "circular"; readonly ref: number }

/** What an object is, and what is in it. */
export type ObjectPreview = Head & Contents

/** `name` is that of its class, `""` where it has none; `tag` is its `Symbol.toStringTag`, where that says more. */
type Head = { readonly name: string; readonly tag?: string; readonly ref?: number } & (
  | { readonly kind: "object" | "promise" | "weakmap" | "weakset" | "weakref" | "dataview" }
  /** It does not let us look at it. Other proxies look like what they stand for. */
  | { readonly kind: "proxy" }
  | { readonly kind: "array" | "typedarray" | "arraybuffer" | "map" | "set"; readonly size: number }
  /** `text` is the function's name; of a class with its parent: `A extends B`. */
  | { readonly kind: "function" | "class"; readonly text: string }
  /** `text` is the stack, which begins with name and message. */
  | { readonly kind: "error"; readonly text: string }
  | { readonly kind: "date" | "regexp"; readonly text: string }
  /** `new Number(1)` and the like. */
  | { readonly kind: "boxed"; readonly boxed: Preview }
  /** `text` is `div#id.class`, or what a text or a comment says; `size` counts its children. */
  | { readonly kind: "node"; readonly text: string; readonly size: number }
)

/** Lists that are empty are absent. */
interface Contents {
  /** Elements of a list or a set, bytes of a buffer, children of a node; where `size` is larger, the first of them. */
  readonly items?: readonly Preview[]
  /** Of a map; where `size` is larger, the first of them. */
  readonly pairs?: readonly (readonly [key: Preview, value: Preview])[]
  readonly entries?: readonly PreviewEntry[]
  /** How many properties were not looked at. */
  readonly more?: number
  /** The limits were reached before its turn came: what is in it is not known. */
  readonly isUnread?: true
  /** Of a part of an expansion that is not told as a whole: its handle. */
  readonly objectId?: string
}

export type PreviewEntry = readonly [key: PreviewKey, value: Preview]

/** `hidden` is shown although it is not enumerable, such as the cause of an error. */
export type PreviewKey = string | { readonly kind: "symbol" | "hidden"; readonly text: string }

/** What is drawn when nothing else was asked for. */
export const previewLimits = {
  /** Objects in objects in the object. */
  depth: 2,
  /** In each list and each object. */
  entries: 100,
  /** Characters of JSON, about. */
  length: 10_000,
} as const
