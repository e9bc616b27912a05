import { closeCode, decodeFromFrontEnd, type FromFrontEnd, type Said } from "../../protocol/index.ts"
import { Peer } from "../peer.ts"
import type { Pulsing } from "../pulse.ts"
import type { Socket } from "../socket.ts"

/** What one socket of a front end brings to the bridge. */
export interface FrontEndPeerUse {
  hello(from: FrontEndPeer, hello: Said<FromFrontEnd, "hello">): void
  /** Anything else that it asks for, once it is welcome. */
  asked(from: FrontEndPeer, message: FrontEndWish, body: string | undefined): void
  /** `forGood`: it said so. */
  left(from: FrontEndPeer, forGood: boolean): void
}

export type FrontEndWish = Extract<
  FromFrontEnd,
  {
    op: "eval" | "cancel" | "ack" | "use" | "reload" | "complete" | "read" | "recall" | "expand" | "release" | "decide"
  }
>

/** Unread bytes beyond which console lines are dropped, and counted, and outcomes stay where they are. */
const maxBehind = 1024 * 1024
/** Unread bytes beyond which a front end is sent away; it may come back for what it is owed. */
export const maxBuffered = 8 * 1024 * 1024

/** One socket of a front end. */
export class FrontEndPeer extends Peer<FromFrontEnd> implements Pulsing {
  readonly isDeaf = false
  /** The id that it said in hello. */
  frontEnd: string | undefined
  readonly #use: FrontEndPeerUse
  #saidBye = false
  #droppedLines = 0

  constructor(socket: Socket, helloMs: number, use: FrontEndPeerUse) {
    super({ socket, decode: decodeFromFrontEnd, role: "front end", helloMs })
    this.#use = use
  }

  /** It has not read what it was sent. */
  get isBehind(): boolean {
    return this.socket.bufferedBytes > maxBehind
  }

  override send(message: string): void {
    super.send(message)
    if (this.socket.bufferedBytes > maxBuffered) this.close(closeCode.tryAgainLater, "too much is unread")
  }

  /** Console lines give way to everything else: one is written with how many were dropped before it [L40]. */
  sendLine(weight: number, writeLine: (dropped: number) => string): void {
    if (this.isBehind) {
      this.#droppedLines += weight
      return
    }
    super.send(writeLine(this.#droppedLines))
    this.#droppedLines = 0
  }

  protected hear(message: FromFrontEnd, body: string | undefined): void {
    switch (message.op) {
      case "hello":
        return this.#use.hello(this, message)
      case "eval":
      case "cancel":
      case "ack":
      case "use":
      case "reload":
      case "complete":
      case "read":
      case "recall":
      case "expand":
      case "release":
      case "decide":
        return this.#use.asked(this, message, body)
      case "bye":
        this.#saidBye = true
        return
      case "ping":
      case "pong":
      case "error":
        return
      default:
        return message satisfies never
    }
  }

  doubt(): void {}

  pong(): void {}

  protected left(code: number): void {
    this.#use.left(this, this.#saidBye || code === closeCode.normal)
  }
}
