import { writeMessage, type Lost } from "../protocol/index.ts"
import { stringify } from "./platform.ts"

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
  /** Records how a running eval ended. Returns what to send: the outcome, or one that says it was too large. */
  finish(id: string, outcome: string): string
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
  let maxEach = maxLength

  /** Newest first, so that the oldest go. */
  function shrink(): void {
    let room = maxLength
    for (const [id, { length }] of [...owed].toReversed()) {
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

  return {
    accept(id) {
      if (running.has(id)) return ""
      if (released.has(id)) return lost(id, "its outcome is no longer kept")
      if (owed.has(id)) return owed.get(id)
      if (running.size + owed.size >= maxIds) return lost(id, "too many evals are running", "no")
      running.add(id)
      return undefined
    },

    finish(id, outcome) {
      if (!running.delete(id)) return outcome
      owed.set(id, outcome)
      shrink()
      return owed.get(id) ?? outcome
    },

    release(ids) {
      for (const id of ids) {
        running.delete(id)
        owed.delete(id)
        released.add(id)
      }
      for (const oldest of released) {
        if (released.size <= maxIds) break
        released.delete(oldest)
      }
    },

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
  return writeMessage(header, stringify(result))
}
