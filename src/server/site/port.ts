import type { IncomingMessage } from "node:http"
import { hostName, isLoopbackName } from "../addresses.ts"
import { BridgeError } from "../errors.ts"
import { close, listen, type ListenParts } from "../listen.ts"

export interface Port {
  readonly port: number
  /** Ends all connections, too. Twice is fine. */
  stop(): Promise<void>
}

const maxTries = 20

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
    if (!mayTake(first + nth)) continue
    try {
      const { port, servers } = await listen(first + nth, { ...parts, portInUse })
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
export function isLocal({ headersDistinct }: IncomingMessage): boolean {
  const [host = "", ...others] = headersDistinct["host"] ?? []
  const name = hostName(host)
  return others.length === 0 && name !== undefined && isLoopbackName(name)
}
