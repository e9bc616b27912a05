import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { WebSocketServer, type WebSocket } from "ws"
import { protocolVersion, readFrame, writeMessage, type RawMessage } from "../../src/protocol/index.ts"

/** One socket of a runtime, seen from a bridge that is the test. */
export interface Caller {
  readonly socket: WebSocket
  say(header: { readonly op: string; readonly [field: string]: unknown }, body?: string): void
  /** Calls the listener with every message of this op. */
  each(op: string, listener: (message: RawMessage) => void): void
  /** The next message of this op. */
  hear(op: string): Promise<RawMessage>
  welcome(more?: Readonly<Record<string, unknown>>): void
}

export interface ScriptedBridge {
  readonly url: string
  close(): Promise<void>
}

/** A bridge that does as it is told: `play` is called with each socket and its number, from 1. */
export async function openScriptedBridge(play: (caller: Caller, nth: number) => void): Promise<ScriptedBridge> {
  const http = createServer()
  const server = new WebSocketServer({ server: http })
  let sockets = 0
  server.on("connection", (socket) => {
    socket.on("error", () => undefined)
    play(callerOn(socket), ++sockets)
  })
  await new Promise<void>((listening) => http.listen(0, "127.0.0.1", listening))
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async close() {
      for (const socket of server.clients) socket.terminate()
      server.close()
      await new Promise((closed) => http.close(closed))
    },
  }
}

function callerOn(socket: WebSocket): Caller {
  const say: Caller["say"] = (header, body) => socket.send(writeMessage(header, body))
  const each: Caller["each"] = (op, listener) =>
    void socket.on("message", (data: Buffer) => {
      for (const message of readFrame(data.toString())) if (message.header.op === op) listener(message)
    })
  return {
    socket,
    say,
    each,
    hear: (op) => new Promise((heard) => each(op, heard)),
    welcome: (more) =>
      say({
        op: "welcome",
        protocol: protocolVersion,
        version: "0",
        bridge: "b",
        runtime: "r",
        number: 1,
        name: "n",
        ...more,
      }),
  }
}
