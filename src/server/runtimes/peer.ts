import { closeCode, decodeFromRuntime, type FromRuntime, type RuntimeInfo, type Said } from "../../protocol/index.ts"
import type { Reply } from "../frontends/questions.ts"
import { Peer } from "../peer.ts"
import type { Pulsing } from "../pulse.ts"
import type { Socket } from "../socket.ts"
import { attentive, questionMs, stepAttention, type AttentionEvent } from "./attention.ts"
import type { SocketId } from "./registry.ts"

/** What one socket of a runtime brings to the bridge. */
export interface RuntimePeerUse {
  hello(from: RuntimePeer, hello: Said<FromRuntime, "hello">): void
  status(from: RuntimePeer, status: Said<FromRuntime, "status">): void
  /** It answered a probe: its page did, or only its network stack. */
  answered(from: RuntimePeer, by: "page" | "network"): void
  outcome(from: RuntimePeer, outcome: Said<FromRuntime, "outcome">, body: string | undefined): void
  console(from: RuntimePeer, line: Said<FromRuntime, "console">, body: string | undefined): void
  reply(from: RuntimePeer, reply: Reply, body: string | undefined): void
  copy(from: RuntimePeer, copy: Said<FromRuntime, "copy">, text: string | undefined): void
  chunk(from: RuntimePeer, chunk: Said<FromRuntime, "chunk">, body: string | undefined): void
  left(from: RuntimePeer, code: number, bye: string | undefined): void
  /** Its code answers no more, or answers again. */
  attended(from: RuntimePeer): void
  /** Whether an eval runs there. */
  owes(from: RuntimePeer): boolean
}

export interface RuntimePeerParts {
  readonly id: SocketId
  readonly socket: Socket
  readonly origin: string
  /** As the upgrade request had it. */
  readonly userAgent: string
  readonly helloMs: number
  /** Milliseconds that never run backwards. */
  readonly now: () => number
  readonly maxMessagesPerS: number
  readonly use: RuntimePeerUse
}

/** Unread bytes beyond which a runtime is sent away, pongs and the like: it is sent no evals long before that. */
const maxBuffered = 16 * 1024 * 1024

/** One socket of a runtime. */
export class RuntimePeer extends Peer<FromRuntime> implements Pulsing {
  readonly id: SocketId
  readonly origin: string
  readonly userAgent: string
  /** The runtime and session that it speaks for, once it is welcome. */
  speaksFor: Pick<RuntimeInfo, "id" | "number" | "name" | "session"> | undefined
  readonly #use: RuntimePeerUse
  readonly #now: () => number
  readonly #probe: string
  #attention = attentive
  #question: NodeJS.Timeout | undefined
  #bye: string | undefined
  #unackedLine: number | undefined

  constructor({ id, socket, origin, userAgent, helloMs, maxMessagesPerS, now, use }: RuntimePeerParts) {
    super({ socket, decode: decodeFromRuntime, role: "runtime", helloMs, maxMessagesPerS })
    this.id = id
    this.origin = origin
    this.userAgent = userAgent
    this.#use = use
    this.#now = now
    this.#probe = `probe-${id}`
  }

  /** Of a page, the browser's network process answers whatever the page does; elsewhere code and network are one. */
  get #hasNetwork(): boolean {
    return this.origin !== ""
  }

  get isDeaf(): boolean {
    return !this.#hasNetwork && this.#use.owes(this)
  }

  /** For how long its code has not answered; undefined where it does. */
  get busyMs(): number | undefined {
    return this.#attention.at === "busy" ? Math.round(this.#now() - this.#attention.since) : undefined
  }

  /** It was sent what it must answer. */
  expect(): void {
    this.ask()
    this.#attend({ type: "asked" })
  }

  doubt(): void {
    this.#attend({ type: "doubted" })
  }

  override frame(text: string): void {
    this.#attend({ type: "heard" })
    super.frame(text)
  }

  override send(message: string): void {
    super.send(message)
    if (this.socket.bufferedBytes > maxBuffered) this.close(closeCode.tryAgainLater, "too much is unread")
  }

  /** Asks the page and the network stack below it for a sign of life, each in its own way. */
  probe(): void {
    this.say({ op: "ping", id: this.#probe })
    this.socket.ping(this.#probe)
  }

  /** Its console lines up to this one are passed on; said once for all of a turn. */
  ackLine(seq: number): void {
    if (this.#unackedLine === undefined) {
      queueMicrotask(() => {
        if (this.#unackedLine !== undefined) this.say({ op: "ack", seq: this.#unackedLine })
        this.#unackedLine = undefined
      })
    }
    this.#unackedLine = Math.max(this.#unackedLine ?? 0, seq)
  }

  protected hear(message: FromRuntime, body: string | undefined): void {
    switch (message.op) {
      case "hello":
        return this.#use.hello(this, message)
      case "status":
        return this.#use.status(this, message)
      case "outcome":
        return this.#use.outcome(this, message, body)
      case "console":
        return this.#use.console(this, message, body)
      case "completions":
      case "part":
      case "expansion":
        return this.#use.reply(this, message, body)
      case "copy":
        return this.#use.copy(this, message, body)
      case "chunk":
        return this.#use.chunk(this, message, body)
      case "pong":
        if (message.id === this.#probe) this.#use.answered(this, "page")
        return
      case "bye":
        this.#bye = message.reason
        return
      case "ping":
      case "error":
        return
      default:
        return message satisfies never
    }
  }

  pong(payload: string): void {
    this.#attend({ type: "ponged", bytesRead: this.socket.bytesRead })
    if (payload === this.#probe) this.#use.answered(this, "network")
  }

  protected left(code: number, reason: string): void {
    clearTimeout(this.#question)
    // A page that leaves before it is welcome has not said bye.
    const farewell = code === closeCode.pageHidden ? reason : undefined
    this.#use.left(this, code, this.#bye ?? farewell)
  }

  #attend(event: AttentionEvent): void {
    const { attention, effects } = stepAttention(this.#attention, event, this.#now())
    this.#attention = attention
    for (const effect of effects) {
      if (effect === "show") this.#use.attended(this)
      else if (effect === "question") {
        this.say({ op: "ping" })
        this.socket.ping("")
      } else {
        this.#question ??= setTimeout(() => {
          this.#question = undefined
          const { bytesRead } = this.socket
          // While we do not read it, it is not it that is silent.
          const hasNetwork = this.#hasNetwork || this.isPaused
          this.#attend({ type: "due", owes: this.#use.owes(this), bytesRead, hasNetwork })
        }, questionMs)
      }
    }
  }
}
