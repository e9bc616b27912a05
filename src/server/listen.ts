import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { Duplex } from "node:stream"
import { isLoopbackAddress } from "./addresses.ts"
import { BridgeError } from "./errors.ts"

export interface ListenParts {
  readonly request: RequestListener
  readonly upgrade: (request: IncomingMessage, wire: Duplex, head: Buffer) => void
  /** Who has the port, and what to do about it. */
  readonly portInUse: (port: number, address: string) => string
  /** Beside loopback, where others reach us. @defaultValue nowhere */
  readonly exposed?: readonly string[]
  /** For those, in PEM. What stays on this machine needs none. */
  readonly tls?: Tls | undefined
  /** In place of the bridge's own. */
  readonly limits?: Partial<typeof limits>
}

export interface Tls {
  readonly cert: string
  readonly key: string
}

export interface Listening {
  readonly port: number
  readonly servers: readonly Server[]
}

/** Ports that the system chose for one family and that were taken in the other, before we give up. */
const maxTries = 10

/**
 * Binds one port on both loopback families: `localhost` means `[::1]` first, and
 * whoever holds that would get what is meant for us. A machine without IPv6 has
 * nobody there.
 *
 * @throws {@link BridgeError} `port-in-use` or `cannot-listen`
 */
export async function listen(port: number, parts: ListenParts): Promise<Listening> {
  const { port: chosen, servers } = await listenHere(port, parts)
  const all = [...servers]
  try {
    for (const address of parts.exposed ?? []) all.push(await bind(chosen, address, parts, parts.tls))
  } catch (error) {
    await Promise.all(all.map(close))
    throw error
  }
  return { port: chosen, servers: all }
}

async function listenHere(port: number, parts: ListenParts): Promise<Listening> {
  for (let nth = 1; ; nth++) {
    const first = await bind(port, "127.0.0.1", parts)
    const chosen = portOf(first)
    try {
      return { port: chosen, servers: [first, await bind(chosen, "::1", parts)] }
    } catch (error) {
      if (isCoded(error) && (error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT")) {
        return { port: chosen, servers: [first] }
      }
      first.closeAllConnections()
      await close(first)
      const mayTryAgain = port === 0 && nth < maxTries && error instanceof BridgeError && error.code === "port-in-use"
      if (!mayTryAgain) throw error
    }
  }
}

/** Stops listening at once; resolves when the last connection is gone. */
export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
}

const limits = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 8 * 1024,
  // The gate says what is wrong with a Host.
  requireHostHeader: false,
}

function bind(port: number, address: string, parts: ListenParts, tls?: Tls): Promise<Server> {
  const { request, upgrade, portInUse } = parts
  const options = { ...limits, ...parts.limits }
  const server = tls
    ? createTlsServer({ ...options, ...tls, handshakeTimeout: 5000 }, request)
    : createServer(options, request)
  // By default the ones behind the first 2,000 are cut off unseen, a second Host among them.
  server.maxHeadersCount = 0
  server.on("upgrade", upgrade)
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(explain(error, port, address, portInUse)))
    server.listen(port, address, () => resolve(server))
  })
}

function explain(error: Error, port: number, address: string, portInUse: ListenParts["portInUse"]): Error {
  if (!isCoded(error)) return error
  switch (error.code) {
    case "EADDRINUSE":
      return new BridgeError("port-in-use", portInUse(port, address))
    case "EACCES":
      return new BridgeError(
        "cannot-listen",
        `port ${port} is not yours to listen on: pass --port with one from 1024 up`,
      )
    case "EADDRNOTAVAIL":
    case "EAFNOSUPPORT":
      if (isLoopbackAddress(address)) return error
      return new BridgeError("cannot-listen", `${address} is no address of this machine: pass --host with one that is`)
    default:
      return new BridgeError("cannot-listen", `cannot listen on ${address} port ${port}: ${error.message}`)
  }
}

function isCoded(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "code" in error
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address === "object" && address !== null) return address.port
  throw new BridgeError("cannot-listen", "the system did not say which port it chose")
}
