import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import type { Doorman } from "./doorman.ts"
import { isQuestion, type Admission, type Refusal } from "./gate.ts"
import type { DemoFile } from "./options.ts"
import { plain } from "./plain.ts"

export interface HttpParts {
  readonly doorman: Doorman
  readonly clientScript: () => string
  readonly takeChunk: (name: string, origin: string) => string | undefined
  readonly demo: Readonly<Record<string, DemoFile>>
  readonly status: () => unknown
  readonly evaluate: (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => void
}

/** Nothing of the bridge may be framed, guessed at or kept. */
const always = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Content-Security-Policy": "frame-ancestors 'none'",
  // A key may stand in an address.
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
} as const

export function answerRequests({ doorman, clientScript, takeChunk, demo, status, evaluate }: HttpParts) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const verdict = doorman.judge(request, "request")
    const { method = "", url: target = "" } = request
    // Of the asker alone, and without secrets: so that whoever was refused can read why.
    if (isQuestion({ by: "request", method, target })) response.setHeader("Access-Control-Allow-Origin", "*")
    if (!verdict.admit) return refuse(response, verdict)
    switch (verdict.door) {
      case "client":
        return sendClient(response, verdict, clientScript)
      case "chunk":
        return sendChunk(response, verdict, takeChunk)
      case "page": {
        const { type, body } = demo[verdict.path]!
        return send(response, 200, type, withKey(body, verdict.query))
      }
      case "status":
        return sendJson(response, 200, JSON.stringify(status()))
      case "eval":
        return evaluate(request, response, new URLSearchParams(verdict.query))
      case "runtime":
        return send(response, 426, "text/plain; charset=utf-8", "a runtime comes in by a WebSocket\n")
      case "frontend":
        // The gate lets only upgrades through this door.
        return
      default:
        verdict.door satisfies never
    }
  }
}

/** A page of ours that was asked for with a key gives it on to the client. Whether it is the right one, the gate says then. */
function withKey(body: string | Uint8Array, query: string): string | Uint8Array {
  if (!/^key=[\w-]+$/.test(query)) return body
  return Buffer.from(body).toString().replace('"/client.js"', `"/client.js?${query}"`)
}

/** The same for everyone and without secrets: a page that includes it could read them. */
function sendClient(response: ServerResponse, { origin, readable }: Admission, clientScript: () => string): void {
  response.setHeader("Cross-Origin-Resource-Policy", "cross-origin")
  response.setHeader("Vary", "Origin")
  if (readable) response.setHeader("Access-Control-Allow-Origin", origin)
  let script: string
  try {
    script = clientScript()
  } catch (error) {
    return send(response, 500, "text/plain; charset=utf-8", `there is no client script: ${String(error)}\n`)
  }
  send(response, 200, "text/javascript; charset=utf-8", script)
}

/** To the page that asked for it, and to no other. */
function sendChunk(response: ServerResponse, { path, origin }: Admission, take: HttpParts["takeChunk"]): void {
  const text = take(path.slice("/chunk/".length), origin)
  response.setHeader("Cross-Origin-Resource-Policy", "same-origin")
  response.setHeader("Vary", "Origin")
  response.setHeader("Access-Control-Allow-Origin", origin)
  if (text === undefined) return send(response, 404, "text/plain; charset=utf-8", "it is not here, or not any more\n")
  send(response, 200, "text/javascript; charset=utf-8", text)
}

function refuse(response: ServerResponse, { status, reason, allow }: Refusal): void {
  if (allow !== undefined) response.setHeader("Allow", allow)
  // What else the connection brings is not worth reading.
  response.setHeader("Connection", "close")
  send(response, status, "text/plain; charset=utf-8", `${reason}\n`)
}

export function sendJson(response: ServerResponse, status: number, json: string): void {
  send(response, status, "application/json", `${ascii(json)}\n`)
}

function send(response: ServerResponse, status: number, type: string, body: string | Uint8Array): void {
  response.writeHead(status, { ...always, "Content-Type": type, "Content-Length": Buffer.byteLength(body) })
  response.end(response.req.method === "HEAD" ? undefined : body)
}

/** Inside the strings of JSON every character may be escaped; outside there are no others than ASCII, and line breaks only there. */
function ascii(json: string): string {
  return json
    .replace(/[\t\n\r]/g, " ")
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

/** The answer to an upgrade request that is not admitted. Browsers see it as 1006 only. */
export function refuseUpgrade(wire: Duplex, { status, reason, isBusy }: Refusal): void {
  const body = `${plain(reason, 500)}\n`
  const headers = {
    ...always,
    Connection: "close",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    ...(status === 503 && { "Retry-After": isBusy ? "5" : "1" }),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  wire.on("error", () => wire.destroy())
  wire.once("finish", () => wire.destroy())
  wire.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`)
}
