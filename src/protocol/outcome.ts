import type { Preview } from "./preview.ts"

/**
 * A value as the page describes it: the names of the Chrome DevTools
 * Protocol's `Runtime.RemoteObject`, which the tools of this field know.
 */
export interface RemoteObject {
  readonly type: "undefined" | "boolean" | "number" | "bigint" | "string" | "symbol" | "function" | "object"
  /** A finer kind of object: `null`, `array`, `error`, `node`, `promise`, `map`, … */
  readonly subtype?: string
  readonly className?: string
  /** One line for a person. */
  readonly description?: string
  /** The value itself, where JSON says it exactly and the size limits allow. */
  readonly value?: unknown
  /** `NaN`, `-0`, `Infinity`, `-Infinity` or a bigint such as `123n`. */
  readonly unserializableValue?: string
  readonly preview?: Preview
  /** There is more to see than is told here: the handle by which the session is asked for it. */
  readonly objectId?: string
}

export interface Thrown {
  readonly exception: RemoteObject
  /** `name`, `message` and `stack` are there when an Error was thrown. */
  readonly name?: string
  readonly message?: string
  readonly stack?: string
}

/** The input was not run: it does not parse, or the page's policy forbids it. */
export interface Refused {
  readonly name: string
  readonly message: string
  /** 1-based. */
  readonly line?: number
  /** 1-based. */
  readonly column?: number
  /** More input would make it valid. */
  readonly incomplete?: boolean
}

export type LossCode =
  | "no-runtime"
  | "no-target"
  | "page-reloaded"
  | "page-closed"
  | "runtime-gone"
  | "bridge-gone"
  | "overflow"
  /** An outcome came, and it is not in the protocol. */
  | "unreadable"

export interface Lost {
  readonly code: LossCode
  /** A sentence for a person, e.g. `page reloaded`. */
  readonly reason: string
  /** `no` only where it is certain that nothing of the input ran. */
  readonly ran: "no" | "unknown"
}

export interface Stopped {
  readonly reason: string
  readonly ran: "no" | "unknown"
}

/** A text that is too long for its outcome is read in parts, in characters as JavaScript counts them; one that is longer than `whole` is not kept. */
export const textLimits = { part: 256 * 1024, whole: 64 * 1024 * 1024 } as const

/** How an eval ended: each has exactly one [L37]. */
export type Outcome =
  | { readonly outcome: "value"; readonly result: RemoteObject }
  | { readonly outcome: "thrown"; readonly result: Thrown }
  | { readonly outcome: "refused"; readonly result: Refused }
  | { readonly outcome: "lost"; readonly result: Lost }
  | { readonly outcome: "timeout"; readonly result: Stopped }
  | { readonly outcome: "cancelled"; readonly result: Stopped }

export type OutcomeKind = Outcome["outcome"]

export const outcomeKinds: readonly OutcomeKind[] = ["value", "thrown", "refused", "lost", "timeout", "cancelled"]
