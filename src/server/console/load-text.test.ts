import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, expect, test } from "vitest"
import { loadText } from "./load-text.ts"

const stopping = new AbortController()
let close = (): void => {}

afterEach(() => close())

async function serve(answer: RequestListener, host = "127.0.0.1"): Promise<number> {
  const server = createServer(answer)
  close = () => {
    server.closeAllConnections()
    server.close()
  }
  await new Promise<void>((listening) => server.listen(0, host, listening))
  return (server.address() as AddressInfo).port
}

const load = (port: number, host = "127.0.0.1") => loadText(`http://${host}:${port}/a.js?v=1`, stopping.signal)

test("loads a text, with the header that names its map, and tells the server nothing about us", async () => {
  const heard: unknown[] = []
  const port = await serve(({ url, headers }, response) => {
    heard.push(url, headers)
    response.setHeader("SourceMap", "a.map").end("run() // ✓")
  })
  expect(await load(port)).toEqual({ text: "run() // ✓", sourceMap: "a.map" })
  const headers = { host: `127.0.0.1:${port}`, accept: "*/*", "accept-encoding": "identity", connection: "close" }
  expect(heard).toEqual(["/a.js?v=1", headers])
})

test.each(["127.0.0.1", "::1"])("finds a name of this machine at %s without asking a DNS server", async (host) => {
  const port = await serve(({ headers }, response) => void response.end(headers.host), host)
  expect(await load(port, "shop.localhost")).toMatchObject({ text: `shop.localhost:${port}` })
})

test.each([
  ["a redirect, wherever to", 302, { location: "http://127.0.0.1:1/a.js" }],
  ["an error", 500, {}],
  ["what is not there", 404, {}],
  ["a compressed text that nobody asked for", 200, { "content-encoding": "gzip" }],
])("%s is no text", async (_what, status, headers) => {
  let requests = 0
  const port = await serve((_request, response) => {
    requests++
    response.writeHead(status, headers).end("x")
  })
  expect(await load(port)).toBeUndefined()
  expect(requests).toBe(1)
})

test("a text without end is left", async () => {
  const port = await serve((_request, response) => {
    const chunk = Buffer.alloc(1024 * 1024, "x")
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    }
    response.on("drain", more)
    more()
  })
  expect(await load(port)).toBeUndefined()
})

test("a server that cuts the answer off, or is not there, gives none", async () => {
  const port = await serve((_request, response) => {
    response.writeHead(200, { "content-length": "100" })
    response.write("run()")
    response.socket?.destroySoon()
  })
  expect(await load(port)).toBeUndefined()
  close()
  expect(await load(port)).toBeUndefined()
})

test("a bridge that stops waits for nobody", async () => {
  const ending = new AbortController()
  const port = await serve(() => ending.abort())
  expect(await loadText(`http://127.0.0.1:${port}/a.js`, ending.signal)).toBeUndefined()
})
