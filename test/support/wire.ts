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

/** The end of a way: no more bytes. */
const fin = Symbol("FIN")
type Cargo = Buffer | typeof fin

const open: Door = { kind: "open" }

/** An HTTP response without a body, as text. */
export function httpStatus(status: number, headers: Record<string, string> = {}): string {
  const lines = Object.entries({ connection: "close", "content-length": "0", ...headers })
  return `HTTP/1.1 ${status} Test\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`
}

/** What a WebSocket server sends to close; without a code its peer sees 1005. */
function closeFrame(code?: number, reason = ""): Buffer {
  const payload =
    code === undefined ? Buffer.alloc(0) : Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)])
  return Buffer.concat([Buffer.from([0x88, payload.length]), payload])
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
  /** The next connections meet these, one each, before the door counts again. */
  meet(...doors: Door[]): void
  /** Ends the connections there are: with RST, or with FIN. */
  reset(): void
  finish(): void
  /** Ends the connections as a WebSocket server does: a close frame, then FIN. To the bridge they are reset. */
  hangUp(code?: number, reason?: string): void
  /** Resolves when the next connection has been made. */
  nextConnection(): Promise<void>
  /** Resolves when a frame that carries this text has passed, unmasked as it comes from a bridge. */
  carried(way: Way, text: string): Promise<void>
  /** Resolves when no connection is left. */
  drained(): Promise<void>
  /** Stops and starts listening: while `closed`, connections are refused. */
  refuse(): Promise<void>
  accept(): Promise<void>
  /** Points the wire to another port. */
  aim(port: number): void
  close(): Promise<void>
}

class Lane {
  flow: Flow = pass
  private kept: Cargo[] = []
  /** What is on its way, in order, with the time at which it arrives. */
  private readonly underWay: { readonly at: number; readonly cargo: Cargo }[] = []
  private timer: NodeJS.Timeout | undefined
  private readyAt = 0
  private whenEmpty: () => void = () => undefined
  private readonly from: Socket
  private readonly to: Socket

  private readonly saw: (chunk: Buffer) => void

  constructor(from: Socket, to: Socket, saw: (chunk: Buffer) => void) {
    this.from = from
    this.to = to
    this.saw = saw
    from.on("data", (chunk) => this.carry(chunk))
    from.on("end", () => this.carry(fin))
  }

  /** Half of a black hole: nothing gets through, and so no end either. */
  get isBlocked(): boolean {
    return this.flow.kind === "swallow" || this.flow.kind === "stall"
  }

  set(flow: Flow): void {
    this.flow = flow
    const kept = this.kept
    this.kept = []
    for (const cargo of kept) this.carry(cargo)
  }

  /** Calls back once all that is under way has arrived. */
  emptied(then: () => void): void {
    if (this.underWay.length === 0) return then()
    this.whenEmpty = then
  }

  stop(): void {
    clearTimeout(this.timer)
    this.underWay.length = 0
    this.kept = []
  }

  private carry(cargo: Cargo): void {
    if (cargo !== fin) this.saw(cargo)
    const flow = this.flow
    switch (flow.kind) {
      case "pass":
        this.schedule(0, cargo)
        break
      case "swallow":
        break
      case "stall":
        this.kept.push(cargo)
        break
      case "corrupt":
        this.schedule(0, cargo === fin ? fin : flow.change(cargo))
        break
      case "delay":
        this.schedule(performance.now() + flow.ms, cargo)
        break
      case "throttle":
        this.meter(cargo, flow.bytesPerSecond)
        break
      case "cut":
        this.cut(cargo, flow.afterBytes)
        break
      default:
        flow satisfies never
    }
  }

  /** Nothing overtakes what was sent before. */
  private schedule(at: number, cargo: Cargo): void {
    this.underWay.push({ at, cargo })
    if (this.underWay.length === 1) this.deliver()
  }

  private deliver(): void {
    for (let [next] = this.underWay; next; [next] = this.underWay) {
      const ms = next.at - performance.now()
      if (ms > 0) {
        this.timer = setTimeout(() => this.deliver(), ms)
        return
      }
      this.underWay.shift()
      this.write(next.cargo)
    }
    this.whenEmpty()
  }

  private write(cargo: Cargo): void {
    if (this.to.destroyed || !this.to.writable) return
    if (cargo === fin) this.to.end()
    else this.to.write(cargo)
  }

  private meter(cargo: Cargo, bytesPerSecond: number): void {
    if (cargo === fin) return this.schedule(this.readyAt, fin)
    const slice = Math.max(1, Math.floor(bytesPerSecond / 50))
    for (let start = 0; start < cargo.length; start += slice) {
      const part = cargo.subarray(start, start + slice)
      this.readyAt = Math.max(performance.now(), this.readyAt) + (part.length * 1000) / bytesPerSecond
      this.schedule(this.readyAt, part)
    }
  }

  private cut(cargo: Cargo, afterBytes: number): void {
    if (cargo === fin) return this.schedule(0, fin)
    if (cargo.length < afterBytes) {
      this.flow = { kind: "cut", afterBytes: afterBytes - cargo.length }
      return this.schedule(0, cargo)
    }
    this.flow = { kind: "swallow" }
    this.to.write(cargo.subarray(0, afterBytes), () => {
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
  const queue: Door[] = []
  const whenDrained: (() => void)[] = []
  const looks: Record<Way, Set<(chunk: Buffer) => void>> = { up: new Set(), down: new Set() }
  const see = {
    up: (chunk: Buffer): void => looks.up.forEach((look) => look(chunk)),
    down: (chunk: Buffer): void => looks.down.forEach((look) => look(chunk)),
  }
  let target = bridgePort
  let connections = 0
  let usual: Door = open

  const keep = (pair: Pair): void => {
    pairs.add(pair)
    const { client, bridge, lanes } = pair
    const gone = (): void => {
      if (!client.destroyed || bridge?.destroyed === false) return
      pairs.delete(pair)
      if (pairs.size === 0) for (const tell of whenDrained.splice(0)) tell()
    }
    // What one side does with its connection, the other one hears, unless the way there is blocked.
    const follow = (one: Socket, other: Socket | undefined, lane: Lane | undefined): void => {
      let wasReset = false
      one.on("error", () => (wasReset = true))
      // Behind a blocked way each side ends by itself.
      one.once("end", () => {
        if (other?.destroyed || lane?.flow.kind === "swallow") one.end()
      })
      one.once("close", () => {
        if (lane?.isBlocked) {
          lane.stop()
          if (other?.readableEnded) other.end()
        } else if (wasReset) {
          lane?.stop()
          other?.resetAndDestroy()
        } else lane?.emptied(() => other?.end())
        gone()
      })
    }
    follow(client, bridge, lanes?.up)
    if (bridge) follow(bridge, client, lanes?.down)
  }

  const serve = (client: Socket): void => {
    client.setNoDelay(true)
    const door = queue.shift() ?? usual
    const { kind } = door
    if (kind === "open") {
      const bridge = createConnection({ port: target, host: "127.0.0.1", noDelay: true, allowHalfOpen: true })
      const lanes = { up: new Lane(client, bridge, see.up), down: new Lane(bridge, client, see.down) }
      lanes.up.set(future.up)
      lanes.down.set(future.down)
      keep({ client, bridge, lanes })
    } else {
      keep({ client, bridge: undefined, lanes: undefined })
      client.resume()
      client.once("end", () => client.end())
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
      return usual
    },
    set door(next) {
      usual = next
    },
    meet: (...doors) => void queue.push(...doors),
    flow(way, flow, also) {
      const ways: readonly Way[] = way === "both" ? ["up", "down"] : [way]
      for (const one of ways) {
        if (also === "future") future[one] = flow
        for (const { lanes } of pairs) lanes?.[one].set(flow)
      }
    },
    reset: () => end((socket) => socket.resetAndDestroy()),
    finish: () => end((socket) => socket.end()),
    hangUp(code, reason) {
      for (const { client, bridge } of pairs) {
        bridge?.resetAndDestroy()
        client.end(closeFrame(code, reason))
      }
    },
    nextConnection: () => new Promise((made) => announce.push(made)),
    carried: (way, text) =>
      new Promise((seen) => {
        const look = (chunk: Buffer): void => {
          if (!chunk.includes(text)) return
          looks[way].delete(look)
          seen()
        }
        looks[way].add(look)
      }),
    drained: () => new Promise((left) => (pairs.size === 0 ? left() : whenDrained.push(left))),
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
