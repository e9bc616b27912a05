import type { Evaluator } from "./evaluator.ts"
import { parse } from "./platform.ts"
import { apply, hasOwn, isNative, match, ownKeys, ownProperty, search } from "./reading.ts"

export interface Completions {
  /** The nearest first: of the session before the page's, own before inherited. */
  readonly names: readonly string[]
  /** There are more than these. */
  readonly isCut: boolean
}

const maxScanned = 10_000
const maxNames = 200
const maxNameLength = 200

const { Object } = globalThis
const { from } = Array
const { document, location, performance } = globalThis
const querySelectorAll = document?.querySelectorAll
const { isView } = ArrayBuffer as { readonly isView: (value: unknown) => boolean }
const { startsWith } = String.prototype as { readonly startsWith: (prefix: string) => boolean }

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

/** Getters of Node's own making look like a program's; those of the globals that matter most are known from the load. */
const ofNode = document
  ? []
  : ["process", "Buffer", "crypto", "performance", "navigator"].map((name) => ownProperty(globalThis, name)?.get)

/** What is in scope beside the properties of the global object. */
type Scope = Pick<Evaluator, "declared" | "read">

/** A value that was found, `undefined` included. */
export type Found = { readonly value: unknown } | undefined

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
  const names = gatherNames(prefix)
  try {
    const isAll = chain.length === 0
    const list = chain[0]!
    if (document && !isAll && hasOwn(lists, list)) lists[list]!(names.add)
    else {
      if (isAll) names.add(scope.declared)
      const end = isAll ? { value: global } : follow(chain, scope, global)
      if (end) names.addProperties(end.value)
    }
  } catch {
    // Another origin's window, a revoked proxy, a trap: what was found so far is all.
  }
  return { names: names.found, isCut: names.isCut }
}

type Add = (names: ArrayLike<PropertyKey>) => void

function selectAll(selector: string): ArrayLike<Element> {
  return apply(querySelectorAll, document, [selector])
}

/** What strings in the code may name: ids, classes, and what can be imported. No variable is called so. */
const lists: Readonly<Record<string, (add: Add) => void>> = {
  "#": (add) => add(from(selectAll("[id]"), ({ id }) => id)),
  ".": (add) => from(selectAll("[class]"), ({ classList }) => add(classList as never)),
  import(add) {
    for (const { textContent } of from(selectAll("script[type=importmap]"))) add(ownKeys(parse(textContent!).imports))
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name.replace(location.origin, ""))
    add(loaded.filter((name) => /\.m?js\b/.test(name)))
  },
}

/**
 * The value at the end of a chain, which begins at a variable, or at `root` where that is given.
 * May throw what a proxy throws, or a getter where such may be run.
 */
export function follow(
  chain: readonly string[],
  scope: Scope,
  global: object = globalThis,
  root?: Found,
  runsGetters?: boolean,
): Found {
  let found = root ?? readRoot(chain[0]!, scope, global)
  for (let index = root ? 0 : 1; found && index < chain.length; index++) {
    found = readProperty(found.value, chain[index]!, runsGetters)
  }
  return found
}

function readRoot(name: string, scope: Scope, global: object): Found {
  if (name === "this") return { value: global }
  const property = propertyOf(global, name)
  if (!match(identifier, name) || (property && !isReadable(property, name))) return undefined
  try {
    // A declaration of the page or the session may stand before the property.
    return { value: scope.read(`(${name})`) }
  } catch {
    return readProperty(global, name)
  }
}

function readProperty(value: unknown, name: string, runsGetters = false): Found {
  const property = propertyOf(value, name)
  if (!property || (!runsGetters && !isReadable(property, name))) return undefined
  return { value: property.get ? apply(property.get, value, []) : property.value }
}

/** Own or inherited. */
function propertyOf(value: unknown, name: string): PropertyDescriptor | undefined {
  return search(holderOf(value), (holder) => ownProperty(holder, name))
}

function isReadable(property: PropertyDescriptor, name: string): boolean {
  const { get } = property
  return hasOwn(property, "value") || isNative(get, name) || (get !== undefined && ofNode.includes(get))
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

function gatherNames(prefix: string) {
  const seen = { __proto__: null } as unknown as Record<string, true>
  const found: string[] = []
  let scanned = 0
  let isCut = false

  /** Positions in a list are no names. */
  function fits(key: string): boolean {
    const isPosition = `${(key as unknown as number) >>> 0}` === key
    return !seen[key] && !isPosition && key.length <= maxNameLength && apply(startsWith, key, [prefix])
  }

  function add(keys: ArrayLike<PropertyKey>): void {
    for (let index = 0; index < keys.length && !isCut; index++) {
      const key = keys[index]
      if (++scanned > maxScanned) isCut = true
      else if (typeof key === "string" && fits(key)) {
        seen[key] = true
        if (found.length === maxNames) isCut = true
        else found[found.length] = key
      }
    }
  }

  return {
    found,
    add,

    addProperties(value: unknown): void {
      search(holderOf(value), (holder) => add(isLongList(holder) ? ["length"] : ownKeys(holder)))
    },

    get isCut() {
      return isCut
    },
  }
}

/** To list the positions of 10 MB would take seconds. */
function isLongList(holder: object): boolean {
  const length: unknown = ownProperty(holder, "length")?.value
  return isView(holder) || (typeof length === "number" && length > maxScanned)
}
