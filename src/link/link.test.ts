import { expect, test } from "vitest"
import { createFakeClock } from "../../test/support/fake-clock.ts"
import { createFakeNetwork } from "../../test/support/fake-socket.ts"
import { decodeToRuntime, writeFrame, writeMessage, type ToRuntime } from "../protocol/index.ts"
import * as defaults from "./defaults.ts"
import {
  createLink,
  LinkError,
  type LinkEvents,
  type LinkParts,
  type LinkSettings,
  type Scout,
  type Url,
} from "./index.ts"

const names = [
  "connecting",
  "ready",
  "disconnected",
  "reconnecting",
  "reconnectFailed",
  "refused",
  "heartbeatTimeout",
  "flapping",
  "closed",
] as const satisfies (keyof LinkEvents<ToRuntime>)[]

/** A link whose clock, network and chance are the test's. */
function setUp(
  settings: LinkSettings = {},
  { url = "ws://127.0.0.1:9001/runtime" as Url, scout = false, more = {} as Partial<LinkParts<ToRuntime>> } = {},
) {
  const clock = createFakeClock()
  const network = createFakeNetwork()
  const events: [string, any][] = []
  const heard: [string, string | undefined][] = []
  const scouts: Parameters<Scout>[] = []
  let searching = 0
  const parts: LinkParts<ToRuntime> = {
    settings,
    clock,
    random: () => 0.5,
    openSocket: network.openSocket,
    hello: () => '{"op":"hello"}',
    decode: decodeToRuntime,
    deliver: (message, body) => heard.push([message.op, body]),
    ...(scout && {
      scout: (...given) => {
        searching++
        scouts.push(given)
        return () => searching--
      },
    }),
    ...more,
  }
  const link = createLink<ToRuntime>(url, parts)
  for (const name of names) link.on(name, (detail) => events.push([name, detail]))

  return {
    clock,
    network,
    link,
    heard,
    /** What was emitted since the last call. */
    events: () => events.splice(0),
    delays: () => events.filter(([name]) => name === "reconnecting").map(([, { delay }]) => delay / 1000),
    report: (there: boolean | undefined) => scouts.at(-1)![1](there),
    explain: (why: string) => scouts.at(-1)![2](why),
    scouted: () => scouts.map(([, , , wasReady]) => wasReady),
    get searching() {
      return searching
    },
    connect: () => {
      const connected = link.connect()
      connected.catch(() => undefined)
      return connected
    },
    welcome: (fields: object = {}) => network.last.message(welcome(fields)),
    untilDial: () => {
      const { length } = network.sockets
      while (network.sockets.length === length) clock.advance(100)
    },
    /** Opens and welcomes the last socket. */
    accept: (fields: object = {}) => {
      network.last.open()
      network.last.message(welcome(fields))
    },
  }
}

const welcome = (more: object = {}) =>
  JSON.stringify({
    op: "welcome",
    protocol: 1,
    version: "0.1.0",
    bridge: "b1",
    runtime: "r1",
    number: 1,
    name: "chrome",
    ...more,
  })
const ping = '{"op":"ping"}'
const pong = '{"op":"pong"}'
const fails = (): never => {
  throw new Error("not ours")
}
/** Throws the first time. */
function once<Result>(run: () => Result): () => Result {
  let isFirst = true
  return () => {
    if (!isFirst) return run()
    isFirst = false
    return fails()
  }
}
const settled = () => new Promise<void>((done) => setImmediate(done))

test("[L8] open is not ready: hello is said, and only the welcome makes it so", async () => {
  const { connect, network, link, welcome: accept, events } = setUp()
  const connected = connect()
  expect(link.state).toBe("dialling")
  network.last.open()
  expect(network.last.sent).toEqual(['{"op":"hello"}'])
  expect(link.state).toBe("greeting")
  accept()
  expect(link.state).toBe("ready")
  expect(await connected).toMatchObject({
    reconnected: false,
    attempt: 1,
    bridgeInstance: "b1",
    welcome: { name: "chrome" },
  })
  expect(events().map(([name]) => name)).toEqual(["connecting", "ready"])
})

test("[L12] refused dials are repeated after exactly 1, 2, 4, 8, 16, 30, 30 s", () => {
  const { connect, network, clock, untilDial } = setUp()
  void connect()
  const gaps: number[] = []
  for (let dial = 1; dial <= 7; dial++) {
    const from = clock.now()
    network.last.fail()
    untilDial()
    gaps.push((clock.now() - from) / 1000)
  }
  expect(gaps).toEqual([1, 2, 4, 8, 16, 30, 30])
})

test.each([1000, 1001, 1005, 1006, 1011, 1012, 1013, 4000])("[L11] a close with %i leads to a retry", (code) => {
  const { connect, accept, network, clock, link, events } = setUp()
  void connect()
  accept()
  events()
  network.last.fail(code)
  expect(events().map(([name]) => name)).toEqual(["disconnected", "reconnecting"])
  expect(link.state).toBe("waiting")
  clock.advance(1000)
  expect(link.state).toBe("dialling")
})

test("[L11] a clean close and `shouldReconnect` can opt out", () => {
  for (const settings of [{ reconnectOnCleanClose: false }, { shouldReconnect: () => false }]) {
    const { connect, accept, network, link, events, clock } = setUp(settings)
    void connect()
    accept()
    events()
    network.last.fail(1000)
    expect(link.state).toBe("stopped")
    expect(events().map(([name]) => name)).toEqual(["disconnected", "closed"])
    expect(clock.pending).toBe(0)
  }
})

test.each([1008, 4400, 4401, 4403, 4409, 4426])("[L20] a close with %i is final", async (code) => {
  const { connect, accept, network, clock, link, events } = setUp()
  void connect()
  accept()
  events()
  network.last.fail(code, "because")
  expect(link.state).toBe("refused")
  expect(events()).toEqual([
    ["disconnected", { code, reason: "because", wasClean: true, willReconnect: false }],
    ["refused", { code, reason: "because" }],
  ])
  clock.advance(600_000)
  expect(network.sockets).toHaveLength(1)
  expect(clock.pending).toBe(0)
})

test("a final close is a refusal whatever `shouldReconnect` says", () => {
  const { connect, accept, network, link } = setUp({ shouldReconnect: () => false })
  void connect()
  accept()
  network.last.fail(4401)
  expect(link.state).toBe("refused")
})

test("a rejection is final, told as a drop, and its reason reaches the caller", async () => {
  const { connect, network, link, events } = setUp()
  const connected = connect()
  network.last.open()
  network.last.message('{"op":"reject","code":4401,"reason":"no token"}')
  await expect(connected).rejects.toEqual(new LinkError("refused", "no token"))
  expect(events().map(([name]) => name)).toEqual(["connecting", "disconnected", "refused"])
  expect(link.state).toBe("refused")
  expect(network.openCount).toBe(0)
})

test.each([
  [0, "upgrade the bridge"],
  [2, "upgrade the client"],
])("[L8] protocol %i is refused with who must upgrade", async (protocol, advice) => {
  const { connect, accept } = setUp()
  const connected = connect()
  accept({ protocol })
  await expect(connected).rejects.toThrow(advice)
})

test("[L6] a dial that is never answered, and a hello that is never answered, end after the setup time", () => {
  const { connect, network, clock, link } = setUp({ setupMs: 3000 })
  void connect()
  clock.advance(2999)
  expect(link.state).toBe("dialling")
  clock.advance(1)
  expect(link.state).toBe("waiting")
  expect(network.sockets[0]!.closedWith).toBeDefined()
  clock.advance(1000)
  network.last.open()
  clock.advance(3000)
  expect(link.state).toBe("waiting")
  expect(network.openCount).toBe(0)
})

test("[L2] a handshake that finishes late on an abandoned socket is closed, and what it says changes nothing", () => {
  const { connect, network, clock, link } = setUp({ setupMs: 3000 })
  network.isBlackHole = true
  void connect()
  clock.advance(4000)
  const [old] = network.sockets
  const before = link.state
  old!.open()
  old!.message(welcome())
  old!.fail(4401)
  expect(link.state).toBe(before)
  expect(old!.sent).toEqual([])
})

test("[L2] what an abandoned socket still says takes nothing from the new one", async () => {
  const { connect, accept, network, clock, link } = setUp()
  network.isBlackHole = true
  void connect()
  accept({ heartbeatMs: 1000 })
  clock.advance(500)
  network.last.message(pong)
  clock.advance(2500)
  const [old, next] = network.sockets
  accept()
  next!.sent.length = 0
  old!.message("nonsense")
  old!.message(ping)
  old!.fail()
  expect(link.state).toBe("ready")
  link.send(ping)
  await settled()
  expect(next!.sent).toEqual([ping])
})

test("[L5] connecting again joins what is under way; with another URL the old socket is torn down first", async () => {
  const { connect, link, network, accept } = setUp()
  const first = connect()
  const second = connect()
  expect(network.sockets).toHaveLength(1)
  accept()
  expect(await first).toBe(await second)
  const elsewhere = link.connect("ws://127.0.0.1:9002/runtime")
  expect(network.sockets[0]!.closedWith).toBeDefined()
  expect(network.last.url).toBe("ws://127.0.0.1:9002/runtime")
  accept({ bridge: "b2" })
  expect(await elsewhere).toMatchObject({ bridgeInstance: "b2" })
  expect(network.openCount).toBe(1)
})

test("[L7] a socket that cannot be made is the caller's to hear at first, and a failed attempt later", async () => {
  const first = setUp()
  first.network.refusal = new SyntaxError("bad scheme")
  await expect(first.connect()).rejects.toMatchObject({
    code: "bad-options",
    message: expect.stringContaining("bad scheme"),
  })
  expect(first.link.state).toBe("stopped")
  expect(first.clock.pending).toBe(0)

  const later = setUp()
  void later.connect()
  later.accept()
  later.network.refusal = new Error("out of sockets")
  later.network.last.fail()
  later.clock.advance(1000)
  expect(later.link.state).toBe("waiting")
  later.network.refusal = undefined
  later.clock.advance(2000)
  expect(later.link.state).toBe("dialling")
})

test("[L10] a URL that is a function is read at every dial, and its failure schedules a retry", async () => {
  const urls = ["ws://one/", new Error("not yet"), "ws://two/"]
  const { connect, network, clock, link } = setUp(
    {},
    {
      url: () => {
        const next = urls.shift()
        return next instanceof Error ? Promise.reject(next) : next!
      },
    },
  )
  void connect()
  await settled()
  expect(network.last.url).toBe("ws://one/")
  network.last.fail()
  clock.advance(1250)
  await settled()
  expect(link.state).toBe("waiting")
  clock.advance(2500)
  await settled()
  expect(network.last.url).toBe("ws://two/")
})

test("[L10] a stop while the URL is being read dials nothing", async () => {
  let answer!: (url: string) => void
  const { connect, link, network } = setUp({}, { url: () => new Promise((done) => (answer = done)) })
  void connect()
  await link.disconnect()
  answer("ws://late/")
  await settled()
  expect(network.sockets).toHaveLength(0)
})

test("[L10] a refresh of credentials that hangs holds up one dial, not those after it", async () => {
  const { connect, accept, network, clock } = setUp({ refreshCredentials: () => new Promise<void>(() => undefined) })
  void connect()
  for (let flap = 0; flap < 3; flap++) {
    accept()
    network.last.fail()
    clock.advance(4000)
    await settled()
  }
  expect(network.sockets).toHaveLength(3)
  clock.advance(defaults.setupMs)
  clock.advance(30_000)
  expect(network.sockets).toHaveLength(4)
})

test("[L13] whether it is loopback is decided by the address that was dialled", async () => {
  const { connect, network, clock, delays } = setUp(
    {},
    { url: () => "ws://localhost:9001/", more: { random: () => 0 } },
  )
  void connect()
  await settled()
  network.last.fail()
  expect(delays()).toEqual([1])
  const far = setUp({}, { more: { random: () => 0 } })
  void far.connect()
  far.link.connect("ws://far.example/").catch(() => undefined)
  far.network.last.fail()
  expect(far.delays()).toEqual([0.75])
  clock.advance(0)
})

test("[L14] `maxAttempts: 3` means three dials, one event, and no timer; `reconnectNow()` starts again", async () => {
  const { connect, network, clock, link, events } = setUp({ maxAttempts: 3 })
  const connected = connect()
  for (let dial = 0; dial < 3; dial++) {
    network.last.fail()
    clock.advance(30_000)
  }
  expect(network.sockets).toHaveLength(3)
  await expect(connected).rejects.toMatchObject({ code: "gave-up" })
  expect(events().filter(([name]) => name === "reconnectFailed")).toEqual([["reconnectFailed", { attempts: 3 }]])
  expect(link.state).toBe("gave-up")
  expect(link.alive).toBe(false)
  expect(clock.pending).toBe(0)
  link.reconnectNow()
  expect(link.state).toBe("dialling")
})

test("[L14] a hint recovers a link that gave up, once per step of the backoff", () => {
  const { connect, network, clock, link } = setUp({ maxAttempts: 1 })
  void connect()
  network.last.fail()
  link.hint()
  expect(network.sockets).toHaveLength(1)
  clock.advance(1000)
  link.hint()
  expect(network.sockets).toHaveLength(2)
})

test("[L14] hints to a link that gave up dial ever more rarely, and their failures are not told again", () => {
  const { connect, network, clock, link, events } = setUp({ maxAttempts: 2 })
  void connect()
  network.last.fail()
  clock.advance(1000)
  network.last.fail()
  const gaps: number[] = []
  for (let from = clock.now(); gaps.length < 5;) {
    clock.advance(1000)
    link.hint()
    if (!network.last.isOpen) continue
    gaps.push((clock.now() - from) / 1000)
    from = clock.now()
    network.last.fail()
  }
  expect(gaps).toEqual([2, 4, 8, 16, 30])
  expect(events().filter(([name]) => name === "reconnectFailed")).toHaveLength(1)
})

test("[L14] a link that came back after it gave up, and fails again, says so again", () => {
  const { connect, accept, network, clock, link, events } = setUp({ maxAttempts: 1 })
  void connect()
  network.last.fail()
  clock.advance(1000)
  link.hint()
  accept()
  network.last.fail()
  expect(link.state).toBe("gave-up")
  expect(events().filter(([name]) => name === "reconnectFailed")).toHaveLength(2)
})

test("[L9] a `connect()` that joins the dial of a hint hears how that ends", async () => {
  const { connect, network, clock, link } = setUp({ maxAttempts: 1 })
  void connect()
  network.last.fail()
  clock.advance(1000)
  link.hint()
  const connected = connect()
  network.last.fail()
  await expect(connected).rejects.toMatchObject({ code: "gave-up" })
})

test("[L15] a server that flaps keeps backing off, and one that stays for 5 s resets", () => {
  const { connect, accept, network, clock, delays, untilDial } = setUp()
  void connect()
  for (let flap = 0; flap < 4; flap++) {
    accept()
    clock.advance(400)
    network.last.fail()
    untilDial()
  }
  expect(delays()).toEqual([1, 2, 4, 8])
  accept()
  clock.advance(5000)
  network.last.fail()
  expect(delays()).toEqual([1, 2, 4, 8, 1])
})

/** The delays of three drops, each 0.1 s after the open or the welcome. */
function delaysOfFlapping(resetAfter: "open" | "ready" | number, welcomed: boolean): number[] {
  const { connect, accept, network, clock, delays, untilDial } = setUp({ resetAfter })
  void connect()
  for (let round = 0; round < 3; round++) {
    if (welcomed) accept()
    else network.last.open()
    clock.advance(100)
    network.last.fail()
    untilDial()
  }
  return delays()
}

test("[L15] `resetAfter` may be open, ready, or milliseconds", () => {
  expect(delaysOfFlapping("open", false)).toEqual([1, 1, 1])
  expect(delaysOfFlapping("ready", false)).toEqual([1, 2, 4])
  expect(delaysOfFlapping("ready", true)).toEqual([1, 1, 1])
  expect(delaysOfFlapping(100, true)).toEqual([1, 1, 1])
  expect(delaysOfFlapping(200, true)).toEqual([1, 2, 4])
})

test("[L16] three quick spells in a row are flapping: said once, and credentials are refreshed once a minute", async () => {
  let refreshes = 0
  const { connect, accept, network, clock, events, untilDial } = setUp({
    refreshCredentials: () => {
      refreshes++
      throw new Error("no")
    },
  })
  void connect()
  for (let flap = 0; flap < 6; flap++) {
    await settled()
    accept()
    network.last.fail(1011)
    clock.advance(0)
    await settled()
    untilDial()
  }
  expect(events().filter(([name]) => name === "flapping")).toHaveLength(2)
  expect(refreshes).toBe(1)
})

test("[L17] a hint dials at once while waiting, once a second, and never beside a dial in flight", () => {
  const { connect, network, clock, link } = setUp({ backoff: { base: 60_000, cap: 60_000 } })
  void connect()
  link.hint()
  expect(network.sockets).toHaveLength(1)
  clock.advance(5000)
  network.last.fail()
  for (let storm = 0; storm < 10; storm++) link.hint()
  expect(network.sockets).toHaveLength(2)
  network.last.fail()
  for (let storm = 0; storm < 10; storm++) link.hint()
  expect(network.sockets).toHaveLength(2)
  clock.advance(1000)
  expect(network.sockets).toHaveLength(3)
})

test("[L18] a bridge that restarts is dialled after the delay it names", () => {
  const { connect, accept, network, clock, delays } = setUp()
  void connect()
  accept()
  clock.advance(5000)
  network.last.message('{"op":"restarting","retryAfterMs":200}')
  network.last.fail(1012)
  expect(delays()).toEqual([0.25])
})

test("[L18] the delay of a busy bridge is a lower bound, also for hints", () => {
  const { connect, accept, network, clock, link, delays } = setUp()
  void connect()
  accept()
  clock.advance(5000)
  network.last.message('{"op":"busy","retryAfterMs":8000}')
  network.last.fail(1013)
  expect(delays()).toEqual([10])
  clock.advance(5000)
  link.hint()
  expect(network.sockets).toHaveLength(1)
  clock.advance(5000)
  expect(network.sockets).toHaveLength(2)
})

test("[L18] a bridge may be too busy to say welcome", () => {
  const { connect, network, delays } = setUp()
  void connect()
  network.last.open()
  network.last.message('{"op":"busy","retryAfterMs":8000}')
  network.last.fail(1013)
  expect(delays()).toEqual([10])
})

test("[L18] hints keep to the spread, for scouts would find the bridge for all runtimes at once", () => {
  const { connect, accept, network, clock, link } = setUp()
  void connect()
  accept({ spreadMs: 4000 })
  clock.advance(5000)
  network.last.fail()
  link.hint()
  clock.advance(1999)
  expect(network.sockets).toHaveLength(1)
  clock.advance(1)
  expect(network.sockets).toHaveLength(2)
})

test("[L18] the first retry after a crash is spread over the width that the welcome named", () => {
  const { connect, accept, network, clock, delays } = setUp()
  void connect()
  accept({ spreadMs: 4000 })
  clock.advance(5000)
  network.last.fail()
  network.last.fail()
  expect(delays()).toEqual([3])
})

test("[L19] with a scout the page dials only when the bridge is there", () => {
  const { connect, accept, network, clock, link, report } = setUp({}, { scout: true })
  void connect()
  accept()
  network.last.fail()
  for (let second = 0; second < 120; second++) {
    report(false)
    clock.advance(1000)
  }
  expect(network.sockets).toHaveLength(1)
  expect(link.state).toBe("waiting")
  report(true)
  expect(network.sockets).toHaveLength(2)
  accept()
  expect(link.state).toBe("ready")
})

test("[L17] [L19] a hint dials where the scout has said nothing for a second, not where it keeps missing the bridge", () => {
  const { connect, network, clock, link, report } = setUp({}, { scout: true })
  void connect()
  network.last.fail()
  const missFor = (ms: number): void => {
    for (let at = 0; at < ms; at += 250) {
      report(false)
      clock.advance(250)
    }
  }
  missFor(5000)
  // Focused and visible at once.
  link.hint()
  link.hint()
  missFor(5000)
  expect(network.sockets).toHaveLength(1)
  link.hint()
  clock.advance(749)
  expect(network.sockets).toHaveLength(1)
  clock.advance(1)
  expect(network.sockets).toHaveLength(2)
})

test("[L19] a scout that finds that it cannot look leaves it to the backoff", () => {
  const { connect, network, clock, report } = setUp({}, { scout: true })
  void connect()
  network.last.fail()
  report(false)
  report(undefined)
  clock.advance(1000)
  expect(network.sockets).toHaveLength(2)
})

test("[L19] a bridge that is found within a second of the last dial is dialled when that second is over", () => {
  const { connect, network, clock, report } = setUp({}, { scout: true })
  void connect()
  network.last.fail()
  report(false)
  clock.advance(300)
  report(true)
  clock.advance(699)
  expect(network.sockets).toHaveLength(1)
  clock.advance(1)
  expect(network.sockets).toHaveLength(2)
})

test("[L19] the scout ends with the wait, and with the link", () => {
  const page = setUp({}, { scout: true })
  void page.connect()
  expect(page.searching).toBe(0)
  page.network.last.fail()
  expect(page.searching).toBe(1)
  page.report(false)
  page.clock.advance(1000)
  expect(page.searching).toBe(1)
  page.report(true)
  expect(page.searching).toBe(0)
  page.network.last.fail()
  void page.link.disconnect()
  expect(page.searching).toBe(0)
})

test("[L19] a scout is told once that the link was ready since the last, whatever the drop and the dials that failed", () => {
  const { connect, accept, network, untilDial, scouted } = setUp({}, { scout: true })
  void connect()
  network.last.fail()
  untilDial()
  accept({ heartbeatMs: 1000 })
  network.last.message('{"op":"restarting","retryAfterMs":250}')
  network.last.fail(1012)
  untilDial()
  network.last.fail()
  expect(scouted()).toEqual([false, true, false])
  untilDial()
  accept({ heartbeatMs: 1000 })
  network.last.message(pong)
  // It falls silent: dialled at once, in vain.
  untilDial()
  network.last.fail()
  expect(scouted()).toEqual([false, true, false, true])
})

test("[L19] a scout that has seen nothing does not hold back the backoff", () => {
  const { connect, network, clock } = setUp({}, { scout: true })
  void connect()
  network.last.fail()
  clock.advance(1000)
  expect(network.sockets).toHaveLength(2)
})

test("[A09] [L45] the reason that a scout was told is in the line of each attempt and in its event, until a socket opens", () => {
  const lines: string[] = []
  const more = { log: (line: string) => void lines.push(line) }
  const { connect, accept, network, events, untilDial, explain } = setUp({}, { scout: true, more })
  void connect()
  network.last.fail()
  explain("pages of it may not connect")
  untilDial()
  events()
  network.last.fail()
  expect(events()).toContainEqual([
    "disconnected",
    { code: 1006, reason: "pages of it may not connect", wasClean: false, willReconnect: true },
  ])
  untilDial()
  accept()
  network.last.fail()
  expect(events()).toContainEqual(["disconnected", { code: 1006, reason: "", wasClean: false, willReconnect: true }])
  expect(lines).toEqual([
    "not connected, next attempt in 1 s",
    "not connected, next attempt in 2 s: pages of it may not connect",
    "not connected, next attempt in 4 s",
  ])
})

test("[L25] a bridge that never pongs is pinged three times and keeps its link", () => {
  const { connect, accept, network, clock, link } = setUp({ resetAfter: "ready" })
  void connect()
  accept({ heartbeatMs: 1000 })
  clock.advance(600_000)
  expect(network.last.sent.filter((frame) => frame === ping)).toHaveLength(3)
  expect(link.state).toBe("ready")
  expect(clock.pending).toBe(0)
})

test("[L25] without an offer from both sides there is no heartbeat", () => {
  for (const [heartbeat, heartbeatMs] of [
    [true, 0],
    [true, undefined],
    [false, 1000],
  ] as const) {
    const { connect, accept, network, clock } = setUp({ heartbeat, resetAfter: "ready" })
    void connect()
    accept({ heartbeatMs })
    expect(clock.pending).toBe(0)
    clock.advance(60_000)
    expect(network.last.sent).toEqual(['{"op":"hello"}'])
  }
})

test("[L26] a bridge that ponged on an earlier socket is known to pong: silence from the start of the next is death", () => {
  const { connect, accept, network, clock, events, untilDial } = setUp()
  void connect()
  accept({ heartbeatMs: 1000 })
  network.last.message(pong)
  network.last.fail()
  untilDial()
  accept({ heartbeatMs: 1000 })
  events()
  clock.advance(2500)
  expect(events().map(([name]) => name)).toContain("heartbeatTimeout")
})

test("[L27] the first ping goes out within half an interval", () => {
  const { connect, accept, network, clock } = setUp()
  void connect()
  accept({ heartbeatMs: 1000 })
  clock.advance(500)
  expect(network.last.sent).toContain(ping)
})

test("[L26] a proven peer that falls silent is dead after 2.5 beats, and is dialled at once", () => {
  const { connect, accept, network, clock, events } = setUp()
  network.isBlackHole = true
  void connect()
  accept({ heartbeatMs: 1000 })
  clock.advance(500)
  network.last.message(pong)
  events()
  clock.advance(2499)
  expect(events()).toEqual([])
  clock.advance(1)
  expect(events().map(([name]) => name)).toEqual(["heartbeatTimeout", "disconnected", "reconnecting", "connecting"])
  expect(network.sockets).toHaveLength(2)
  expect(network.sockets[0]!.closedWith).toMatchObject({ code: 4003 })
})

test("[L26] a silence that is shorter than the bridge's beat makes the beat quicker: a bridge that answers is not dead", () => {
  const { connect, accept, network, clock, link } = setUp({ silenceMs: 1000 })
  void connect()
  accept({ heartbeatMs: 15_000 })
  network.last.message(pong)
  for (let tenth = 0; tenth < 100; tenth++) {
    clock.advance(100)
    if (network.last.sent.pop() === ping) network.last.message(pong)
  }
  expect(link.state).toBe("ready")
  expect(network.sockets).toHaveLength(1)
  clock.advance(1000)
  expect(network.sockets).toHaveLength(2)
})

test("[L26] any frame is a sign of life", () => {
  const { connect, accept, network, clock, link } = setUp()
  void connect()
  accept({ heartbeatMs: 1000 })
  clock.advance(500)
  network.last.message(pong)
  for (let second = 0; second < 30; second++) {
    network.last.message('{"op":"whatever"}')
    clock.advance(1000)
  }
  expect(link.state).toBe("ready")
  expect(network.sockets).toHaveLength(1)
})

test("[L28] a watchdog that is late asks once and waits in full before it judges", () => {
  const { connect, accept, network, clock, link, events } = setUp()
  void connect()
  accept({ heartbeatMs: 1000 })
  clock.advance(500)
  network.last.message(pong)
  clock.sleep(60_000)
  network.last.sent.length = 0
  clock.advance(0)
  expect(network.last.sent).toContain(ping)
  clock.advance(2400)
  expect(link.state).toBe("ready")
  network.last.message(pong)
  clock.advance(2400)
  expect(link.state).toBe("ready")
  events()
  clock.advance(100)
  expect(events()[0]).toMatchObject(["heartbeatTimeout", {}])
})

test("[L28] a hint to a ready link that has slept asks, and tears nothing down", () => {
  const { connect, accept, network, clock, link } = setUp({ silenceMs: 100_000 })
  void connect()
  accept({ heartbeatMs: 1000 })
  clock.advance(500)
  network.last.message(pong)
  clock.sleep(30_000)
  network.last.sent.length = 0
  link.hint()
  expect(network.last.sent).toEqual([ping])
  expect(link.state).toBe("ready")
})

test("a ping is answered at any time, with its id, also before the welcome", () => {
  const { connect, network } = setUp()
  void connect()
  network.last.open()
  network.last.message('{"op":"ping","id":"p1"}')
  expect(network.last.sent.at(-1)).toBe('{"op":"pong","id":"p1"}')
})

test("[L30] a malformed frame is answered with an error, and the link is built anew", () => {
  const { connect, accept, network, link } = setUp()
  void connect()
  accept()
  network.last.message("nonsense")
  expect(JSON.parse(network.last.sent.at(-1)!)).toMatchObject({ op: "error", code: "not-json" })
  expect(network.last.closedWith).toMatchObject({ code: 4003 })
  expect(link.state).toBe("waiting")
})

test("[L30] an error is not answered: what was not understood is said again on a new socket", () => {
  const { connect, accept, network, link } = setUp()
  void connect()
  accept()
  const { length } = network.last.sent
  network.last.message('{"op":"error","code":"not-json","message":"?"}')
  expect(network.last.sent).toHaveLength(length)
  expect(link.state).toBe("waiting")
})

test("messages are delivered once the link is ready, with their bodies", () => {
  const { connect, network, heard, welcome: accept } = setUp()
  void connect()
  network.last.open()
  network.last.message('{"op":"eval","id":"early"}\n1')
  expect(heard).toEqual([])
  accept()
  network.last.message('{"op":"eval","id":"e1"}\n1 + 1')
  expect(heard).toEqual([["eval", "1 + 1"]])
})

test("messages of one turn share a frame where the bridge takes batches", async () => {
  for (const [features, frames] of [
    [["batch"], 1],
    [[], 2],
  ] as const) {
    const { connect, accept, network, link } = setUp()
    void connect()
    accept({ features })
    network.last.sent.length = 0
    expect(link.send(writeMessage({ op: "one" }))).toBe(true)
    expect(link.send(writeMessage({ op: "two" }))).toBe(true)
    await settled()
    expect(network.last.sent).toHaveLength(frames)
  }
})

test("nothing is sent while the link is not ready", () => {
  const { connect, network, link } = setUp()
  void connect()
  network.last.open()
  expect(link.send(writeMessage({ op: "one" }))).toBe(false)
})

test("[L42] a suspended link closes under its own code, waits without a timer, and dials on resume", () => {
  const { connect, accept, network, clock, link, events } = setUp()
  void connect()
  accept()
  events()
  link.suspend(4001, "cached")
  expect(network.last.closedWith).toEqual({ code: 4001, reason: "cached" })
  expect(events()).toEqual([["disconnected", { code: 4001, reason: "cached", wasClean: true, willReconnect: true }]])
  expect(clock.pending).toBe(0)
  expect(link.isWaiting).toBe(true)
  link.resume()
  accept()
  expect(link.state).toBe("ready")
})

test("[L23] disabling keeps a live socket and cancels a pending wait; enabling dials at once", () => {
  const { connect, accept, network, clock, link, events } = setUp()
  void connect()
  accept()
  link.disableReconnection()
  expect(link.state).toBe("ready")
  events()
  network.last.fail()
  expect(link.state).toBe("idle")
  expect(events()).toEqual([["disconnected", { code: 1006, reason: "", wasClean: false, willReconnect: false }]])
  clock.advance(60_000)
  expect(network.sockets).toHaveLength(1)
  link.enableReconnection()
  expect(link.state).toBe("dialling")
  network.last.fail()
  link.disableReconnection()
  expect(link.state).toBe("idle")
  expect(clock.pending).toBe(0)
})

const situations = {
  idle: () => setUp(),
  dialling: () => {
    const page = setUp({}, { scout: true })
    void page.connect()
    return page
  },
  greeting: () => {
    const page = situations.dialling()
    page.network.last.open()
    return page
  },
  ready: () => {
    const page = situations.dialling()
    page.accept({ heartbeatMs: 1000 })
    return page
  },
  waiting: () => {
    const page = situations.ready()
    page.network.last.fail()
    return page
  },
  "on a black hole": () => {
    const page = situations.ready()
    page.network.isBlackHole = true
    return page
  },
  "after it gave up": () => {
    const page = setUp({ maxAttempts: 1 })
    void page.connect()
    page.network.last.fail()
    return page
  },
  stopped: () => {
    const page = situations.ready()
    void page.link.disconnect()
    page.events()
    return page
  },
}

test.each(Object.entries(situations))(
  "[L21, L24] `disconnect()` while %s is final and leaves nothing",
  async (name, arrange) => {
    const page = arrange()
    const { link, network, clock, events } = page
    const dials = network.sockets.length
    events()
    const gone = link.disconnect()
    expect(link.state).toBe("stopped")
    expect(link.alive).toBe(false)
    expect(events().filter(([event]) => event === "closed")).toHaveLength(name === "stopped" ? 0 : 1)
    network.last?.open()
    network.last?.message(welcome())
    link.hint()
    link.reconnectNow()
    link.resume()
    clock.advance(60_000)
    await gone
    expect(network.sockets).toHaveLength(dials)
    expect(network.openCount).toBe(0)
    expect(page.searching).toBe(0)
    expect(clock.pending).toBe(0)
    expect(events()).toEqual([])
    await link.disconnect()
    void page.connect()
    expect(link.state).toBe("dialling")
  },
)

test("[L22] the promise of `disconnect()` resolves on the close, or after 2 s", async () => {
  const page = situations["on a black hole"]()
  let isGone = false
  const gone = page.link.disconnect().then(() => (isGone = true))
  page.clock.advance(1999)
  await settled()
  expect(isGone).toBe(false)
  page.clock.advance(1)
  await gone
  const polite = situations.ready()
  await polite.link.disconnect()
  expect(polite.clock.pending).toBe(0)
})

test("[L22] a second `disconnect()`, and one in a listener, wait for the close too", async () => {
  const page = situations["on a black hole"]()
  void page.link.disconnect()
  let isGone = false
  const gone = page.link.disconnect().then(() => (isGone = true))
  await settled()
  expect(isGone).toBe(false)
  page.clock.advance(2000)
  await gone

  const polite = situations.greeting()
  let left: Promise<void> | undefined
  polite.link.on("ready", () => (left = polite.link.disconnect()))
  polite.welcome()
  await left
  expect(polite.clock.pending).toBe(0)
})

test("[L21] a reason that is too long for a close frame is cut, and the socket closed", () => {
  const { link, network } = situations.ready()
  void link.disconnect("€".repeat(100))
  expect(network.last.closedWith).toEqual({ code: 1000, reason: "€".repeat(41) })
})

test("[L9] a `connect()` made in a listener of the old link's end belongs to the new one", async () => {
  const { connect, accept, network, link } = setUp()
  void connect()
  accept()
  let elsewhere: Promise<unknown> | undefined
  link.on("disconnected", () => (elsewhere = link.connect("ws://127.0.0.1:9002/runtime")))
  network.last.fail()
  accept({ bridge: "b2" })
  expect(await elsewhere).toMatchObject({ bridgeInstance: "b2" })
})

test("[L9, L23] a dial that fails while reconnection is disabled ends the wait for it", async () => {
  const { connect, network, link } = setUp()
  const connected = connect()
  link.disableReconnection()
  network.last.fail()
  await expect(connected).rejects.toMatchObject({ code: "gave-up", message: expect.stringContaining("disabled") })
  link.reconnectNow()
  expect(link.state).toBe("dialling")
})

test("[L9] a promise of `connect()` that is waited for when the link stops is rejected", async () => {
  const { connect, link } = setUp()
  const connected = connect()
  void link.disconnect("enough")
  await expect(connected).rejects.toEqual(new LinkError("stopped", "enough"))
})

test("[L3] the state is already the new one when an event is emitted", () => {
  const { connect, accept, network, link } = setUp()
  const seen: string[] = []
  link.on("ready", () => seen.push(link.state))
  link.on("disconnected", () => seen.push(link.state))
  link.on("stateChange", ({ to }) => seen.push(`${to}=${link.state}`))
  void connect()
  accept()
  network.last.fail()
  expect(seen).toEqual(["dialling=dialling", "greeting=greeting", "ready=ready", "ready", "waiting=waiting", "waiting"])
})

test("[L4] a listener that throws, or stops the link, breaks nothing", () => {
  const { connect, accept, network, clock, link } = setUp()
  link.on("disconnected", () => {
    throw new Error("mine")
  })
  void connect()
  accept()
  network.last.fail()
  expect(link.state).toBe("waiting")
  clock.advance(1000)
  link.on("disconnected", () => void link.disconnect())
  accept()
  network.last.fail()
  expect(link.state).toBe("stopped")
  expect(clock.pending).toBe(0)
})

test("[L3] when an event is told, the world has changed too", () => {
  const { connect, accept, network, link } = setUp()
  const open: number[] = []
  link.on("connecting", () => open.push(network.openCount))
  link.on("closed", () => open.push(network.openCount))
  void connect()
  accept()
  void link.disconnect()
  expect(open).toEqual([1, 0])
})

test.each<[string, Partial<LinkParts<ToRuntime>>, LinkSettings]>([
  ["hello", { hello: once(() => '{"op":"hello"}') }, {}],
  ["the scout", { scout: fails }, {}],
  ["the log", { log: fails }, {}],
  ["the backoff", {}, { backoff: fails }],
  ["shouldReconnect", {}, { shouldReconnect: fails }],
  ["refreshCredentials", {}, { refreshCredentials: fails }],
])("[L4] %s that throws breaks nothing", async (_, more, settings) => {
  const { connect, accept, network, clock, link } = setUp(settings, { more })
  void connect()
  network.last.open()
  network.last.fail(1011)
  clock.advance(30_000)
  for (let flap = 0; flap < 4; flap++) {
    accept()
    expect(link.state).toBe("ready")
    network.last.fail(1011)
    await settled()
    const { length } = network.sockets
    clock.advance(30_000)
    expect(network.sockets.length).toBeGreaterThan(length)
  }
})

test("[L4] a message that throws where it is delivered takes none of its frame with it", () => {
  const delivered: unknown[] = []
  const deliver = (message: ToRuntime): void => {
    delivered.push(message)
    fails()
  }
  const { connect, accept, network } = setUp({}, { more: { deliver } })
  void connect()
  accept()
  network.last.message(writeFrame(["1", "2"].map((id) => writeMessage({ op: "eval", id } as { op: string }, ""))))
  expect(delivered).toEqual([
    { op: "eval", id: "1" },
    { op: "eval", id: "2" },
  ])
})

test("a timer is never asked for more than it can wait, whatever a bridge or an option says", () => {
  const clock = createFakeClock()
  const asked: number[] = []
  const after: typeof clock.after = (ms, run) => {
    asked.push(ms)
    return clock.after(ms, run)
  }
  const { connect, accept } = setUp({ setupMs: Infinity }, { more: { clock: { ...clock, after } } })
  void connect()
  accept({ heartbeatMs: 2 ** 50 })
  expect(Math.max(...asked)).toBeLessThan(2 ** 31)
})

test("[L44] the getters follow the state", () => {
  const { connect, accept, network, clock, link } = setUp()
  const look = () => [link.state, link.alive, link.isReconnecting, link.isWaiting, link.reconnectAttempts]
  expect(look()).toEqual(["idle", false, false, false, 0])
  void connect()
  expect(look()).toEqual(["dialling", true, false, false, 0])
  accept()
  expect(look()).toEqual(["ready", true, false, false, 0])
  network.last.fail()
  expect(look()).toEqual(["waiting", true, true, true, 1])
  clock.advance(1000)
  expect(look()).toEqual(["dialling", true, true, false, 1])
})

test.each([
  [{ maxAttempts: 0 }, "maxAttempts is 0"],
  [{ setupMs: -1 }, "setupMs is -1"],
  [{ silenceMs: 0 }, "silenceMs is 0"],
  [{ resetAfter: Number.NaN }, "resetAfter is NaN"],
  [{ backoff: { base: -1 } }, "backoff.base is -1"],
])("%o is refused by name", (settings, message) => {
  expect(() => setUp(settings)).toThrow(message)
})
