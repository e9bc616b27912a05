import type { IncomingMessage, ServerResponse } from "node:http"
import { stat } from "node:fs/promises"
import { BridgeError } from "../errors.ts"
import { plain, quoted } from "../plain.ts"
import { find, withScript } from "./files.ts"
import { isLocal, openPort } from "./port.ts"

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

/** @throws {@link BridgeError} `bad-options` where there is no such folder, `port-in-use` or `cannot-listen` */
export async function startSite({ folder, port, tag }: SiteOptions): Promise<Site> {
  const found = await stat(folder).catch(() => undefined)
  if (!found?.isDirectory()) throw new BridgeError("bad-options", `${quoted(folder)} is no folder that could be served`)
  const { port: bound, stop } = await openPort(port, {
    request: (request, response) => void answer(request, response, folder, tag),
    upgrade: (_, wire) => void wire.destroy(),
  })
  return { url: `http://localhost:${bound}/`, stop }
}

/** As closed as the bridge: for loopback names alone, and not to be loaded by pages of other sites. */
const always = {
  "Cross-Origin-Resource-Policy": "same-site",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-cache",
} as const

async function answer(request: IncomingMessage, response: ServerResponse, folder: string, tag: string): Promise<void> {
  const { method = "", url = "" } = request
  const send = (status: number, body: string | Buffer, more: Readonly<Record<string, string>> = {}): void => {
    const type = "text/plain; charset=utf-8"
    response.writeHead(status, { ...always, "Content-Type": type, "Content-Length": Buffer.byteLength(body), ...more })
    response.end(method === "HEAD" ? undefined : body)
  }
  if (!isLocal(request)) return send(403, "this site is for localhost only\n")
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
