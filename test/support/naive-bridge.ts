import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { WebSocketServer, type WebSocket } from "ws"

/**
 * What one writes in an evening: no gate, no origin, no token, no limit, and
 * texts as they come. The attacks must succeed here, or they prove nothing.
 */
export interface NaiveBridge {
  readonly port: number
  readonly token: string
  stop(): Promise<void>
}

export async function startNaiveBridge(): Promise<NaiveBridge> {
  const token = "a-token-that-nobody-asks-for"
  const server = createServer({ insecureHTTPParser: true, requireHostHeader: false, maxHeaderSize: 1e6 })
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true, maxPayload: 1e9 })
  server.on("request", (request, response) => {
    response.setHeader("Access-Control-Allow-Origin", request.headers.origin ?? "*")
    response.setHeader("Access-Control-Allow-Headers", "authorization")
    request.resume().on("end", () => response.end(JSON.stringify({ token, url: request.url })))
  })
  server.on("upgrade", (request, wire, head) => sockets.handleUpgrade(request, wire, head, accept))

  function accept(socket: WebSocket): void {
    socket.on("error", () => undefined)
    socket.on("message", (data: Buffer) => {
      const text = data.toString()
      if (text.includes('"hello"')) socket.send(JSON.stringify({ op: "welcome", token, runtimes: [] }))
      for (const other of sockets.clients) if (other !== socket) other.send(text)
      if (text.includes('"ping"')) socket.send(text.replace("ping", "pong"))
    })
  }

  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  return {
    port: (server.address() as AddressInfo).port,
    token,
    stop: () =>
      new Promise((stopped) => {
        for (const socket of sockets.clients) socket.terminate()
        server.closeAllConnections()
        server.close(() => stopped())
      }),
  }
}
