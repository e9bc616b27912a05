/** Deeper than any preview goes. */
const maxDepth = 20

/**
 * Changes, in place, the stacks of the errors in a result that was read from JSON:
 * a RemoteObject, a list of them, or what was thrown. Data that only looks like a
 * stack is left alone, for it is the page's.
 */
export function changeStacks(result: unknown, change: (stack: string) => string): void {
  if (Array.isArray(result)) {
    for (const object of result) changeStacks(object, change)
  } else if (isRecord(result)) {
    if (isRecord(result["exception"])) {
      if (typeof result["stack"] === "string") result["stack"] = change(result["stack"])
      changeStacks(result["exception"], change)
    } else {
      changePreview(result["preview"], change, 0)
    }
  }
}

function changePreview(preview: unknown, change: (stack: string) => string, depth: number): void {
  if (depth > maxDepth) return
  if (Array.isArray(preview)) {
    for (const part of preview) changePreview(part, change, depth + 1)
  } else if (isRecord(preview)) {
    if (preview["kind"] === "error" && typeof preview["text"] === "string") preview["text"] = change(preview["text"])
    for (const part of ["items", "pairs", "entries", "boxed"]) changePreview(preview[part], change, depth + 1)
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null
}
