import { describe, expect, test } from "vitest"
import { diagnose, type BridgeFacts, type Facts, type PageFacts } from "./diagnose.ts"
import type { Visit } from "./visit.ts"

const tag = "http://localhost:9001/client.js"
const nothingSeen: Visit = { clients: [], sockets: [], failures: [], violations: [], warnings: [] }

function facts(parts: {
  readonly page?: Partial<PageFacts>
  readonly bridge?: Partial<BridgeFacts>
  readonly visit?: Partial<Visit>
}): Facts {
  const loopback = { "127.0.0.1": "bridge", "[::1]": "bridge" } as const
  return {
    page: { url: "http://localhost:3000/", tags: [tag], ...parts.page },
    bridge: { url: "http://127.0.0.1:9001", answer: "bridge", version: "1.0.0", loopback, ...parts.bridge },
    visit: { ...nothingSeen, clients: [tag], sockets: ["ws://localhost:9001/runtime"], ...parts.visit },
  }
}

const causes = (given: Facts): readonly string[] => diagnose(given).map(({ cause }) => cause)

test("a page that connected is all there is to say", () => {
  expect(causes(facts({ visit: { welcome: { version: "1.0.0", name: "shop" }, clientVersion: "1.0.0" } }))).toEqual([
    "connected",
  ])
})

test("where nothing can be seen, it says so and how to see more", () => {
  expect(diagnose(facts({}))).toMatchObject([{ cause: "unknown", next: expect.stringContaining("--wait") }])
})

describe("where localhost is two addresses", () => {
  test("it names the one that another program holds", () => {
    expect(diagnose(facts({ bridge: { loopback: { "127.0.0.1": "bridge", "[::1]": "other" } } }))).toMatchObject([
      { cause: "port-split", message: "localhost:9001 can lead to [::1]:9001, which is another program's" },
    ])
  })

  test("it is no matter while neither is the bridge's", () => {
    expect(
      causes(facts({ bridge: { answer: "nothing", loopback: { "127.0.0.1": "nothing", "[::1]": "other" } } })),
    ).toEqual(["no-bridge"])
  })
})

describe("what a browser says of a request that failed", () => {
  const failed = (why: string, page = "http://localhost:3000/"): Facts =>
    facts({ page: { url: page }, visit: { clients: [], sockets: [], failures: [{ url: tag, why }] } })

  test.each(["mixed content", "mixed-content"])("%s", (why) => {
    expect(diagnose(failed(why, "https://shop.test/"))).toMatchObject([
      { cause: "mixed-content", message: `https://shop.test is secure, and may not load ${tag}` },
    ])
  })

  test.each(["LocalNetworkAccessPermissionDenied", "net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS"])("%s", (why) => {
    expect(causes(failed(why))).toEqual(["local-network-access"])
  })

  test("anything else", () => {
    expect(diagnose(failed("net::ERR_EMPTY_RESPONSE"))).toMatchObject([
      { cause: "not-reached", message: `the page cannot reach ${tag}: net::ERR_EMPTY_RESPONSE` },
    ])
  })

  test("once for each thing that failed", () => {
    const failure = { url: tag, why: "net::ERR_EMPTY_RESPONSE" }
    expect(causes(facts({ visit: { failures: [failure, failure] } }))).toEqual(["not-reached"])
  })
})

test("what the gate refused comes with the option that would allow it", () => {
  const reason = `pages of "http://shop.test" may not connect: pass --allow-origin with the exact origin to allow them`
  const url = "http://localhost:9001/runtime"
  const failures = [{ url: "ws://localhost:9001/runtime", why: "Unexpected response code: 403" }]
  expect(
    diagnose(
      facts({
        page: { url: "http://shop.test/" },
        bridge: { gate: { url, status: 403, reason } },
        visit: { failures },
      }),
    ),
  ).toEqual([
    {
      cause: "refused",
      message: `the bridge refuses pages of http://shop.test: pages of "http://shop.test" may not connect`,
      next: "pass --allow-origin with the exact origin to allow them",
    },
  ])
})

test("a client of another version is told of, also where it connected", () => {
  expect(causes(facts({ visit: { clientVersion: "0.9.0" } }))).toEqual(["stale-client"])
  expect(causes(facts({ visit: { clientVersion: "0.9.0", welcome: { version: "1.0.0", name: "a" } } }))).toEqual([
    "connected",
    "stale-client",
  ])
})

test("without a browser it says what it knows, and that it knows no more", () => {
  const { page, bridge } = facts({ page: { tags: [] } })
  expect(causes({ page, bridge, noVisit: "no Chrome or Chromium is installed here" })).toEqual(["no-tag", "no-browser"])
})
