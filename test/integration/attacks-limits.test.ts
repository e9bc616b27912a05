import { randomUUID } from "node:crypto"
import { connect } from "node:net"
import { expect, onTestFinished, test } from "vitest"
import { startBridge, type Bridge, type BridgeOptions } from "../../src/server/index.ts"
import {
  bearer,
  inTime,
  lines,
  openSocket,
  raw,
  runtimeHello,
  upgrading,
  type Socket,
} from "../support/attacks/attack.ts"
import { FakeRuntime } from "../support/fake-runtime.ts"
import { Talk } from "../support/talk.ts"

/** Attempts to use up what there is. After each, a front end that comes now can still evaluate. */

interface Stage {
  readonly bridge: Bridge
  readonly target: Bridge & { readonly patienceMs: number }
  /** What the bridge's log says. */
  readonly log: string[]
  /** A page with this id says hello from here. */
  enter(origin: string, id?: string): Promise<Socket>
  /** How one more runtime ends. */
  turnedAway(origin: string): Promise<string>
  /** The status of one more upgrade. */
  knock(path: string, header: string): Promise<number>
  /** A front end that comes now is answered. */
  works(): Promise<void>
}

async function open(options: BridgeOptions = {}): Promise<Stage> {
  const log: string[] = []
  const bridge = await startBridge({ port: 0, clientScript: "", log: (line) => log.push(line), ...options })
  const shop = await new FakeRuntime({ origin: "http://localhost:8080" }).connect(bridge.port)
  const target = { ...bridge, patienceMs: 30_000 }
  onTestFinished(async () => {
    shop.talk.socket.terminate()
    await bridge.stop()
  })
  return {
    bridge,
    target,
    log,
    async enter(origin, id = randomUUID()) {
      const socket = await openSocket(target, "runtime", origin)
      onTestFinished(() => socket.webSocket.terminate())
      socket.say(runtimeHello(id))
      await socket.hear("welcome")
      return socket
    },
    turnedAway: async (origin) => (await openSocket(target, "runtime", origin)).end,
    async knock(path, header) {
      const { status } = await raw(target, lines(`GET ${path} HTTP/1.1`, "Host: localhost", header, ...upgrading))
      return status
    },
    async works() {
      const talk = await new Talk(`ws://127.0.0.1:${bridge.port}/frontend`, [], {
        authorization: `Bearer ${bridge.token}`,
      }).opened()
      talk.say({ op: "hello", protocol: 1, version: "0", frontEnd: randomUUID(), name: "control" })
      const id = randomUUID()
      talk.say({ op: "eval", id, runtime: shop.id }, "6 * 7")
      expect((await talk.hear("outcome", (header) => header["id"] === id)).body).toContain("6 * 7")
      await talk.close()
    },
  }
}

const game = "http://game.localhost:3000"

test("[S-L10] one origin has 32 runtimes and no more; others still come in", async () => {
  const stage = await open()
  for (let nth = 0; nth < 32; nth++) await stage.enter(game)
  expect(await stage.turnedAway(game)).toBe("closed 1013")
  await stage.enter("http://localhost:3000")
  await stage.works()
  expect(stage.log).toEqual([
    `refused (503): there are 32 runtimes of "${game}" already: pass --max-runtimes to allow more`,
  ])
})

test("[S-L11] sockets that say nothing count, until they are closed for it", async () => {
  const stage = await open({ helloMs: 2000, maxRuntimes: 4 })
  const mute = await Promise.all(Array.from({ length: 3 }, () => openSocket(stage.target, "runtime", game)))
  expect(await stage.turnedAway(game)).toBe("closed 1013")
  await stage.works()
  expect(new Set(await Promise.all(mute.map(({ end }) => end)))).toEqual(new Set(["closed 4408"]))
  await stage.enter(game)
})

test("[S-L12] pages of however many origins leave front ends their seats", async () => {
  const stage = await open({ maxRuntimes: 5 })
  for (let nth = 1; nth < 5; nth++) await stage.enter(`http://g${nth}.localhost`)
  expect(await stage.turnedAway("http://g5.localhost")).toBe("closed 1013")
  await stage.works()
})

test("[S-L13] front ends leave runtimes no more than 16 seats beyond their own", async () => {
  const stage = await open({ maxRuntimes: 2 })
  const sockets = await Promise.all(Array.from({ length: 16 }, () => openSocket(stage.target, "frontend")))
  onTestFinished(() => sockets.forEach(({ webSocket }) => webSocket.terminate()))
  await stage.enter(game)
  expect(await (await openSocket(stage.target, "frontend")).end).toBe("closed 1013")
})

test("[S-L14] a device lab of 1,000 runtimes is let in where the option says so", async () => {
  const stage = await open({ maxRuntimes: 1001 })
  for (let nth = 0; nth < 1000; nth += 50) {
    await Promise.all(Array.from({ length: 50 }, () => stage.enter(game)))
  }
  expect(stage.bridge.runtimes).toHaveLength(1001)
  await stage.works()
})

test("[S-L15, P48] a runtime that says too much is read later and loses nothing; others are heard meanwhile", async () => {
  const stage = await open({ maxMessagesPerS: 100 })
  const page = await stage.enter(game)
  for (let nth = 0; nth < 250; nth++) page.say(`{"op":"ping","id":"p${nth}"}`)
  // What it says after that is more than a network holds: it waits in the page's own buffers.
  const late = JSON.stringify({ op: "ping", id: "late", pad: "x".repeat(3e6) })
  for (let nth = 0; nth < 10; nth++) page.say(late)
  expect(await page.hear('"id":"p249"')).toContain("pong")
  expect(page.webSocket.bufferedAmount).toBeGreaterThan(10e6)
  await stage.works()
  expect(await page.hear('"id":"late"')).toContain("pong")
})

test("[S-L16] what waits in a batch counts one by one, also what means nothing", async () => {
  const stage = await open({ maxMessagesPerS: 1000 })
  const page = await stage.enter(game)
  const empty = '{"op":"x"}'
  const ping = '{"op":"ping","id":"first"}'
  const sizes = [...Array<number>(2000).fill(empty.length), ping.length]
  const before = performance.now()
  page.say(`${JSON.stringify({ op: "batch", sizes })}\n${empty.repeat(2000)}${ping}`)
  await page.hear('"id":"first"')
  page.say('{"op":"ping","id":"after"}')
  await page.hear('"id":"after"')
  expect(performance.now() - before).toBeGreaterThan(900)
  await stage.works()
})

test("[S-L17] who is not read is not taken for dead", async () => {
  const stage = await open({ maxMessagesPerS: 100, heartbeatMs: 200 })
  const page = await stage.enter(game)
  for (let nth = 0; nth < 350; nth++) page.say('{"op":"x"}')
  page.say('{"op":"ping","id":"after"}')
  expect(await page.hear('"id":"after"')).toContain("pong")
  await stage.works()
})

test("[S-L18] runtimes that come and go under ever new ids are forgotten but for 32", async () => {
  const stage = await open()
  for (let nth = 0; nth < 200; nth++) {
    const { webSocket } = await stage.enter(game)
    await new Promise<void>((closed) => {
      webSocket.once("close", () => closed())
      webSocket.terminate()
    })
  }
  expect(stage.bridge.runtimes.length).toBeLessThanOrEqual(34)
  await stage.works()
})

test("[S-L19] half a request is waited for 5 s", async () => {
  const stage = await open()
  const wire = connect(stage.bridge.port, "127.0.0.1", () =>
    wire.write("GET /client.js HTTP/1.1\r\nHost: localhost\r\n"),
  )
  let heard = ""
  wire.on("data", (chunk: Buffer) => (heard += chunk.toString()))
  const closed = new Promise<string>((resolve) => wire.on("close", () => resolve("closed")))
  expect(await inTime(closed, stage.target, "open")).toBe("closed")
  expect(heard).toMatch(/^HTTP\/1\.1 408/)
  await stage.works()
})

test("[S-L20] wrong tokens are answered with 429 after twenty in a minute, the right one is never", async () => {
  const stage = await open()
  const statuses: number[] = []
  for (let nth = 0; nth < 22; nth++) statuses.push(await stage.knock("/frontend", `Authorization: Bearer guess${nth}`))
  expect(statuses).toEqual([...Array<number>(20).fill(401), 429, 429])
  await stage.works()
  // What pages try does not count against those who have a token to try.
  expect(await stage.knock("/frontend", "Origin: https://evil.example")).toBe(403)
})

test("[S-L21] a thousand refusals are one line, which is clean and names the option", async () => {
  const stage = await open()
  const header = "Origin: https://evil.example\u001b]52;c;ZXZpbA==\u0007"
  const before = performance.now()
  for (let nth = 0; nth < 1000; nth += 50) {
    await Promise.all(Array.from({ length: 50 }, () => stage.knock("/runtime", "Origin: https://evil.example")))
  }
  expect(await stage.knock("/runtime", header)).toBe(400)
  expect(stage.log[0]).toBe(
    'refused (403): pages of "https://evil.example" may not connect: pass --allow-origin with the exact origin to allow them',
  )
  expect(stage.log.length).toBeLessThanOrEqual(1 + (performance.now() - before) / 1000)
  expect(stage.log.join("")).toMatch(/^[ -~]*$/)
  await stage.works()
})

test("[S-L22] code of more than 1 MiB is answered with 413", async () => {
  const stage = await open()
  const body = "x".repeat(1024 * 1024 + 1)
  const { status } = await raw(
    stage.target,
    `${lines("POST /eval HTTP/1.1", "Host: localhost", bearer(stage.target), `Content-Length: ${body.length}`)}${body}`,
  )
  expect(status).toBe(413)
  await stage.works()
})

test("[S-L23] the bridge ends in time, also while it reads somebody no more", async () => {
  const stage = await open({ maxMessagesPerS: 1 })
  const page = await stage.enter(game)
  for (let nth = 0; nth < 1000; nth++) page.say('{"op":"ping"}')
  await page.hear("pong")
  await stage.bridge.stop()
})

test("[S-L24] 10,000 tries of a foreign page, with the right token, change nothing, and keep no front end from its answers", async () => {
  const stage = await open()
  const origin = "Origin: https://evil.example"
  const statuses = new Map<number, number>()
  for (let nth = 0; nth < 10_000; nth += 100) {
    const path = nth % 200 === 0 ? "/runtime" : "/frontend"
    const request = lines(`GET ${path} HTTP/1.1`, "Host: localhost", origin, bearer(stage.target), ...upgrading)
    const answers = await Promise.all(Array.from({ length: 100 }, () => raw(stage.target, request)))
    for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (nth % 1000 === 0) await stage.works()
  }
  expect([...statuses]).toEqual([[403, 10_000]])
  expect(stage.bridge.runtimes).toHaveLength(1)
  await stage.works()
}, 240_000)
