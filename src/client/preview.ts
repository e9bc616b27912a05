import type { Preview, Token } from "../protocol/index.ts"
import { drawHead, drawPrimitive, type Drawing, type RestoreStack } from "./kinds.ts"
import { stringify } from "./platform.ts"
import { apply, bare, hasOwn, isNative, match, ownKeys, ownProperty, read, search, textOf } from "./reading.ts"

export interface Limits {
  /** Objects in objects in the object. */
  readonly depth: number
  /** In each list and each object. */
  readonly entries: number
  /** Characters of each string. */
  readonly text: number
  /** Characters of JSON, about. */
  readonly length: number
  /** Parts of the object itself that are left out before the first. */
  readonly offset?: number | undefined
}

/** Keeps an object for those who want to see more of it. Returns its handle. */
export type Keep = (value: object) => string

/** An object whose contents are to be drawn. */
interface Job {
  readonly value: object
  readonly drawing: Drawing
  readonly parent: Job | undefined
  readonly depth: number
  /** There is more to see of it. */
  isCut?: boolean
}

/** Only the traps of proxies can take so long; what is not reached by then is left out. */
const maxMs = 250
/** Of one step. What takes longer may be the machine's pause, and no fault of the value. */
const maxStepMs = 60
/** Empty positions in a row that are counted: a sparse list may have billions. */
const maxHoles = 1000
/** To list the keys of more positions would take too long; such a list's other properties are left out. */
const maxListed = 10_000
const maxKey = 100
/** What the lists of an object take beside their items, or the word that it was not read. */
const listsLength = 25
/** What a handle takes. */
const handleLength = 60

// As they were at load, whatever the page makes of them later.
const { min } = Math
const { now: timeNow } = Date
const { Uint8Array } = globalThis
const { forEach: forEachPair } = Map.prototype
const { forEach: forEachMember } = Set.prototype

/**
 * Draws an object: what is nearest to it first, until the limits are reached.
 * Whatever is left out is counted. With `keepPart` those of its parts that are
 * not drawn as a whole have a handle.
 */
export function drawPreview(
  root: object,
  limits: Limits,
  restoreStack?: RestoreStack,
  keepPart?: Keep,
  now = timeNow,
): { readonly drawing: Drawing; readonly isCut: boolean } {
  const queue: Job[] = bare([])
  let room = limits.length
  let spentMs = 0
  let last = 0
  let refs = 0
  let toSkip = limits.offset ?? 0

  function draw(value: unknown, parent?: Job): Preview {
    const primitive = drawPrimitive(value, limits.text)
    if (primitive !== undefined) {
      if (parent && typeof primitive === "object" && (primitive as Partial<Drawing> | null)?.more) parent.isCut = true
      return primitive
    }
    for (let up = parent; up; up = up.parent) {
      if (up.value === value) return bare<Token>({ kind: "circular", ref: (up.drawing.ref ??= ++refs) })
    }
    const drawing = drawHead(value as object, restoreStack)
    room -= listsLength + (keepPart && parent === queue[0] ? handleLength : 0)
    queue[queue.length] = { value: value as object, drawing, parent, depth: parent ? parent.depth + 1 : 0 }
    return drawing as unknown as Preview
  }

  function drawProperty(property: PropertyDescriptor, key: unknown, job: Job): Preview {
    if (hasOwn(property, "value")) return draw(property.value, job)
    const { get, set } = property
    try {
      if (isNative(get, key)) return draw(apply(get, job.value, []), job)
    } catch {
      // It is no getter for this object.
    }
    job.isCut = true
    return bare<Token>({ kind: "accessor", text: get ? (set ? "Getter/Setter" : "Getter") : "Setter" })
  }

  /** The time counts from the first question: to list a million keys takes some itself, and cannot be stopped. */
  function isFull(): boolean {
    const time = now()
    spentMs += min(time - (last || time), maxStepMs)
    last = time
    return room <= 0 || spentMs > maxMs
  }

  /** Adds to one of the lists of a drawing. Answers false where there is no room. */
  function add(job: Job, list: "items" | "pairs" | "entries", make: () => unknown): boolean {
    if (toSkip > 0 && job === queue[0]) return !!toSkip--
    const { drawing } = job
    const items: unknown[] = drawing[list] ?? bare([])
    if (items.length >= limits.entries || isFull()) {
      job.isCut = true
      return false
    }
    const item = make()
    items[items.length] = item
    drawing[list] = items as Preview[]
    // Of an object in it only the head is drawn yet.
    room -= stringify(item).length + 1
    return true
  }

  function drawItems(job: Job, list: object): void {
    let holes: { count: number } | undefined
    const first = job === queue[0] ? min(toSkip, job.drawing.size!) : 0
    if (first) toSkip -= first
    for (let index = first; index < job.drawing.size!; index++) {
      const property = ownProperty(list, index)
      if (property) {
        holes = undefined
        if (!add(job, "items", () => drawProperty(property, index, job))) return
      } else if (holes) {
        if (++holes.count === maxHoles) {
          job.isCut = true
          return
        }
      } else if (!add(job, "items", () => (holes = bare({ kind: "holes", count: 1 })))) return
    }
  }

  function drawPairs(job: Job): void {
    const each = (value: unknown, key: unknown): unknown =>
      add(job, "pairs", () => bare([draw(key, job), draw(value, job)]))
    apply(forEachPair, job.value, [each])
  }

  function drawMembers(job: Job): void {
    apply(forEachMember, job.value, [(value: unknown) => add(job, "items", () => draw(value, job))])
  }

  function drawChildren(job: Job): void {
    let child = read(job.value, "firstChild") as object | null
    for (; child; child = read(child, "nextSibling") as object | null) {
      const node = child
      // What indents the source is no child worth a line.
      if (match(/^\s+$/, textOf(node, "nodeValue"))) job.drawing.size!--
      else if (!add(job, "items", () => draw(node, job))) return
    }
  }

  function drawEntries(job: Job): void {
    const { drawing, value } = job
    const isIndexed = match(/^(?:array|typedarray|boxed)$/, drawing.kind)
    const keys = drawing.size! > maxListed ? [] : ownKeys(value)
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]!
      const name = typeof key === "string" ? key : ""
      if (isIndexed && `${(name as unknown as number) >>> 0}` === name) continue
      const property = ownProperty(value, key)
      if (!property || !isShown(property, name, drawing)) continue
      const shown = property.enumerable ? drawPrimitive(key, maxKey) : bare({ kind: "hidden", text: name })
      if (!add(job, "entries", () => bare([shown, drawProperty(property, key, job)]))) {
        drawing.more = keys.length - index
        return
      }
    }
  }

  /** What the platform tells of events, URLs and the like, by getters that they inherit. Of a part it is only counted. */
  function drawTold(job: Job): void {
    const { drawing, value, parent } = job
    const seen: Record<PropertyKey, true> = bare({})
    search(value, (holder) => {
      const keys = holder === value ? [] : ownKeys(holder)
      for (let index = 0; index < keys.length; index++) {
        const key = keys[index]!
        const property = ownProperty(holder, key)
        if (!property?.enumerable || hasOwn(property, "value") || seen[key] || !isNative(property.get, key)) continue
        seen[key] = true
        try {
          const told = parent ? undefined : apply(property.get, value, [])
          const isIdle = !told && match(/^on/, key as string)
          if (isIdle || (!parent && add(job, "entries", () => bare([key, draw(told, job)])))) continue
          drawing.more = (drawing.more ?? 0) + 1
          job.isCut = true
        } catch {
          // It inherits the getter, but not what that tells.
        }
      }
    })
  }

  draw(root)
  for (let index = 0; index < queue.length; index++) {
    const job = queue[index]!
    const { value, drawing, parent, depth } = job
    const { kind, size } = drawing
    // An element in a list is a line, not a document.
    const isLine = kind === "node" && parent && parent.drawing.kind !== kind
    try {
      if (isFull() || isLine || depth > limits.depth) drawing.isUnread = true
      else if (kind === "node") drawChildren(job)
      else {
        if (kind === "map") drawPairs(job)
        else if (kind === "set") drawMembers(job)
        else if (kind === "arraybuffer")
          drawItems(job, new Uint8Array(value as ArrayBuffer, 0, min(size!, limits.entries)))
        else if (size && kind !== "dataview") drawItems(job, value)
        drawEntries(job)
        if (kind === "object") drawTold(job)
      }
    } catch {
      // A proxy refuses, or a buffer was given away.
      drawing.isUnread = true
    }
  }
  // What holds something that is cut is cut itself.
  for (let index = queue.length - 1; index >= 0; index--) {
    const job = queue[index]!
    if (!job.isCut && !job.drawing.isUnread) continue
    job.isCut = true
    if (job.parent) job.parent.isCut = true
    if (job.depth === 1) job.drawing.objectId = keepPart?.(job.value)
  }
  return { drawing: queue[0]!.drawing, isCut: queue[0]!.isCut ?? false }
}

/** Of a window only what scripts put there, of an error also what it keeps out of sight. */
function isShown(property: PropertyDescriptor, name: string, { kind, name: className }: Drawing): boolean {
  if (!property.enumerable) return kind === "error" && !!match(/^(?:cause|errors)$/, name)
  return className !== "Window" || !isNative(hasOwn(property, "value") ? property.value : property.get, name)
}
