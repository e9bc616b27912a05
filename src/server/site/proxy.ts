import { request as ask, STATUS_CODES, type IncomingMessage, type RequestOptions, type ServerResponse } from "node:http"
import { request as askSecurely } from "node:https"
import { pipeline, type Duplex, type Transform } from "node:stream"
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib"
import { isLoopbackName, originName } from "../addresses.ts"
import { BridgeError } from "../errors.ts"
import { plain } from "../plain.ts"
import { inserting } from "./insert.ts"
import { makeRoomInMeta, nonceOf, type Room } from "./policy.ts"
import { isLocal, openPort } from "./port.ts"
import type { Site } from "./site.ts"
import { pageHeaders, readUpstream, requestHeaders, responseHeaders, valuesOf, type Upstream } from "./upstream.ts"

export interface ProxyOptions {
  /** The server to stand before: its origin. */
  readonly upstream: string
  /** Where the first try is made; ports above it follow. */
  readonly port: number
  readonly bridgePort: number
  /** Put into every page; with the nonce by which the page's policy lets scripts in, if it has one. */
  readonly tag: (nonce: string | undefined) => string
  /** Is told when the server goes away and when it is back. */
  readonly log: (line: string) => void
}

/**
 * Stands before a dev server, for the browsers of this machine: all it serves is passed on as it flows, WebSockets too,
 * and its pages get the tag.
 *
 * @throws {@link BridgeError} `bad-options` for what is no address, `port-in-use` or `cannot-listen`
 */
export async function startProxy({ upstream: address, port: first, ...parts }: ProxyOptions): Promise<Site> {
  const upstream = readUpstream(address)
  if (upstream.isHere && upstream.port === parts.bridgePort) {
    throw new BridgeError("bad-options", `${upstream.origin} is the bridge itself: pass the dev server's address`)
  }
  const proxy = createProxy(upstream, parts)
  // A server that is not up yet must find its port free, and the proxy must not stand before itself.
  const mayTake = (port: number): boolean => !(upstream.isHere && port === upstream.port)
  const { port, stop } = await openPort(first, { ...proxy, limits }, mayTake)
  return {
    url: `http://${upstream.name.endsWith("localhost") ? upstream.name : "localhost"}:${port}/`,
    stop() {
      proxy.hangUp()
      return stop()
    },
  }
}

/**
 * An upload may take its time, while somebody has the server in a debugger; and the cookies of all that ever ran on
 * localhost come along.
 */
const limits = { requestTimeout: 0, maxHeaderSize: 64 * 1024 }

function createProxy(upstream: Upstream, { bridgePort, tag, log }: Omit<ProxyOptions, "upstream" | "port">) {
  const bridge = `localhost:${bridgePort}`
  const room: Room = { script: `http://${bridge}`, connect: [`http://${bridge}`, `ws://${bridge}`] }
  const open = new Set<Duplex>()
  let isAway = false

  /** A connection for each request: one that is kept may be closed just when it is used again. */
  function askUpstream({ method, url }: IncomingMessage, headers: readonly string[]) {
    const { name, port, isHere, isSecure } = upstream
    const options: RequestOptions = {
      host: name.replace(/^\[|\]$/g, ""),
      port,
      method,
      path: url,
      headers,
      agent: false,
      maxHeaderSize: limits.maxHeaderSize,
    }
    // On this machine nobody stands between, and certificates are mostly self-made.
    const asked = isSecure ? askSecurely({ ...options, rejectUnauthorized: !isHere }) : ask(options)
    const answered = (): void => {
      if (isAway) log(`${upstream.origin} answers again`)
      isAway = false
    }
    return asked.once("response", answered).once("upgrade", answered)
  }

  /** Says why the server does not answer and, where that is not about one request alone, once to who started us. */
  function explain(error: Error & { readonly code?: string }): string {
    const reason = `${upstream.origin} does not answer: ${whyNot(error)}`
    if (!isAway && !brokenOff.has(error.code)) {
      log(reason)
      isAway = true
    }
    return reason
  }

  return {
    request(request: IncomingMessage, response: ServerResponse): void {
      const refusal = refusalOf(request)
      if (refusal) return say(response, ...refusal)
      const host = request.headers.host!
      const isForPage = wantsPage(request)
      const asked = askUpstream(request, requestHeaders(request.rawHeaders, upstream, host, isForPage))
      asked.once("response", (answer) => {
        const headers = responseHeaders(answer.rawHeaders, upstream, host)
        const decoder = isForPage && request.method !== "HEAD" ? decoderFor(answer) : undefined
        const policies = valuesOf(headers, "content-security-policy").join(",")
        response.writeHead(answer.statusCode!, answer.statusMessage, decoder ? pageHeaders(headers, room) : headers)
        response.flushHeaders()
        const changeElement = (element: string): string => makeRoomInMeta(element, room)
        const way = decoder ? [...decoder, inserting({ tag: tag(nonceOf(policies)), changeElement })] : []
        // Where the server breaks off, so do we: half a file must not look whole.
        pipeline([answer, ...way, response], () => {})
      })
      asked.on("error", (error) => {
        if (response.headersSent || response.destroyed) return
        const reason = explain(error)
        if (isForPage) say(response, 502, awayPage(reason), "text/html; charset=utf-8")
        else say(response, 502, `${reason}\n`)
      })
      response.once("close", () => asked.destroy())
      // Else it would wait for the first piece of the body.
      asked.flushHeaders()
      request.pipe(asked)
    },

    upgrade(request: IncomingMessage, wire: Duplex, head: Buffer): void {
      open.add(wire)
      wire.once("close", () => open.delete(wire))
      wire.on("error", () => wire.destroy())
      const refuse = (status: number, reason: string): void => {
        wire.end(
          `${headOf(status, STATUS_CODES[status], ["Connection", "close", "Content-Type", plainText])}${reason}\n`,
        )
      }
      const refusal = refusalOf(request) ?? foreignSocket(request)
      if (refusal) return refuse(...refusal)
      const host = request.headers.host!
      const upgrade = ["Connection", "Upgrade", "Upgrade", request.headers.upgrade!]
      const asked = askUpstream(request, [...requestHeaders(request.rawHeaders, upstream, host, false), ...upgrade])
      wire.once("close", () => asked.destroy())
      asked.once("upgrade", ({ statusMessage, rawHeaders, headers }, other, rest) => {
        other.on("error", () => other.destroy())
        other.once("close", () => wire.destroy())
        wire.once("close", () => other.destroy())
        const more = ["Connection", "Upgrade", "Upgrade", headers.upgrade!]
        wire.write(headOf(101, statusMessage, [...responseHeaders(rawHeaders, upstream, host), ...more]))
        wire.write(rest)
        other.write(head)
        other.pipe(wire).pipe(other)
      })
      asked.once("response", (answer) => {
        const headers = responseHeaders(answer.rawHeaders, upstream, host)
        wire.write(headOf(answer.statusCode!, answer.statusMessage, [...headers, "Connection", "close"]))
        pipeline(answer, wire, () => {})
      })
      asked.on("error", (error) => refuse(502, explain(error)))
      asked.end()
    },

    /** Upgraded connections are none of the HTTP server's any more. */
    hangUp(): void {
      for (const wire of open) wire.destroy()
    },
  }
}

type Answer = readonly [status: number, text: string]

/** As closed as the bridge. */
function refusalOf(request: IncomingMessage): Answer | undefined {
  if (!isLocal(request)) return [403, "this site is for localhost only\n"]
  if (!/^(?:\/[!-\u00ff]*|\*)$/.test(request.url ?? ""))
    return [400, "this is a proxy for one server: ask for a path of it\n"]
  return undefined
}

/** Any website can open a socket to this machine and read it; only its origin tells it from ours. */
function foreignSocket({ rawHeaders }: IncomingMessage): Answer | undefined {
  const isForeign = valuesOf(rawHeaders, "origin").some((origin) => !isLoopbackName(originName(origin) ?? ""))
  return isForeign ? [403, "sockets are for pages on localhost only"] : undefined
}

const pageDestinations = new Set(["document", "frame", "iframe"])

/** Whether an answer in HTML will be a document: not what a script fetches to put into one. */
function wantsPage({ headers }: IncomingMessage): boolean {
  const destination = headers["sec-fetch-dest"]
  if (typeof destination === "string") return pageDestinations.has(destination)
  return !headers.range && !headers["x-requested-with"] && /text\/html|^\*\/\*$/.test(headers.accept ?? "*/*")
}

/** What makes the bytes of a page readable; undefined for what is no page, or in a code that we do not know. */
function decoderFor({ statusCode, headers }: IncomingMessage): readonly Transform[] | undefined {
  const type = headers["content-type"] ?? ""
  if (statusCode === 204 || statusCode === 206 || statusCode === 304) return undefined
  if (!/^text\/html\b/i.test(type) || /utf-?(?:16|32)/i.test(type)) return undefined
  if (/^attachment/i.test(headers["content-disposition"] ?? "")) return undefined
  switch (headers["content-encoding"]?.toLowerCase() ?? "identity") {
    case "identity":
      return []
    case "gzip":
    case "x-gzip":
      return [createGunzip()]
    case "deflate":
      return [createInflate()]
    case "br":
      return [createBrotliDecompress()]
    default:
      return undefined
  }
}

const plainText = "text/plain; charset=utf-8"

function say(response: ServerResponse, status: number, text: string, type = plainText): void {
  response.writeHead(status, {
    "Content-Type": type,
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-site",
    "X-Content-Type-Options": "nosniff",
  })
  response.end(text)
}

function headOf(status: number, message = "", headers: readonly string[]): string {
  const lines = headers.flatMap((name, nth) => (nth % 2 === 0 ? [`${name}: ${headers[nth + 1]!}`] : []))
  return [`HTTP/1.1 ${status} ${message}`, ...lines, "", ""].join("\r\n")
}

/** The server is there, and closes the connection of a request that it does not survive. */
const brokenOff = new Set<unknown>(["ECONNRESET", "EPIPE"])

function whyNot({ message, code }: Error & { readonly code?: string }): string {
  switch (code) {
    case "ECONNREFUSED":
      return "nothing listens there, start the dev server"
    case "ENOTFOUND":
      return "there is no machine of that name"
    case "ECONNRESET":
    case "EPIPE":
      return "it closed the connection"
    case "EPROTO":
      return "it does not speak TLS, try http://"
    default:
      return plain(message, 200)
  }
}

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

/** Asks again each second, so that the page is there as soon as the server is. */
const awayPage = (reason: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="1"><title>waiting</title>
<meta name="color-scheme" content="light dark"></head>
<body style="font: 16px/1.5 system-ui; margin: 3rem"><p>${escape(reason)}.</p>
<p>This page comes by itself once it does.</p></body></html>
`
