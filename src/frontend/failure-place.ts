import type { Outcome } from "../protocol/index.ts"

/** In the input; both from 1. */
export interface FailurePlace {
  readonly line: number
  readonly column: number
}

/** A frame of the input itself, as each engine writes it. */
const ownFrame = /(?:\(|\s|@|^)repl:(\d{1,9}):(\d{1,9})/m

/** Where in its input an eval went wrong: of a stack the innermost frame in it. Undefined where that is not known. */
export function failurePlace({ outcome, result }: Outcome): FailurePlace | undefined {
  if (outcome === "refused") {
    const { line, column } = result
    return line && column ? { line, column } : undefined
  }
  if (outcome !== "thrown") return undefined
  const { stack = "", message = "" } = result
  // The message comes first, and may speak of places, too.
  const said = stack.indexOf(message)
  const [, line, column] = ownFrame.exec(said < 0 ? stack : stack.slice(said + message.length)) ?? []
  return line === undefined ? undefined : { line: Number(line), column: Number(column) }
}
