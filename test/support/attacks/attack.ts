import { connect } from "node:net"
import { WebSocket } from "ws"

/** Whom an attack is made on. */
export interface Target {
  readonly port: number
  /** @defaultValue 127.0.0.1 */
  readonly host?: string
  readonly token: string
  /** How long a defence that acts by itself may take; after that there is none. */
  readonly patienceMs: number
}

/** One attempt from outside, and what a bridge that holds makes of it. */
export interface Attack {
  readonly id: string
  readonly what: string
  /** What `attempt` sees where the defence holds. */
  readonly verdict: string
  attempt(target: Target): Promise<string>
}

export interface Answer {
  /** 0 where the connection was closed without one. */
  readonly status: number
  readonly head: string
}

/** Sends exactly these bytes, and gives the head of what comes back. */
export function raw({ port, host = "127.0.0.1", patienceMs }: Target, bytes: string | Buffer): Promise<Answer> {
  return new Promise((resolve) => {
    let text = ""
    const wire = connect(port, host, () => wire.write(bytes))
    const settle = (): void => {
      clearTimeout(timer)
      wire.destroy()
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), head: text.split("\r\n\r\n", 1)[0]! })
    }
    const timer = setTimeout(settle, patienceMs)
    wire.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1")
      if (text.includes("\r\n\r\n")) settle()
    })
    wire.on("close", settle)
    wire.on("error", settle)
  })
}

/** The lines of a request. */
export function lines(...of: readonly string[]): string {
  return `${of.join("\r\n")}\r\n\r\n`
}

export const upgrading: readonly string[] = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
]

export const bearer = ({ token }: Pick<Target, "token">): string => `Authorization: Bearer ${token}`

/** What came of an open socket: how it was closed, what was said, or that it lives. */
export interface Socket {
  say(frame: string | Buffer): void
  readonly webSocket: WebSocket
  /** The close code; `open` where it is not closed in time. */
  readonly end: Promise<string>
  /** The first frame that contains the text, or how the socket ended instead. */
  hear(text: string): Promise<string>
}

/** A page's socket as the wrong page would use it: admitted, and then badly behaved. */
export async function openSocket(target: Target, role: "runtime" | "frontend", origin = page): Promise<Socket> {
  const headers = role === "runtime" ? { origin } : { authorization: `Bearer ${target.token}` }
  const webSocket = new WebSocket(`ws://127.0.0.1:${target.port}/${role}`, { headers, perMessageDeflate: false })
  const heard: string[] = []
  const ears = new Set<() => void>()
  let code: number | undefined
  webSocket.on("message", (data: Buffer) => {
    heard.push(data.toString())
    for (const look of ears) look()
  })
  const closed = new Promise<number>((resolve) => webSocket.on("close", resolve))
  webSocket.on("close", (with_) => {
    code = with_
    for (const look of ears) look()
  })
  await new Promise<void>((opened, failed) => {
    webSocket.once("open", () => opened())
    webSocket.once("error", failed)
  })
  webSocket.on("error", () => undefined)
  return {
    webSocket,
    say: (frame) => webSocket.send(frame),
    get end() {
      return inTime(
        closed.then((with_) => `closed ${with_}`),
        target,
        "open",
      ).finally(() => webSocket.terminate())
    },
    hear(text) {
      const found = new Promise<string>((resolve) => {
        const look = (): void => {
          const frame = heard.find((one) => one.includes(text))
          if (frame !== undefined) resolve(frame)
          else if (code !== undefined) resolve(`closed ${code}`)
          else return
          ears.delete(look)
        }
        ears.add(look)
        look()
      })
      return inTime(found, target, "nothing")
    },
  }
}

export const page = "http://localhost:3000"

export const runtimeHello = (id: string): string =>
  JSON.stringify({
    op: "hello",
    protocol: 1,
    version: "0",
    runtime: id,
    session: `${id}-session`,
    kind: "page",
    url: `${page}/`,
    title: "Shop",
  })

export const frontEndHello = (id: string): string =>
  JSON.stringify({ op: "hello", protocol: 1, version: "0", frontEnd: id, name: "attacker" })

export async function inTime(what: Promise<string>, { patienceMs }: Target, otherwise: string): Promise<string> {
  let timer: NodeJS.Timeout
  const late = new Promise<string>((resolve) => (timer = setTimeout(() => resolve(otherwise), patienceMs)))
  return Promise.race([what, late]).finally(() => clearTimeout(timer))
}
