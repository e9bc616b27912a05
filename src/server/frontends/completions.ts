import type { FromRuntime, Said, ToFrontEnd } from "../../protocol/index.ts"
import type { Runtime } from "../runtimes/registry.ts"

type Answer = (answer: Said<ToFrontEnd, "completions">, body?: string) => void

interface Wish {
  readonly runtime: string
  /** As the front end calls it. */
  readonly id: string
  readonly answer: Answer
  readonly timer: NodeJS.Timeout
}

/** Whoever types waits no longer for names. */
const patienceMs = 2000

/** Wishes for completions that runtimes have not answered yet: each is answered once. */
export class Completions {
  readonly #wishes = new Map<string, Wish>()
  #asked = 0

  /** Returns the id by which the runtime is to answer. */
  expect({ id: runtime, name }: Pick<Runtime, "id" | "name">, id: string, answer: Answer): string {
    const asked = `complete-${++this.#asked}`
    const timer = setTimeout(() => {
      this.#wishes.delete(asked)
      answer({ op: "completions", id, problem: `${name} does not answer` })
    }, patienceMs)
    this.#wishes.set(asked, { runtime, id, answer, timer })
    return asked
  }

  /** Counts from the runtime that was asked only. */
  answer(runtime: string, { id: asked, isCut }: Said<FromRuntime, "completions">, body: string | undefined): void {
    const wish = this.#wishes.get(asked)
    if (wish?.runtime !== runtime) return
    this.#wishes.delete(asked)
    clearTimeout(wish.timer)
    wish.answer({ op: "completions", id: wish.id, isCut }, body)
  }

  stop(): void {
    for (const { timer } of this.#wishes.values()) clearTimeout(timer)
    this.#wishes.clear()
  }
}
