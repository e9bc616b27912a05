import type { Clock } from "../link/index.ts"
import type { AnsweringRuntime, FromFrontEnd, Said, ToFrontEnd } from "../protocol/index.ts"
import type { EvaluateOptions, Evaluation, FrontEndEvents } from "./frontend.ts"
import {
  open,
  step,
  type End,
  type Eval,
  type EvalConfig,
  type EvalEffect,
  type EvalEvent,
  type EvalStep,
} from "./ledger.ts"
import { lengthOfCut, readOutcome } from "./outcome.ts"
import { Readings, type Read } from "./readings.ts"

export interface EvalsParts {
  readonly clock: Clock
  readonly newId: () => string
  readonly say: (message: FromFrontEnd, body?: string) => void
}

/** What was asked, and what the one who asked waits for. */
interface Wish {
  readonly code: string
  readonly runtime: string | undefined
  readonly waitMs: number
  readonly timeoutMs: number
  readonly whole: boolean
  readonly settle: (evaluation: Evaluation) => void
  state: Eval | undefined
  wasSaid: boolean
  disarm: () => void
}

/** Room for what goes with the code. */
const headerBytes = 1024
const maxGivenUp = 100
/** Evals whose ids are remembered. */
const maxIds = 10_000
const defaults = { waitMs: 5000, timeoutMs: 30_000 } as const

/** The evals of one front end that have not ended, led as the ledger decides. */
export class Evals {
  readonly #parts: EvalsParts
  readonly #wishes = new Map<string, Wish>()
  /** Of the latest evals. */
  readonly #ids = new Set<string>()
  readonly #readings: Readings
  /** By id, the code of those that may run on though nobody waits for them. */
  readonly #givenUp = new Map<string, string>()
  #isReady = false
  #maxBytes = Number.POSITIVE_INFINITY
  #over: Extract<EvalEvent, { type: "over" }> | undefined

  constructor(parts: EvalsParts) {
    this.#parts = parts
    this.#readings = new Readings(parts)
  }

  evaluate(code: string, options: EvaluateOptions = {}): Promise<Evaluation> {
    const { runtime, waitMs = defaults.waitMs, timeoutMs = defaults.timeoutMs, whole = false, signal } = options
    const id = this.#parts.newId()
    this.#ids.add(id)
    if (this.#ids.size > maxIds) this.#ids.delete(this.#ids.values().next().value!)
    return new Promise((settled) => {
      const cancel = (): void => this.#happen(id, { type: "cancelled" })
      const settle = (evaluation: Evaluation): void => {
        signal?.removeEventListener("abort", cancel)
        settled(evaluation)
      }
      const wish: Wish = {
        code,
        runtime,
        waitMs,
        timeoutMs,
        whole,
        settle,
        state: undefined,
        wasSaid: false,
        disarm: () => {},
      }
      this.#wishes.set(id, wish)
      this.#take(id, wish, open(this.#config(wish)))
      if (signal?.aborted) return cancel()
      signal?.addEventListener("abort", cancel, { once: true })
      if (this.#over !== undefined) this.#happen(id, this.#over)
      else if (this.#isReady) this.#happen(id, { type: "ready" })
    })
  }

  /** A bridge said welcome, and that longer messages would end the connection. */
  ready(maxBytes = Number.POSITIVE_INFINITY): void {
    this.#isReady = true
    this.#maxBytes = maxBytes
    this.#happenToAll({ type: "ready" })
  }

  dropped(): void {
    this.#isReady = false
    this.#happenToAll({ type: "dropped" })
  }

  /** No bridge will be heard from now on. */
  end(because: "closed" | "bridge-gone", reason: string): void {
    this.#isReady = false
    this.#over ??= { type: "over", because, reason }
    this.#happenToAll(this.#over)
  }

  sent({ id, runtime }: Said<ToFrontEnd, "sent">): void {
    this.#happen(id, { type: "sent", to: runtime })
  }

  /** Whether it is one of ours, and not so long ago that it is forgotten. */
  isOurs(id: string): boolean {
    return this.#ids.has(id)
  }

  held(id: string): void {
    this.#happen(id, { type: "held" })
  }

  /** Every outcome is acknowledged, also one that came too late to count: its runtime keeps it until then. */
  outcome({ id, outcome, runtime, durationMs }: Said<ToFrontEnd, "outcome">, body: string | undefined): void {
    const wish = this.#wishes.get(id)
    if (wish === undefined) return this.#ack(id)
    const end: End = { ...readOutcome(outcome, body), runtime, durationMs }
    const length = wish.whole ? lengthOfCut(end) : undefined
    if (length === undefined || runtime === undefined) return this.#answered(id, end)
    // It has run in time.
    wish.disarm()
    this.#readings.begin(id, runtime, length, (read) => this.#answered(id, wholeOf(end, read)))
  }

  part(message: Said<ToFrontEnd, "part">, body: string | undefined): void {
    this.#readings.part(message, body)
  }

  #answered(id: string, end: End): void {
    this.#ack(id)
    this.#happen(id, { type: "answered", end })
  }

  #ack(id: string): void {
    this.#parts.say({ op: "ack", ids: [id] })
  }

  /** Told once, and only of an eval that was given up here. */
  late(
    { id, outcome, runtime, durationMs }: Said<ToFrontEnd, "late">,
    body: string | undefined,
  ): FrontEndEvents["late"] | undefined {
    const code = this.#givenUp.get(id)
    if (code === undefined) return undefined
    this.#givenUp.delete(id)
    return { ...readOutcome(outcome, body), id, runtime, durationMs, code }
  }

  /** Whether the code of an eval under way has this word in it: a page does nothing to us unasked. */
  mentions(id: string, word: string): boolean {
    return this.#wishes.get(id)?.code.includes(word) ?? false
  }

  #happenToAll(event: EvalEvent): void {
    for (const id of [...this.#wishes.keys()]) this.#happen(id, event)
  }

  #happen(id: string, event: EvalEvent): void {
    const wish = this.#wishes.get(id)
    if (wish?.state !== undefined) this.#take(id, wish, step(wish.state, event, this.#config(wish)))
  }

  #config({ waitMs, timeoutMs }: Wish): EvalConfig {
    return { now: this.#parts.clock.now(), waitMs, timeoutMs }
  }

  #take(id: string, wish: Wish, { state, effects }: EvalStep): void {
    wish.state = state
    if (state === undefined) {
      this.#wishes.delete(id)
      if (this.#readings.forget(id)) this.#ack(id)
    }
    for (const effect of effects) this.#perform(id, wish, effect)
  }

  #perform(id: string, wish: Wish, effect: EvalEffect): void {
    switch (effect.do) {
      case "ask":
        return this.#ask(id, wish, effect.to)
      case "cancel":
        return this.#parts.say({ op: "cancel", id, as: effect.as })
      case "arm":
        wish.disarm()
        wish.disarm = this.#parts.clock.after(effect.ms, () => this.#happen(id, { type: "due" }))
        return
      case "disarm":
        return wish.disarm()
      case "settle":
        return this.#settle(id, wish, effect.end)
      default:
        return effect satisfies never
    }
  }

  #settle(id: string, { code, settle }: Wish, end: End): void {
    if ((end.outcome === "cancelled" || end.outcome === "timeout") && end.result.ran === "unknown") {
      this.#givenUp.set(id, code)
      if (this.#givenUp.size > maxGivenUp) this.#givenUp.delete(this.#givenUp.keys().next().value!)
    }
    settle({ id, ...end })
  }

  #ask(id: string, wish: Wish, to: AnsweringRuntime | undefined): void {
    const { code, waitMs, timeoutMs, wasSaid } = wish
    // Names and numbers may belong to another by now; the id does not.
    const runtime = to?.id ?? wish.runtime
    const session = to?.session
    const bytes = Buffer.byteLength(code)
    const maxBytes = this.#maxBytes - headerBytes
    if (bytes > maxBytes) {
      const reason = `the code has ${bytes} bytes, and the bridge takes ${maxBytes}: evaluate it in parts`
      const result = { code: "overflow", reason, ran: wasSaid ? "unknown" : "no" } as const
      return this.#happen(id, { type: "answered", end: { outcome: "lost", result, durationMs: 0 } })
    }
    wish.wasSaid = true
    this.#parts.say(
      { op: "eval", id, ...(runtime && { runtime }), ...(session && { session }), waitMs, timeoutMs },
      code,
    )
  }
}

/** What was cut, made whole. */
function wholeOf(end: End, read: Read): End {
  const { runtime, durationMs } = end
  if ("text" in read) {
    return { outcome: "value", result: { type: "string", value: read.text }, runtime, durationMs }
  }
  const reason = `the whole of its result did not come: ${read.problem}`
  return { outcome: "lost", result: { code: "overflow", reason, ran: "unknown" }, runtime, durationMs }
}
