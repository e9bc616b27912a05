/**
 * Reading objects without running code of the page: only data, and getters
 * that the engine itself made. A proxy cannot be recognised, so three of its
 * traps may run, and throw: `getPrototypeOf`, `ownKeys`, `getOwnPropertyDescriptor`.
 */

// As they were at load, whatever the page makes of them later.
export const { apply, deleteProperty, getPrototypeOf, ownKeys } = Reflect
export const { hasOwn, is } = Object
const { defineProperty, getOwnPropertyDescriptor, setPrototypeOf } = Reflect
const { exec } = RegExp.prototype
const { toString } = Function.prototype
const { slice } = String.prototype

/** The chain of a proxy may have no end. */
const maxChain = 100

const nativeSource = /^function (?:get )?(\S+)\(\)\s*\{\s*\[native code\]\s*\}$/

/** Makes a new object or array inherit nothing: no `toJSON`, no setter of the page's. Add to such an array by index. */
export function bare<T extends object>(fresh: T): T {
  setPrototypeOf(fresh, null)
  return fresh
}

/** A descriptor that inherits something is another one: `{ value }` with a `get` that a page gave every object is none. */
export function define(holder: object, key: PropertyKey, descriptor: PropertyDescriptor): boolean {
  return defineProperty(holder, key, bare(descriptor))
}

export function ownProperty(holder: object, key: PropertyKey): PropertyDescriptor | undefined {
  const property = getOwnPropertyDescriptor(holder, key)
  return property && bare(property)
}

/** The first answer that `look` finds, in the object or in one that it inherits from. */
export function search<T>(value: object | null, look: (holder: object) => T): T | undefined {
  let holder = value
  for (let link = 0; holder !== null && link < maxChain; link++) {
    const found = look(holder)
    if (found !== undefined) return found
    holder = getPrototypeOf(holder)
  }
  return undefined
}

/** The value of an own data property. */
export function dataOf(holder: object, key: PropertyKey): unknown {
  const property = ownProperty(holder, key)
  return property && hasOwn(property, "value") ? property.value : undefined
}

/**
 * What the engine's own getter of this name says of a value, or the data of
 * that name where such is taken; undefined where there is neither.
 */
export function read(value: object, key: string, takesData = false): unknown {
  try {
    return search(value, (holder) => {
      const property = ownProperty(holder, key)
      if (!property) return undefined
      if (hasOwn(property, "value")) return takesData ? property.value : undefined
      return isNative(property.get, key) ? apply(property.get, value, []) : undefined
    })
  } catch {
    // The value is of another kind.
    return undefined
  }
}

/** Whether a function is the engine's own of this name. One that was bound, or a proxy, says so too, but has no name. */
export function isNative(value: unknown, name: unknown): value is () => unknown {
  return typeof value === "function" && match(nativeSource, sourceOf(value))?.[1] === name
}

export function sourceOf(value: object): string {
  return apply(toString, value, [])
}

export function match(pattern: RegExp, text: string): RegExpExecArray | null {
  return apply(exec, pattern, [text])
}

export function startOf(text: string, length: number): string {
  return partOf(text, 0, length)
}

export function partOf(text: string, from: number, to: number): string {
  return apply(slice, text, [from, to])
}

/** At most so many characters, and a sign where there are more. What is no text is empty. */
export function cut(text: unknown, length: number): string {
  if (typeof text !== "string") return ""
  return text.length > length ? `${startOf(text, length)}…` : text
}

/** A text that an object has or inherits. */
export function textOf(value: object, key: string): string {
  return cut(read(value, key, true), Infinity)
}
