import {
  closeCode,
  FrameError,
  maxBatchLength,
  writeFrame,
  writeMessage,
  type Decode,
  type FromFrontEnd,
  type FromRuntime,
  type ToFrontEnd,
  type ToRuntime,
} from "../protocol/index.ts"
import { createAllowance, type Allowance } from "./allowance.ts"
import { helloProblem, versionProblem, type Role } from "./hello.ts"
import { checkHeader, Offence } from "./manners.ts"
import type { Socket, SocketUse } from "./socket.ts"

export interface PeerParts<Message> {
  readonly socket: Socket
  readonly decode: Decode<Message>
  readonly role: Role
  readonly helloMs: number
  /** Beyond it reading pauses. @defaultValue unlimited */
  readonly maxMessagesPerS?: number
}

/** What the bridge says, as text. */
export const write: (header: ToRuntime | ToFrontEnd, body?: string) => string = writeMessage

/** Malformed frames that are answered before the socket is closed [L30]. */
const maxMalformed = 10

/** The manners of an accepted socket: it is heard, answered when it pings, told when it errs, and closed when it goes on. */
export abstract class Peer<Message extends FromRuntime | FromFrontEnd> implements SocketUse {
  readonly socket: Socket
  readonly #role: Role
  readonly #decode: Decode<Message>
  readonly #helloTimer: NodeJS.Timeout
  readonly #allowance: Allowance | undefined
  /** Messages that it was asked for and has not said yet. */
  #asked = 0
  #pause: NodeJS.Timeout | undefined
  #deaf = false
  #greeted = false
  #batches = false
  #malformed = 0
  #frames = 0
  #unsent: string[] = []
  #unsentLength = 0

  constructor({ socket, decode, role, helloMs, maxMessagesPerS }: PeerParts<Message>) {
    this.socket = socket
    this.#decode = decode
    this.#role = role
    this.#allowance = maxMessagesPerS === undefined ? undefined : createAllowance(maxMessagesPerS)
    this.#helloTimer = setTimeout(() => this.reject(closeCode.helloTimeout, `no hello within ${helloMs} ms`), helloMs)
  }

  /** Every message but ping, which is answered already; a hello comes once, is of our version, and comes first. */
  protected abstract hear(message: Message, body: string | undefined): void
  /** Its socket is gone, whoever closed it. */
  protected abstract left(code: number, reason: string): void
  /** The answer to a ping on the level of WebSocket. */
  abstract pong(payload: string): void

  /** Whole ones that came, whatever is in them. */
  get frames(): number {
    return this.#frames
  }

  /** Its messages wait in the network: it said too many. */
  get isPaused(): boolean {
    return this.#pause !== undefined
  }

  /** Messages of one turn of the event loop share a frame where the peer takes batches. */
  send(message: string): void {
    if (this.#deaf) return
    if (!this.#batches) {
      this.socket.send(message)
      return
    }
    if (this.#unsent.length === 0) queueMicrotask(() => this.#flush())
    this.#unsent.push(message)
    this.#unsentLength += message.length
    if (this.#unsentLength > maxBatchLength) this.#flush()
  }

  say(header: ToRuntime | ToFrontEnd, body?: string): void {
    this.send(write(header, body))
  }

  /** It was asked for one more message, which does not count as said of its own accord. */
  protected ask(): void {
    this.#asked++
  }

  /** Says why, then closes for good. */
  reject(code: number, reason: string): void {
    this.say({ op: "reject", code, reason })
    this.close(code, "rejected")
  }

  /** Nothing that still comes is heard. */
  close(code: number, reason: string): void {
    if (this.#deaf) return
    this.#flush()
    this.#deaf = true
    this.socket.close(code, reason)
  }

  frame(text: string): void {
    this.#frames++
    if (this.#deaf) return
    let messages: ReturnType<Decode<Message>>
    let said = 0
    try {
      messages = this.#decode(text, (header) => {
        said++
        checkHeader(header, this.#role)
      })
    } catch (error) {
      if (error instanceof Offence) return this.reject(error.code, error.message)
      if (!(error instanceof FrameError)) throw error
      const problem = this.#greeted ? undefined : helloProblem(text, error, this.#role)
      if (problem === undefined) this.#complain(error.code, error.message)
      else this.reject(problem.code, problem.reason)
      return
    } finally {
      this.#pace(said)
    }
    for (const { message, body } of messages) {
      if (this.#deaf) return
      this.#hear(message, body)
    }
  }

  binary(): void {
    if (!this.#deaf) this.#complain("not-text", "frames must be text")
  }

  closed(code: number, reason: string): void {
    clearTimeout(this.#helloTimer)
    clearTimeout(this.#pause)
    this.#deaf = true
    this.left(code, reason)
  }

  #hear(message: Message, body: string | undefined): void {
    switch (message.op) {
      case "ping":
        this.say(message.id === undefined ? { op: "pong" } : { op: "pong", id: message.id })
        return
      case "hello":
        if (this.#greeted) return this.#complain("second-hello", "hello is said once on a socket")
        if (!this.#greet(message.protocol, message.features)) return
        break
      case "pong":
      case "bye":
      case "error":
        break
      default:
        if (!this.#greeted) return this.#complain("no-hello", `${message.op} was said before hello`)
    }
    this.hear(message, body)
  }

  #greet(protocol: number, features: readonly string[] | undefined): boolean {
    const problem = versionProblem(protocol, this.#role)
    if (problem !== undefined) {
      this.reject(problem.code, problem.reason)
      return false
    }
    clearTimeout(this.#helloTimer)
    this.#greeted = true
    this.#batches = features?.includes("batch") ?? false
    return true
  }

  /** Who says more than its share is read later; it is told by its own full buffers, and loses nothing [P48]. */
  #pace(messages: number): void {
    const answers = Math.min(messages, this.#asked)
    this.#asked -= answers
    const pauseMs = this.#allowance?.(messages - answers, performance.now()) ?? 0
    if (pauseMs === 0) return
    clearTimeout(this.#pause)
    this.socket.pause()
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      this.socket.resume()
    }, pauseMs)
  }

  #complain(code: string, message: string): void {
    this.say({ op: "error", code, message })
    if (++this.#malformed >= maxMalformed) this.close(closeCode.protocolError, "too many malformed frames")
  }

  #flush(): void {
    if (this.#unsent.length === 0) return
    const frame = writeFrame(this.#unsent)
    this.#unsent = []
    this.#unsentLength = 0
    if (!this.#deaf) this.socket.send(frame)
  }
}
