import type { FromRuntime, Said } from "../../protocol/index.ts"
import type { Runtime } from "../runtimes/registry.ts"

export type Reply = Said<FromRuntime, "completions" | "part" | "expansion">

/** What a runtime replied, or why it did not. */
type Answer = (
  answer: { readonly isCut?: boolean | undefined; readonly problem?: string | undefined },
  body?: string,
) => void

interface Question {
  readonly runtime: string
  /** As it is sent to the runtime; again where that returns on another socket and may not have heard it. */
  readonly ask: (id: string) => void
  readonly answer: Answer
  readonly timer: NodeJS.Timeout
}

/** What runtimes were asked for front ends and have not answered yet: each question is answered once. */
export class Questions {
  readonly #questions = new Map<string, Question>()
  #asked = 0

  /** Asks under an id of its own; a runtime that is away is asked when it returns. */
  ask(
    { id: runtime, name }: Pick<Runtime, "id" | "name">,
    patienceMs: number,
    ask: (id: string) => void,
    answer: Answer,
  ): void {
    const asked = `question-${++this.#asked}`
    const timer = setTimeout(() => {
      this.#questions.delete(asked)
      answer({ problem: `${name} does not answer` })
    }, patienceMs)
    this.#questions.set(asked, { runtime, ask, answer, timer })
    ask(asked)
  }

  /** The runtime has another socket. */
  again(runtime: string): void {
    for (const [asked, question] of this.#questions) if (question.runtime === runtime) question.ask(asked)
  }

  /** Whoever was asked is no more. */
  ended(runtime: string, problem: string): void {
    for (const [asked, question] of this.#questions)
      if (question.runtime === runtime) this.#settle(asked, question, { problem })
  }

  /** Counts from the runtime that was asked only. */
  answer(runtime: string, { op, id: asked, ...reply }: Reply, body: string | undefined): void {
    const question = this.#questions.get(asked)
    if (question?.runtime !== runtime) return
    this.#settle(asked, question, reply, body)
  }

  stop(): void {
    for (const { timer } of this.#questions.values()) clearTimeout(timer)
    this.#questions.clear()
  }

  #settle(asked: string, { timer, answer }: Question, ...said: Parameters<Answer>): void {
    this.#questions.delete(asked)
    clearTimeout(timer)
    answer(...said)
  }
}
