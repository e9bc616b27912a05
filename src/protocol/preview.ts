/**
 * The bounded picture of a value that travels with its outcome. The page makes
 * it without running getters, traps or `toString`; the front end formats it.
 * One letter-free union on `kind`; everything nested is a `Preview` again.
 */
export type Preview =
  | { readonly kind: "primitive"; readonly type: string; readonly text: string; readonly cut?: number }
  | { readonly kind: "function"; readonly name: string; readonly isClass?: boolean }
  | { readonly kind: "error"; readonly name: string; readonly message: string; readonly stack?: string }
  | { readonly kind: "node"; readonly text: string }
  | { readonly kind: "opaque"; readonly text: string }
  | {
      readonly kind: "list"
      readonly className: string
      readonly length: number
      readonly items: readonly Preview[]
      readonly entries?: readonly PreviewEntry[]
      /** How many items or entries were left out. */
      readonly more?: number
    }
  | {
      readonly kind: "object"
      readonly className: string
      readonly entries: readonly PreviewEntry[]
      readonly more?: number
    }
  | {
      readonly kind: "map"
      readonly className: string
      readonly size: number
      readonly pairs: readonly (readonly [Preview, Preview])[]
      readonly more?: number
    }

/** A property: its key as shown, and its value. */
export type PreviewEntry = readonly [key: string, value: Preview]
