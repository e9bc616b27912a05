import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, describe, test } from "vitest"
import { WebSocket, WebSocketServer } from "ws"
import { createFakeNetwork } from "../../test/support/fake-socket.ts"
import { socketContract, type Peer, type Wire } from "../../test/support/socket-contract.ts"
import type { Socket } from "./index.ts"

/** The fake's far end is the test. */
function fakeWire(): Wire {
  const network = createFakeNetwork()
  return {
    dial: () => network.openSocket("ws://127.0.0.1:1/"),
    accept: async () => {
      const socket = network.last
      socket.open()
      return {
        heard: async () => socket.sent.shift()!,
        say: (text) => socket.message(text),
        close: (code, reason) => socket.fail(code, reason),
        cut: () => socket.fail(),
        closed: async () => ({ code: socket.closedWith!.code ?? 1005, reason: socket.closedWith!.reason }),
      }
    },
    dialNobody() {
      const socket = network.openSocket("ws://127.0.0.1:1/")
      queueMicrotask(() => socket.fail())
      return socket
    },
  }
}

function realWire(server: WebSocketServer, nobody: number): Wire {
  const { port } = server.address() as AddressInfo
  let arrival: Promise<Peer>
  return {
    dial() {
      arrival = once(server, "connection").then(([socket]) => peerOf(socket as WebSocket))
      return new WebSocket(`ws://127.0.0.1:${port}/`) as unknown as Socket
    },
    accept: () => arrival,
    dialNobody: () => new WebSocket(`ws://127.0.0.1:${nobody}/`) as unknown as Socket,
  }
}

function peerOf(socket: WebSocket): Peer {
  const frames: string[] = []
  socket.on("message", (data: Buffer) => {
    frames.push(data.toString())
    socket.emit("frame")
  })
  const closed = once(socket, "close").then(([code, reason]) => ({ code: Number(code), reason: String(reason) }))
  return {
    async heard() {
      while (frames.length === 0) await once(socket, "frame")
      return frames.shift()!
    },
    say: (text) => socket.send(text),
    close: (code, reason) => socket.close(code, reason),
    cut: () => socket.terminate(),
    closed: () => closed,
  }
}

describe("the fake socket", () => {
  for (const [name, hold] of Object.entries(socketContract)) test(name, () => hold(fakeWire()))
})

describe("the socket of ws", () => {
  let server: WebSocketServer
  let nobody: number

  beforeAll(async () => {
    const gone = new WebSocketServer({ host: "127.0.0.1", port: 0 })
    await once(gone, "listening")
    nobody = (gone.address() as AddressInfo).port
    gone.close()
    server = new WebSocketServer({ host: "127.0.0.1", port: 0 })
    await once(server, "listening")
  })

  afterAll(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })

  for (const [name, hold] of Object.entries(socketContract)) test(name, () => hold(realWire(server, nobody)))
})
