import { createConnection, createServer, type AddressInfo, type Server, type Socket } from "node:net"

/** Which way bytes go: `up` from the client to the bridge, `down` back. */
export type Way = "up" | "down"

/** What a connection does with the bytes of one way. */
export type Flow =
  | { readonly kind: "pass" }
  /** Takes bytes and forwards none: half of a half-open link. */
  | { readonly kind: "swallow" }
  /** Forwards each chunk this much later. */
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: "throttle"; readonly bytesPerSecond: number }
  /** Forwards so many bytes more, then resets the connection: a frame cut in the middle. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** Keeps bytes back until the flow changes. */
  | { readonly kind: "stall" }
  /** Changes bytes on their way. */
  | { readonly kind: "corrupt"; readonly change: (chunk: Buffer) => Buffer }

/** What happens to a new connection. */
export type Door =
  | { readonly kind: "open" }
  /** Nobody listens. */
  | { readonly kind: "refuse" }
  /** FIN before any byte. */
  | { readonly kind: "accept-then-close" }
  /** The connection stands, the request is never answered. */
  | { readonly kind: "stall" }
  /** Answers the request with this text and closes. */
  | { readonly kind: "answer"; readonly response: string }

const pass: Flow = { kind: "pass" }
const open: Door = { kind: "open" }

/** An HTTP response without a body, as text. */
export function httpStatus(status: number, headers: Record<string, string> = {}): string {
  const lines = Object.entries({ connection: "close", "content-length": "0", ...headers })
  return `HTTP/1.1 ${status} Test\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`
}

/** A TCP proxy before the bridge that a test can hurt in every way a network can. */
export interface Wire {
  readonly port: number
  readonly url: string
  /** How many connections were made so far, refused ones left out. */
  readonly connections: number
  readonly openConnections: number
  /** For connections from now on. */
  door: Door
  /** Sets the flow of the connections there are and, with `also: "future"`, of those to come. */
  flow(way: Way | "both", flow: Flow, also?: "future"): void
  /** Ends the connections there are: with RST, or with FIN. */
  reset(): void
  finish(): void
  /** Resolves when the next connection has been made. */
  nextConnection(): Promise<void>
  /** Stops and starts listening: while `closed`, connections are refused. */
  refuse(): Promise<void>
  accept(): Promise<void>
  /** Points the wire to another port. */
  aim(port: number): void
  close(): Promise<void>
}

class Lane {
  flow: Flow = pass
  private kept: Buffer[] = []
  private readyAt = 0
  private readonly timers = new Set<NodeJS.Timeout>()
  private readonly from: Socket
  private readonly to: Socket

  constructor(from: Socket, to: Socket) {
    this.from = from
    this.to = to
    from.on("data", (chunk) => this.carry(chunk))
    from.on("end", () => this.flow.kind !== "swallow" && this.flow.kind !== "stall" && to.end())
  }

  set(flow: Flow): void {
    this.flow = flow
    const kept = this.kept
    this.kept = []
    for (const chunk of kept) this.carry(chunk)
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer)
    this.timers.clear()
    this.kept = []
  }

  private carry(chunk: Buffer): void {
    const flow = this.flow
    switch (flow.kind) {
      case "pass":
        this.write(chunk)
        break
      case "swallow":
        break
      case "stall":
        this.kept.push(chunk)
        break
      case "corrupt":
        this.write(flow.change(chunk))
        break
      case "delay":
        this.later(flow.ms, chunk)
        break
      case "throttle":
        this.meter(chunk, flow.bytesPerSecond)
        break
      case "cut":
        this.cut(chunk, flow.afterBytes)
        break
      default:
        flow satisfies never
    }
  }

  private write(chunk: Buffer): void {
    if (!this.to.destroyed && this.to.writable) this.to.write(chunk)
  }

  private later(ms: number, chunk: Buffer): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      this.write(chunk)
    }, ms)
    this.timers.add(timer)
  }

  private meter(chunk: Buffer, bytesPerSecond: number): void {
    const slice = Math.max(1, Math.floor(bytesPerSecond / 50))
    for (let start = 0; start < chunk.length; start += slice) {
      const part = chunk.subarray(start, start + slice)
      const now = performance.now()
      this.readyAt = Math.max(now, this.readyAt) + (part.length * 1000) / bytesPerSecond
      this.later(this.readyAt - now, part)
    }
  }

  private cut(chunk: Buffer, afterBytes: number): void {
    if (chunk.length < afterBytes) {
      this.flow = { kind: "cut", afterBytes: afterBytes - chunk.length }
      this.write(chunk)
      return
    }
    this.to.write(chunk.subarray(0, afterBytes), () => {
      this.to.resetAndDestroy()
      this.from.resetAndDestroy()
    })
  }
}

interface Pair {
  readonly client: Socket
  readonly bridge: Socket | undefined
  readonly lanes: Record<Way, Lane> | undefined
}

/** Opens a wire to a port on this machine, on a port of its own. */
export async function openWire(bridgePort: number, port = 0): Promise<Wire> {
  const pairs = new Set<Pair>()
  const announce: (() => void)[] = []
  const future: Record<Way, Flow> = { up: pass, down: pass }
  let target = bridgePort
  let connections = 0
  let door: Door = open

  const keep = (pair: Pair): void => {
    pairs.add(pair)
    const gone = (): void => {
      pairs.delete(pair)
      pair.lanes?.up.stop()
      pair.lanes?.down.stop()
    }
    pair.client.once("close", gone)
    pair.client.on("error", () => pair.bridge?.destroy())
    pair.bridge?.on("error", () => pair.client.destroy())
    pair.client.once("close", () => pair.bridge?.destroy())
    pair.bridge?.once("close", () => {
      // A link that is black-holed downwards does not hear that the bridge is gone.
      const { down } = pair.lanes!
      if (down.flow.kind !== "swallow" && down.flow.kind !== "stall") pair.client.end()
    })
  }

  const serve = (client: Socket): void => {
    client.setNoDelay(true)
    const { kind } = door
    if (kind === "open") {
      const bridge = createConnection({ port: target, host: "127.0.0.1", noDelay: true, allowHalfOpen: true })
      const lanes = { up: new Lane(client, bridge), down: new Lane(bridge, client) }
      lanes.up.set(future.up)
      lanes.down.set(future.down)
      keep({ client, bridge, lanes })
    } else {
      keep({ client, bridge: undefined, lanes: undefined })
      client.resume()
      if (kind === "accept-then-close") client.end()
      if (door.kind === "answer") {
        const { response } = door
        client.once("data", () => client.end(response))
      }
      if (kind === "refuse") client.resetAndDestroy()
    }
    connections++
    for (const tell of announce.splice(0)) tell()
  }

  const server: Server = createServer({ allowHalfOpen: true }, serve)
  const listen = (on: number): Promise<void> =>
    new Promise((listening, failed) => {
      server.once("error", failed)
      server.listen(on, "127.0.0.1", () => {
        server.off("error", failed)
        listening()
      })
    })
  const unlisten = (): Promise<void> =>
    new Promise((closed) => (server.listening ? server.close(() => closed()) : closed()))

  await listen(port)
  const own = (server.address() as AddressInfo).port
  const end = (how: (socket: Socket) => void): void => {
    for (const { client, bridge } of pairs) {
      how(client)
      if (bridge) how(bridge)
    }
  }

  return {
    port: own,
    url: `http://127.0.0.1:${own}`,
    get connections() {
      return connections
    },
    get openConnections() {
      return pairs.size
    },
    get door() {
      return door
    },
    set door(next) {
      door = next
    },
    flow(way, flow, also) {
      const ways: readonly Way[] = way === "both" ? ["up", "down"] : [way]
      for (const one of ways) {
        if (also === "future") future[one] = flow
        for (const { lanes } of pairs) lanes?.[one].set(flow)
      }
    },
    reset: () => end((socket) => socket.resetAndDestroy()),
    finish: () => end((socket) => socket.end()),
    nextConnection: () => new Promise((made) => announce.push(made)),
    async refuse() {
      const closed = unlisten()
      end((socket) => socket.resetAndDestroy())
      await closed
    },
    accept: () => listen(own),
    aim: (next) => {
      target = next
    },
    async close() {
      end((socket) => socket.destroy())
      await unlisten()
    },
  }
}
