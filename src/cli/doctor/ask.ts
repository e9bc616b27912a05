import {
  request as overHttp,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from "node:http"
import { request as overHttps } from "node:https"
import { text } from "node:stream/consumers"

/** What a server says to a plain request. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface AskOptions {
  readonly headers?: OutgoingHttpHeaders
  /** Where to connect to, whatever the URL's host is. */
  readonly address?: string
}

const askMs = 5000

/**
 * Asks once, without following redirects. Not by `fetch`, which looks like a browser to the bridge.
 *
 * @throws why there is no reply
 */
export async function ask(url: string, { headers = {}, address }: AskOptions = {}): Promise<Reply> {
  const { protocol, host, hostname } = new URL(url)
  const open = protocol === "https:" ? overHttps : overHttp
  const request = open(url, {
    headers: { host, ...headers },
    agent: false,
    signal: AbortSignal.timeout(askMs),
    // A certificate of the developer's own is nothing to complain of here.
    rejectUnauthorized: false,
    // Not every system knows that these are loopback, as browsers do.
    ...((address ?? /[.]localhost[.]?$|^localhost[.]$/.test(hostname)) && { hostname: address ?? "127.0.0.1" }),
  })
  request.end()
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve)
    request.once("upgrade", (upgraded, wire) => {
      wire.destroy()
      resolve(upgraded)
    })
    request.once("error", reject)
  })
  const { statusCode: status = 0, headers: given } = response
  return { status, headers: given, body: status === 101 ? "" : await text(response) }
}

/** What makes a request one for a WebSocket. */
export const upgradeHeaders = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "cmVwbC1icmlkZ2UtZG9jdA==",
} as const
