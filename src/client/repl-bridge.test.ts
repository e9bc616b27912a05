import { describe, expect, test } from "vitest"
import { createFakePage, endOfTurn } from "../../test/support/fake-page.ts"
import { createAbilities } from "./abilities.ts"
import { createReplBridge } from "./repl-bridge.ts"
import type { ConnectOptions } from "./runtime.ts"

function setUp(defaults: ConnectOptions = {}) {
  const page = createFakePage()
  return { page, bridge: createReplBridge(page.platform, createAbilities, defaults) }
}

describe("before connect()", () => {
  test("a bridge is idle, and everything may be called", async () => {
    const { page, bridge } = setUp()
    expect(bridge).toMatchObject({
      state: "idle",
      alive: false,
      isReconnecting: false,
      isWaiting: false,
      reconnectAttempts: 0,
    })
    bridge.reconnectNow()
    bridge.enableReconnection()
    bridge.disableReconnection()
    await bridge.disconnect()
    expect(page.dials).toEqual([])
    expect(page.left).toBe(0)
  })

  test("listeners may be added for what comes", async () => {
    const { page, bridge } = setUp()
    const states: string[] = []
    bridge.on("stateChange", ({ to }) => void states.push(to))
    const removed = bridge.on("stateChange", () => void states.push("removed"))
    removed()
    void bridge.connect()
    await page.welcome()
    expect(states).toEqual(["dialling", "greeting", "ready"])
  })
})

describe("connect()", () => {
  test("resolves when the bridge has said welcome", async () => {
    const { page, bridge } = setUp()
    const connected = bridge.connect()
    await page.welcome({ number: 3 })
    expect(await connected).toMatchObject({ reconnected: false, bridgeInstance: "b-1", welcome: { number: 3 } })
    expect(bridge).toMatchObject({ state: "ready", alive: true, isReconnecting: false })
  })

  test("[L5] again makes no second socket", async () => {
    const { page, bridge } = setUp()
    const connected = [bridge.connect(), bridge.connect({})]
    await page.welcome()
    connected.push(bridge.connect({ name: "other" }))
    await Promise.all(connected)
    expect(page.dials).toHaveLength(1)
  })

  test("[L5] to another address ends what was there, and listeners stay", async () => {
    const { page, bridge } = setUp({ url: "http://localhost:4000" })
    const closed: string[] = []
    bridge.on("closed", ({ reason }) => void closed.push(reason))
    void bridge.connect()
    const first = await page.welcome()
    const old = page.network.last
    const connected = bridge.connect({ url: "http://localhost:5000" })
    expect(old.closedWith?.code).toBe(1000)
    const second = await page.welcome()
    await connected
    expect(second["session"]).toBe(first["session"])
    expect(page.network.openCount).toBe(1)
    expect(closed).toEqual(["connecting elsewhere"])
    await bridge.disconnect()
    expect(closed).toHaveLength(2)
    expect(page.left).toBe(0)
  })

  test("starts from the defaults, and remembers what it was given", async () => {
    const { page, bridge } = setUp({ url: "http://localhost:4000", name: "tag" })
    void bridge.connect({ name: "till" })
    expect((await page.welcome())["name"]).toBe("till")
    await bridge.disconnect()
    void bridge.connect()
    expect(await page.welcome()).toMatchObject({ name: "till" })
    expect(page.dials.map(({ url }) => url)).toEqual(["ws://localhost:4000/runtime", "ws://localhost:4000/runtime"])
  })

  test.each(["127.0.0.1:9001", "localhost:9001", ""])("names an address that is none: %j", async (url) => {
    const { page, bridge } = setUp()
    await expect(bridge.connect({ url })).rejects.toMatchObject({
      code: "bad-options",
      message: `url is "${url}": it must begin with http:// or ws://`,
    })
    expect(page.dials).toEqual([])
    expect(bridge.state).toBe("idle")
  })

  test("rejects options that make no sense, and keeps the link that is there", async () => {
    const { page, bridge } = setUp()
    void bridge.connect()
    await page.welcome()
    const hopeless = bridge.connect({ url: "http://localhost:5000", backoff: { base: -1 } })
    await expect(hopeless).rejects.toMatchObject({ code: "bad-options", message: expect.stringContaining("base") })
    expect(bridge.state).toBe("ready")
    expect(page.network.openCount).toBe(1)
  })

  test.each(["http://localhost:3000", "http://shop.localhost", "https://127.0.0.1", "http://[::1]:3000"])(
    "dials from a page at %s",
    async (origin) => {
      const { page, bridge } = setUp()
      page.window.origin = origin
      void bridge.connect()
      await endOfTurn()
      expect(page.dials).toHaveLength(1)
    },
  )

  test.each([
    ["http://shop.example", "allowRemote"],
    ["http://localhost.shop.example", "allowRemote"],
    ["null", "http://localhost"],
  ])("does not dial from a page at %s, and says what to do", async (origin, advice) => {
    const { page, bridge } = setUp()
    page.window.origin = origin
    await expect(bridge.connect()).rejects.toMatchObject({
      code: "bad-options",
      message: expect.stringContaining(advice),
    })
    expect(page.dials).toEqual([])
    void bridge.connect({ allowRemote: true })
    await endOfTurn()
    expect(page.dials).toHaveLength(1)
  })
})

describe("disconnect()", () => {
  test("[L21] is final, twice too, and connect() starts anew in the same session", async () => {
    const { page, bridge } = setUp()
    void bridge.connect()
    const first = await page.welcome()
    await Promise.all([bridge.disconnect(), bridge.disconnect()])
    expect(bridge).toMatchObject({ state: "stopped", alive: false })
    expect(page.network.last.closedWith?.code).toBe(1000)
    page.clock.advance(60_000)
    page.fire("focus")
    expect(page.dials).toHaveLength(1)
    expect(page.left).toBe(0)
    void bridge.connect()
    expect((await page.welcome())["session"]).toBe(first["session"])
  })

  test("[L9] ends a connect() that was under way", async () => {
    const { bridge } = setUp()
    const connected = bridge.connect()
    await bridge.disconnect()
    await expect(connected).rejects.toMatchObject({ code: "stopped" })
  })
})

describe("reconnection", () => {
  test("[L23] can be switched off, which keeps the socket, and on again", async () => {
    const { page, bridge } = setUp()
    void bridge.connect()
    await page.welcome()
    bridge.disableReconnection()
    expect(bridge.state).toBe("ready")
    page.network.last.fail()
    page.clock.advance(60_000)
    expect(page.dials).toHaveLength(1)
    bridge.enableReconnection()
    await endOfTurn()
    expect(page.dials).toHaveLength(2)
  })

  test("can be had now instead of later", async () => {
    const { page, bridge } = setUp()
    void bridge.connect()
    await page.welcome()
    page.network.last.fail()
    expect(bridge).toMatchObject({ state: "waiting", isWaiting: true, isReconnecting: true, reconnectAttempts: 1 })
    bridge.reconnectNow()
    await page.welcome()
    expect(bridge.state).toBe("ready")
  })
})
