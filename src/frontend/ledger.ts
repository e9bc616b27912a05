import type { AnsweringRuntime, Lost, Outcome } from "../protocol/index.ts"

/**
 * One eval as its asker sees it, from the wish to its end: exactly one outcome [L37].
 *
 *          ready                 sent
 *   kept ─────────▶ asked ─────────────────▶ sent ─┐ ready: asked for again,
 *    ▲                │ │                     ▲    │ in its session only
 *    └─── dropped ────┘ │ cancelled           └────┘
 *                       ▼
 *                   withdrawn: the bridge knows whether it ran
 *
 * Answers, cancels, due timers and the end of the front end settle it from
 * every state. Who asks owns the intention: a bridge may die and forget, the
 * eval is asked for again under its id, and runs once [L38, L39].
 */
export type Eval = Kept | Asked | Sent | Withdrawn

/** No bridge has it, as far as we know. */
export interface Kept {
  readonly at: "kept"
  /** A bridge had it and went: it may have been sent on. */
  readonly wasAsked: boolean
}

/** The bridge has it, and keeps the time it may wait for a runtime. */
export interface Asked {
  readonly at: "asked"
}

/** It went to this session, and belongs to it from then on. */
export interface Sent {
  readonly at: "sent"
  readonly to: AnsweringRuntime
  readonly since: number
}

/** Cancelled, while it may have been on its way to a runtime. */
export interface Withdrawn {
  readonly at: "withdrawn"
}

export type EvalEvent =
  /** A bridge said welcome. */
  | { readonly type: "ready" }
  /** The bridge is away. */
  | { readonly type: "dropped" }
  | { readonly type: "sent"; readonly to: AnsweringRuntime }
  /** The bridge puts it before a person, who takes as long as it takes. */
  | { readonly type: "held" }
  | { readonly type: "answered"; readonly end: End }
  /** By the one who asked. */
  | { readonly type: "cancelled" }
  /** The front end is over; no bridge will be heard. */
  | { readonly type: "over"; readonly because: "closed" | "bridge-gone"; readonly reason: string }
  /** The timer that was armed last. */
  | { readonly type: "due" }

export type EvalEffect =
  /** With the session it was sent to, the bridge sends it to no other. */
  | { readonly do: "ask"; readonly to?: AnsweringRuntime }
  | { readonly do: "cancel"; readonly as: "cancelled" | "timeout" }
  /** Replaces a timer that is armed. */
  | { readonly do: "arm"; readonly ms: number }
  | { readonly do: "disarm" }
  | { readonly do: "settle"; readonly end: End }

export type End = Outcome & { readonly runtime?: AnsweringRuntime | undefined; readonly durationMs: number }

export interface EvalConfig {
  readonly now: number
  readonly waitMs: number
  /** 0 for no limit. */
  readonly timeoutMs: number
}

export interface EvalStep {
  /** Undefined once it is settled. */
  readonly state: Eval | undefined
  readonly effects: readonly EvalEffect[]
}

/** How long the bridge may take to say what became of a cancelled eval. */
const withdrawMs = 1000
/** How much longer than the wait that it keeps a bridge may stay silent about an eval. */
const patienceMs = 10_000

export function open({ waitMs }: EvalConfig): EvalStep {
  return keep(false, waitMs)
}

export function step(state: Eval, event: EvalEvent, config: EvalConfig): EvalStep {
  if (event.type === "answered") return settle(event.end)
  switch (state.at) {
    case "kept":
      return stepKept(state, event, config)
    case "asked":
      return stepAsked(state, event, config)
    case "sent":
      return stepSent(state, event, config)
    case "withdrawn":
      return stepWithdrawn(state, event)
    default:
      return state satisfies never
  }
}

type OtherEvent = Exclude<EvalEvent, { type: "answered" }>

function stepKept(state: Kept, event: OtherEvent, { waitMs }: EvalConfig): EvalStep {
  const ran = state.wasAsked ? "unknown" : "no"
  switch (event.type) {
    case "ready":
      return { state: { at: "asked" }, effects: [{ do: "arm", ms: waitMs + patienceMs }, { do: "ask" }] }
    case "cancelled":
      return settle(stopped("cancelled", "cancelled", ran))
    case "over":
      return finish(event, ran)
    case "due":
      return settle(lost(`no bridge answered within ${waitMs} ms`, ran))
    case "sent":
    case "held":
    case "dropped":
      return same(state)
    default:
      return event satisfies never
  }
}

function stepAsked(state: Asked, event: OtherEvent, config: EvalConfig): EvalStep {
  switch (event.type) {
    case "sent":
      return send(event.to, config)
    case "dropped":
      return keep(true, config.waitMs)
    case "cancelled":
      return {
        state: { at: "withdrawn" },
        effects: [
          { do: "arm", ms: withdrawMs },
          { do: "cancel", as: "cancelled" },
        ],
      }
    case "over":
      return finish(event, "unknown")
    case "due":
      return giveUp("cancelled", lost("the bridge does not answer", "unknown"))
    case "held":
      return { state, effects: [{ do: "disarm" }] }
    case "ready":
      return same(state)
    default:
      return event satisfies never
  }
}

function stepSent(state: Sent, event: OtherEvent, { now, timeoutMs }: EvalConfig): EvalStep {
  const by = { runtime: state.to, durationMs: Math.round(now - state.since) }
  switch (event.type) {
    case "ready":
      return { state, effects: [{ do: "ask", to: state.to }] }
    case "cancelled":
      return giveUp("cancelled", stopped("cancelled", "cancelled", "unknown", by))
    case "due":
      return giveUp("timeout", stopped("timeout", `no outcome within ${timeoutMs} ms`, "unknown", by))
    case "over":
      return finish(event, "unknown", by)
    case "sent":
    case "held":
    case "dropped":
      return same(state)
    default:
      return event satisfies never
  }
}

function stepWithdrawn(state: Withdrawn, event: OtherEvent): EvalStep {
  switch (event.type) {
    case "due":
    case "dropped":
    case "over":
      return settle(stopped("cancelled", "cancelled", "unknown"))
    case "ready":
    case "sent":
    case "held":
    case "cancelled":
      return same(state)
    default:
      return event satisfies never
  }
}

function same(state: Eval): EvalStep {
  return { state, effects: [] }
}

function keep(wasAsked: boolean, waitMs: number): EvalStep {
  return { state: { at: "kept", wasAsked }, effects: [{ do: "arm", ms: waitMs }] }
}

function send(to: AnsweringRuntime, { now, timeoutMs }: EvalConfig): EvalStep {
  return {
    state: { at: "sent", to, since: now },
    effects: [timeoutMs > 0 ? { do: "arm", ms: timeoutMs } : { do: "disarm" }],
  }
}

function settle(end: End): EvalStep {
  return {
    state: undefined,
    effects: [{ do: "disarm" }, { do: "settle", end }],
  }
}

type By = Pick<End, "runtime" | "durationMs">

const nobody: By = { durationMs: 0 }

/** It may run, and is not waited for any longer. */
function giveUp(as: "cancelled" | "timeout", end: End): EvalStep {
  const { state, effects } = settle(end)
  return { state, effects: [{ do: "cancel", as }, ...effects] }
}

function finish({ because, reason }: Extract<EvalEvent, { type: "over" }>, ran: Lost["ran"], by = nobody): EvalStep {
  return settle(because === "closed" ? stopped("cancelled", reason, ran, by) : lost(reason, ran, by))
}

function lost(reason: string, ran: Lost["ran"], by = nobody): End {
  return { outcome: "lost", result: { code: "bridge-gone", reason, ran }, ...by }
}

function stopped(outcome: "cancelled" | "timeout", reason: string, ran: Lost["ran"], by = nobody): End {
  return { outcome, result: { reason, ran }, ...by }
}
