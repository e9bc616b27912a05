import { textLimits, writeData, writeMessage, type Lost } from "../protocol/index.ts"

/**
 * The record of this session's evals. An id that was seen is never run again
 * [L39]; an outcome is owed until the bridge has acknowledged it [L38].
 *
 *   (new) → running → owed → released
 *     └────────┴───────────────↗  cancelled
 */
export interface Outbox {
  /** Takes a new eval for running; of one that was seen before, what to send about it: nothing (`""`) while it runs. */
  accept(id: string): string | undefined
  /**
   * Records how a running eval ended. Returns what to send: the outcome, or one that says it was too large. `text` is
   * what its result is, where that is too long for an outcome; it is kept as long.
   */
  finish(id: string, outcome: string, text?: string): string
  /** The text that an outcome was too short for. */
  textOf(id: string): string | undefined
  /** Nobody needs the outcomes of these any more: they were acknowledged or cancelled. */
  release(ids: readonly string[]): void
  /** The outcomes that are not acknowledged, oldest first. */
  owed(): readonly string[]
  /** Sets the largest message that the bridge takes, in bytes, also for what is owed already. */
  fit(maxMessageBytes: number): void
}

export interface OutboxLimits {
  /** Of all that is owed, in characters; beyond it the oldest end as lost. @defaultValue 4 million */
  readonly maxLength?: number
  /** How many evals of each kind are remembered. @defaultValue 10000 */
  readonly maxIds?: number
}

/** An outcome below this is not worth dropping: the one that says so is as long. */
const smallLength = 400

export function createOutbox({ maxLength = 4e6, maxIds = 1e4 }: OutboxLimits = {}): Outbox {
  const running = new Set<string>()
  const owed = new Map<string, string>()
  const released = new Set<string>()
  const texts = new Map<string, string>()
  let maxEach = maxLength

  /** Newest first, so that the oldest go. */
  function shrink(): void {
    let room = maxLength
    for (const id of [...owed.keys()].toReversed()) {
      const { length } = owed.get(id)!
      room -= length
      if (length > smallLength && (length > maxEach || room < 0)) {
        owed.set(
          id,
          lost(
            id,
            length > maxEach ? "its outcome is too large to be sent" : "too many outcomes were waiting to be sent",
          ),
        )
      }
    }
  }

  /** Together no longer than one may be; the oldest go. */
  function keep(id: string, text: string): void {
    texts.set(id, text)
    let length = 0
    for (const kept of texts.values()) length += kept.length
    for (const [oldest, kept] of texts) {
      if (length <= textLimits.whole) break
      texts.delete(oldest)
      length -= kept.length
    }
  }

  return {
    accept(id) {
      if (running.has(id)) return ""
      if (released.has(id)) return lost(id, "its outcome is no longer kept")
      if (owed.has(id)) return owed.get(id)
      if (running.size + owed.size >= maxIds) return lost(id, "too many evals are running", "no")
      running.add(id)
      return undefined
    },

    finish(id, outcome, text) {
      if (!running.delete(id)) return outcome
      owed.set(id, outcome)
      if (text) keep(id, text)
      shrink()
      return owed.get(id) ?? outcome
    },

    release(ids) {
      for (const id of ids) {
        running.delete(id)
        owed.delete(id)
        texts.delete(id)
        released.add(id)
      }
      for (const oldest of released) {
        if (released.size <= maxIds) break
        released.delete(oldest)
      }
    },

    textOf: (id) => texts.get(id),
    owed: () => [...owed.values()],

    fit(maxMessageBytes) {
      // A character is three bytes at most.
      maxEach = Math.min(maxLength, maxMessageBytes / 3)
      shrink()
    },
  }
}

/** The outcome of an eval whose own cannot be told. */
export function lost(id: string, reason: string, ran: Lost["ran"] = "unknown"): string {
  const result: Lost = { code: "overflow", reason, ran }
  const header = { op: "outcome", id, outcome: "lost", durationMs: 0 }
  return writeMessage(header, writeData(result))
}
