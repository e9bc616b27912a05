import type { Evaluator } from "./evaluator.ts"

export interface Completions {
  /** The nearest first: of the session before the page's, own before inherited. */
  readonly names: readonly string[]
  /** There are more than these. */
  readonly isCut: boolean
}

const maxScanned = 10_000
const maxNames = 200
const maxNameLength = 200
/** Of objects that inherit from each other; the chain of a proxy may have no end. */
const maxDepth = 100

// As they were at load, whatever the page makes of them later.
const { apply, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect
const { Object } = globalThis
const { hasOwn } = Object
const { isView } = ArrayBuffer as { readonly isView: (value: unknown) => boolean }
const { toString: sourceOf } = Function.prototype as { readonly toString: () => string }
const { startsWith } = String.prototype as { readonly startsWith: (prefix: string) => boolean }
const { exec } = RegExp.prototype as { readonly exec: (text: string) => readonly string[] | null }

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u
const nativeGetter = /^function (?:get )?(\S+)\(\)\s*\{\s*\[native code\]\s*\}$/

/** What is in scope beside the properties of the global object. */
type Scope = Pick<Evaluator, "declared" | "read">

interface Property {
  readonly value?: unknown
  readonly get?: (() => unknown) | undefined
}

/** A value that was found, `undefined` included. */
type Found = { readonly value: unknown } | undefined

/**
 * The names that may follow `chain`, a variable (or `this`) and properties of
 * it; without a chain, the names in scope. Data is read, and so is what the
 * engine itself computes; getters of the page are not run. A proxy's traps
 * are: it cannot be told from what it stands for. Never throws.
 */
export function complete(
  chain: readonly string[],
  prefix: string,
  scope: Scope,
  global: object = globalThis,
): Completions {
  const search = createSearch(prefix)
  try {
    if (chain.length === 0) search.add(scope.declared)
    const end = chain.length === 0 ? { value: global } : follow(chain, scope, global)
    if (end) search.addProperties(end.value)
  } catch {
    // Another origin's window, a revoked proxy, a trap: what was found so far is all.
  }
  return { names: search.names, isCut: search.isCut }
}

function follow(chain: readonly string[], scope: Scope, global: object): Found {
  let found = readRoot(chain[0]!, scope, global)
  for (let index = 1; found && index < chain.length; index++) found = readProperty(found.value, chain[index]!)
  return found
}

function readRoot(name: string, scope: Scope, global: object): Found {
  if (name === "this") return { value: global }
  const property = propertyOf(global, name)
  if (!apply(exec, identifier, [name]) || (property && !isReadable(property, name))) return undefined
  try {
    // A declaration of the page or the session may stand before the property.
    return { value: scope.read(`(${name})`) }
  } catch {
    return readProperty(global, name)
  }
}

function readProperty(value: unknown, name: string): Found {
  const property = propertyOf(value, name)
  if (!property || !isReadable(property, name)) return undefined
  return { value: property.get ? apply(property.get, value, []) : property.value }
}

/** Own or inherited. */
function propertyOf(value: unknown, name: string): Property | undefined {
  let holder = holderOf(value)
  for (let depth = 0; holder !== null && depth < maxDepth; depth++) {
    const property = getOwnPropertyDescriptor(holder, name) as Property | undefined
    if (property) return property
    holder = getPrototypeOf(holder)
  }
  return undefined
}

function isReadable(property: Property, name: string): boolean {
  if (hasOwn(property, "value")) return true
  // A bound function or a proxy says that it is native too, but not under this name.
  const source = property.get && apply(exec, nativeGetter, [apply(sourceOf, property.get, [])])
  return source?.[1] === name
}

/** Where the properties of a value are found first; `undefined` and `null` have none. */
function holderOf(value: unknown): object | null {
  switch (value) {
    case undefined:
    case null:
      return null
  }
  return Object(value)
}

function createSearch(prefix: string) {
  const seen = { __proto__: null } as unknown as Record<string, true>
  const names: string[] = []
  let scanned = 0
  let isCut = false

  /** Positions in a list are no names. */
  function fits(key: string): boolean {
    const isPosition = `${(key as unknown as number) >>> 0}` === key
    return !seen[key] && !isPosition && key.length <= maxNameLength && apply(startsWith, key, [prefix])
  }

  function add(keys: readonly PropertyKey[]): void {
    for (let index = 0; index < keys.length && !isCut; index++) {
      const key = keys[index]
      if (++scanned > maxScanned) isCut = true
      else if (typeof key === "string" && fits(key)) {
        seen[key] = true
        if (names.length === maxNames) isCut = true
        else names[names.length] = key
      }
    }
  }

  return {
    names,
    add,

    addProperties(value: unknown): void {
      let holder = holderOf(value)
      for (let depth = 0; holder !== null && depth < maxDepth; depth++) {
        add(isLongList(holder) ? ["length"] : ownKeys(holder))
        holder = getPrototypeOf(holder)
      }
    },

    get isCut() {
      return isCut
    },
  }
}

/** To list the positions of 10 MB would take seconds. */
function isLongList(holder: object): boolean {
  const length: unknown = getOwnPropertyDescriptor(holder, "length")?.value
  return isView(holder) || (typeof length === "number" && length > maxScanned)
}
