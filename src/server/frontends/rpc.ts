import { closeCode } from "../../protocol/index.ts"
import type { Pulsing } from "../pulse.ts"
import type { Socket, SocketUse } from "../socket.ts"
import type { ChannelUse, FrontEndChannel } from "./channel.ts"
import { maxBuffered } from "./peer.ts"

/** The subprotocol at `/frontend` of those who speak JSON-RPC there. */
export const rpcProtocol = "repl-bridge.rpc"

/** A socket on which JSON-RPC is spoken, for whoever answers it, and the way to the bridge of the front end that it is. */
export interface RpcSocket {
  readonly url: string
  say(text: string): void
  /** All is said. */
  close(): void
  openChannel(receive: (frame: string) => void, closed: (code: number, reason: string) => void): FrontEndChannel
}

/** What becomes of what it brings. */
export interface RpcUse {
  heard(text: string): void
  closed(): void
}

export type OpenRpc = (socket: RpcSocket) => RpcUse

export interface RpcParts {
  readonly open: OpenRpc
  readonly url: () => string
  readonly openChannel: (use: ChannelUse) => FrontEndChannel
}

/** The sockets on which JSON-RPC is spoken. */
export class RpcPeers {
  readonly #parts: RpcParts
  readonly #peers = new Set<RpcPeer>()

  constructor(parts: RpcParts) {
    this.#parts = parts
  }

  get peers(): ReadonlySet<Pulsing> {
    return this.#peers
  }

  /** How many are no front ends yet: those are counted by their channels. */
  get unseated(): number {
    return [...this.#peers].filter(({ isSeated }) => !isSeated).length
  }

  accept(socket: Socket): SocketUse {
    const peer = new RpcPeer(socket, this.#parts, () => this.#peers.delete(peer))
    this.#peers.add(peer)
    return peer
  }

  /** What their front ends lose by it is still said. */
  stop(): void {
    for (const peer of this.#peers) setImmediate(() => peer.close(closeCode.restarting, "restarting"))
  }
}

class RpcPeer implements SocketUse, Pulsing {
  readonly socket: Socket
  readonly isDeaf = false
  readonly isPaused = false
  frames = 0
  isSeated = false
  readonly #use: RpcUse
  readonly #left: () => void
  #isOver = false

  constructor(socket: Socket, { open, url, openChannel }: RpcParts, left: () => void) {
    this.socket = socket
    this.#left = left
    this.#use = open({
      url: url(),
      say: (text) => this.#say(text),
      close: () => this.close(closeCode.normal, ""),
      openChannel: (receive, closed) => {
        this.isSeated = true
        return openChannel({
          frame: receive,
          closed,
          // What it does not read, its front end has not read.
          get bufferedBytes() {
            return socket.bufferedBytes
          },
        })
      },
    })
  }

  frame(text: string): void {
    this.frames++
    if (!this.#isOver) this.#use.heard(text)
  }

  binary(): void {
    this.close(closeCode.protocolError, "messages must be text")
  }

  close(code: number, reason: string): void {
    if (!this.#isOver) this.socket.close(code, reason)
    this.#end()
  }

  closed(): void {
    this.#end()
    this.#left()
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#use.closed()
  }

  #say(text: string): void {
    if (this.#isOver) return
    this.socket.send(text)
    if (this.socket.bufferedBytes > maxBuffered) this.close(closeCode.tryAgainLater, "too much is unread")
  }

  say(): void {}

  doubt(): void {}

  pong(): void {}
}
