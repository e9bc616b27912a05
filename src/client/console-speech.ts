import type { Clock } from "../link/index.ts"
import { writeData, type RemoteObject } from "../protocol/index.ts"
import type { Line } from "./console-queue.ts"

/** What a page said, by a call of its console or by an event, before it has a number and is described. */
export interface Speech extends Pick<Line, "level" | "kind" | "group" | "stack"> {
  readonly args: readonly unknown[]
}

/** Of one line, in characters of JSON. */
const maxLineLength = 10_000
const maxBriefLength = 200
const maxStackLength = 2000

/**
 * Follows the calls of a console: what does this one say? Counters, timers and
 * groups are kept here too, since a console does not tell its own.
 */
export function createConsoleListener(
  clock: Pick<Clock, "now">,
): (method: string, args: readonly unknown[]) => Speech | undefined {
  const counts = new Map<unknown, number>()
  const starts = new Map<unknown, number>()
  let depth = 0

  return (method, args) => {
    const level = /^(info|warn|error|debug)$/.test(method) ? method : method === "assert" ? "error" : "log"
    const speech = { level, kind: method === level ? undefined : method, group: depth || undefined, args }
    const label = args[0] ?? "default"
    const count = (counts.get(label) ?? 0) + 1
    const start = starts.get(label)
    const now = clock.now()
    switch (method) {
      case "assert":
        return args[0] ? undefined : { ...speech, args: args.slice(1) }
      case "clear":
        depth = 0
        break
      case "group":
      case "groupCollapsed":
        depth++
        break
      case "groupEnd":
        depth = depth && depth - 1
        return undefined
      case "count":
        counts.set(label, count)
        return { ...speech, args: [label, count] }
      case "countReset":
        counts.delete(label)
        return undefined
      case "time":
        starts.set(label, start ?? now)
        return undefined
      case "timeLog":
      case "timeEnd":
        if (method === "timeEnd") starts.delete(label)
        // Without a number where no start was heard.
        return { ...speech, args: [label, start === undefined ? start : now - start, ...args.slice(1)] }
    }
    return speech
  }
}

/** The frames of a stack below our own: of a grave line all, of another the first that has a place. */
export function framesOf(stack: unknown, ownFrames: number, { level, kind }: Speech): string | undefined {
  if (typeof stack !== "string") return undefined
  const lines = stack.split("\n")
  // V8 writes the error itself first.
  const frames = lines.slice(ownFrames + (stack.startsWith("Error") ? 1 : 0))
  const isGrave = level === "warn" || level === "error" || kind === "trace"
  return isGrave ? frames.join("\n").slice(0, maxStackLength) : frames.find((frame) => /:\d+:\d+/.test(frame))
}

/** The arguments as JSON: as much of them as the size of a line allows. */
export function describeAll(
  args: readonly unknown[],
  describe: (value: unknown) => RemoteObject,
): { readonly body: string; readonly more: number | undefined } {
  let body = ""
  let count = 0
  for (; count < args.length; count++) {
    const object = describe(args[count])
    let text = writeData(object)
    if (body.length + text.length > maxLineLength) text = writeData(brief(object))
    if (body.length + text.length > maxLineLength) break
    body += (count ? "," : "") + text
  }
  return { body: `[${body}]`, more: args.length - count || undefined }
}

/** What an object is, without what is in it. */
function brief({ type, subtype, className, description, value }: RemoteObject): RemoteObject {
  const text = description ?? (typeof value === "string" ? value : className) ?? type
  return {
    type,
    subtype,
    className,
    description: text.length > maxBriefLength ? `${text.slice(0, maxBriefLength)}…` : text,
  }
}
