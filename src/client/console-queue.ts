import { writeMessage, type FromRuntime, type Said } from "../protocol/index.ts"

type ConsoleMessage = Said<FromRuntime, "console">

/** A console line but for its place among the others. */
export type Line = Omit<ConsoleMessage, "op" | "seq" | "dropped">

/**
 * The console lines that the bridge has not acknowledged, bounded [L40].
 * Every line that the page says has a number, also one that is dropped; so a
 * gap in the numbers of those that are sent is the number of those that are not,
 * and nothing need be counted.
 *
 *   acknowledged …│… sent …│… kept …│ next
 *                 first    unsent   end
 */
export interface ConsoleQueue {
  /** Numbers a line. Returns 0 where it is dropped, before any work was spent on it: too many came within a second. */
  number(time: number): number
  /** Keeps a line under its number; the oldest make room for it. */
  keep(seq: number, line: Line, body: string): void
  /** The next message to send: a line, or the word that the last ones were dropped; undefined when all is said for now. */
  take(time: number): string | undefined
  /** The bridge has these lines. */
  acknowledge(seq: number): void
  /** On a new socket everything that is not acknowledged is to be sent again [L38]. */
  rewind(): void
  /** Drops the oldest lines until the rest is this small, in characters. */
  shrink(maxLength: number): void
  /** Something is unsent, or was dropped and not told. */
  readonly isUntold: boolean
}

export interface ConsoleQueueLimits {
  /** Of lines that are kept. @defaultValue 1000 */
  readonly maxLines?: number
  /** Of their bodies, in characters. @defaultValue 1 MB */
  readonly maxLength?: number
}

/** For so long the allowance of lines and of characters lasts. Spent at once, it is followed by one gap, not by many. */
const allowanceMs = 1000

export function createConsoleQueue({ maxLines = 1000, maxLength = 1e6 }: ConsoleQueueLimits = {}): ConsoleQueue {
  const slots: ({ readonly seq: number; readonly line: Line; readonly body: string } | undefined)[] = []
  let first = 0
  let unsent = 0
  let end = 0
  let length = 0
  /** Of the last line that was said, sent and acknowledged. */
  let said = 0
  let sent = 0
  let acknowledged = 0
  let allowance = { since: -Infinity, lines: 0, length: 0 }

  function removeFirst(): void {
    length -= slots[first % maxLines]!.body.length
    slots[first++ % maxLines] = undefined
    if (unsent < first) unsent = first
  }

  function shrink(max: number): void {
    while (length > max) removeFirst()
  }

  /** A clock that was set back grants a new allowance. */
  function isOver(time: number): boolean {
    const age = time - allowance.since
    return age < 0 || age >= allowanceMs
  }

  function write(seq: number, line: Line, upTo: number, body?: string): string {
    const message: ConsoleMessage = { op: "console", seq, ...line, dropped: upTo - sent || undefined }
    sent = seq
    return writeMessage(message, body)
  }

  return {
    shrink,

    number(time) {
      said++
      if (isOver(time)) allowance = { since: time, lines: 0, length: 0 }
      return allowance.lines++ < maxLines && allowance.length < maxLength ? said : 0
    },

    keep(seq, line, body) {
      if (end - first === maxLines) removeFirst()
      slots[end++ % maxLines] = { seq, line, body }
      length += body.length
      allowance.length += body.length
      shrink(maxLength)
    },

    take(time) {
      if (unsent < end) {
        const { seq, line, body } = slots[unsent++ % maxLines]!
        return write(seq, line, seq - 1, body)
      }
      // While the allowance is spent, more may be dropped: they are told together.
      if (said === sent || !isOver(time)) return undefined
      return write(said, { level: "log", kind: "dropped", time }, said)
    },

    acknowledge(seq) {
      acknowledged = Math.min(Math.max(seq, acknowledged), sent)
      while (first < end && slots[first % maxLines]!.seq <= acknowledged) removeFirst()
    },

    rewind() {
      unsent = first
      sent = acknowledged
    },

    get isUntold() {
      return unsent < end || sent < said
    },
  }
}
