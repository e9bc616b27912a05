import type { IncomingMessage } from "node:http"
import { WebSocket, type ClientOptions } from "ws"
import type { Socket } from "../link/index.ts"

/** Why a socket did not open. */
export interface Failure {
  /** Of the answer; absent where nobody answered. */
  readonly status?: number
  readonly reason: string
}

/** No close frame came. */
const abnormalClosure = 1006
const maxReasonLength = 1024
/** How long a bridge may take to answer our close before the socket is cut: a dead one must not keep a process alive. */
const closeMs = 2000

/**
 * One WebSocket to a bridge, with our token. Unlike a browser, we see how an
 * upgrade was answered: `failed` hears it, and says by which code the socket
 * counts as closed.
 */
export function openWebSocket(url: string, token: string | undefined, failed: (failure: Failure) => number): Socket {
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  const options: ClientOptions & { closeTimeout: number } = { headers, perMessageDeflate: false, closeTimeout: closeMs }
  const webSocket = new WebSocket(url, options)
  let hasOpened = false
  let problem = ""

  const socket: Socket = {
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    get bufferedAmount() {
      return webSocket.bufferedAmount
    },
    send: (text) => webSocket.send(text),
    close: (code, reason) => webSocket.close(code, reason),
  }

  webSocket.on("open", () => {
    hasOpened = true
    socket.onopen?.({} as never)
  })
  webSocket.on("message", (data: Buffer, isBinary) => socket.onmessage?.({ data: isBinary ? data : data.toString() }))
  webSocket.on("error", (error) => {
    problem = error.message
    socket.onerror?.({} as never)
  })
  webSocket.on("close", closed)
  webSocket.on("unexpected-response", (_, response) => void refused(response))
  return socket

  async function refused(response: IncomingMessage): Promise<void> {
    webSocket.off("close", closed)
    const { statusCode: status = 0, statusMessage = "" } = response
    const reason = (await readText(response)).trim() || statusMessage
    webSocket.terminate()
    socket.onclose?.({ code: failed({ status, reason }), reason, wasClean: false })
  }

  function closed(code: number, reason: Buffer): void {
    if (hasOpened) {
      const wasClean = code !== abnormalClosure
      socket.onclose?.({ code, reason: reason.toString() || problem, wasClean })
    } else {
      socket.onclose?.({ code: failed({ reason: problem }), reason: problem, wasClean: false })
    }
  }
}

/** The beginning of a response's body, as far as it comes. */
async function readText(response: IncomingMessage): Promise<string> {
  let text = ""
  try {
    for await (const chunk of response.setEncoding("utf8")) {
      text += chunk as string
      if (text.length > maxReasonLength) break
    }
  } catch {
    // What came says enough.
  }
  return text.slice(0, maxReasonLength)
}
