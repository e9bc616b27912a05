import { randomUUID } from "node:crypto"
import { protocolVersion, writeMessage, type RawMessage } from "../../src/protocol/index.ts"
import { Talk } from "./talk.ts"

export interface FakeRuntimeOptions {
  readonly origin?: string
  /** The result for a code as JSON; undefined keeps it running until `finish`. */
  readonly evaluate?: (code: string) => string | undefined
  /** More for hello. */
  readonly hello?: Readonly<Record<string, unknown>>
}

/** A runtime that follows the wire and evaluates nothing. Its session and outbox outlive its sockets, as a page's do. */
export class FakeRuntime {
  id: string = randomUUID()
  session: string = randomUUID()
  talk!: Talk
  welcome!: RawMessage["header"]
  /** The ids of evals in the order in which they ran, in all sessions. */
  readonly ran: string[] = []
  readonly #options: FakeRuntimeOptions
  /** By eval: its outcome as text, undefined while it runs. */
  readonly #evals = new Map<string, string | undefined>()
  readonly #unacked = new Set<string>()

  constructor(options: FakeRuntimeOptions = {}) {
    this.#options = options
  }

  /** Dials and says hello; resolves when it is welcome. */
  async connect(port: number): Promise<this> {
    const talk = new Talk(`ws://127.0.0.1:${port}/runtime`, [], {
      origin: this.#options.origin ?? "http://localhost:3000",
    })
    this.talk = await talk.opened()
    talk.each("eval", ({ header, body = "" }) => this.#take(String(header["id"]), body))
    talk.each("ack", ({ header }) => (header["ids"] as string[] | undefined)?.forEach((id) => this.#unacked.delete(id)))
    this.#greet()
    this.welcome = (await talk.hear("welcome")).header
    this.id = String(this.welcome["runtime"])
    for (const id of this.#unacked) talk.socket.send(this.#evals.get(id)!)
    return this
  }

  /** A new page load: what the old one knew is gone. */
  async reload(port: number): Promise<this> {
    this.session = randomUUID()
    this.#evals.clear()
    this.#unacked.clear()
    return this.connect(port)
  }

  /** The ids of outcomes that nobody has acknowledged. */
  get unacked(): readonly string[] {
    return [...this.#unacked]
  }

  finish(id: string, result = "{}", outcome = "value"): void {
    const message = { op: "outcome", id, outcome, durationMs: 1 }
    this.#evals.set(id, writeMessage(message, result))
    this.#unacked.add(id)
    this.#sendOutcome(id)
  }

  #greet(): void {
    const known = { number: this.welcome?.["number"], name: this.welcome?.["name"] }
    const page = { kind: "page", url: "http://localhost:3000/", title: "Shop", userAgent: "Chrome/156.0" }
    const ids = {
      runtime: this.id,
      session: this.session,
      protocol: protocolVersion,
      version: "0.0.0",
      features: ["batch"],
    }
    this.talk.say({ op: "hello", ...ids, ...page, ...known, ...this.#options.hello })
  }

  #take(id: string, code: string): void {
    if (this.#evals.has(id)) return this.#sendOutcome(id)
    this.ran.push(id)
    this.#evals.set(id, undefined)
    const { evaluate = (text) => JSON.stringify({ type: "string", value: text }) } = this.#options
    const result = evaluate(code)
    if (result !== undefined) this.finish(id, result)
  }

  #sendOutcome(id: string): void {
    const outcome = this.#evals.get(id)
    if (outcome !== undefined && this.talk.socket.readyState === this.talk.socket.OPEN) this.talk.socket.send(outcome)
  }
}
