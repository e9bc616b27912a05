import { randomUUID } from "node:crypto"
import { createServer as createWebServer, type ServerResponse } from "node:http"
import { createServer, type AddressInfo } from "node:net"
import { afterEach, describe, expect, it, onTestFinished } from "vitest"
import { FakeRuntime, type FakeRuntimeOptions } from "../../test/support/fake-runtime.ts"
import { Talk } from "../../test/support/talk.ts"
import { closeCode, protocolVersion, type RawMessage } from "../protocol/index.ts"
import { startBridge, type Bridge, type BridgeOptions } from "./index.ts"

const bridges = new Set<Bridge>()
const talks = new Set<Talk>()

afterEach(async () => {
  await Promise.all([...bridges].map((bridge) => bridge.stop()))
  for (const talk of talks) talk.socket.terminate()
  bridges.clear()
  talks.clear()
})

async function start(options: BridgeOptions = {}): Promise<Bridge> {
  const bridge = await startBridge({ port: 0, version: "1.2.3", clientScript: "client()", ...options })
  bridges.add(bridge)
  return bridge
}

async function runtime(bridge: Bridge, options: FakeRuntimeOptions = {}): Promise<FakeRuntime> {
  const fake = await new FakeRuntime(options).connect(bridge.port)
  talks.add(fake.talk)
  return fake
}

/** A front end in the test's hand: each eval it asks for is the promise of its outcome. */
class FrontEnd {
  readonly talk: Talk
  readonly welcome: RawMessage["header"]

  private constructor(talk: Talk, welcome: RawMessage["header"]) {
    this.talk = talk
    this.welcome = welcome
  }

  static async connect(bridge: Bridge, fields: Readonly<Record<string, unknown>> = {}): Promise<FrontEnd> {
    const authorization = `Bearer ${bridge.token}`
    const talk = await new Talk(`ws://127.0.0.1:${bridge.port}/frontend`, [], { authorization }).opened()
    talks.add(talk)
    const ids = {
      frontEnd: randomUUID(),
      name: "test",
      protocol: protocolVersion,
      version: "0.0.0",
      features: ["batch"],
    }
    talk.say({ op: "hello", ...ids, ...fields })
    return new FrontEnd(talk, (await talk.hear("welcome")).header)
  }

  get id(): string {
    return String(this.welcome["frontEnd"])
  }

  /** Sends an eval and returns its id. */
  send(code: string, fields: Readonly<Record<string, unknown>> = {}): string {
    const id = String(fields["id"] ?? randomUUID())
    this.talk.say({ op: "eval", id, ...fields }, code)
    return id
  }

  async outcome(id: string): Promise<{ header: RawMessage["header"]; kind: unknown; result: any }> {
    const { header, body = "" } = await this.talk.hear("outcome", (said) => said["id"] === id)
    return { header, kind: header["outcome"], result: JSON.parse(body) }
  }

  async evaluate(code: string, fields: Readonly<Record<string, unknown>> = {}) {
    return this.outcome(this.send(code, fields))
  }
}

/** A socket of a page that has not said hello. */
async function open(bridge: Bridge): Promise<Talk> {
  const talk = await new Talk(`ws://127.0.0.1:${bridge.port}/runtime`, [], { origin: "http://localhost" }).opened()
  talks.add(talk)
  return talk
}

const never = { evaluate: () => undefined }

describe("evals", () => {
  it("go to the one runtime there is, and their result comes back untouched", async () => {
    const bridge = await start()
    const page = await runtime(bridge, { evaluate: (code) => `{ "spaced" : ${JSON.stringify(code)} }` })
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("1 +\n1")
    const sent = await frontEnd.talk.hear("sent")
    const { header, body } = await frontEnd.talk.hear("outcome")
    expect(sent.header["runtime"]).toEqual({ id: page.id, number: 1, name: "chrome·shop", session: page.session })
    expect(header).toEqual({ op: "outcome", id, outcome: "value", durationMs: 1, runtime: sent.header["runtime"] })
    expect(body).toBe(`{ "spaced" : "1 +\\n1" }`)
  })

  it("are acknowledged to the runtime once the front end has acknowledged them", async () => {
    const bridge = await start()
    const page = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("1")
    await frontEnd.outcome(id)
    expect(page.unacked).toEqual([id])
    frontEnd.talk.say({ op: "ack", ids: [id] })
    await page.talk.hear("ack")
    expect(page.unacked).toEqual([])
  })

  it("reach a runtime that takes prepared code prepared, and any other as typed", async () => {
    const bridge = await start()
    const page = await runtime(bridge, { hello: { features: ["batch", "prepared"] } })
    const plain = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    await frontEnd.evaluate("const x = 1", { runtime: page.id })
    await frontEnd.evaluate("const x = 1", { runtime: plain.id })
    const prepared = await page.talk.hear("eval")
    expect(prepared.header).toMatchObject({ form: "sync", consts: ["x"] })
    expect(prepared.body).not.toBe("const x = 1")
    expect(await plain.talk.hear("eval")).toEqual({
      header: { op: "eval", id: plain.ran[0], frontEnd: frontEnd.id },
      body: "const x = 1",
    })
  })

  it("that do not parse are refused and never sent", async () => {
    const bridge = await start()
    const page = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    const { kind, result } = await frontEnd.evaluate("if (")
    expect([kind, result.incomplete]).toEqual(["refused", true])
    expect(page.ran).toEqual([])
  })

  it("[L34] wait for a runtime and name the script tag to add", async () => {
    const bridge = await start()
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("1", { waitMs: 60_000 })
    const { header } = await frontEnd.talk.hear("waiting")
    expect(header["reason"]).toContain(`<script src="http://127.0.0.1:${bridge.port}/client.js"></script>`)
    await runtime(bridge)
    expect((await frontEnd.outcome(id)).kind).toBe("value")
  })

  it("[L34] end as lost when no runtime comes in time", async () => {
    const bridge = await start()
    const frontEnd = await FrontEnd.connect(bridge)
    const { kind, result, header } = await frontEnd.evaluate("1", { waitMs: 1 })
    expect(kind).toBe("lost")
    expect(result).toEqual({ code: "no-runtime", reason: "no runtime", ran: "no" })
    expect(header["runtime"]).toBeUndefined()
  })

  it("have a check in their loops where the bridge guards loops", async () => {
    const code = "for (;;) 1"
    for (const [loopLimitMs, count] of [
      [0, 0],
      [700, 1],
    ] as const) {
      const bridge = await start({ loopLimitMs })
      const page = await runtime(bridge, { hello: { features: ["batch", "prepared"] } })
      const frontEnd = await FrontEnd.connect(bridge)
      frontEnd.send(code)
      const { body } = await page.talk.hear("eval")
      expect(body?.match(/\(700\);/g) ?? []).toHaveLength(count)
    }
  })

  it("that wait can be cancelled, and certainly have not run", async () => {
    const bridge = await start()
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("1")
    frontEnd.talk.say({ op: "cancel", id })
    expect((await frontEnd.outcome(id)).result).toEqual({ reason: "cancelled", ran: "no" })
  })

  it("end as timeout, and the runtime is told to stop", async () => {
    const bridge = await start()
    const page = await runtime(bridge, never)
    const frontEnd = await FrontEnd.connect(bridge)
    const { kind, result } = await frontEnd.evaluate("await forever", { timeoutMs: 5 })
    expect(kind).toBe("timeout")
    expect(result).toEqual({ reason: "no outcome within 5 ms", ran: "unknown" })
    await page.talk.hear("cancel")
  })

  it("[P42] of a runtime that answers after all are told as late, and acknowledged by the bridge itself", async () => {
    const bridge = await start()
    const page = await runtime(bridge, never)
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("slow")
    await page.talk.hear("eval")
    frontEnd.talk.say({ op: "cancel", id })
    await page.talk.hear("cancel")
    page.finish(id)
    await page.talk.hear("ack")
    expect(page.unacked).toEqual([])
    expect(await frontEnd.talk.hear("late")).toEqual({
      header: {
        ...{ op: "late", id, outcome: "value", durationMs: 1 },
        runtime: { id: page.id, number: 1, name: "chrome·shop", session: page.session },
      },
      body: "{}",
    })
    await frontEnd.talk.caughtUp()
    expect(frontEnd.talk.heard.filter(({ header }) => header.op === "outcome")).toHaveLength(1)
  })

  it("of any front end are announced to all, with who asked", async () => {
    const bridge = await start()
    await runtime(bridge)
    const watcher = await FrontEnd.connect(bridge, { name: "watcher" })
    const asker = await FrontEnd.connect(bridge, { name: "asker" })
    const id = asker.send("1")
    const { header } = await watcher.talk.hear("evaluated")
    expect(header).toMatchObject({ id, from: "asker", outcome: "value" })
  })

  it("[L33] are answered only by the session they were sent to", async () => {
    const bridge = await start()
    const page = await runtime(bridge, never)
    const stranger = await runtime(bridge, never)
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("1", { runtime: page.id })
    await page.talk.hear("eval")
    stranger.talk.say({ op: "outcome", id, outcome: "value", durationMs: 1 }, '"forged"')
    await stranger.talk.caughtUp()
    page.finish(id, '"true"')
    expect((await frontEnd.outcome(id)).result).toBe("true")
  })

  it("of a front end that vanished are kept until it is back", async () => {
    const bridge = await start()
    const page = await runtime(bridge, never)
    const frontEnd = await FrontEnd.connect(bridge, { frontEnd: "mine" })
    const id = frontEnd.send("1")
    await page.talk.hear("eval")
    await frontEnd.talk.cut()
    page.finish(id, '"kept"')
    await page.talk.caughtUp()
    const again = await FrontEnd.connect(bridge, { frontEnd: "mine" })
    expect(await again.evaluate("1", { id, session: page.session })).toMatchObject({ kind: "value", result: "kept" })
    expect(page.ran).toEqual([id])
  })

  it("are not touched when another front end leaves", async () => {
    const bridge = await start()
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("1", { waitMs: 60_000 })
    await frontEnd.talk.hear("waiting")
    const other = await FrontEnd.connect(bridge)
    await other.talk.close()
    await frontEnd.talk.caughtUp()
    await runtime(bridge)
    expect((await frontEnd.outcome(id)).kind).toBe("value")
  })

  it("of a front end that left for good are acknowledged when they end", async () => {
    const bridge = await start()
    const page = await runtime(bridge, never)
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("1")
    await page.talk.hear("eval")
    await frontEnd.talk.close()
    page.finish(id)
    await page.talk.hear("ack")
    expect(page.unacked).toEqual([])
  })
})

describe("stacks in outcomes [P39]", () => {
  const map = JSON.stringify({ version: 3, sources: ["app.ts"], names: [], mappings: "AAEA" })

  /** A server of the page's own files, and a runtime of that page. */
  async function openMapped(answer: (response: ServerResponse) => void) {
    const server = createWebServer(({ url }, response) => {
      if (url === "/app.js.map") answer(response)
      else response.end("f()\n//# sourceMappingURL=app.js.map")
    })
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const bridge = await start()
    const page = await runtime(bridge, { origin, evaluate: () => undefined })
    const frontEnd = await FrontEnd.connect(bridge)
    const thrown = async () => {
      const id = frontEnd.send("f()")
      await page.talk.hear("eval")
      const stack = `Error: no\n    at f (${origin}/app.js:1:1)\n    at repl:1:1`
      page.finish(id, JSON.stringify({ exception: { type: "object" }, stack }), "thrown")
      return (await frontEnd.outcome(id)).result.stack.replaceAll(origin, "") as string
    }
    return { page, frontEnd, thrown }
  }

  it("are those of the sources", async () => {
    const { page, frontEnd, thrown } = await openMapped((response) => response.end(map))
    expect(await thrown()).toBe("Error: no\n    at f (/app.ts:3:1)\n    at repl:1:1")
    frontEnd.talk.say({ op: "ack", ids: [page.ran[0]] })
    expect((await page.talk.hear("ack")).header["ids"]).toEqual([page.ran[0]])
  })

  it("are as the page told them where the source map does not come in time", async () => {
    const { thrown } = await openMapped(() => undefined)
    expect(await thrown()).toBe("Error: no\n    at f (/app.js:1:1)\n    at repl:1:1")
  })

  it("hold back no end: what has answered is not lost with its page while maps are loaded", async () => {
    const { page, frontEnd, thrown } = await openMapped(() => page.talk.socket.close(1000))
    expect(await thrown()).toContain("Error: no")
    expect(frontEnd.talk.heard.filter(({ header }) => header.op === "outcome")).toHaveLength(1)
  })
})

describe("[L32] the target", () => {
  it("must be chosen while there are several", async () => {
    const bridge = await start()
    await runtime(bridge)
    await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    const { result } = await frontEnd.evaluate("1")
    expect(result).toEqual({
      code: "no-target",
      reason: "2 runtimes and none chosen: 1 chrome·shop, 2 chrome·shop-2 — choose one with --runtime or .use",
      ran: "no",
    })
  })

  it("is not taken by a newcomer", async () => {
    const bridge = await start()
    const first = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    expect(frontEnd.welcome["target"]).toBe(first.id)
    const second = await runtime(bridge)
    await frontEnd.evaluate("1")
    expect([first.ran.length, second.ran.length]).toEqual([1, 0])
  })

  it("can be chosen by number or name, for one eval or for all", async () => {
    const bridge = await start()
    const first = await runtime(bridge)
    const second = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    await frontEnd.evaluate("1", { runtime: "chrome·shop" })
    frontEnd.talk.say({ op: "use", runtime: "2" })
    expect((await frontEnd.talk.hear("target")).header).toEqual({ op: "target", runtime: second.id })
    await frontEnd.evaluate("2")
    expect([first.ran.length, second.ran.length]).toEqual([1, 1])
    frontEnd.talk.say({ op: "use", runtime: "3" })
    expect((await frontEnd.talk.hear("target")).header).toEqual({
      op: "target",
      runtime: second.id,
      problem: "no runtime 3: there is 1 chrome·shop, 2 chrome·shop-2",
    })
  })

  it("is freed when its runtime is gone, and not inherited by another origin", async () => {
    const bridge = await start()
    const first = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    await first.talk.close()
    expect((await frontEnd.talk.hear("target")).header).toEqual({ op: "target", problem: "chrome·shop is gone" })
    await runtime(bridge, { origin: "http://localhost:4000" })
    expect((await frontEnd.evaluate("1")).result).toMatchObject({ code: "no-target", ran: "no" })
  })
})

describe("[P41] a target that nobody chose", () => {
  it("is the page that came last, until one is chosen; the choice outlives the socket", async () => {
    const bridge = await start({ target: "latest" })
    const first = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    const second = await runtime(bridge)
    expect((await frontEnd.talk.hear("target")).header).toEqual({ op: "target", runtime: second.id })
    await second.talk.close()
    expect((await frontEnd.talk.hear("target")).header).toEqual({ op: "target", runtime: first.id })
    const { id: third } = await runtime(bridge)
    expect((await frontEnd.talk.hear("target")).header["runtime"]).toBe(third)
    frontEnd.talk.say({ op: "use", runtime: first.id })
    expect((await frontEnd.talk.hear("target")).header["runtime"]).toBe(first.id)
    const returned = await FrontEnd.connect(bridge, { target: first.id, isChosen: true })
    expect(returned.welcome["target"]).toBe(first.id)
    const unsure = await FrontEnd.connect(bridge, { target: first.id })
    expect(unsure.welcome["target"]).toBe(third)
  })

  it("is the page that became visible", async () => {
    const bridge = await start({ target: "visible" })
    const first = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    const second = await runtime(bridge, { hello: { visible: false } })
    first.talk.say({ op: "status", visible: false })
    second.talk.say({ op: "status", visible: true })
    expect((await frontEnd.talk.hear("target")).header["runtime"]).toBe(second.id)
    await frontEnd.evaluate("1")
    expect([first.ran.length, second.ran.length]).toEqual([0, 1])
  })
})

describe("a runtime", () => {
  it("[L31] is handed over to its new socket, and the late close of the old one changes nothing", async () => {
    const bridge = await start()
    const page = await runtime(bridge, never)
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("1")
    await page.talk.hear("eval")
    const old = page.talk
    await page.connect(bridge.port)
    expect((await old.closed).code).toBe(closeCode.replaced)
    expect(bridge.runtimes.map(({ state }) => state)).toEqual(["ready"])
    page.finish(id, '"once"')
    expect((await frontEnd.outcome(id)).result).toBe("once")
    expect(page.ran).toEqual([id])
  })

  it("[L39] that returns after a drop is sent its unsettled evals again and runs none twice", async () => {
    const bridge = await start()
    const page = await runtime(bridge, never)
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("1")
    await page.talk.hear("eval")
    await page.talk.cut()
    await frontEnd.talk.hear("runtime", ({ runtime: info }) => (info as { state: string }).state === "away")
    await page.connect(bridge.port)
    await page.talk.hear("eval")
    page.finish(id)
    expect((await frontEnd.outcome(id)).kind).toBe("value")
    expect(page.ran).toEqual([id])
  })

  it("[L41] that reloads loses its evals at once and stays the same runtime", async () => {
    const bridge = await start()
    const page = await runtime(bridge, { ...never, hello: { navigation: "reload" } })
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("1")
    await page.talk.hear("eval")
    page.talk.say({ op: "bye", reason: "unload" })
    await page.talk.cut()
    const { welcome } = page
    await page.reload(bridge.port)
    expect((await frontEnd.outcome(id)).result).toEqual({
      code: "page-reloaded",
      reason: "page reloaded",
      ran: "unknown",
    })
    expect(page.welcome).toMatchObject({ runtime: welcome["runtime"], number: 1, name: "chrome·shop" })
    expect(page.ran).toEqual([id])
  })

  it("[L41] whose reload overtakes the close of its old socket takes over when that one stays silent", async () => {
    const bridge = await start({ probeMs: 20 })
    const page = await runtime(bridge, { hello: { navigation: "reload" } })
    const old = page.talk
    await page.reload(bridge.port)
    expect((await old.closed).code).toBe(closeCode.replaced)
    expect(bridge.runtimes).toHaveLength(1)
    expect(bridge.runtimes[0]).toMatchObject({ number: 1, session: page.session })
  })

  it("[L41] proves that it lives by the answer to the very question", async () => {
    const bridge = await start({ probeMs: 20 })
    const page = await runtime(bridge, { hello: { navigation: "reload" } })
    const old = page.talk
    old.each("ping", () => old.say({ op: "pong", id: "something" }))
    await page.reload(bridge.port)
    expect((await old.closed).code).toBe(closeCode.replaced)
  })

  it("[L41] that is a copy of a living one gets an id of its own", async () => {
    const bridge = await start({ probeMs: 60_000 })
    const original = await runtime(bridge)
    original.talk.each("ping", ({ header }) => original.talk.say({ op: "pong", id: header["id"] }))
    const copy = new FakeRuntime({ hello: { navigation: "reload" } })
    copy.id = original.id
    await copy.connect(bridge.port)
    talks.add(copy.talk)
    expect(copy.id).not.toBe(original.id)
    expect(bridge.runtimes.map(({ id, number, name }) => ({ id, number, name }))).toEqual([
      { id: original.id, number: 1, name: "chrome·shop" },
      { id: copy.id, number: 2, name: "chrome·shop-2" },
    ])
  })

  it("that does not come back after its page was unloaded has closed", async () => {
    const bridge = await start({ reloadMs: 1 })
    const page = await runtime(bridge, never)
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("1")
    await page.talk.hear("eval")
    page.talk.say({ op: "bye", reason: "unload" })
    await page.talk.close(1001)
    expect((await frontEnd.outcome(id)).result).toEqual({ code: "page-closed", reason: "page closed", ran: "unknown" })
    await frontEnd.talk.hear("runtime", ({ runtime: info }) => (info as { state: string }).state === "gone")
    expect(bridge.runtimes).toEqual([])
  })

  it("[L29] whose link is dead is found out, and is away", async () => {
    const bridge = await start({ heartbeatMs: 100 })
    const page = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    await new Promise((resolve) => page.talk.socket.once("ping", resolve))
    page.talk.socket.pause()
    await frontEnd.talk.hear("runtime", ({ runtime: info }) => (info as { state: string }).state === "away")
  })

  it("[L36] that dies before hello leaves no trace", async () => {
    const bridge = await start()
    const frontEnd = await FrontEnd.connect(bridge)
    const talk = await new Talk(`ws://127.0.0.1:${bridge.port}/runtime`, [], { origin: "http://localhost" }).opened()
    await talk.cut()
    await frontEnd.talk.caughtUp()
    expect(bridge.runtimes).toEqual([])
    expect(frontEnd.talk.heard.map(({ header }) => header.op)).not.toContain("runtime")
  })

  it("copies to who asked, from an eval that runs there only", async () => {
    const bridge = await start()
    const page = await runtime(bridge, never)
    const other = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge, { target: page.id })
    const id = frontEnd.send("copy('a')")
    await page.talk.hear("eval")
    other.talk.say({ op: "copy", id }, "wrong")
    await other.talk.caughtUp()
    page.talk.say({ op: "copy", id: "unknown" }, "wrong")
    page.talk.say({ op: "copy", id }, "a")
    expect(await frontEnd.talk.hear("copy")).toMatchObject({ header: { id, runtime: { id: page.id } }, body: "a" })
  })

  it("is asked for names; only its own answer counts", async () => {
    const bridge = await start()
    const page = await runtime(bridge)
    const other = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge, { target: page.id })
    const wish = { op: "complete", id: "mine", chain: ["document"], prefix: "ti" }
    frontEnd.talk.say(wish)
    const asked = (await page.talk.hear("complete")).header
    expect(asked).toMatchObject({ chain: ["document"], prefix: "ti" })
    other.talk.say({ op: "completions", id: asked["id"] }, '["wrong"]')
    await other.talk.caughtUp()
    page.talk.say({ op: "completions", id: asked["id"], isCut: true }, '["title"]')
    expect(await frontEnd.talk.hear("completions")).toEqual({
      header: { op: "completions", id: "mine", isCut: true },
      body: '["title"]',
    })
    frontEnd.talk.say({ ...wish, runtime: "9" })
    expect((await frontEnd.talk.hear("completions")).header["problem"]).toContain("9")
  })

  it("is asked for what is behind a handle, which knows its session [P37]", async () => {
    const bridge = await start()
    const page = await runtime(bridge)
    const other = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge, { target: other.id })
    const objectId = `${page.session}.7`
    const wish = { op: "expand", id: "mine", objectId, chain: ["a"], depth: 1, offset: 100, count: 10 }
    frontEnd.talk.say(wish)
    const { header } = await page.talk.hear("expand")
    expect(header).toEqual({ ...wish, id: header["id"], frontEnd: frontEnd.id })
    other.talk.say({ op: "expansion", id: header["id"] }, '"wrong"')
    await other.talk.caughtUp()
    page.talk.say({ op: "expansion", id: header["id"] }, '{"type":"object"}')
    expect(await frontEnd.talk.hear("expansion")).toEqual({
      header: { op: "expansion", id: "mine" },
      body: '{"type":"object"}',
    })
    frontEnd.talk.say({ op: "expand", id: "byName", chain: ["document"] })
    expect(await other.talk.hear("expand")).toMatchObject({ header: { chain: ["document"] } })
  })

  it("is asked for nothing that its reload took away [P37]", async () => {
    const bridge = await start()
    const page = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    const objectId = `${page.session}.7`
    page.talk.socket.terminate()
    await page.reload(bridge.port)
    frontEnd.talk.say({ op: "expand", id: "mine", objectId })
    const { problem } = (await frontEnd.talk.hear("expansion")).header
    expect(problem).toBe("its page was reloaded or is gone, and the value with it")
    frontEnd.talk.say({ op: "expand", id: "nothing" })
    expect((await frontEnd.talk.hear("expansion")).header["problem"]).toBe("name a value, by a handle or a chain")
  })

  it("hears which handles are needed no more [P38]", async () => {
    const bridge = await start()
    const page = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    frontEnd.talk.say({ op: "release", objectIds: [`${page.session}.7`, "other.1", `${page.session}.8`] })
    const { header } = await page.talk.hear("release")
    expect(header).toEqual({ op: "release", objectIds: [`${page.session}.7`, `${page.session}.8`] })
  })

  it("shows its console to all, once each line, and is told how far", async () => {
    const bridge = await start()
    const page = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    const line = { op: "console", seq: 1, level: "log", time: 5 }
    page.talk.say(line, '[{"type":"string","value":"hi"}]')
    page.talk.say(line, '[{"type":"string","value":"hi"}]')
    page.talk.say({ ...line, seq: 5, dropped: 3 }, "[]")
    expect(await frontEnd.talk.hear("console")).toMatchObject({
      header: { seq: 1 },
      body: '[{"type":"string","value":"hi"}]',
    })
    expect(await frontEnd.talk.hear("console")).toMatchObject({ header: { seq: 5, dropped: 3 } })
    await page.talk.hear("ack", ({ seq }) => seq === 5)
  })

  it("[P40] has its console remembered, also while it is away; lines have numbers by which they are asked for", async () => {
    const bridge = await start()
    const page = await runtime(bridge)
    for (const [index, level] of ["log", "error", "warn"].entries()) {
      page.talk.say({ op: "console", seq: index + 1, level, time: 5 }, JSON.stringify([level]))
    }
    await page.talk.hear("ack", ({ seq }) => seq === 3)
    await page.talk.cut()
    const frontEnd = await FrontEnd.connect(bridge)
    frontEnd.talk.say({ op: "recall", id: "mine", levels: ["error", "warn"], limit: 1 })
    const { id, session } = page
    expect(await frontEnd.talk.hear("line")).toEqual({
      header: {
        ...{ op: "line", id: "mine", number: 3, seq: 3, level: "warn", time: 5 },
        runtime: { id, session, number: 1, name: "chrome·shop" },
      },
      body: '["warn"]',
    })
    expect((await frontEnd.talk.hear("recalled")).header).toEqual({
      ...{ op: "recalled", id: "mine", dropped: 0, forgotten: 0, left: 0 },
      runtime: { id, session, number: 1, name: "chrome·shop" },
      levels: [
        { level: "log", count: 1, last: 1 },
        { level: "error", count: 1, last: 2 },
        { level: "warn", count: 1, last: 3 },
      ],
    })
    frontEnd.talk.say({ op: "recall", id: "by-number", runtime: "1", numbers: [1, 2], after: 1 })
    expect((await frontEnd.talk.hear("line")).header["number"]).toBe(2)
    expect((await frontEnd.talk.hear("recalled")).header["id"]).toBe("by-number")
    frontEnd.talk.say({ op: "recall", id: "of-nobody", runtime: "9" })
    expect((await frontEnd.talk.hear("recalled")).header).toEqual({
      op: "recalled",
      id: "of-nobody",
      problem: "no runtime 9: there is 1 chrome·shop",
    })
  })

  it("[P40] says lines to front ends with the numbers under which they are remembered", async () => {
    const bridge = await start()
    const page = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    const line = { op: "console", level: "log", time: 5 }
    page.talk.say({ ...line, seq: 1 }, "[]")
    page.talk.say({ ...line, seq: 3, kind: "dropped", dropped: 2 }, "[]")
    page.talk.say({ ...line, seq: 4 }, "[]")
    for (const number of [1, undefined, 2]) {
      expect((await frontEnd.talk.hear("console")).header["number"]).toBe(number)
    }
  })

  it("[L40] counts no line as dropped that came: what it tells again after a drop counts from the last acknowledged", async () => {
    const bridge = await start()
    const page = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    const line = { op: "console", level: "log", time: 5 }
    page.talk.say({ ...line, seq: 7, dropped: 4 }, "[]")
    page.talk.say({ ...line, seq: 9, dropped: 6 }, "[]")
    page.talk.say({ ...line, seq: 12, dropped: 12, kind: "dropped" })
    const dropped = [0, 0, 0]
    for (const nth of dropped.keys()) dropped[nth] = Number((await frontEnd.talk.hear("console")).header["dropped"])
    expect(dropped).toEqual([4, 1, 3])
  })

  it("cannot speak in another's name", async () => {
    const bridge = await start()
    const page = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    page.talk.say(
      { op: "console", seq: 1, level: "log", time: 5, runtime: { id: "x", number: 9, name: "bank", session: "x" } },
      "[]",
    )
    expect((await frontEnd.talk.hear("console")).header["runtime"]).toMatchObject({ id: page.id, number: 1 })
  })

  it("[L40] floods nobody: who does not read its lines is told how many are missing", async () => {
    const bridge = await start()
    const page = await runtime(bridge)
    const slow = await FrontEnd.connect(bridge)
    const quick = await FrontEnd.connect(bridge)
    slow.talk.socket.pause()
    const sent = 200
    const body = JSON.stringify([{ type: "string", value: "x".repeat(100_000) }])
    for (let seq = 1; seq <= sent; seq++) {
      page.talk.say({ op: "console", seq, level: "log", time: 5 }, body)
      // Lines of one turn of the event loop have no chance to leave in time.
      if (seq % 10 === 0) await page.talk.caughtUp()
    }
    expect((await quick.evaluate("1")).kind).toBe("value")
    slow.talk.socket.resume()
    await slow.talk.caughtUp()
    page.talk.say({ op: "console", seq: sent + 1, level: "log", time: 5 }, "[]")
    await slow.talk.hear("console", ({ seq }) => seq === sent + 1)
    const lines = slow.talk.heard.filter(({ header }) => header.op === "console")
    const dropped = lines.reduce((sum, { header }) => sum + Number(header["dropped"] ?? 0), 0)
    expect(dropped).toBeGreaterThan(0)
    expect(lines.length + dropped).toBe(sent + 1)
  })

  it("that needs its token outside browsers finds it in a subprotocol, which is not echoed", async () => {
    const bridge = await start()
    const url = `ws://127.0.0.1:${bridge.port}/runtime`
    const talk = await new Talk(url, [`repl-bridge.token.${bridge.token}`, "repl-bridge"]).opened()
    talks.add(talk)
    expect(talk.socket.protocol).toBe("repl-bridge")
    await expect(new Talk(url).opened()).rejects.toThrow("401")
  })

  it("is reloaded alone or with all others", async () => {
    const bridge = await start()
    const pages = [await runtime(bridge), await runtime(bridge)] as const
    const frontEnd = await FrontEnd.connect(bridge)
    frontEnd.talk.say({ op: "reload", id: "a", runtime: "2" })
    await pages[1].talk.hear("reload")
    expect((await frontEnd.talk.hear("reloading")).header["runtimes"]).toMatchObject([{ number: 2 }])
    frontEnd.talk.say({ op: "reload", id: "b", runtime: "all", stylesheets: ["/a.css"] })
    expect((await pages[0].talk.hear("reload")).header).toEqual({ op: "reload", stylesheets: ["/a.css"] })
    await pages[1].talk.hear("reload")
    frontEnd.talk.say({ op: "reload", id: "c" })
    expect((await frontEnd.talk.hear("reloading", ({ id }) => id === "c")).header["problem"]).toContain("none chosen")
  })
})

describe("a socket for JSON-RPC", () => {
  it("[P54] is refused in words where nobody answers it", async () => {
    const { port, token } = await start()
    const protocols = [`repl-bridge.token.${token}`, "repl-bridge.rpc"]
    const talk = await new Talk(`ws://127.0.0.1:${port}/frontend`, protocols).opened()
    expect(talk.socket.protocol).toBe("repl-bridge.rpc")
    expect(await talk.closed).toEqual({ code: 1008, reason: "no JSON-RPC here: only `repl-bridge serve` speaks it" })
  })
})

describe("manners", () => {
  it("a ping is answered before hello, with its id", async () => {
    const talk = await open(await start())
    talk.say({ op: "ping" })
    expect((await talk.hear("pong")).header).toEqual({ op: "pong" })
    talk.say({ op: "ping", id: "7" })
    expect((await talk.hear("pong")).header).toEqual({ op: "pong", id: "7" })
  })

  it("[L30] an unknown op is a no-op, a malformed frame gets a typed error", async () => {
    const talk = await open(await start())
    talk.say({ op: "sing" })
    talk.socket.send("{")
    talk.socket.send("[]")
    talk.socket.send(Buffer.from([1]))
    for (const code of ["not-json", "not-an-object", "not-text"]) {
      expect((await talk.hear("error")).header["code"]).toBe(code)
    }
    await talk.caughtUp()
    expect(talk.heard).toHaveLength(4)
  })

  it("[L30] ten malformed frames close that socket alone", async () => {
    const bridge = await start()
    const page = await runtime(bridge)
    const talk = await open(bridge)
    for (let nth = 0; nth < 10; nth++) talk.socket.send("?")
    expect((await talk.closed).code).toBe(closeCode.protocolError)
    await page.talk.caughtUp()
  })

  it("[L30] an oversized frame closes that socket alone", async () => {
    const bridge = await start()
    const page = await runtime(bridge)
    const talk = await open(bridge)
    talk.socket.send("x".repeat(4 * 1024 * 1024 + 1))
    expect((await talk.closed).code).toBe(closeCode.tooBig)
    await page.talk.caughtUp()
  })

  it("[L8] another version is told which side to upgrade", async () => {
    const talk = await open(await start())
    talk.say({ op: "hello", protocol: protocolVersion + 1 })
    const { header } = await talk.hear("reject")
    expect(header["reason"]).toMatch(/upgrade the bridge$/)
    expect((await talk.closed).code).toBe(closeCode.wrongVersion)
  })

  it("a wrong hello is refused with the field that is wrong", async () => {
    const talk = await open(await start())
    talk.say({ op: "hello", protocol: protocolVersion, version: "1", runtime: "two words" })
    expect((await talk.hear("reject")).header["reason"]).toContain("hello.runtime")
    expect((await talk.closed).code).toBe(closeCode.badHello)
  })

  it("whoever says no hello in time is closed", async () => {
    const talk = await open(await start({ helloMs: 1 }))
    expect((await talk.closed).code).toBe(closeCode.helloTimeout)
  })

  it("nothing but pings is heard before hello", async () => {
    const talk = await open(await start())
    talk.say({ op: "outcome", id: "1", outcome: "value", durationMs: 1 })
    expect((await talk.hear("error")).header["code"]).toBe("no-hello")
  })
})

describe("[L18] a bridge without a free place", () => {
  it("tells a page when to come again and closes with 1013, also before its hello", async () => {
    const bridge = await start({ maxRuntimes: 1 })
    await runtime(bridge)
    const late = await new Talk(`ws://127.0.0.1:${bridge.port}/runtime`, [], {
      origin: "http://localhost:3000",
    }).opened()
    expect((await late.hear("busy")).header["retryAfterMs"]).toBeGreaterThanOrEqual(1000)
    expect(await late.closed).toEqual({ code: closeCode.tryAgainLater, reason: expect.stringMatching(/^there are 1 /) })
  })
})

describe("[L35] start and stop", () => {
  it("a stop says restarting, closes with 1012, and the port is free at once, with clients attached", async () => {
    const bridge = await start()
    const page = await runtime(bridge)
    const frontEnd = await FrontEnd.connect(bridge)
    await Promise.all([bridge.stop(), bridge.stop()])
    expect((await page.talk.hear("restarting")).header["retryAfterMs"]).toBeGreaterThan(0)
    expect((await page.talk.closed).code).toBe(closeCode.restarting)
    expect((await frontEnd.talk.closed).code).toBe(closeCode.restarting)
    const next = await start({ port: bridge.port })
    await page.connect(next.port)
    expect(page.welcome).toMatchObject({ number: 1, name: "chrome·shop", bridge: next.instance })
  })

  it("a stop does not wait for ends that do not answer", async () => {
    const bridge = await start()
    const page = await runtime(bridge)
    page.talk.socket.pause()
    await bridge.stop()
    await start({ port: bridge.port })
  })

  it("numbers and names of an earlier bridge are kept where they are free", async () => {
    const bridge = await start()
    const pages = [await runtime(bridge), await runtime(bridge)] as const
    await bridge.stop()
    const next = await start({ port: bridge.port })
    await pages[1].connect(next.port)
    await pages[0].connect(next.port)
    expect(pages.map(({ welcome }) => [welcome["number"], welcome["name"]])).toEqual([
      [1, "chrome·shop"],
      [2, "chrome·shop-2"],
    ])
  })

  it("[L38] an outcome reached meanwhile gets to its asker through the new bridge, and the code ran once", async () => {
    const bridge = await start()
    const page = await runtime(bridge, never)
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("slow")
    await page.talk.hear("eval")
    await bridge.stop()
    page.finish(id, '"done"')
    const next = await start({ port: bridge.port })
    await page.connect(next.port)
    await page.talk.caughtUp()
    expect(page.unacked).toEqual([id])
    const again = await FrontEnd.connect(next)
    expect((await again.evaluate("slow", { id, session: page.session })).result).toBe("done")
    again.talk.say({ op: "ack", ids: [id] })
    await page.talk.hear("ack")
    expect(page.ran).toEqual([id])
  })

  it("[L38] an eval presented to the new bridge before its runtime is back waits for that session", async () => {
    const bridge = await start()
    const page = await runtime(bridge, never)
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("slow")
    await page.talk.hear("eval")
    await bridge.stop()
    const next = await start({ port: bridge.port })
    const again = await FrontEnd.connect(next)
    again.send("slow", { id, session: page.session })
    const bystander = await runtime(next)
    page.finish(id, '"done"')
    await page.connect(next.port)
    expect((await again.outcome(id)).result).toBe("done")
    expect([page.ran, bystander.ran]).toEqual([[id], []])
  })

  it("[L39] an eval whose asker never heard where it went is bound to the session that has its outcome", async () => {
    const bridge = await start()
    const page = await runtime(bridge, never)
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("slow")
    await page.talk.hear("eval")
    await bridge.stop()
    page.finish(id, '"done"')
    const next = await start({ port: bridge.port })
    await page.connect(next.port)
    await page.talk.caughtUp()
    const bystander = await runtime(next)
    const again = await FrontEnd.connect(next)
    expect((await again.evaluate("slow", { id })).result).toBe("done")
    expect([page.ran, bystander.ran]).toEqual([[id], []])
  })

  it("an eval of a session whose page was reloaded during the bounce is lost, and not run again", async () => {
    const bridge = await start()
    const page = await runtime(bridge, never)
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("slow")
    await page.talk.hear("eval")
    const { session } = page
    await bridge.stop()
    const next = await start({ port: bridge.port })
    await page.reload(next.port)
    const again = await FrontEnd.connect(next)
    const { result } = await again.evaluate("slow", { id, session, runtime: page.id })
    expect(result).toEqual({ code: "page-reloaded", reason: "page reloaded", ran: "unknown" })
    expect(page.ran).toEqual([id])
  })

  it("outcomes that nobody asks a new bridge for are acknowledged after the grace time", async () => {
    const bridge = await start()
    const page = await runtime(bridge, never)
    const frontEnd = await FrontEnd.connect(bridge)
    const id = frontEnd.send("slow")
    await page.talk.hear("eval")
    await bridge.stop()
    page.finish(id)
    const next = await start({ port: bridge.port, graceMs: 30 })
    await page.connect(next.port)
    await page.talk.hear("ack")
    expect(page.unacked).toEqual([])
  })

  it("a port in use is named, with the remedy", async () => {
    const bridge = await start()
    await expect(startBridge({ port: bridge.port })).rejects.toMatchObject({
      code: "port-in-use",
      message: `port ${bridge.port} is taken by another program: stop it, or pass --port`,
    })
  })

  it("whoever holds the port in the other family is named, too, and nothing stays bound", async () => {
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(0, "::1", resolve))
    const { port } = squatter.address() as { port: number }
    await expect(startBridge({ port })).rejects.toMatchObject({
      code: "port-in-use",
      message: expect.stringContaining("[::1]"),
    })
    await new Promise((resolve) => squatter.close(resolve))
    await start({ port })
  })

  it("both loopback families are served", async () => {
    const bridge = await start()
    for (const host of ["127.0.0.1", "[::1]"]) {
      const response = await fetch(`http://${host}:${bridge.port}/client.js`)
      expect(await response.text()).toBe("client()")
    }
  })

  it.each([
    [{ port: -1 }, "port must be"],
    [{ port: 1.5 }, "port must be"],
    [{ host: "0.0.0.0" }, "pass --expose"],
    [{ token: "short" }, "token must be"],
    [{ graceMs: Number.NaN }, "graceMs must be"],
    [{ loopLimitMs: -1 }, "loopLimitMs must be"],
    [{ target: "other" as "latest" }, "sticky, latest, visible"],
    [{ allowOrigins: ["*"] }, "name each origin exactly"],
    [{ allowOrigins: ["null"] }, "sandboxed"],
    [{ allowOrigins: ["example.test"] }, "no scheme"],
    [{ allowOrigins: ["https://example.test/"] }, "no origin as browsers write it"],
    [{ allowOrigins: ["https://Example.test"] }, "no origin as browsers write it"],
    [{ allowHosts: ["http://example.test"] }, "host name without scheme"],
    [{ demo: { "/other": { type: "text/html", body: "" } } }, "demo path"],
  ] satisfies [BridgeOptions, string][])(
    "options are checked before anything is bound: %j",
    async (options, reason) => {
      await expect(startBridge({ port: 0, ...options })).rejects.toMatchObject({
        code: "bad-options",
        message: expect.stringContaining(reason),
      })
    },
  )
})

describe("a channel", () => {
  it("is a front end without a socket", async () => {
    const bridge = await start()
    await runtime(bridge)
    const frames: string[] = []
    const outcome = new Promise<string>((resolve) => {
      const channel = bridge.openChannel((frame) => {
        frames.push(frame)
        if (frame.startsWith('{"op":"outcome"')) resolve(frame)
      })
      channel.send(JSON.stringify({ op: "hello", protocol: 1, version: "1", frontEnd: "a", name: "terminal" }))
      channel.send(`${JSON.stringify({ op: "eval", id: "e" })}\n1`)
    })
    expect(frames).toEqual([])
    expect(JSON.parse((await outcome).split("\n")[0]!)).toMatchObject({ id: "e", outcome: "value" })
    expect(JSON.parse(frames[0]!)).toMatchObject({ op: "welcome", runtimes: [{ number: 1 }] })
  })

  it("is closed by a stop, and one opened afterwards is closed at once", async () => {
    const bridge = await start()
    const closed = (): Promise<number> =>
      new Promise((resolve) =>
        bridge.openChannel(
          () => undefined,
          (code) => resolve(code),
        ),
      )
    const before = closed()
    await bridge.stop()
    expect(await before).toBe(closeCode.restarting)
    expect(await closed()).toBe(closeCode.restarting)
  })
})
