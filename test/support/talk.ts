import { WebSocket } from "ws"
import { readFrame, writeMessage, type RawMessage } from "../../src/protocol/index.ts"

export interface Closed {
  readonly code: number
  readonly reason: string
}

/** One end of the wire in the test's own hand: it says what it is told to and remembers all it hears. */
export class Talk {
  readonly heard: RawMessage[] = []
  readonly closed: Promise<Closed>
  readonly socket: WebSocket
  readonly #untaken: RawMessage[] = []
  readonly #waiting = new Set<() => void>()

  constructor(url: string, subprotocols: readonly string[] = [], headers: Readonly<Record<string, string>> = {}) {
    this.socket = new WebSocket(url, [...subprotocols], { headers })
    this.closed = new Promise((resolve) => {
      this.socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    this.socket.on("message", (data: Buffer) => {
      const messages = readFrame(data.toString())
      this.heard.push(...messages)
      this.#untaken.push(...messages)
      for (const look of this.#waiting) look()
    })
  }

  /** Rejects with what the server answered instead: `Unexpected server response: 403`. */
  async opened(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.socket.once("open", resolve)
      this.socket.once("error", reject)
    })
    this.socket.on("error", () => undefined)
    return this
  }

  say(header: { readonly op: string; readonly [field: string]: unknown }, body?: string): void {
    this.socket.send(writeMessage(header, body))
  }

  /** The first message, past or to come, that fits and that no call before has taken. */
  hear(
    op: string,
    fits: (header: RawMessage["header"], body: string | undefined) => boolean = () => true,
  ): Promise<RawMessage> {
    return new Promise((resolve) => {
      const look = (): void => {
        const at = this.#untaken.findIndex(({ header, body }) => header.op === op && fits(header, body))
        if (at < 0) return
        this.#waiting.delete(look)
        resolve(this.#untaken.splice(at, 1)[0]!)
      }
      this.#waiting.add(look)
      look()
    })
  }

  /** Calls the listener with every message of this op from now on, taken or not. */
  each(op: string, listener: (message: RawMessage) => void): void {
    this.socket.on("message", (data: Buffer) => {
      readFrame(data.toString())
        .filter(({ header }) => header.op === op)
        .forEach(listener)
    })
  }

  /** Everything the bridge has sent so far has been heard once this resolves. */
  async caughtUp(): Promise<void> {
    const id = `mark-${Math.random()}`
    this.say({ op: "ping", id })
    await this.hear("pong", (header) => header["id"] === id)
  }

  /** As a network does it: no close frame. */
  async cut(): Promise<void> {
    this.socket.terminate()
    await this.closed
  }

  async close(code = 1000): Promise<Closed> {
    this.socket.close(code)
    return this.closed
  }
}
