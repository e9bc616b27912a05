/**
 * Small checks from which the shapes of messages are built: one table gives
 * both the type and the validation, so the two cannot drift apart. A client
 * needs few of the tables: that the makers of checks do nothing else is what lets
 * a bundler leave out the rest.
 */
export type Check<T> = (value: unknown) => value is T

export const text: Check<string> = (value): value is string => typeof value === "string"
export const number: Check<number> = (value): value is number => typeof value === "number"
export const boolean: Check<boolean> = (value): value is boolean => typeof value === "boolean"

/** A whole number from 0. */
export const count: Check<number> = (value): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** An id: 1–128 characters that are safe in a header, a path and a log. */
export const id: Check<string> = (value): value is string => typeof value === "string" && /^[\w.:-]{1,128}$/.test(value)

/* @__NO_SIDE_EFFECTS__ */
export function oneOf<const T extends string>(...allowed: readonly T[]): Check<T> {
  return (value): value is T => (allowed as readonly unknown[]).includes(value)
}

/* @__NO_SIDE_EFFECTS__ */
export function listOf<T>(check: Check<T>): Check<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every((item) => check(item))
}

/* @__NO_SIDE_EFFECTS__ */
export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value)
}

export type Shape = Readonly<Record<string, Check<unknown>>>

type Value<C> = C extends Check<infer T> ? T : never
type OptionalKeys<S extends Shape> = {
  [K in keyof S]: undefined extends Value<S[K]> ? K : never
}[keyof S]

/** The type of the objects that a shape accepts. */
export type Infer<S extends Shape> = {
  readonly [K in Exclude<keyof S, OptionalKeys<S>>]: Value<S[K]>
} & {
  readonly [K in OptionalKeys<S>]?: Value<S[K]>
}

/* @__NO_SIDE_EFFECTS__ */
export function shape<const S extends Shape>(fields: S): Check<Infer<S>> & { readonly fields: S } {
  const check = (value: unknown): value is Infer<S> =>
    typeof value === "object" && value !== null && wrongField(fields, value) === undefined
  return Object.assign(check, { fields })
}

/** The name of the first field that does not fit, if any. */
export function wrongField(fields: Shape, value: object): string | undefined {
  // Not what a page gave every object.
  for (const name of Object.keys(fields)) {
    if (!fields[name]!((value as Record<string, unknown>)[name])) return name
  }
  return undefined
}
