import type { IncomingMessage, ServerResponse } from "node:http"
import { stat } from "node:fs/promises"
import { hostName, isLoopbackName } from "../addresses.ts"
import { BridgeError } from "../errors.ts"
import { close, listen } from "../listen.ts"
import { plain, quoted } from "../plain.ts"
import { find, withScript } from "./files.ts"

export interface SiteOptions {
  readonly folder: string
  /** Where the first try is made; ports above it follow. The same port means the same origin, and so the same runtimes. */
  readonly port: number
  /** Put into every page. */
  readonly tag: string
}

/** A folder that is served to the browsers of this machine. */
export interface Site {
  readonly url: string
  /** Twice is fine. */
  stop(): Promise<void>
}

const maxTries = 20

/** @throws {@link BridgeError} `bad-options` where there is no such folder, `port-in-use` or `cannot-listen` */
export async function startSite({ folder, port, tag }: SiteOptions): Promise<Site> {
  const found = await stat(folder).catch(() => undefined)
  if (!found?.isDirectory()) throw new BridgeError("bad-options", `${quoted(folder)} is no folder that could be served`)
  const parts = {
    request: (request: IncomingMessage, response: ServerResponse) => void answer(request, response, folder, tag),
    upgrade: (_: IncomingMessage, wire: { destroy(): unknown }) => void wire.destroy(),
    portInUse: (taken: number) => `port ${taken} is taken, and so are those before it: pass another --port`,
  }
  for (let nth = 0; ; nth++) {
    try {
      const { port: bound, servers } = await listen(port + nth, parts)
      let stopped: Promise<unknown> | undefined
      return {
        url: `http://localhost:${bound}/`,
        async stop() {
          stopped ??= Promise.all(servers.map(close))
          for (const server of servers) server.closeAllConnections()
          await stopped
        },
      }
    } catch (error) {
      if (!(error instanceof BridgeError) || error.code !== "port-in-use" || nth === maxTries) throw error
    }
  }
}

/** As closed as the bridge: for loopback names alone, and not to be loaded by pages of other sites. */
const always = {
  "Cross-Origin-Resource-Policy": "same-site",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-cache",
} as const

async function answer(request: IncomingMessage, response: ServerResponse, folder: string, tag: string): Promise<void> {
  const { method = "", url = "", headers } = request
  const send = (status: number, body: string | Buffer, more: Readonly<Record<string, string>> = {}): void => {
    const type = "text/plain; charset=utf-8"
    response.writeHead(status, { ...always, "Content-Type": type, "Content-Length": Buffer.byteLength(body), ...more })
    response.end(method === "HEAD" ? undefined : body)
  }
  const name = hostName(headers.host ?? "")
  if (name === undefined || !isLoopbackName(name)) return send(403, "this site is for localhost only\n")
  if (method !== "GET" && method !== "HEAD") return send(405, "this site can only be read\n", { Allow: "GET, HEAD" })
  const [path = "", query] = url.split(/\?(.*)/s)
  const found = await find(folder, path)
  switch (found.at) {
    case "nothing":
      return send(404, `there is nothing at ${plain(path, 200)} in the folder that is served\n`)
    case "folder":
      return send(308, "", { Location: `${path.replace(/^\/+/, "/")}/${query === undefined ? "" : `?${query}`}` })
    case "file": {
      const isPage = found.type.startsWith("text/html")
      return send(200, isPage ? withScript(found.body, tag) : found.body, { "Content-Type": found.type })
    }
    default:
      found satisfies never
  }
}
