import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"

export interface Pages {
  readonly origin: string
  /** What is served: URL path to content; may change at any time. */
  readonly files: Map<string, string>
  close(): Promise<void>
}

const types: Record<string, string> = { html: "text/html", css: "text/css", js: "text/javascript" }

/** A web server of the developer's own, so to speak: not the bridge's. Every page it serves is at an origin of its own. */
export async function servePages(files: Record<string, string>): Promise<Pages> {
  const content = new Map(Object.entries(files))
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0]!
    const body = content.get(path)
    const type = types[path.split(".").pop() ?? ""] ?? "text/html"
    response.writeHead(body === undefined ? 404 : 200, {
      "content-type": `${type}; charset=utf-8`,
      "cache-control": "no-cache",
    })
    response.end(body ?? "not found")
  })
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files: content,
    close: () =>
      new Promise((closed) => {
        server.closeAllConnections()
        server.close(() => closed())
      }),
  }
}

/** A page that a developer might have, with the script tag in it. */
export function pageWith(bridgeUrl: string, { head = "", body = "" } = {}): string {
  return `<!doctype html><html><head><title>shop</title><script async src="${bridgeUrl}/client.js"></script>${head}</head><body>${body}</body></html>`
}
