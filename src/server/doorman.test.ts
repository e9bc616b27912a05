import type { IncomingMessage } from "node:http"
import fc from "fast-check"
import { expect, it } from "vitest"
import { createDoorman } from "./doorman.ts"
import { hashToken, type Policy } from "./gate.ts"

const policy: Policy = {
  allowHosts: new Set(),
  allowOrigins: new Set(),
  trustProxy: false,
  tokenHash: hashToken("right"),
  runtimeKeyHash: hashToken("key"),
  exposedHosts: new Set(),
  remoteFrontEnds: false,
  pages: new Set(),
  maxRuntimes: 9,
  maxRuntimesPerOrigin: 9,
  frontEndSeats: 9,
  maxWrongTokens: 2,
}

function stage() {
  const lines: string[] = []
  const clock = { now: 0 }
  const doorman = createDoorman({
    policy,
    load: () => ({ isOpen: true, runtimes: 0, runtimesOf: () => 0, frontEnds: 0 }),
    now: () => clock.now,
    log: (line) => lines.push(line),
    refused: () => undefined,
  })
  const statusOf = (url: string, headers: Readonly<Record<string, readonly string[]>>): number => {
    const socket = { localAddress: "127.0.0.1" }
    const rawHeaders = Object.entries(headers).flatMap(([name, values]) => values.flatMap((value) => [name, value]))
    // As Node has it before 20.20.2 where a header is called `__proto__`.
    const get = (): never => {
      throw new TypeError("dest[field].push is not a function")
    }
    const request = { method: "GET", url, rawHeaders, socket } as unknown as IncomingMessage
    Object.defineProperty(request, "headersDistinct", { get })
    const verdict = doorman.judge(request, "request")
    return verdict.admit ? 200 : verdict.status
  }
  return { lines, clock, statusOf }
}

const host = ["localhost"]

it("says at most one line a second, and how many it did not say", () => {
  const { lines, clock, statusOf } = stage()
  for (let nth = 0; nth < 5; nth++) statusOf("/client.js", { host: ["evil.example"] })
  expect(lines).toEqual([
    'refused (403): the Host "evil.example" is not a loopback name: pass --allow-host to allow it',
  ])
  clock.now = 1000
  statusOf("/client.js", { host: [] })
  expect(lines[1]).toBe("refused (403): a request must have exactly one Host (and 4 others before)")
})

it("says nothing about what is just not there", () => {
  const { lines, statusOf } = stage()
  expect(statusOf("/favicon.ico", { host })).toBe(404)
  expect(lines).toEqual([])
})

it("counts wrong tokens for a minute, and only those that came past the Origin rule", () => {
  const { clock, statusOf } = stage()
  const guess = { host, authorization: ["Bearer wrong"] }
  for (let nth = 0; nth < 5; nth++) statusOf("/status", { ...guess, origin: ["http://localhost"] })
  expect([1, 2, 3].map(() => statusOf("/status", guess))).toEqual([401, 401, 429])
  expect(statusOf("/status", { host, authorization: ["Bearer right"] })).toBe(200)
  clock.now = 60_001
  expect(statusOf("/status", guess)).toBe(401)
})

it.each(["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via", "cf-connecting-ip"])(
  "sees by %s that a proxy passed the request on",
  (header) => {
    const { statusOf } = stage()
    expect(statusOf("/client.js", { host, [header]: ["x"] })).toBe(401)
  },
)

it("sees by sec-fetch headers that a browser sent the request", () => {
  const { statusOf } = stage()
  expect(statusOf("/status", { host, authorization: ["Bearer right"], "sec-fetch-site": ["none"] })).toBe(403)
})

it("no header makes it throw, and none lets a stranger in", () => {
  const { statusOf } = stage()
  const name = fc.constantFrom(
    "host",
    "origin",
    "authorization",
    "sec-websocket-protocol",
    "via",
    "cookie",
    "__proto__",
  )
  const value = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("localhost", "Bearer ", "null", "repl-bridge.token.", ",,", "http://localhost:1", "[::1"),
  )
  const headers = fc.dictionary(name, fc.array(value, { maxLength: 3 }), { noNullPrototype: true })
  const target = fc.oneof(fc.constantFrom("/status", "/eval", "/frontend"), fc.string({ unit: "binary" }))
  fc.assert(
    fc.property(target, headers, (url, found) => {
      expect([400, 401, 403, 404, 405, 429]).toContain(statusOf(url, found))
    }),
    { numRuns: 2000 },
  )
})
