import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { decide, hashToken, tokenProtocol, type Knock, type Load, type Policy, type Verdict } from "./gate.ts"

const token = "t".repeat(43)
const key = "k".repeat(43)
const policy: Policy = {
  allowHosts: new Set(["dev.example"]),
  allowOrigins: new Set(["https://app.example", "chrome-extension://abc"]),
  trustProxy: false,
  tokenHash: hashToken(token),
  runtimeKeyHash: hashToken(key),
  exposedHosts: new Set(["192.168.1.20", "[fd00::20]"]),
  remoteFrontEnds: false,
  pages: new Set(["/demo", "/demo/demo.css"]),
  maxRuntimes: 4,
  maxRuntimesPerOrigin: 2,
  frontEndSeats: 2,
  maxWrongTokens: 3,
}
const idle: Load = { isOpen: true, runtimes: 0, runtimesOf: () => 0, frontEnds: 0, wrongTokens: 0 }

const page: Knock = {
  by: "upgrade",
  method: "GET",
  target: "/runtime",
  hosts: ["127.0.0.1:9001"],
  origins: ["http://localhost:3000"],
  authorizations: [],
  subprotocols: [],
  forwarded: false,
  fetched: false,
  exposed: false,
}
const frontEnd: Knock = { ...page, target: "/frontend", origins: [], authorizations: [`Bearer ${token}`] }
const script: Knock = { ...page, by: "request", target: "/client.js", origins: [] }
const post: Knock = { ...frontEnd, by: "request", method: "POST", target: "/eval?runtime=chrome%C2%B7shop&wait=5" }

function judge(knock: Knock, load: Partial<Load> = {}, rules: Partial<Policy> = {}): Verdict {
  return decide(knock, { ...policy, ...rules }, { ...idle, ...load })
}

function statusOf(knock: Knock, load: Partial<Load> = {}, rules: Partial<Policy> = {}): number {
  const verdict = judge(knock, load, rules)
  return verdict.admit ? 200 : verdict.status
}

function reasonOf(verdict: Verdict): string {
  return verdict.admit ? "" : verdict.reason
}

describe("the gate admits", () => {
  it("a page by its origin, a front end by its token, anyone to what is public", () => {
    expect(judge(page)).toMatchObject({ admit: true, door: "runtime", origin: "http://localhost:3000", readable: true })
    expect(judge(frontEnd)).toMatchObject({ admit: true, door: "frontend", origin: "" })
    expect(judge(script)).toMatchObject({ admit: true, door: "client", readable: false })
    expect(judge(post)).toMatchObject({ admit: true, door: "eval", query: "runtime=chrome%C2%B7shop&wait=5" })
    expect(judge({ ...script, target: "/demo/demo.css" })).toMatchObject({
      admit: true,
      door: "page",
      path: "/demo/demo.css",
    })
  })

  it("a page by its origin to a script of its own, and nobody else [P45]", () => {
    const chunk: Knock = { ...page, by: "request", target: `/chunk/${"n-_4".repeat(5)}ab` }
    expect(judge(chunk)).toMatchObject({ admit: true, door: "chunk", origin: "http://localhost:3000" })
    expect(statusOf({ ...chunk, origins: ["https://evil.example"] })).toBe(403)
    expect(statusOf({ ...chunk, origins: [], fetched: true })).toBe(403)
    expect(statusOf({ ...chunk, origins: [] })).toBe(401)
    expect(statusOf({ ...chunk, method: "HEAD" })).toBe(405)
    expect(statusOf({ ...chunk, by: "upgrade" })).toBe(404)
    expect(statusOf({ ...chunk, target: "/chunk/short" })).toBe(404)
    expect(statusOf({ ...chunk, target: `${chunk.target}/` })).toBe(404)
  })

  it("a runtime outside browsers by the token, in a header or in a subprotocol", () => {
    const runtime = { ...page, origins: [] }
    expect(statusOf(runtime)).toBe(401)
    expect(statusOf({ ...runtime, authorizations: [`bearer ${token}`] })).toBe(200)
    expect(statusOf({ ...runtime, subprotocols: ["repl-bridge", tokenProtocol + token] })).toBe(200)
  })
})

describe("rule 1, the Host,", () => {
  it.each([
    "localhost",
    "LOCALHOST:9001",
    "app.localhost:1",
    "a.b-c.localhost",
    "127.0.0.1",
    "127.255.0.9:80",
    "[::1]:9001",
    "dev.example:5",
  ])("lets %s pass", (host) => expect(statusOf({ ...script, hosts: [host] })).toBe(200))

  it.each([
    "evil.example",
    "localhost.evil.example",
    "evil-localhost",
    "localhost.",
    ".localhost",
    "-.localhost",
    "127.0.0.256",
    "127.0.0.01",
    "127.1",
    "0.0.0.0",
    "10.0.0.1",
    "[::]",
    "[::ffff:127.0.0.1]",
    "localhost:",
    "localhost:123456",
    "user@localhost",
    "localhost/x",
    " localhost",
    "",
    "dev.example.",
    "xdev.example",
  ])("refuses %j", (host) => expect(statusOf({ ...script, hosts: [host] })).toBe(403))

  it("is there exactly once", () => {
    expect(statusOf({ ...script, hosts: [] })).toBe(403)
    expect(statusOf({ ...script, hosts: ["localhost", "localhost"] })).toBe(403)
  })

  it("names the option that would allow it", () => {
    expect(reasonOf(judge({ ...script, hosts: ["dev.test"] }))).toBe(
      'the Host "dev.test" is not a loopback name: pass --allow-host to allow it',
    )
  })
})

describe("rule 2, the target,", () => {
  it.each([
    "//client.js",
    "/a//b",
    "/./client.js",
    "/demo/../client.js",
    "/..",
    "/client.js#x",
    "\\client.js",
    "/client%2ejs",
    "http://localhost/client.js",
    "*",
    "",
    "/client.js?a/b",
    "/client.js?\n",
    "/é",
  ])("refuses %j", (target) => expect(statusOf({ ...script, target })).toBe(400))
})

describe("rule 3, a proxy between,", () => {
  it("makes every path need the token", () => {
    for (const knock of [page, script]) {
      expect(statusOf({ ...knock, forwarded: true })).toBe(401)
      expect(statusOf({ ...knock, forwarded: true, authorizations: [`Bearer ${token}`] })).toBe(200)
      expect(statusOf({ ...knock, forwarded: true }, {}, { trustProxy: true })).toBe(200)
    }
    expect(reasonOf(judge({ ...page, forwarded: true }))).toContain("--trust-proxy")
  })
})

describe("rule 4, paths and methods,", () => {
  it("are a fixed set", () => {
    for (const target of ["/", "/index.html", "/client.js/", "/CLIENT.JS", "/demo/other.css", "/health"]) {
      expect(statusOf({ ...script, target })).toBe(404)
    }
    for (const target of ["/runtime", "/frontend"]) expect(statusOf({ ...frontEnd, by: "request", target })).toBe(404)
    for (const target of ["/client.js", "/eval", "/status"]) expect(statusOf({ ...frontEnd, target })).toBe(404)
  })

  it("are named where there is none", () => {
    expect(reasonOf(judge({ ...script, target: "/" }))).toContain("/demo is a page to try")
    expect(reasonOf(judge({ ...script, target: "/" }, {}, { pages: new Set() }))).toContain(": /client.js")
  })

  it("have one for pages that ask what would become of their upgrade", () => {
    const question: Knock = { ...page, by: "request", method: "POST", fetched: true }
    expect(judge(question)).toMatchObject({ admit: true, door: "runtime" })
    for (const change of [
      { origins: ["https://evil.example"] },
      { origins: [] },
      { forwarded: true },
      { hosts: ["evil.example"] },
    ]) {
      const refused = judge({ ...page, fetched: true, ...change })
      expect(refused.admit).toBe(false)
      expect(judge({ ...question, ...change })).toEqual(refused)
    }
    for (const change of [{ method: "PUT" }, { method: "GET" }, { target: "/runtime?x" }, { target: "/frontend" }]) {
      expect(statusOf({ ...question, ...change })).toBe(404)
    }
  })

  it("answer no preflight and change nothing by GET", () => {
    for (const method of ["OPTIONS", "POST", "PUT", "DELETE", "TRACE", "get", ""]) {
      expect(statusOf({ ...script, method })).toBe(405)
    }
    expect(judge({ ...post, method: "GET" })).toMatchObject({ status: 405, allow: "POST" })
    expect(statusOf({ ...post, method: "OPTIONS" })).toBe(405)
  })
})

describe("rule 5, the Origin,", () => {
  it.each([
    "http://localhost",
    "https://localhost:8443",
    "http://127.0.0.1:5173",
    "http://[::1]:8080",
    "http://app.localhost:3000",
    "https://app.example",
    "chrome-extension://abc",
  ])("lets pages of %s be runtimes", (origin) => expect(statusOf({ ...page, origins: [origin] })).toBe(200))

  it.each([
    "null",
    "",
    "http://evil.example",
    "https://app.example:8443",
    "http://app.example",
    "https://app.example.",
    "http://localhost:80",
    "https://localhost:443",
    "http://LOCALHOST",
    "http://localhost/",
    "http://localhost:0",
    "http://localhost:65536",
    "http://user@localhost",
    "http://localhost.evil.example",
    "file://",
    "chrome-extension://abd",
    "ws://localhost",
    "http://127.0.0.1.evil.example",
    "http://[::2]",
  ])("refuses pages of %j", (origin) => expect(statusOf({ ...page, origins: [origin] })).toBe(403))

  it("is there at most once, on every path", () => {
    for (const knock of [page, script]) {
      expect(statusOf({ ...knock, origins: ["http://localhost", "http://localhost"] })).toBe(403)
    }
  })

  it("does not matter for what is public, and tells who may read it", () => {
    expect(judge({ ...script, origins: ["null"] })).toMatchObject({ admit: true, readable: false })
    expect(judge({ ...script, origins: ["https://app.example"] })).toMatchObject({ admit: true, readable: true })
  })

  it("keeps every browser away from what front ends do, whatever its token", () => {
    for (const knock of [frontEnd, post, { ...post, method: "GET", target: "/status" }]) {
      expect(statusOf({ ...knock, origins: ["http://localhost:3000"] })).toBe(403)
      expect(statusOf({ ...knock, origins: ["null"] })).toBe(403)
      expect(statusOf({ ...knock, fetched: true })).toBe(403)
    }
  })

  it("is missing only outside browsers", () => {
    expect(statusOf({ ...page, origins: [], fetched: true, authorizations: [`Bearer ${token}`] })).toBe(403)
    expect(statusOf({ ...page, origins: [], fetched: true })).toBe(403)
  })

  it("is missing from Node's own WebSocket, which calls itself a browser and has its token as a subprotocol", () => {
    const node: Knock = { ...page, origins: [], fetched: true, subprotocols: ["repl-bridge", tokenProtocol + token] }
    expect(judge(node)).toMatchObject({ admit: true, door: "runtime" })
    expect(statusOf({ ...node, subprotocols: [`${tokenProtocol}wrong`] })).toBe(401)
    expect(statusOf({ ...node, target: "/frontend" })).toBe(403)
  })

  it("names the option that would allow it, in plain ASCII", () => {
    expect(reasonOf(judge({ ...page, origins: ["http://\u001b[31mé\u202e.test"] }))).toBe(
      'pages of "http:// [31m? .test" may not connect: pass --allow-origin with the exact origin to allow them',
    )
  })
})

describe("rule 6, the token,", () => {
  it.each([
    [],
    ["Bearer"],
    [`Basic ${token}`],
    [token],
    [`Bearer ${token}x`],
    [`Bearer ${token}`, `Bearer ${token}`],
    ["Bearer "],
  ])("refuses %j", (...authorizations) => expect(statusOf({ ...frontEnd, authorizations })).toBe(401))

  it("comes once, and the header counts first", () => {
    const carrier = tokenProtocol + token
    expect(statusOf({ ...frontEnd, authorizations: [], subprotocols: [carrier, carrier] })).toBe(401)
    expect(statusOf({ ...frontEnd, authorizations: ["Bearer wrong"], subprotocols: [carrier] })).toBe(401)
  })

  it("is not read from the query", () => {
    expect(statusOf({ ...post, authorizations: [], target: `/eval?token=${token}` })).toBe(401)
  })

  it("throttles those who guess, and never its owner", () => {
    const guess = { ...frontEnd, authorizations: ["Bearer guess"] }
    expect(judge(guess, { wrongTokens: 2 })).toMatchObject({ status: 401, wrongToken: true })
    expect(judge(guess, { wrongTokens: 3 })).toMatchObject({ status: 429, wrongToken: true })
    expect(statusOf(frontEnd, { wrongTokens: 1000 })).toBe(200)
    expect(judge({ ...frontEnd, authorizations: [] })).not.toHaveProperty("wrongToken")
  })
})

describe("rule 7, capacity,", () => {
  it("is bounded for runtimes, in all and for each origin", () => {
    expect(statusOf(page, { runtimes: 3 })).toBe(200)
    expect(statusOf(page, { runtimes: 4 })).toBe(503)
    expect(statusOf(page, { runtimesOf: (origin) => (origin === "http://localhost:3000" ? 2 : 0) })).toBe(503)
    expect(reasonOf(judge(page, { runtimes: 4 }))).toContain("--max-runtimes")
    expect(judge(page, { runtimes: 4 })).toMatchObject({ isBusy: true })
  })

  it("keeps seats for front ends that no runtime can take", () => {
    expect(statusOf(frontEnd, { runtimes: 4, frontEnds: 1 })).toBe(200)
    expect(statusOf(frontEnd, { runtimes: 4, frontEnds: 2 })).toBe(503)
    expect(statusOf(page, { runtimes: 2, frontEnds: 4 })).toBe(503)
  })

  it("is none while the bridge starts or stops; what is public stays", () => {
    for (const knock of [page, frontEnd]) expect(statusOf(knock, { isOpen: false })).toBe(503)
    expect(statusOf(script, { isOpen: false })).toBe(200)
  })
})

it("the first rule that fails decides", () => {
  const worst: Knock = { ...frontEnd, hosts: ["evil.example"], target: "//x", origins: ["null"], authorizations: [] }
  expect(statusOf(worst)).toBe(403)
  expect(reasonOf(judge(worst))).toContain("Host")
  expect(statusOf({ ...worst, hosts: ["localhost"] })).toBe(400)
  expect(statusOf({ ...worst, hosts: ["localhost"], target: "/none" })).toBe(404)
  expect(statusOf({ ...worst, hosts: ["localhost"], target: "/frontend" })).toBe(403)
  expect(statusOf({ ...worst, hosts: ["localhost"], target: "/frontend", origins: [] }, { isOpen: false })).toBe(401)
})

describe("at an address that others reach", () => {
  const phone: Knock = {
    ...page,
    exposed: true,
    hosts: ["192.168.1.20:9001"],
    origins: ["http://192.168.1.20:3000"],
    subprotocols: ["repl-bridge", tokenProtocol + key],
  }

  it("a page comes in by the key, from the address itself, from loopback or by name", () => {
    expect(statusOf(phone)).toBe(200)
    expect(statusOf({ ...phone, hosts: ["[fd00::20]:9001"], origins: ["http://[fd00::20]:3000"] })).toBe(200)
    expect(statusOf({ ...phone, origins: ["http://localhost:3000"] })).toBe(200)
    expect(statusOf({ ...phone, origins: ["https://app.example"] })).toBe(200)
  })

  it.each([
    ["no key", { subprotocols: [] }, 401],
    ["a wrong key", { subprotocols: [`${tokenProtocol}x`] }, 401],
    ["a page of somebody else, with the key", { origins: ["https://evil.example"] }, 403],
    ["a page of another machine, with the key", { origins: ["http://192.168.1.21:3000"] }, 403],
    ["a sandboxed frame, with the key", { origins: ["null"] }, 403],
    ["a rebound name", { hosts: ["evil.example"] }, 403],
    ["the name of this machine, from elsewhere", { hosts: ["localhost:9001"] }, 403],
    ["another address", { hosts: ["192.168.1.21:9001"] }, 403],
    ["a runtime without Origin and key", { origins: [], subprotocols: [] }, 401],
    ["a front end with the token", { ...frontEnd, hosts: phone.hosts, exposed: true, subprotocols: [] }, 403],
    [
      "a front end with the key",
      { ...frontEnd, hosts: phone.hosts, exposed: true, authorizations: [`Bearer ${key}`] },
      403,
    ],
    ["an eval with the token", { ...post, hosts: phone.hosts, exposed: true, subprotocols: [] }, 403],
  ] as const satisfies readonly (readonly [string, Partial<Knock>, number])[])("%s is refused", (_, other, status) => {
    expect(statusOf({ ...phone, ...other })).toBe(status)
  })

  it("the key is no token, and the address no name of ours on loopback", () => {
    expect(statusOf({ ...frontEnd, authorizations: [`Bearer ${key}`] })).toBe(401)
    expect(statusOf({ ...phone, exposed: false })).toBe(403)
    expect(statusOf({ ...page, origins: ["http://192.168.1.20:3000"] })).toBe(403)
  })

  it("front ends come in by the token where that is allowed", () => {
    const rules = { remoteFrontEnds: true }
    const remote = { ...frontEnd, hosts: phone.hosts, exposed: true }
    expect(statusOf(remote, {}, rules)).toBe(200)
    expect(statusOf({ ...remote, authorizations: [`Bearer ${key}`] }, {}, rules)).toBe(401)
    expect(statusOf({ ...remote, origins: ["http://localhost"] }, {}, rules)).toBe(403)
  })
})

/** Known words and any others. */
function words(...known: string[]): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(...known),
    fc.string({ unit: "binary-ascii", maxLength: 20 }),
    fc.string({ unit: "grapheme" }),
  )
}

describe("whatever is asked", () => {
  const knocks: fc.Arbitrary<Knock> = fc.record({
    by: fc.constantFrom("request", "upgrade"),
    method: words("GET", "POST", "HEAD"),
    target: words("/runtime", "/frontend", "/eval", "/status", "/client.js", "/demo"),
    hosts: fc.array(words("localhost", "127.0.0.1:9001", "192.168.1.20:9001", "evil.example"), { maxLength: 2 }),
    origins: fc.array(words("http://localhost:3000", "http://192.168.1.20:3000", "null", "https://evil.example"), {
      maxLength: 2,
    }),
    authorizations: fc.array(words(`Bearer ${token}`, `Bearer ${key}`, "Bearer x"), { maxLength: 2 }),
    subprotocols: fc.array(words(tokenProtocol + token, tokenProtocol), { maxLength: 2 }),
    forwarded: fc.boolean(),
    fetched: fc.boolean(),
    exposed: fc.boolean(),
  })
  const loopback = /^(?:localhost|127\.0\.0\.1)(?::9001)?$/
  const address = /^192\.168\.1\.20(?::9001)?$/

  it("the gate never throws, and lets nobody in who is a stranger", () => {
    fc.assert(
      fc.property(knocks, (knock) => {
        const verdict = judge(knock)
        if (!verdict.admit) {
          expect(verdict.reason).toMatch(/^[ -~…]+$/)
          return
        }
        const holdsToken =
          knock.authorizations[0] === `Bearer ${token}` || knock.subprotocols.includes(tokenProtocol + token)
        expect(knock.hosts).toHaveLength(1)
        expect(knock.hosts[0]).toMatch(knock.exposed ? address : loopback)
        expect(knock.origins.length).toBeLessThan(2)
        const holdsKey = knock.authorizations[0] === `Bearer ${key}`
        const isRuntime = verdict.door === "runtime"
        if (knock.forwarded || (knock.exposed && isRuntime)) expect(holdsToken || (isRuntime && holdsKey)).toBe(true)
        if (["eval", "status", "frontend"].includes(verdict.door)) {
          expect([holdsToken, knock.origins, knock.fetched, knock.exposed]).toEqual([true, [], false, false])
        }
        if (!isRuntime) return
        const [origin] = knock.origins
        expect(["http://localhost:3000", undefined, ...(knock.exposed ? ["http://192.168.1.20:3000"] : [])]).toContain(
          origin,
        )
        if (origin === undefined) expect(holdsToken || holdsKey).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})
