import type { Clock } from "../link/index.ts"
import { textLimits, type AnsweringRuntime, type FromFrontEnd, type Said, type ToFrontEnd } from "../protocol/index.ts"
import { readPart } from "./outcome.ts"

export interface ReadingsParts {
  readonly clock: Clock
  readonly newId: () => string
  readonly say: (message: FromFrontEnd) => void
}

/** The whole text, or why there is none. */
export type Read = { readonly text: string } | { readonly problem: string }

interface Reading {
  readonly runtime: AnsweringRuntime
  readonly length: number
  readonly done: (read: Read) => void
  text: string
  /** The question that is out; answers to others are too late. */
  asked: string
  disarm: () => void
}

/** How long one part may take to come: longer than the bridge waits for its runtime. */
const patienceMs = 65_000

/**
 * Texts that are too long for an outcome, by their eval: the runtime keeps each whole
 * and gives it part by part, the next when the one before has come. So no side
 * holds more than it must, and whatever else is said gets between.
 */
export class Readings {
  readonly #parts: ReadingsParts
  readonly #readings = new Map<string, Reading>()

  constructor(parts: ReadingsParts) {
    this.#parts = parts
  }

  /** Goes on where the same one is under way already: its outcome may come twice. */
  begin(id: string, runtime: AnsweringRuntime, length: number, done: (read: Read) => void): void {
    if (length > textLimits.whole) {
      return done({ problem: `it has ${length} characters, and no more than ${textLimits.whole} are passed on` })
    }
    const known = this.#readings.get(id)
    const reading = known ?? { runtime, length, done, text: "", asked: "", disarm: () => undefined }
    this.#readings.set(id, reading)
    this.#ask(id, reading)
  }

  part({ id: asked, problem }: Said<ToFrontEnd, "part">, body: string | undefined): void {
    for (const [id, reading] of this.#readings) {
      if (reading.asked !== asked) continue
      if (problem === undefined) this.#take(id, reading, body)
      else this.#end(id, reading, { problem })
      return
    }
  }

  /** Nobody waits for it any more. */
  forget(id: string): boolean {
    this.#readings.get(id)?.disarm()
    return this.#readings.delete(id)
  }

  #take(id: string, reading: Reading, body: string | undefined): void {
    if (body === undefined) return this.#end(id, reading, { problem: "its page keeps it no longer" })
    const part = readPart(body)
    if (part === "" || reading.text.length + part.length > reading.length) {
      return this.#end(id, reading, { problem: "a part of it cannot be read" })
    }
    reading.text += part
    if (reading.text.length < reading.length) this.#ask(id, reading)
    else this.#end(id, reading, { text: reading.text })
  }

  #ask(id: string, reading: Reading): void {
    const { runtime, text, disarm } = reading
    disarm()
    reading.disarm = this.#parts.clock.after(patienceMs, () =>
      this.#end(id, reading, { problem: "the bridge does not answer" }),
    )
    reading.asked = this.#parts.newId()
    this.#parts.say({ op: "read", id: reading.asked, runtime: runtime.id, eval: id, from: text.length })
  }

  #end(id: string, reading: Reading, read: Read): void {
    this.forget(id)
    reading.done(read)
  }
}
