import {
  type AnsweringRuntime,
  type FromFrontEnd,
  type FromRuntime,
  type OutcomeKind,
  type Said,
} from "../../protocol/index.ts"
import type { Preparation } from "../../language/index.ts"
import { write } from "../peer.ts"
import { answering, type Loss, type Runtime } from "../runtimes/registry.ts"
import {
  open,
  step,
  type Ask,
  type Eval,
  type LedgerConfig,
  type LedgerEffect,
  type LedgerEvent,
  type LedgerStep,
} from "./ledger.ts"
import { Deferred } from "./deferred.ts"
import { Records } from "./records.ts"
import { choose, type Seat } from "./target.ts"

export interface RouterParts {
  readonly runtimes: () => ReadonlyMap<string, Runtime>
  /** Sends to the socket of a runtime, if it has one. */
  readonly sendToRuntime: (runtime: string, message: string) => void
  /** A runtime was sent what it must answer. */
  readonly expect: (runtime: string) => void
  /** Its socket takes no more: what was sent is not read. */
  readonly isStuffed: (runtime: string) => boolean
  /** A front end has not read what it was sent: large things should wait. */
  readonly isBehind: (frontEnd: string) => boolean
  /** Sends to the socket of a front end, if it has one. */
  readonly tell: (frontEnd: string, message: string) => void
  readonly announce: (message: string) => void
  readonly seatOf: (frontEnd: string) => Seat
  readonly scriptTag: () => string
  readonly prepare: (code: string) => Preparation
  /** A result with its stacks taken through the page's source maps; at once where it has none. Never rejects. */
  readonly mapResult: (by: AnsweringRuntime, json: string) => string | Promise<string>
  readonly graceMs: number
  /** Milliseconds that never run backwards. */
  readonly now: () => number
}

/** Who asks: a front end, by id and by the name that others see. */
export interface Asker {
  readonly id: string
  readonly name: string
}

const defaultWaitMs = 5000
/** Of code that goes out in one message to a runtime that takes it in pieces. */
const maxPieceLength = 64 * 1024
/** Evals under way in all; one more is lost as `overflow` and has not run. */
const maxUnsettled = 10_000
/** Outcomes of an earlier bridge's evals that are remembered until somebody asks for them. */
const maxWithheld = 10_000

/** Leads evals to runtimes and outcomes back, as the ledger decides. */
export class Router {
  readonly #parts: RouterParts
  readonly #unsettled = new Map<string, Exclude<Eval, { at: "settled" }>>()
  readonly #records = new Records()
  readonly #timers = new Map<string, NodeJS.Timeout>()
  /** Outcomes that nobody has asked this bridge for: an earlier one may have been asked. */
  readonly #withheld = new Map<string, AnsweringRuntime>()
  readonly #deferred: Deferred
  /** Every end that an earlier bridge knew has had its time to return. */
  #isSettled = false

  constructor(parts: RouterParts) {
    this.#parts = parts
    this.#deferred = new Deferred((id) => this.#fetch(id))
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  ask(asker: Asker, message: Said<FromFrontEnd, "eval">, code: string): void {
    const { id } = message
    const known = this.#unsettled.get(id) ?? this.#records.get(id)
    if (known !== undefined) {
      this.#advance(id, known, { type: "asked", from: asker.id, by: asker.name })
      return
    }
    const preparation = this.#parts.prepare(code)
    const prepared = preparation.kind === "ready" ? preparation : undefined
    const ask: Ask = { ...askOf(asker, message, code), code: { typed: code, prepared } }
    this.#take(id, open(ask, message.session ?? this.#withheld.get(id)?.session, this.#config()))
    this.#withheld.delete(id)
    const state = this.#unsettled.get(id)
    if (state?.at === "bound") this.#seek(state)
    else if (state?.at !== "queued") return
    else if (preparation.kind === "ready") this.#place(state)
    else this.#advance(id, state, { type: "refused", result: preparation.result })
  }

  /** Whether it was asked for here before. */
  isKnown(id: string): boolean {
    return this.#unsettled.has(id) || this.#records.get(id) !== undefined
  }

  /** It may not run. One that another bridge may have sent has perhaps run, and is not called refused. */
  forbid(asker: Asker, message: Said<FromFrontEnd, "eval">, code: string, why: string): void {
    const { id, session } = message
    this.#take(id, open(askOf(asker, message, code), session, this.#config()))
    const result = { name: "NotAllowedError", message: why }
    const event: LedgerEvent =
      session === undefined ? { type: "refused", result } : { type: "cancelled", as: "cancelled" }
    this.#advance(id, this.#unsettled.get(id)!, event)
  }

  cancel({ id, as = "cancelled" }: Said<FromFrontEnd, "cancel">): void {
    const state = this.#unsettled.get(id)
    if (state !== undefined) this.#advance(id, state, { type: "cancelled", as })
  }

  ack(ids: readonly string[]): void {
    for (const id of ids) {
      const record = this.#records.get(id)
      if (record !== undefined) this.#advance(id, record, { type: "acked" })
    }
  }

  frontEndLeft(frontEnd: string, forGood: boolean): void {
    for (const [id, state] of this.#unsettled) {
      if (state.ask.from === frontEnd) this.#advance(id, state, { type: "left", forGood })
    }
    for (const [id, record] of this.#records) {
      if (record.from === frontEnd) this.#advance(id, record, { type: "left", forGood })
    }
  }

  /** Only the session that an eval was sent to can answer it [L33]. */
  outcome(by: AnsweringRuntime, outcome: Said<FromRuntime, "outcome">, body: string | undefined): void {
    const { id } = outcome
    const state = this.#unsettled.get(id) ?? this.#records.get(id)
    if (state === undefined) this.#unasked(by, id)
    else if (this.#isEarly(state, by)) this.#deferred.add(id, body?.length ?? 0)
    else if (mayAnswer(state, by.session)) this.#advance(id, state, { type: "answered", by, outcome, body })
  }

  /** Only an eval that runs there has a front end to copy to. */
  copy(by: AnsweringRuntime, { id }: Said<FromRuntime, "copy">, text: string | undefined): void {
    const state = this.#unsettled.get(id)
    if (state?.at !== "sent" || state.to.session !== by.session) return
    this.#parts.tell(state.ask.from, write({ op: "copy", id, runtime: by }, text))
  }

  /** A session said hello, for the first time or again. */
  sessionReady(runtime: Runtime): void {
    const to = answering(runtime)
    for (const [id, state] of this.#unsettled) {
      if (sessionOf(state) === runtime.session) this.#advance(id, state, { type: "returned", to })
      else if (state.at === "bound") this.#seek(state)
    }
  }

  sessionEnded({ session }: AnsweringRuntime, { code, reason }: Loss): void {
    for (const [id, state] of this.#unsettled) {
      if (sessionOf(state) === session) this.#advance(id, state, { type: "ended", code, reason })
    }
  }

  /** Runtimes or seats changed: what waits may have a place now. */
  rethink(): void {
    for (const state of this.#unsettled.values()) {
      if (state.at === "queued") this.#place(state)
    }
  }

  /** Whether an eval runs in that session. */
  owes(session: string): boolean {
    for (const state of this.#unsettled.values()) {
      if (state.at === "sent" && state.to.session === session) return true
    }
    return false
  }

  /** The bridge is older than the grace time: what nobody has asked for, nobody will. */
  settle(): void {
    this.#isSettled = true
    for (const [id, { id: runtime }] of this.#withheld) {
      this.#parts.sendToRuntime(runtime, write({ op: "ack", ids: [id] }))
    }
    this.#withheld.clear()
  }

  stop(): void {
    this.#timers.forEach((timer) => clearTimeout(timer))
    this.#timers.clear()
    this.#deferred.stop()
    this.#unsettled.clear()
  }

  #place(state: Extract<Eval, { at: "queued" }>): void {
    const { id, from, runtime: wish } = state.ask
    if (this.#unsettled.size > maxUnsettled) {
      this.#advance(id, state, { type: "unplaceable", code: "overflow", reason: "too many evals are under way" })
      return
    }
    const choice = choose(wish, this.#parts.seatOf(from), this.#parts.runtimes())
    switch (choice.at) {
      case "found":
        this.#advance(id, state, this.#placed(choice.runtime))
        return
      case "absent": {
        const isFirst = this.#parts.runtimes().size === 0 && wish === undefined
        const reason = isFirst ? `${choice.loss}: add ${this.#parts.scriptTag()} to a page` : choice.loss
        this.#advance(id, state, { type: "waits", reason, loss: choice.loss })
        return
      }
      case "undecided":
        this.#advance(id, state, { type: "unplaceable", code: "no-target", reason: choice.reason })
        return
      default:
        choice satisfies never
    }
  }

  #placed(runtime: Runtime): LedgerEvent {
    if (runtime.presence.at !== "ready") {
      const reason = `${runtime.name} is away`
      return { type: "waits", reason, loss: reason }
    }
    if (this.#parts.isStuffed(runtime.id)) {
      return { type: "unplaceable", code: "overflow", reason: `${runtime.name} does not read what it is sent` }
    }
    return { type: "placed", to: answering(runtime) }
  }

  /** Looks for the session that a bound eval waits for, or for the proof that it is over. */
  #seek(state: Extract<Eval, { at: "bound" }>): void {
    const { ask, session } = state
    const runtimes = this.#parts.runtimes()
    for (const runtime of runtimes.values()) {
      if (runtime.session !== session) continue
      if (runtime.presence.at === "ready") this.#advance(ask.id, state, { type: "returned", to: answering(runtime) })
      return
    }
    // A number or a name may belong to another runtime by now.
    if (ask.runtime === undefined || !runtimes.has(ask.runtime)) return
    this.#advance(ask.id, state, { type: "ended", code: "page-reloaded", reason: "page reloaded" })
  }

  #unasked(by: AnsweringRuntime, id: string): void {
    if (this.#isSettled) this.#parts.sendToRuntime(by.id, write({ op: "ack", ids: [id] }))
    else if (this.#withheld.size < maxWithheld) this.#withheld.set(id, by)
  }

  /** Its asker has not room for it yet, and the runtime keeps it anyway. */
  #isEarly(state: Eval, { session }: AnsweringRuntime): boolean {
    return state.at === "sent" && state.isWanted && state.to.session === session && this.#parts.isBehind(state.ask.from)
  }

  /** Asks for an outcome that came too early: the runtime knows the id, and says it again. False while there is no room. */
  #fetch(id: string): boolean {
    const state = this.#unsettled.get(id)
    if (state?.at !== "sent") return true
    if (this.#parts.isBehind(state.ask.from)) return false
    this.#advance(id, state, { type: "returned", to: state.to })
    return true
  }

  #config(): LedgerConfig {
    return { now: this.#parts.now(), graceMs: this.#parts.graceMs }
  }

  #advance(id: string, state: Eval, event: LedgerEvent): void {
    this.#take(id, step(state, event, this.#config()))
  }

  #take(id: string, { state, effects }: LedgerStep): void {
    if (state === undefined) this.#unsettled.delete(id)
    else if (state.at === "settled") {
      this.#unsettled.delete(id)
      this.#records.set(id, state)
    } else this.#unsettled.set(id, state)
    for (const effect of effects) this.#perform(id, effect)
  }

  #perform(id: string, effect: LedgerEffect): void {
    switch (effect.do) {
      case "run":
        return this.#run(effect)
      case "send":
        return this.#parts.sendToRuntime(effect.runtime, write(effect.message))
      case "tell":
        return this.#tell(effect)
      case "announce":
        return this.#parts.announce(write(effect.message, effect.code))
      case "arm":
        clearTimeout(this.#timers.get(id))
        this.#timers.set(
          id,
          setTimeout(() => this.#due(id), effect.ms),
        )
        return
      case "disarm":
        clearTimeout(this.#timers.get(id))
        this.#timers.delete(id)
        return
      default:
        return effect satisfies never
    }
  }

  /** The eval has ended already: what an outcome still waits for can lose nothing, and its runtime keeps it until it is there. */
  #tell({ frontEnd, message, body }: Extract<LedgerEffect, { do: "tell" }>): void {
    const tell = (result: string | undefined): void => this.#parts.tell(frontEnd, write(message, result))
    const by = message.op === "outcome" && isOfPage.has(message.outcome) ? message.runtime : undefined
    const mapped = by && body !== undefined ? this.#parts.mapResult(by, body) : body
    if (mapped instanceof Promise) void mapped.then(tell)
    else tell(mapped)
  }

  #run({ runtime, id, frontEnd, code: { typed, prepared } }: Extract<LedgerEffect, { do: "run" }>): void {
    const { takesPrepared = false, takesPieces = false } = this.#parts.runtimes().get(runtime) ?? {}
    const isPrepared = prepared !== undefined && takesPrepared
    const header = { op: "eval", id, frontEnd, ...(isPrepared && prepared.header) } as const
    const code = isPrepared ? prepared.code : typed
    // A page hears whole frames only: over a slow way one of all of it would be a long silence.
    const pieces = takesPieces ? piecesOf(code) : [code]
    const last = pieces.pop()
    for (const piece of pieces) this.#parts.sendToRuntime(runtime, write({ op: "code" }, piece))
    this.#parts.sendToRuntime(runtime, write(header, last))
    this.#parts.expect(runtime)
  }

  #due(id: string): void {
    this.#timers.delete(id)
    const state = this.#unsettled.get(id)
    if (state !== undefined) this.#advance(id, state, { type: "due" })
  }
}

/** One at least. No character is cut in two: half of one would not survive the wire. */
function piecesOf(code: string): string[] {
  const pieces: string[] = []
  let from = 0
  while (code.length - from > maxPieceLength) {
    const isHalf = code.codePointAt(from + maxPieceLength - 1)! > 0xffff
    const end = from + maxPieceLength + (isHalf ? 1 : 0)
    pieces.push(code.slice(from, end))
    from = end
  }
  return [...pieces, code.slice(from)]
}

/** Outcomes whose result was made in a page. */
const isOfPage: ReadonlySet<OutcomeKind> = new Set(["value", "thrown"])

function askOf(asker: Asker, message: Said<FromFrontEnd, "eval">, code: string): Ask {
  const { id, runtime, waitMs = defaultWaitMs, timeoutMs = 0 } = message
  return { id, from: asker.id, by: asker.name, code: { typed: code, prepared: undefined }, runtime, waitMs, timeoutMs }
}

/** The session that an eval under way belongs to, where it belongs to one. */
function sessionOf(state: Exclude<Eval, { at: "settled" }>): string | undefined {
  switch (state.at) {
    case "queued":
      return undefined
    case "bound":
      return state.session
    case "sent":
      return state.to.session
    default:
      return state satisfies never
  }
}

function mayAnswer(state: Eval, session: string): boolean {
  if (state.at !== "settled") return sessionOf(state) === session
  const { runtime } = state.outcome
  return runtime === undefined || runtime.session === session
}
