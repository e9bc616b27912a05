import type { Socket } from "../../src/link/index.ts"

/** A socket whose other end is the test. */
export interface FakeSocket extends Socket {
  readonly url: string
  /** What was sent, frame by frame. */
  readonly sent: string[]
  /** The code and reason of the first `close()`, once it was called. */
  readonly closedWith: { readonly code: number | undefined; readonly reason: string } | undefined
  /** Whether it could still say something: not closed by either end. */
  readonly isOpen: boolean
  open(): void
  message(text: string): void
  /** The other end ends it, or with 1006 the network. */
  fail(code?: number, reason?: string): void
}

export interface FakeNetwork {
  /** To be used as `openSocket`. */
  readonly openSocket: (url: string) => FakeSocket
  /** Every socket so far. */
  readonly sockets: FakeSocket[]
  readonly last: FakeSocket
  /** How many are neither closed nor failed. */
  readonly openCount: number
  /** While set, no socket can be made. */
  refusal: Error | undefined
  /** While true, `close()` is never answered: the link is a black hole. */
  isBlackHole: boolean
}

export function createFakeNetwork(): FakeNetwork {
  const sockets: FakeSocket[] = []
  const network: FakeNetwork = {
    sockets,
    refusal: undefined,
    isBlackHole: false,
    openSocket(url) {
      if (network.refusal) throw network.refusal
      const socket = createFakeSocket(url, () => network.isBlackHole)
      sockets.push(socket)
      return socket
    },
    get last() {
      return sockets.at(-1)!
    },
    get openCount() {
      return sockets.filter(({ isOpen }) => isOpen).length
    },
  }
  return network
}

function createFakeSocket(url: string, isBlackHole: () => boolean): FakeSocket {
  let state: "connecting" | "open" | "closed" = "connecting"
  let closedWith: FakeSocket["closedWith"]
  const end = (code: number, reason: string): void => {
    if (state === "closed") return
    if (code === 1006) socket.onerror?.(undefined as never)
    state = "closed"
    socket.onclose?.({ code, reason, wasClean: code !== 1006 })
  }
  const socket: FakeSocket = {
    url,
    sent: [],
    bufferedAmount: 0,
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    get closedWith() {
      return closedWith
    },
    get isOpen() {
      return state !== "closed" && closedWith === undefined
    },
    send(text) {
      if (state === "connecting") throw new Error("still connecting")
      // Like a browser's: a closing socket swallows what it is given.
      if (closedWith === undefined && state === "open") socket.sent.push(text)
    },
    close(code, reason = "") {
      if (utf8Length(reason) > 123) throw new SyntaxError("the reason is longer than 123 bytes")
      if (closedWith !== undefined || state === "closed") return
      closedWith = { code, reason }
      const wasOpen = state === "open"
      if (!isBlackHole()) queueMicrotask(() => (wasOpen ? end(code ?? 1005, reason) : end(1006, "")))
    },
    open() {
      state = "open"
      socket.onopen?.(undefined as never)
    },
    message: (text) => socket.onmessage?.({ data: text }),
    fail: (code = 1006, reason = "") => end(code, reason),
  }
  return socket
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length
}
