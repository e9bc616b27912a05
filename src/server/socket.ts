import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { WebSocketServer, type ServerOptions, type WebSocket } from "ws"
import { tokenProtocol } from "./gate.ts"

/** One way to another end: a WebSocket, or a channel inside this process. */
export interface Socket {
  /** Written here and not yet handed to the network. */
  readonly bufferedBytes: number
  /** Grows with every byte from the other side, also inside a frame that is not whole yet. */
  readonly bytesRead: number
  send(frame: string): void
  /** On the level of WebSocket; comes back by `pong`. */
  ping(payload: string): void
  /** Reads no more for now; what comes waits in the network. */
  pause(): void
  resume(): void
  close(code: number, reason: string): void
  terminate(): void
}

/** What becomes of what a socket brings. After `closed` nothing comes. */
export interface SocketUse {
  frame(text: string): void
  /** A frame that is not text. */
  binary(): void
  pong(payload: string): void
  closed(code: number, reason: string): void
}

export type Upgrade = (
  request: IncomingMessage,
  wire: Duplex & { readonly bytesRead?: number },
  head: Buffer,
  use: (socket: Socket, protocol: string) => SocketUse,
) => void

/** How long an end may take to answer our close before its socket is cut. */
const closeMs = 2000

/** Bytes. What is said otherwise is bounded by those who say it. */
const maxUnreadPongs = 8 * 1024 * 1024

/** Turns admitted upgrade requests into sockets, with the subprotocol that was chosen; a frame over `maxBytes` closes its socket with 1009. */
export function createUpgrade(maxBytes: number): Upgrade {
  const options: ServerOptions & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxBytes,
    closeTimeout: closeMs,
    // A browser that offered subprotocols fails unless one is chosen; a token is never it.
    handleProtocols: (offered) => [...offered].find((name) => !name.startsWith(tokenProtocol)) ?? false,
  }
  const server = new WebSocketServer(options)
  return (request, wire, head, use) => {
    server.handleUpgrade(request, wire, head, (webSocket) => connect(webSocket, wire, use))
  }
}

function connect(
  webSocket: WebSocket,
  wire: { readonly bytesRead?: number },
  use: (socket: Socket, protocol: string) => SocketUse,
): void {
  const socket: Socket = {
    get bufferedBytes() {
      return webSocket.bufferedAmount
    },
    get bytesRead() {
      return wire.bytesRead ?? 0
    },
    send: (frame) => {
      if (webSocket.readyState === webSocket.OPEN) webSocket.send(frame)
    },
    ping: (payload) => {
      if (webSocket.readyState === webSocket.OPEN) webSocket.ping(payload)
    },
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
    close: (code, reason) => webSocket.close(code, reason),
    terminate: () => webSocket.terminate(),
  }
  const user = use(socket, webSocket.protocol)
  webSocket.on("message", (data: Buffer, isBinary) => (isBinary ? user.binary() : user.frame(data.toString())))
  webSocket.on("pong", (payload) => user.pong(payload.toString()))
  // Each was answered already; whoever sends them and reads no answer is not waited for.
  webSocket.on("ping", () => {
    if (webSocket.bufferedAmount > maxUnreadPongs) webSocket.terminate()
  })
  webSocket.on("close", (code, reason) => user.closed(code, reason.toString()))
  // Whatever went wrong, ws closes the socket with the fitting code; `close` tells.
  webSocket.on("error", () => undefined)
}
