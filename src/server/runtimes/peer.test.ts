import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { protocolVersion, writeMessage, type FromRuntime } from "../../protocol/index.ts"
import type { Socket } from "../socket.ts"
import { RuntimePeer, type RuntimePeerUse } from "./peer.ts"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const write: (header: FromRuntime, body?: string) => string = writeMessage
const hello = { protocol: protocolVersion, version: "1", runtime: "a", session: "s", kind: "page", url: "", title: "" }

function open(maxMessagesPerS: number) {
  const socket = { bufferedBytes: 0, send: vi.fn(), ping: vi.fn(), pause: vi.fn(), resume: vi.fn(), close: vi.fn() }
  const use = { hello: vi.fn(), outcome: vi.fn(), status: vi.fn(), owes: () => false, changed: vi.fn() }
  const peer = new RuntimePeer({
    id: 1,
    socket: socket as unknown as Socket,
    origin: "http://localhost",
    userAgent: "",
    helloMs: 1000,
    maxMessagesPerS,
    now: () => 0,
    use: use as unknown as RuntimePeerUse,
  })
  peer.frame(write({ op: "hello", ...hello }))
  return { peer, socket, use }
}

test("[P48] what a runtime was asked for is not too much, what it says of its own accord may be", () => {
  const { peer, socket, use } = open(2)
  for (let nth = 0; nth < 100; nth++) {
    peer.expect()
    peer.frame(write({ op: "outcome", id: `e${nth}`, outcome: "value", durationMs: 1 }, "{}"))
  }
  expect(use.outcome).toHaveBeenCalledTimes(100)
  expect(peer.isPaused).toBe(false)
  peer.frame(write({ op: "status", title: "one" }))
  expect(peer.isPaused).toBe(false)
  peer.frame(write({ op: "status", title: "two" }))
  expect(peer.isPaused).toBe(true)
  vi.runOnlyPendingTimers()
  expect(socket.resume).toHaveBeenCalled()
  expect(peer.isPaused).toBe(false)
})
