import { randomUUID } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import {
  decodeToFrontEnd,
  protocolVersion,
  writeMessage,
  type FromFrontEnd,
  type Said,
  type ToFrontEnd,
} from "../protocol/index.ts"
import type { ChannelUse, FrontEndChannel } from "./frontends/channel.ts"
import { sendJson } from "./http.ts"

export interface HttpEvalParts {
  readonly openChannel: (use: ChannelUse) => FrontEndChannel
  readonly version: string
  readonly maxBytes: number
}

const defaultTimeoutMs = 30_000

/**
 * `POST /eval?runtime=&wait=&timeout=`: the body is the code, the times are
 * milliseconds, the answer is the object that `eval --json` prints. Each
 * request is a front end of its own.
 */
export function answerEvals({ openChannel, version, maxBytes }: HttpEvalParts) {
  return (request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void => {
    const ask = readAsk(query)
    if (typeof ask === "string") return refuse(response, 400, ask)
    readBody(request, maxBytes, (code) => {
      if (code === undefined) return refuse(response, 413, `the code is longer than ${maxBytes} bytes`)
      const channel = openChannel({
        frame: (frame) => {
          for (const { message, body = "null" } of decodeToFrontEnd(frame)) {
            if (message.op === "outcome") settle(message, body)
          }
        },
        closed: () => refuse(response, 503, "the bridge is stopping"),
      })
      const settle = (outcome: Said<ToFrontEnd, "outcome">, body: string): void => {
        say({ op: "ack", ids: [outcome.id] })
        channel.close()
        answer(response, outcome, body)
      }
      const say = (message: FromFrontEnd, body?: string): void => channel.send(writeMessage(message, body))
      response.once("close", () => {
        if (response.writableFinished) return
        say({ op: "cancel", id: ask.id })
        channel.close()
      })
      say({ op: "hello", protocol: protocolVersion, version, frontEnd: randomUUID(), name: "http" })
      say(ask, code)
    })
  }
}

function readAsk(query: URLSearchParams): Said<FromFrontEnd, "eval"> | string {
  const runtime = query.get("runtime")
  const waitMs = milliseconds(query.get("wait"))
  const timeoutMs = milliseconds(query.get("timeout"))
  if (Number.isNaN(waitMs) || Number.isNaN(timeoutMs)) return "wait and timeout are whole numbers of milliseconds"
  return {
    op: "eval",
    id: randomUUID(),
    ...(runtime !== null && { runtime }),
    ...(waitMs !== undefined && { waitMs }),
    timeoutMs: timeoutMs ?? defaultTimeoutMs,
  }
}

function milliseconds(text: string | null): number | undefined {
  if (text === null || text === "") return undefined
  return /^\d{1,9}$/.test(text) ? Number(text) : NaN
}

/** The whole body as text; undefined when it is too long. A request that breaks off is not answered. */
function readBody(request: IncomingMessage, maxBytes: number, done: (body: string | undefined) => void): void {
  const chunks: Buffer[] = []
  let bytes = 0
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= maxBytes) chunks.push(chunk)
  })
  request.once("end", () => done(bytes > maxBytes ? undefined : Buffer.concat(chunks).toString()))
}

/** The result goes out as the runtime wrote it; it is parsed only to be sure that it is JSON. */
function answer(response: ServerResponse, outcome: Said<ToFrontEnd, "outcome">, result: string): void {
  const { id, outcome: kind, runtime, durationMs } = outcome
  try {
    JSON.parse(result)
  } catch {
    return refuse(response, 502, "the runtime's result is not JSON")
  }
  const head = JSON.stringify({ id, outcome: kind, ...(runtime && { runtime }), durationMs })
  sendJson(response, 200, `${head.slice(0, -1)},"result":${result}}`)
}

function refuse(response: ServerResponse, status: number, error: string): void {
  if (!response.headersSent) sendJson(response, status, JSON.stringify({ error }))
}
