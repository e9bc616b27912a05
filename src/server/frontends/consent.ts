import type { FromFrontEnd, Said, ToFrontEnd } from "../../protocol/index.ts"
import type { Asker } from "../evals/router.ts"

/** What agents may: everything, everything that a person says yes to, or only look. */
export const agentPolicies = ["allow", "ask", "read-only"] as const
export type AgentPolicy = (typeof agentPolicies)[number]

type EvalMessage = Said<FromFrontEnd, "eval">

export interface ConsentParts {
  readonly policy: AgentPolicy
  readonly run: (asker: Asker, message: EvalMessage, code: string) => void
  readonly forbid: (asker: Asker, message: EvalMessage, code: string, why: string) => void
  readonly tell: (frontEnd: string, message: Said<ToFrontEnd, "held">) => void
  /** Says it to every terminal; gives how many there are. */
  readonly tellPersons: (message: Said<ToFrontEnd, "asking" | "decided">, body?: string) => number
}

interface Held {
  readonly asker: Asker
  readonly message: EvalMessage
  readonly code: string
}

/** Where evals of agents wait for a person's word. */
export class Consent {
  readonly #parts: ConsentParts
  readonly #held = new Map<string, Held>()

  constructor(parts: ConsentParts) {
    this.#parts = parts
  }

  ask(asker: Asker, message: EvalMessage, code: string): void {
    const { policy, run, forbid, tell, tellPersons } = this.#parts
    const { id } = message
    if (policy === "allow") return run(asker, message, code)
    if (policy === "read-only") return forbid(asker, message, code, lookOnly)
    const isNew = !this.#held.has(id)
    if (isNew && tellPersons({ op: "asking", id, from: asker.name }, code) === 0) {
      return forbid(asker, message, code, "nobody is at a terminal to allow it: the bridge runs with --agents ask")
    }
    this.#held.set(id, { asker, message, code })
    tell(asker.id, { op: "held", id, reason: "a person is asked" })
  }

  /** A terminal came: it is told what waits. */
  waiting(): readonly { readonly message: Said<ToFrontEnd, "asking">; readonly code: string }[] {
    return [...this.#held].map(([id, { asker, code }]) => ({ message: { op: "asking", id, from: asker.name }, code }))
  }

  decide({ id, isAllowed }: Said<FromFrontEnd, "decide">, by: string): void {
    const held = this.#take(id)
    if (held === undefined) return
    const { asker, message, code } = held
    if (isAllowed) this.#parts.run(asker, message, code)
    else this.#parts.forbid(asker, message, code, `${by} did not allow it`)
  }

  /** False where it does not wait here. */
  cancel(id: string): boolean {
    const held = this.#take(id)
    if (held !== undefined) this.#parts.forbid(held.asker, held.message, held.code, "cancelled before it was allowed")
    return held !== undefined
  }

  /** Who left will ask again, or does not want it any more. */
  left(frontEnd: string): void {
    for (const [id, { asker }] of this.#held) if (asker.id === frontEnd) this.#take(id)
  }

  /** The last terminal left: nobody will answer. */
  alone(): void {
    for (const [id, { asker, message, code }] of this.#held) {
      this.#held.delete(id)
      this.#parts.forbid(asker, message, code, "nobody is at a terminal any more to allow it")
    }
  }

  #take(id: string): Held | undefined {
    const held = this.#held.get(id)
    if (held === undefined) return undefined
    this.#held.delete(id)
    this.#parts.tellPersons({ op: "decided", id })
    return held
  }
}

export const lookOnly = "agents may only look: the bridge runs with --agents read-only"
