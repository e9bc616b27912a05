import type { Preparation } from "../../language/index.ts"
import type {
  AnsweringRuntime,
  FromRuntime,
  LossCode,
  Lost,
  OutcomeKind,
  Refused,
  Said,
  Stopped,
  ToFrontEnd,
  ToRuntime,
} from "../../protocol/index.ts"

/**
 * What is owed for one eval, from its asking to its end: exactly one outcome [L37].
 *
 *   asked ───────────▶ queued ── placed ──────▶ sent ── answered, ended, ─────────▶ settled
 *                        │                      ▲  │    cancelled, due               ▲ ▲
 *                        │ refused, unplaceable,│  └─ returned: sent again,          │ │
 *                        │ cancelled, due       │     the runtime knows its ids      │ │
 *                        └──────────────────────│────────────────────────────────────┘ │
 *   asked in a session ▶ bound ── returned ─────┘                                      │
 *                        └─ ended, cancelled, due ─────────────────────────────────────┘
 *
 *   queued, bound ── left ──▶ forgotten: their front end will ask again
 *
 * Evals run at most once: a `sent` one belongs to its session, and only a
 * return of that same session, which remembers ids, is sent it again [L39].
 * When it starts to run is not told: a runtime says nothing before the outcome.
 */
export type Eval = Queued | Bound | Sent | Settled

/** Not sent to anyone; certainly has not run. */
export interface Queued {
  readonly at: "queued"
  readonly ask: Ask
  /** Why it waits, once the asker has been told. */
  readonly loss: string | undefined
}

/** Sent by an earlier bridge to a session that is not here now. */
export interface Bound {
  readonly at: "bound"
  readonly ask: Ask
  readonly session: string
}

export interface Sent {
  readonly at: "sent"
  readonly ask: Ask
  readonly to: AnsweringRuntime
  readonly since: number
  /** False once its asker has left for good. */
  readonly isWanted: boolean
}

export interface Settled {
  readonly at: "settled"
  /** Its asker, by id. */
  readonly from: string
  readonly outcome: Said<ToFrontEnd, "outcome">
  readonly body: string
  /** The runtime keeps its outcome until the asker has it; nothing else is owed. */
  readonly isOwed: boolean
}

/** What is to run: as it was typed, and as the language prepared it for runtimes that take that. */
export interface Code {
  readonly typed: string
  readonly prepared: Extract<Preparation, { kind: "ready" }> | undefined
}

/** An eval as its front end asked for it. */
export interface Ask {
  readonly id: string
  /** The front end, by id and by the name that others see. */
  readonly from: string
  readonly by: string
  readonly code: Code
  readonly runtime: string | undefined
  readonly waitMs: number
  /** 0 for no limit. */
  readonly timeoutMs: number
}

export type LedgerEvent =
  /** The language found that the code cannot run. */
  | { readonly type: "refused"; readonly result: Refused }
  /** There is a runtime for it, and it listens. */
  | { readonly type: "placed"; readonly to: AnsweringRuntime }
  /** There is none yet. `reason` is told to the asker now, `loss` if none comes. */
  | { readonly type: "waits"; readonly reason: string; readonly loss: string }
  | { readonly type: "unplaceable"; readonly code: LossCode; readonly reason: string }
  /** Known already, and asked for again. */
  | { readonly type: "asked"; readonly from: string; readonly by: string }
  /** The session it belongs to said hello. */
  | { readonly type: "returned"; readonly to: AnsweringRuntime }
  /** The session it belongs to is over. */
  | { readonly type: "ended"; readonly code: LossCode; readonly reason: string }
  /** By the session it was sent to. */
  | {
      readonly type: "answered"
      readonly by: AnsweringRuntime
      readonly outcome: Said<FromRuntime, "outcome">
      readonly body: string | undefined
    }
  | { readonly type: "cancelled"; readonly as: "cancelled" | "timeout" }
  | { readonly type: "acked" }
  /** The socket of its asker closed; `forGood` when it will not return. */
  | { readonly type: "left"; readonly forGood: boolean }
  /** The timer that was armed last. */
  | { readonly type: "due" }

export type LedgerEffect =
  /** Sends the eval itself, with its code and with the front end that asks. */
  | {
      readonly do: "run"
      readonly runtime: string
      readonly id: string
      readonly frontEnd: string
      readonly code: Code
    }
  | { readonly do: "send"; readonly runtime: string; readonly message: ToRuntime }
  | { readonly do: "tell"; readonly frontEnd: string; readonly message: ToFrontEnd; readonly body?: string }
  | { readonly do: "announce"; readonly message: Said<ToFrontEnd, "evaluated">; readonly code: string }
  /** Replaces a timer that is armed. */
  | { readonly do: "arm"; readonly ms: number }
  | { readonly do: "disarm" }

/** Of the code of an eval that others are told of, in characters. */
const maxAnnounced = 1000

export interface LedgerStep {
  /** Undefined when nothing is owed and nothing needs to be remembered. */
  readonly state: Eval | undefined
  readonly effects: readonly LedgerEffect[]
}

export interface LedgerConfig {
  readonly now: number
  /** How long a bound eval waits for its session. */
  readonly graceMs: number
}

/** A new eval: free to go anywhere, or bound to the session that may have run it. */
export function open(ask: Ask, session: string | undefined, { graceMs }: LedgerConfig): LedgerStep {
  if (session === undefined) return { state: { at: "queued", ask, loss: undefined }, effects: [] }
  return { state: { at: "bound", ask, session }, effects: [{ do: "arm", ms: graceMs }] }
}

export function step(state: Eval, event: LedgerEvent, config: LedgerConfig): LedgerStep {
  switch (state.at) {
    case "queued":
      return stepQueued(state, event, config)
    case "bound":
      return stepBound(state, event, config)
    case "sent":
      return stepSent(state, event, config)
    case "settled":
      return stepSettled(state, event)
    default:
      return state satisfies never
  }
}

function stepQueued(state: Queued, event: LedgerEvent, config: LedgerConfig): LedgerStep {
  const { ask } = state
  switch (event.type) {
    case "placed":
      return send(ask, event.to, config)
    case "refused":
      return settle(ask, undefined, 0, "refused", event.result)
    case "waits":
      return wait(state, event)
    case "unplaceable":
      return settle(ask, undefined, 0, "lost", lost(event.code, event.reason, "no"))
    case "asked":
      return same({ ...state, ask: { ...ask, from: event.from, by: event.by } })
    case "cancelled":
      return settle(ask, undefined, 0, event.as, stopped(ask, event.as, "no"))
    case "due":
      return settle(ask, undefined, 0, "lost", lost("no-runtime", state.loss ?? "no runtime", "no"))
    case "left":
      return { state: undefined, effects: [{ do: "disarm" }] }
    case "returned":
    case "ended":
    case "answered":
    case "acked":
      return same(state)
    default:
      return event satisfies never
  }
}

function stepBound(state: Bound, event: LedgerEvent, config: LedgerConfig): LedgerStep {
  const { ask } = state
  switch (event.type) {
    case "returned":
      return send(ask, event.to, config)
    case "ended":
      return settle(ask, undefined, 0, "lost", lost(event.code, event.reason, "unknown"))
    case "due":
      return settle(ask, undefined, 0, "lost", lost("runtime-gone", "its session did not return", "unknown"))
    case "cancelled":
      return settle(ask, undefined, 0, event.as, stopped(ask, event.as, "unknown"))
    case "asked":
      return same({ ...state, ask: { ...ask, from: event.from, by: event.by } })
    case "left":
      return { state: undefined, effects: [{ do: "disarm" }] }
    case "placed":
    case "refused":
    case "waits":
    case "unplaceable":
    case "answered":
    case "acked":
      return same(state)
    default:
      return event satisfies never
  }
}

function stepSent(state: Sent, event: LedgerEvent, { now }: LedgerConfig): LedgerStep {
  const { ask, to, since } = state
  switch (event.type) {
    case "answered":
      return answer(state, event.outcome, event.body)
    case "returned":
      return { state: { ...state, to: event.to }, effects: [run(ask, event.to)] }
    case "ended":
      return settle(ask, to, Math.round(now - since), "lost", lost(event.code, event.reason, "unknown"))
    case "cancelled":
    case "due": {
      const as = event.type === "due" ? "timeout" : event.as
      const settled = settle(ask, to, Math.round(now - since), as, stopped(ask, as, "unknown"))
      return {
        ...settled,
        effects: [{ do: "send", runtime: to.id, message: { op: "cancel", id: ask.id } }, ...settled.effects],
      }
    }
    case "asked":
      return {
        state: { ...state, ask: { ...ask, from: event.from, by: event.by }, isWanted: true },
        effects: [{ do: "tell", frontEnd: event.from, message: { op: "sent", id: ask.id, runtime: to } }],
      }
    case "left":
      return same(event.forGood ? { ...state, isWanted: false } : state)
    case "placed":
    case "refused":
    case "waits":
    case "unplaceable":
    case "acked":
      return same(state)
    default:
      return event satisfies never
  }
}

function stepSettled(state: Settled, event: LedgerEvent): LedgerStep {
  const { outcome, body, isOwed } = state
  switch (event.type) {
    case "asked":
      return {
        state: { ...state, from: event.from },
        effects: [{ do: "tell", frontEnd: event.from, message: outcome, body }],
      }
    case "acked":
      return isOwed ? release(state) : same(state)
    case "left":
      return isOwed && event.forGood ? release(state) : same(state)
    case "answered":
      return { state, effects: isOwed ? [] : [...late(state, event), ack(event.by, outcome.id)] }
    case "placed":
    case "refused":
    case "waits":
    case "unplaceable":
    case "returned":
    case "ended":
    case "cancelled":
    case "due":
      return same(state)
    default:
      return event satisfies never
  }
}

function same(state: Eval): LedgerStep {
  return { state, effects: [] }
}

/** The asker hears first: should the bridge die now, it knows which session may have run it. */
function send(ask: Ask, to: AnsweringRuntime, { now }: LedgerConfig): LedgerStep {
  return {
    state: { at: "sent", ask, to, since: now, isWanted: true },
    effects: [
      ask.timeoutMs > 0 ? { do: "arm", ms: ask.timeoutMs } : { do: "disarm" },
      { do: "tell", frontEnd: ask.from, message: { op: "sent", id: ask.id, runtime: to } },
      run(ask, to),
    ],
  }
}

function run({ id, from, code }: Ask, to: AnsweringRuntime): LedgerEffect {
  return { do: "run", runtime: to.id, id, frontEnd: from, code }
}

function wait(state: Queued, { reason, loss }: { readonly reason: string; readonly loss: string }): LedgerStep {
  if (state.loss === loss) return same(state)
  const { ask } = state
  if (ask.waitMs === 0) return settle(ask, undefined, 0, "lost", lost("no-runtime", loss, "no"))
  const tell: LedgerEffect = { do: "tell", frontEnd: ask.from, message: { op: "waiting", id: ask.id, reason } }
  return {
    state: { ...state, loss },
    effects: state.loss === undefined ? [{ do: "arm", ms: ask.waitMs }, tell] : [tell],
  }
}

function answer({ ask, to, isWanted }: Sent, from: Said<FromRuntime, "outcome">, body = ""): LedgerStep {
  const { id, outcome: kind, durationMs } = from
  const outcome = { op: "outcome", id, outcome: kind, durationMs, runtime: to } as const
  const tell: LedgerEffect = { do: "tell", frontEnd: ask.from, message: outcome, body }
  return {
    state: { at: "settled", from: ask.from, outcome, body, isOwed: isWanted },
    effects: [{ do: "disarm" }, isWanted ? tell : ack(to, id), announce(ask, outcome)],
  }
}

/** What an abandoned eval came to after all. */
function late(
  { from, outcome }: Settled,
  { by, outcome: end, body }: Extract<LedgerEvent, { type: "answered" }>,
): readonly LedgerEffect[] {
  if (outcome.outcome !== "cancelled" && outcome.outcome !== "timeout") return []
  return [{ do: "tell", frontEnd: from, message: { ...end, op: "late", runtime: by }, body: body ?? "" }]
}

/** An end that the bridge itself knows of. */
function settle(
  ask: Ask,
  to: AnsweringRuntime | undefined,
  durationMs: number,
  kind: OutcomeKind,
  result: Lost | Stopped | Refused,
): LedgerStep {
  const outcome = { op: "outcome", id: ask.id, outcome: kind, durationMs, ...(to && { runtime: to }) } as const
  const body = JSON.stringify(result)
  return {
    state: { at: "settled", from: ask.from, outcome, body, isOwed: false },
    effects: [{ do: "disarm" }, { do: "tell", frontEnd: ask.from, message: outcome, body }, announce(ask, outcome)],
  }
}

function announce(ask: Ask, { id, outcome, durationMs, runtime }: Said<ToFrontEnd, "outcome">): LedgerEffect {
  return {
    do: "announce",
    message: { op: "evaluated", id, from: ask.by, outcome, durationMs, ...(runtime && { runtime }) },
    code: ask.code.typed.slice(0, maxAnnounced),
  }
}

/** The asker has the outcome, or never will: the runtime need not keep it. */
function release(state: Settled): LedgerStep {
  const { runtime, id } = state.outcome
  return { state: { ...state, isOwed: false }, effects: runtime === undefined ? [] : [ack(runtime, id)] }
}

function ack(runtime: AnsweringRuntime, id: string): LedgerEffect {
  return { do: "send", runtime: runtime.id, message: { op: "ack", ids: [id] } }
}

function lost(code: LossCode, reason: string, ran: Lost["ran"]): Lost {
  return { code, reason, ran }
}

function stopped(ask: Ask, as: "cancelled" | "timeout", ran: Stopped["ran"]): Stopped {
  return { reason: as === "cancelled" ? "cancelled" : `no outcome within ${ask.timeoutMs} ms`, ran }
}
