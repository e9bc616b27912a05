import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http"
import { connect, type AddressInfo, type Socket } from "node:net"
import { text } from "node:stream/consumers"
import { brotliCompressSync, gzipSync } from "node:zlib"
import { afterEach, beforeEach, expect, test } from "vitest"
import { WebSocket, WebSocketServer } from "ws"
import { startProxy, type ProxyOptions } from "./proxy.ts"
import type { Site } from "./site.ts"

const tag = (nonce?: string): string => `<script ${nonce ?? "tag"}></script>`
const parts = { port: 0, bridgePort: 9001, tag }

let server: Server
let answer: RequestListener
let upstream: string
let proxy: Site
let lines: string[]
let logged: () => void

beforeEach(async () => {
  lines = []
  logged = () => {}
  server = createServer((incoming, response) => answer(incoming, response))
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  upstream = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  proxy = await stand()
})
afterEach(async () => {
  await proxy.stop()
  await down()
})

const stand = (options: Partial<ProxyOptions> = {}): Promise<Site> =>
  startProxy({
    upstream,
    ...parts,
    log: (line) => {
      lines.push(line)
      logged()
    },
    ...options,
  })

function down(): Promise<unknown> {
  server.closeAllConnections()
  return new Promise((closed) => server.close(closed))
}

const page = { accept: "text/html", "sec-fetch-dest": "document" }

function ask(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
  body = "",
): Promise<IncomingMessage> {
  const { port } = new URL(proxy.url)
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, method, headers: { host: `localhost:${port}`, ...headers } }, resolve)
      .on("error", reject)
      .end(body)
  })
}

async function get(path: string, headers?: Readonly<Record<string, string>>) {
  const response = await ask(path, headers)
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

test("a document gets the tag, and what a script fetches does not", async () => {
  answer = (_, response) => response.writeHead(404, { "content-type": "text/html", etag: "a" }).end("<head>é")
  const { status, headers, body } = await get("/", page)
  expect([status, headers["etag"], body]).toEqual([404, undefined, "<head><script tag></script>é"])
  expect(await get("/", { ...page, "sec-fetch-dest": "empty" })).toMatchObject({
    headers: { etag: "a" },
    body: "<head>é",
  })
  expect((await get("/", { "x-requested-with": "XMLHttpRequest" })).body).toBe("<head>é")
})

test.each([
  ["gzip", gzipSync],
  ["br", brotliCompressSync],
])("a page that is compressed in spite of all is read: %s", async (encoding, compress) => {
  answer = (_, response) => {
    response.writeHead(200, { "content-type": "text/html", "content-encoding": encoding }).end(compress("<p>a"))
  }
  const { headers, body } = await get("/", page)
  expect([headers["content-encoding"], body]).toEqual([undefined, "<script tag></script><p>a"])
})

test.each<readonly [string, Readonly<Record<string, string>>]>([
  ["a script", { "content-type": "text/javascript" }],
  ["a download", { "content-type": "text/html", "content-disposition": "attachment" }],
  ["another code", { "content-type": "text/html", "content-encoding": "own" }],
  ["UTF-16", { "content-type": "text/html; charset=utf-16" }],
  ["XML", { "content-type": "application/xhtml+xml" }],
])("what is no page stays as it is: %s", async (_, headers) => {
  answer = (__, response) => response.writeHead(200, { ...headers, "content-length": "6" }).end("<head>")
  expect(await get("/", page)).toMatchObject({ headers: { ...headers, "content-length": "6" }, body: "<head>" })
})

test("the policy of a page gets room for the script, and its nonce the tag", async () => {
  answer = (_, response) => {
    response.writeHead(200, { "content-type": "text/html", "content-security-policy": "script-src 'nonce-once'" })
    response.end(`<head><meta http-equiv="content-security-policy" content="connect-src 'self'">`)
  }
  const { headers, body } = await get("/", page)
  expect(headers["content-security-policy"]).toBe(
    "script-src 'nonce-once'; script-src-elem 'nonce-once' http://localhost:9001",
  )
  expect(body).toBe(
    `<head><script once></script><meta http-equiv="content-security-policy" content="connect-src 'self' http://localhost:9001 ws://localhost:9001">`,
  )
})

test("what is sent and what is answered flow: neither waits for its end", async () => {
  answer = (incoming, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.flushHeaders()
    incoming.pipe(response)
  }
  const { port } = new URL(proxy.url)
  const asked = request({ host: "127.0.0.1", port, method: "POST", headers: { host: `localhost:${port}` } })
  asked.flushHeaders()
  // Its head comes before anything of its body.
  const response = await new Promise<IncomingMessage>((come) => asked.once("response", come))
  const chunks = response.setEncoding("utf8")[Symbol.asyncIterator]()
  for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
    asked.write(event)
    expect(await chunks.next()).toEqual({ done: false, value: event })
  }
  asked.end()
  expect(await chunks.next()).toMatchObject({ done: true })
})

test("a page flows, too", async () => {
  let end = (): void => {}
  answer = (_, response) => {
    response.writeHead(200, { "content-type": "text/html" }).write("<head><title>a</title>")
    end = () => response.end("b")
  }
  const chunks = (await ask("/", page)).setEncoding("utf8")[Symbol.asyncIterator]()
  expect((await chunks.next()).value).toBe("<head><script tag></script><title>a</title>")
  end()
  expect((await chunks.next()).value).toBe("b")
})

test.each([true, false])("a request that its asker gives up is given up (it was answered: %s)", async (isAnswered) => {
  const left = new Promise<unknown>((close) => {
    answer = (incoming, response) => {
      incoming.socket.once("close", close)
      if (isAnswered) response.writeHead(200).write("a")
      came()
    }
  })
  let came = (): void => {}
  const arrived = new Promise<void>((resolve) => (came = resolve))
  const { port } = new URL(proxy.url)
  const asked = request({ host: "127.0.0.1", port, headers: { host: `localhost:${port}` } }).on("error", () => {})
  asked.end()
  await (isAnswered ? new Promise((response) => asked.once("response", response)) : arrived)
  asked.destroy()
  await left
})

test("an answer that breaks off breaks off", async () => {
  answer = (_, response) => {
    response.writeHead(200, { "content-type": "text/html", "content-length": "100" })
    response.write("<p>a", () => response.destroy())
  }
  await expect(get("/", page)).rejects.toThrow("aborted")
})

test("methods, paths, bodies, cookies and both ends' headers are passed on", async () => {
  answer = async (incoming, response) => {
    response.writeHead(201, "Made", ["Set-Cookie", "a=1; Domain=localhost", "Set-Cookie", "b=2"])
    response.end(JSON.stringify([incoming.method, incoming.url, incoming.headers, await text(incoming)]))
  }
  const { port } = new URL(proxy.url)
  const response = await ask("//a/../b?c=%20", { cookie: "d", "x-own": "e" }, "PUT", "body")
  expect([response.statusCode, response.statusMessage]).toEqual([201, "Made"])
  expect(response.headers["set-cookie"]).toEqual(["a=1", "b=2"])
  const [method, path, headers, body] = JSON.parse(await text(response)) as [
    string,
    string,
    IncomingHttpHeaders,
    string,
  ]
  expect([method, path, body]).toEqual(["PUT", "//a/../b?c=%20", "body"])
  expect(headers).toMatchObject({ host: `localhost:${port}`, cookie: "d", "x-own": "e" })
})

test("a WebSocket goes through, with its subprotocol, both ways and to its end", async () => {
  const sockets = new WebSocketServer({ server, path: "/hmr" })
  sockets.on("connection", (socket) => {
    socket.send("hello")
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }))
    socket.once("close", (code) => lines.push(`closed with ${code}`) && logged())
  })
  const { host } = new URL(proxy.url)
  const socket = new WebSocket(`ws://${host}/hmr?token=a`, "vite-hmr", { origin: `http://${host}` })
  const heard: string[] = []
  await new Promise<void>((done) => {
    socket.on("message", (data) => {
      heard.push(String(data as Buffer))
      if (heard.length === 1) socket.send("x".repeat(200_000))
      else done()
    })
  })
  expect(socket.protocol).toBe("vite-hmr")
  expect(heard).toEqual(["hello", "x".repeat(200_000)])
  const closed = new Promise<void>((done) => (logged = done))
  socket.close(4001)
  await closed
  expect(lines).toEqual(["closed with 4001"])
})

test("what an asker says together with its wish to upgrade is passed on", async () => {
  server.on("upgrade", (_, wire, head) => {
    wire.write("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\nhello ")
    if (head.length > 0) wire.unshift(head)
    wire.pipe(wire)
  })
  const wire = connect(Number(new URL(proxy.url).port), "127.0.0.1")
  wire.end("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\nearly")
  expect(await text(wire)).toMatch(/^HTTP\/1\.1 101 Go\r\n[^]*\r\n\r\nhello early$/)
})

test("an upgrade that the server refuses is refused with its words", async () => {
  server.on("upgrade", (_, wire) => wire.end("HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\nnot!"))
  expect(await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 403 No\r\n[^]*not!$/,
  )
})

/** All that is answered to what no client of Node would send. */
function raw(head: string): Promise<string> {
  const wire: Socket = connect(Number(new URL(proxy.url).port), "127.0.0.1")
  wire.write(head.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))
  return text(wire)
}

const websocket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n"

test.each([
  ["a name bent to point here", "GET / HTTP/1.1\r\nHost: rebound.example\r\n\r\n", 403],
  ["two hosts", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: rebound.example\r\n\r\n", 403],
  ["no host", "GET / HTTP/1.0\r\n\r\n", 403],
  ["a proxy for anything", "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400],
  ["an upgrade by such a name", `GET / HTTP/1.1\r\nHost: rebound.example\r\n${websocket}\r\n`, 403],
  ["a website's socket", `GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n${websocket}\r\n`, 403],
  ["a sandboxed socket", `GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n${websocket}\r\n`, 403],
])("strangers reach nothing: %s", async (_, head, status) => {
  let reached = 0
  answer = (__, response) => {
    reached++
    response.end()
  }
  server.on("upgrade", (__, wire) => {
    reached++
    wire.destroy()
  })
  expect(await raw(head)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  expect(reached).toBe(0)
  expect((await get("/")).status).toBe(200)
})

test("a server that is not up is named, on a page that comes again, and once to who started us", async () => {
  const { port } = server.address() as AddressInfo
  await down()
  const { status, headers, body } = await get("/", page)
  expect([status, headers["content-type"]]).toEqual([502, "text/html; charset=utf-8"])
  expect(body).toContain('http-equiv="refresh" content="1"')
  expect(body).toContain(`${upstream} does not answer: nothing listens there, start the dev server`)
  expect(await get("/a.js", { "sec-fetch-dest": "script" })).toMatchObject({
    status: 502,
    headers: { "content-type": "text/plain; charset=utf-8" },
  })
  expect(await raw(`GET / HTTP/1.1\r\nHost: localhost\r\n${websocket}\r\n`)).toMatch(/^HTTP\/1\.1 502 /)
  expect(lines).toEqual([`${upstream} does not answer: nothing listens there, start the dev server`])

  answer = (_, response) => response.end("up")
  server = createServer((incoming, response) => answer(incoming, response))
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening))
  expect((await get("/", page)).body).toBe("up")
  expect(lines.slice(1)).toEqual([`${upstream} answers again`])
})

test("a request that the server breaks off is told where it was asked, and not in the terminal", async () => {
  answer = (incoming) => incoming.socket.destroy()
  const { status, body } = await get("/", page)
  expect(status).toBe(502)
  expect(body).toContain(`${upstream} does not answer: it closed the connection`)
  expect(lines).toEqual([])
})

test("it stands before no bridge and not before itself", async () => {
  await expect(stand({ bridgePort: Number(new URL(upstream).port) })).rejects.toMatchObject({ code: "bad-options" })
  const { port } = server.address() as AddressInfo
  await down()
  const other = await stand({ port })
  expect(Number(new URL(other.url).port)).toBeGreaterThan(port)
  await other.stop()
})

test("its address has the server's own name where that is one of this machine", async () => {
  const other = await stand({ upstream: upstream.replace("127.0.0.1", "shop.localhost") })
  expect(new URL(other.url).hostname).toBe("shop.localhost")
  await other.stop()
})

test("at the end it hangs up, sockets too", async () => {
  const sockets = new WebSocketServer({ server })
  const socket = new WebSocket(proxy.url.replace("http", "ws"))
  await new Promise((open) => socket.once("open", open))
  const closed = new Promise((close) => socket.once("close", close))
  await proxy.stop()
  await proxy.stop()
  await closed
  sockets.close()
})
