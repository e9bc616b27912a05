import { expect, test } from "vitest"
import { RpcPeers, type RpcSocket } from "./rpc.ts"

function open() {
  const said: string[] = []
  const closes: (readonly [number, string])[] = []
  const socket = {
    bufferedBytes: 0,
    bytesRead: 0,
    send: (text: string) => said.push(text),
    ping: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    close: (code: number, reason: string) => void closes.push([code, reason]),
    terminate: () => undefined,
  }
  const heard: string[] = []
  let ends = 0
  let behind!: RpcSocket
  const unread: (() => number | undefined)[] = []
  const rpcs = new RpcPeers({
    url: () => "http://127.0.0.1:9001",
    open: (opened) => {
      behind = opened
      return { heard: (text) => heard.push(text), closed: () => ends++ }
    },
    openChannel: (use) => {
      unread.push(() => use.bufferedBytes)
      return { send: () => undefined, close: () => undefined }
    },
  })
  const peer = rpcs.accept(socket)
  return { rpcs, peer, socket, behind, said, heard, closes, unread, ends: () => ends }
}

test("more than 8 MiB of unread answers close the socket, and nothing is said or heard after that", () => {
  const { peer, socket, behind, said, heard, closes, ends } = open()
  socket.bufferedBytes = 8 * 1024 * 1024
  behind.say("one")
  expect(closes).toEqual([])
  socket.bufferedBytes++
  behind.say("two")
  behind.say("three")
  behind.close()
  peer.frame("late")
  expect({ said, heard, closes }).toEqual({
    said: ["one", "two"],
    heard: [],
    closes: [[1013, "too much is unread"]],
  })
  expect(ends()).toBe(1)
})

test("its front end is as far behind as its socket, and takes the seat from then on", () => {
  const { rpcs, peer, socket, behind, unread } = open()
  expect(rpcs.unseated).toBe(1)
  behind.openChannel(
    () => undefined,
    () => undefined,
  )
  expect(rpcs.unseated).toBe(0)
  socket.bufferedBytes = 1000
  expect(unread.map((bytes) => bytes())).toEqual([1000])
  peer.closed(1006, "")
  expect(rpcs.peers.size).toBe(0)
})

test("whoever answers is told once that the socket is gone", () => {
  const { peer, heard, ends } = open()
  peer.frame("one")
  peer.closed(1006, "")
  peer.closed(1006, "")
  expect({ heard, ends: ends() }).toEqual({ heard: ["one"], ends: 1 })
})
