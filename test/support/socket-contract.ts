import type { Socket } from "../../src/link/index.ts"

/** The far end of a socket. */
export interface Peer {
  /** The next frame that came. */
  heard(): Promise<string>
  say(text: string): void
  close(code: number, reason: string): void
  /** Ends it without a word. */
  cut(): void
  /** How the near end closed it. */
  closed(): Promise<{ readonly code: number; readonly reason: string }>
}

/** A kind of socket, and a way to be at its far end. */
export interface Wire {
  dial(): Socket
  /** Answers the last dial. */
  accept(): Promise<Peer>
  /** Dials where nobody listens. */
  dialNobody(): Socket
}

/**
 * What the link takes for granted about sockets, whatever their make. Each case
 * throws where that is not so. Nothing here is of Node or of a test runner, so
 * that a page can run it too.
 */
export const socketContract: Readonly<Record<string, (wire: Wire) => Promise<void>>> = {
  "opens once, and only then can be sent to": async (wire) => {
    const socket = wire.dial()
    const seen = watch(socket)
    mustThrow(() => socket.send("early"))
    const peer = await opened(wire, seen)
    socket.send("on time")
    same(await peer.heard(), "on time")
    same(seen.events, [["open"]])
  },

  "carries text both ways, in order and as it is": async (wire) => {
    const socket = wire.dial()
    const seen = watch(socket)
    const peer = await opened(wire, seen)
    for (const text of ["1", "ä\n\u{1f600}", ""]) socket.send(text)
    same([await peer.heard(), await peer.heard(), await peer.heard()], ["1", "ä\n\u{1f600}", ""])
    for (const text of ["2", "ö\n\u{1f600}"]) peer.say(text)
    await seen.count(3)
    same(seen.events.slice(1), [
      ["message", "2"],
      ["message", "ö\n\u{1f600}"],
    ])
  },

  "tells the code and the reason of the peer's close, once": async (wire) => {
    const socket = wire.dial()
    const seen = watch(socket)
    const peer = await opened(wire, seen)
    peer.close(4401, "no token")
    same(await seen.closed(), ["close", 4401, "no token", true])
    socket.close(1000, "late")
    same(seen.closes(), 1)
  },

  "tells a cut as 1006, without a reason": async (wire) => {
    const socket = wire.dial()
    const seen = watch(socket)
    const peer = await opened(wire, seen)
    peer.cut()
    same(await seen.closed(), ["close", 1006, "", false])
    same(seen.closes(), 1)
  },

  "tells a refused dial as an error and then 1006": async (wire) => {
    const seen = watch(wire.dialNobody())
    same(await seen.closed(), ["close", 1006, "", false])
    same(
      seen.events.map(([name]) => name),
      ["error", "close"],
    )
  },

  "carries our code and reason to the peer, and tells the close when that is done": async (wire) => {
    const socket = wire.dial()
    const seen = watch(socket)
    const peer = await opened(wire, seen)
    socket.close(4001, "cached")
    same(seen.closes(), 0)
    same(await peer.closed(), { code: 4001, reason: "cached" })
    same(await seen.closed(), ["close", 4001, "cached", true])
  },

  "can be closed again and sent to after a close: that is nothing": async (wire) => {
    const socket = wire.dial()
    const seen = watch(socket)
    const peer = await opened(wire, seen)
    socket.close(1000, "first")
    socket.close(1000, "second")
    socket.send("too late")
    same(await peer.closed(), { code: 1000, reason: "first" })
    await seen.closed()
    socket.send("later still")
    same(seen.closes(), 1)
  },

  "closed while it connects, it never opens": async (wire) => {
    const socket = wire.dial()
    const seen = watch(socket)
    socket.close(1000, "changed my mind")
    same(await seen.closed(), ["close", 1006, "", false])
    same(
      seen.events.map(([name]) => name),
      ["error", "close"],
    )
  },

  "says nothing to those who no longer listen": async (wire) => {
    const socket = wire.dial()
    const seen = watch(socket)
    const peer = await opened(wire, seen)
    socket.onmessage = null
    peer.say("unheard")
    peer.close(1000, "")
    await seen.closed()
    same(
      seen.events.map(([name]) => name),
      ["open", "close"],
    )
  },

  "takes 123 bytes of reason and throws at more": async (wire) => {
    const socket = wire.dial()
    const seen = watch(socket)
    const peer = await opened(wire, seen)
    mustThrow(() => socket.close(1000, "€".repeat(42)))
    socket.close(1000, "€".repeat(41))
    same(await peer.closed(), { code: 1000, reason: "€".repeat(41) })
    await seen.closed()
  },
}

type Seen =
  | readonly ["open"]
  | readonly ["error"]
  | readonly ["message", string]
  | readonly ["close", number, string, boolean]

function watch(socket: Socket) {
  const events: Seen[] = []
  const waiting = new Set<() => void>()
  const add = (event: Seen): void => {
    events.push(event)
    for (const look of waiting) look()
  }
  socket.onopen = () => add(["open"])
  socket.onerror = () => add(["error"])
  socket.onmessage = ({ data }) => add(["message", String(data)])
  socket.onclose = ({ code, reason, wasClean }) => add(["close", code, reason, wasClean])

  const closes = () => events.filter(([name]) => name === "close").length
  const until = (isSo: () => boolean) =>
    new Promise<void>((done) => {
      const look = (): void => {
        if (!isSo()) return
        waiting.delete(look)
        done()
      }
      waiting.add(look)
      look()
    })
  return {
    events,
    closes,
    count: (length: number) => until(() => events.length >= length),
    async closed() {
      await until(() => closes() > 0)
      return events.find(([name]) => name === "close")!
    },
  }
}

async function opened(wire: Wire, seen: ReturnType<typeof watch>): Promise<Peer> {
  const peer = await wire.accept()
  await seen.count(1)
  return peer
}

function same(actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== should) throw new Error(`is ${is}, should be ${should}`)
}

function mustThrow(act: () => void): void {
  let threw = false
  try {
    act()
  } catch {
    threw = true
  }
  if (!threw) throw new Error("nothing was thrown")
}
