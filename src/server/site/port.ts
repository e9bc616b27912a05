import type { IncomingMessage } from "node:http"
import { hostName, isLoopbackName } from "../addresses.ts"
import { BridgeError } from "../errors.ts"
import { headersOf } from "../headers.ts"
import { close, listen, type ListenParts } from "../listen.ts"

export interface Port {
  readonly port: number
  /** Ends all connections, too. Twice is fine. */
  stop(): Promise<void>
}

const maxTries = 20
/** Behind the highest comes 0, which lets the system choose. */
const ports = 65_536

/**
 * Listens on this port or, where it is taken, on one of those that follow.
 *
 * @throws {@link BridgeError} `port-in-use` or `cannot-listen`
 */
export async function openPort(
  first: number,
  parts: Omit<ListenParts, "portInUse">,
  mayTake: (port: number) => boolean = () => true,
): Promise<Port> {
  const portInUse = (taken: number): string => `port ${taken} is taken, and so are those before it: pass another --port`
  for (let nth = 0; ; nth++) {
    const wanted = (first + nth) % ports
    if (!mayTake(wanted)) continue
    try {
      const { port, servers } = await listen(wanted, { ...parts, portInUse })
      let stopped: Promise<unknown> | undefined
      return {
        port,
        async stop() {
          stopped ??= Promise.all(servers.map(close))
          for (const server of servers) server.closeAllConnections()
          await stopped
        },
      }
    } catch (error) {
      if (!(error instanceof BridgeError) || error.code !== "port-in-use" || nth >= maxTries) throw error
    }
  }
}

/** Whether a request is addressed to this machine by a name that always means it, and that nobody can bend to point here. */
export function isLocal(request: IncomingMessage): boolean {
  const [host = "", ...others] = headersOf(request).get("host") ?? []
  const name = hostName(host)
  return others.length === 0 && name !== undefined && isLoopbackName(name)
}
