import { describe, expect, test } from "vitest"
import { createFakePage, endOfTurn } from "../../test/support/fake-page.ts"
import { createAbilities } from "./abilities.ts"
import type { Completion } from "./evaluator.ts"
import { createRuntime, doorOf, type ConnectOptions } from "./runtime.ts"

/** Evaluates nothing: the test says how each eval ends. */
function createFakeEvaluator() {
  const running = new Map<string, (completion: Completion) => void>()
  const ran: string[] = []
  let serve: (text: string) => Promise<string>
  const evaluator: ReturnType<NonNullable<Parameters<typeof createAbilities>[3]>> = {
    evaluate(code) {
      ran.push(code)
      if (code === "broken") return Promise.reject(new Error("broken"))
      return new Promise((end) => running.set(code, end))
    },
    current: undefined,
    declared: ["mine"],
    read: (expression) => {
      throw new Error(expression)
    },
    restorePositions: (stack, source) => `${stack} in ${source}`,
  }
  return {
    openEvaluator: (given: typeof serve) => {
      serve = given
      return evaluator
    },
    serve: (text: string) => serve(text),
    ran,
    end: async (code: string, completion: Completion = { kind: "value", value: code }) => {
      running.get(code)?.(completion)
      await endOfTurn()
    },
  }
}

async function setUp(options: ConnectOptions = {}, place: Parameters<typeof createFakePage>[0] = {}) {
  const page = createFakePage(place)
  const { openEvaluator, serve, ran, end } = createFakeEvaluator()
  const link = createRuntime(page.platform, (platform, wire, session) =>
    createAbilities(platform, wire, session, openEvaluator),
  )
  const connected = link.connect(doorOf(options.url), options)
  connected.catch(() => undefined)
  await endOfTurn()
  return {
    page,
    link,
    connected,
    serve,
    ran,
    end,
    ask: async (id: string, code: string) => {
      page.say({ op: "eval", id }, code)
      await endOfTurn()
    },
    drop: async () => {
      page.network.last.fail()
      link.reconnectNow()
      await endOfTurn()
    },
  }
}

describe("the console of a page", () => {
  const saidIn = (page: ReturnType<typeof createFakePage>) => page.heard("console").map(({ seq, body }) => [seq, body])

  test("is told once the bridge is there, and again after a drop until it is acknowledged [L38]", async () => {
    const { page, drop } = await setUp()
    page.console.log("one")
    await page.welcome()
    expect(saidIn(page)).toEqual([[1, '[{"type":"string","value":"one"}]']])
    page.console.log("two")
    page.clock.advance(50)
    await endOfTurn()
    const second = [2, '[{"type":"string","value":"two"}]']
    expect(saidIn(page)).toEqual([second])
    page.say({ op: "ack", seq: 1 })
    await drop()
    page.console.log("three")
    await page.welcome()
    expect(saidIn(page)).toEqual([second, [3, '[{"type":"string","value":"three"}]']])
  })

  test("is told before a page says bye, and no more when the link is stopped", async () => {
    const { page, link } = await setUp()
    const { log } = page.console
    await page.welcome()
    page.console.log(1)
    page.console.log(2)
    page.fire("pagehide", { persisted: false })
    await endOfTurn()
    expect(page.heard().map(({ op }) => op)).toEqual(["console", "console", "bye"])
    await link.disconnect()
    expect(page.console.log).not.toBe(log)
  })
})

test("an input sees the console's own names while it runs, and can copy to who asked", async () => {
  const { page, ask, end } = await setUp()
  await page.welcome()
  await ask("e1", "copy('text')")
  ;(globalThis as unknown as { copy: (text: string) => void }).copy("text")
  await endOfTurn()
  expect(page.heard("copy")).toEqual([{ op: "copy", id: "e1", body: "text" }])
  await end("copy('text')")
  expect("copy" in globalThis).toBe(false)
})

describe("a script that the bridge is to serve [P44]", () => {
  test("is had by the name that the bridge gives it, where the bridge was dialled", async () => {
    const { page, serve } = await setUp({ url: "ws://localhost:5/below/runtime" })
    await page.welcome()
    const url = serve("text")
    await endOfTurn()
    expect(page.heard("chunk")).toEqual([{ op: "chunk", id: "1", body: "text" }])
    page.say({ op: "chunk", id: "0", chunk: "other" })
    page.say({ op: "chunk", id: "1", chunk: "name" })
    expect(await url).toBe("http://localhost:5/below/chunk/name")
  })

  test("is asked for again after a drop", async () => {
    const { page, serve, drop } = await setUp()
    await page.welcome()
    const url = serve("text")
    await endOfTurn()
    await drop()
    await page.welcome()
    expect(page.heard("chunk")).toEqual([{ op: "chunk", id: "1", body: "text" }])
    page.say({ op: "chunk", id: "1", chunk: "name" })
    expect(await url).toBe("http://127.0.0.1:9001/chunk/name")
  })

  test("is not waited for for ever", async () => {
    const { page, serve } = await setUp()
    await page.welcome()
    const url = serve("text")
    page.clock.advance(10_000)
    await expect(url).rejects.toThrow("the bridge did not serve the code")
  })
})

test("names that begin so are told in answer to a wish", async () => {
  const { page } = await setUp()
  await page.welcome()
  page.say({ op: "complete", id: "c1", chain: [], prefix: "min" })
  await endOfTurn()
  expect(page.heard("completions")).toEqual([{ op: "completions", id: "c1", isCut: false, body: '["mine"]' }])
})

describe("handles [P36]", () => {
  const secret = {
    deep: { deeper: { deepest: { bottom: { text: "here" } } } },
    get computed() {
      return [1, 2, 3]
    },
  }

  async function expansion(page: Awaited<ReturnType<typeof setUp>>["page"], wish: object) {
    page.say({ op: "expand", id: "x1", ...wish })
    await endOfTurn()
    const { body, problem } = page.heard("expansion")[0]!
    return { problem, value: body === undefined ? undefined : JSON.parse(body) }
  }

  async function setUpKept() {
    const { page, end } = await setUp()
    await page.welcome()
    page.say({ op: "eval", id: "e1", frontEnd: "f1" }, "secret")
    await endOfTurn()
    await end("secret", { kind: "value", value: secret })
    const { objectId } = JSON.parse(page.heard("outcome")[0]!.body!)
    return { page, objectId: objectId as string }
  }

  test("what is not told as a whole has one, by which it is told at greater depth", async () => {
    const { page, objectId } = await setUpKept()
    const { value } = await expansion(page, { objectId, depth: 4 })
    expect(JSON.stringify(value.preview)).toContain('["text","here"]')
    expect(value.objectId).toMatch(/^.+\.\d+$/)
  })

  test("parts that are not told as a whole have one, too", async () => {
    const { page, objectId } = await setUpKept()
    const { value } = await expansion(page, { objectId, depth: 1 })
    const [[name, part]] = value.preview.entries
    expect([name, typeof part.objectId]).toEqual(["deep", "string"])
    const below = await expansion(page, { objectId: part.objectId, chain: ["deeper", "deepest"] })
    expect(JSON.stringify(below.value.preview)).toContain('["text","here"]')
  })

  test("a getter is run only where that is asked for", async () => {
    const { page, objectId } = await setUpKept()
    const wish = { objectId, chain: ["computed"] }
    expect((await expansion(page, wish)).problem).toContain("a getter would have to run")
    expect((await expansion(page, { ...wish, runsGetters: true })).value.preview).toMatchObject({ items: [1, 2, 3] })
  })

  test("a value is found by its name, too", async () => {
    const { page } = await setUp()
    await page.welcome()
    expect((await expansion(page, { chain: ["Math", "PI"] })).value).toMatchObject({ type: "number", value: Math.PI })
    expect((await expansion(page, { chain: ["noSuchName"] })).problem).toContain("no such value")
  })

  test("one that was released, or given to a front end that has ended, is not known any more [P38]", async () => {
    for (const release of [(objectId: string) => ({ objectIds: [objectId] }), () => ({ frontEnd: "f1" })]) {
      const { page, objectId } = await setUpKept()
      page.say({ op: "release", objectIds: ["other.1"], frontEnd: "f2" })
      expect((await expansion(page, { objectId })).problem).toBeUndefined()
      page.say({ op: "release", ...release(objectId) })
      expect((await expansion(page, { objectId })).problem).toBe("the value is no longer kept: evaluate it again")
    }
  })
})

describe("hello", () => {
  test("says who and where a page is", async () => {
    const { page } = await setUp({ name: "till" })
    expect(await page.welcome()).toMatchObject({
      protocol: 1,
      runtime: expect.any(String),
      session: expect.any(String),
      kind: "page",
      url: "http://localhost:3000/cart",
      title: "shop",
      visible: true,
      userAgent: "fake",
      navigation: "reload",
      name: "till",
    })
  })

  test("says less where there is no page", async () => {
    const { page } = await setUp({}, { kind: "node" })
    const hello = await page.welcome()
    expect(hello).toMatchObject({ kind: "node", url: "", title: "" })
    expect(hello).not.toHaveProperty("visible")
  })

  test("[L41] keeps id, number and name over drops and reloads; the session ends with the page", async () => {
    const { page, drop } = await setUp()
    const first = await page.welcome({ runtime: "given", number: 7, name: "chrome·shop" })
    await drop()
    const kept = { runtime: "given", number: 7, name: "chrome·shop" }
    expect(await page.welcome()).toMatchObject({ ...kept, session: first["session"] })

    const reloaded = createFakePage({ storage: page.storage })
    void createRuntime(reloaded.platform, createAbilities).connect(doorOf())
    const hello = await reloaded.welcome()
    expect(hello).toMatchObject(kept)
  })

  test.each([
    [undefined, "ws://127.0.0.1:9001/runtime"],
    ["http://localhost:4000", "ws://localhost:4000/runtime"],
    ["https://bridge.example/", "wss://bridge.example/runtime"],
    ["ws://localhost:4000/elsewhere", "ws://localhost:4000/elsewhere"],
  ])("goes from %s to %s", async (url, dialled) => {
    const { page } = await setUp(url === undefined ? {} : { url })
    expect(page.dials).toEqual([{ url: dialled, protocols: [] }])
  })

  test("[L10] asks for the address at every dial", async () => {
    let port = 4000
    const { page, drop } = await setUp({ url: async () => `http://localhost:${port++}` })
    await page.welcome()
    await drop()
    expect(page.dials.map(({ url }) => url)).toEqual(["ws://localhost:4000/runtime", "ws://localhost:4001/runtime"])
  })

  test("shows a token to the bridge as a subprotocol", async () => {
    const { page } = await setUp({ token: "secret" })
    expect(page.dials[0]?.protocols).toEqual(["repl-bridge", "repl-bridge.token.secret"])
  })

  test("[L7] is never said where there is no WebSocket, and connect() tells", async () => {
    const page = createFakePage({ kind: "node" })
    const link = createRuntime({ ...page.platform, WebSocket: undefined }, createAbilities)
    await expect(link.connect(doorOf())).rejects.toMatchObject({
      code: "bad-options",
      message: expect.stringContaining("pass that of ws to connect()"),
    })
    const { WebSocket } = page.platform
    void link.connect(doorOf(), WebSocket ? { WebSocket } : {})
    expect((await page.welcome()).op).toBe("hello")
  })
})

describe("an eval", () => {
  test("ends in an outcome, with its value described", async () => {
    const { page, ask, end } = await setUp()
    await page.welcome()
    await ask("e-1", "1+1")
    expect(page.heard()).toEqual([])
    page.clock.advance(12)
    await end("1+1", { kind: "value", value: 2 })
    const [outcome] = page.heard()
    expect(outcome).toMatchObject({ op: "outcome", id: "e-1", outcome: "value", durationMs: 12 })
    expect(JSON.parse(outcome?.body ?? "")).toMatchObject({ type: "number", value: 2 })
  })

  test("tells a long text whole: scripts read it", async () => {
    const { page, ask, end } = await setUp()
    await page.welcome()
    await ask("e1", "text")
    await end("text", { kind: "value", value: "x".repeat(50_000) })
    expect(page.network.last.sent.at(-1)).toContain("x".repeat(50_000))
  })

  test("that throws ends in what was thrown, with positions of the user's own text", async () => {
    const { page, ask, end } = await setUp()
    await page.welcome()
    await ask("e-1", "fail()")
    await end("fail()", { kind: "thrown", error: new TypeError("no"), source: "repl-1" })
    const [outcome] = page.heard()
    expect(outcome).toMatchObject({ op: "outcome", id: "e-1", outcome: "thrown" })
    expect(JSON.parse(outcome?.body ?? "")).toMatchObject({
      name: "TypeError",
      message: "no",
      stack: expect.stringMatching(/ in repl-1$/),
    })
  })

  test("that throws null ends in null", async () => {
    const { page, ask, end } = await setUp()
    await page.welcome()
    await ask("e-1", "throw null")
    await end("throw null", { kind: "thrown", error: null, source: "repl-1" })
    const [outcome] = page.heard()
    expect(JSON.parse(outcome?.body ?? "")).toMatchObject({ exception: { subtype: "null" } })
  })

  test("that was refused says why", async () => {
    const { page, ask, end } = await setUp()
    await page.welcome()
    await ask("e-1", "}")
    const result = { name: "SyntaxError", message: "unexpected }" }
    await end("}", { kind: "refused", result })
    expect(page.heard()).toMatchObject([{ id: "e-1", outcome: "refused", body: JSON.stringify(result) }])
  })

  test("[L37] ends even where the evaluator is broken", async () => {
    const { page, ask } = await setUp()
    await page.welcome()
    await ask("e-1", "broken")
    expect(page.heard()).toMatchObject([{ id: "e-1", outcome: "lost" }])
  })

  test("[P35] whose code came in pieces runs as a whole; what came over another socket is forgotten", async () => {
    const { page, ran, ask, drop } = await setUp()
    await page.welcome()
    page.say({ op: "code" }, "lost with its socket")
    await drop()
    await page.welcome()
    page.say({ op: "code" }, "1 +")
    page.say({ op: "code" }, " 1 +")
    await ask("e-1", " 1")
    await ask("e-2", "2")
    expect(ran).toEqual(["1 + 1 + 1", "2"])
  })

  test("[L39] runs once, however often it is asked for", async () => {
    const { page, ran, ask, end } = await setUp()
    await page.welcome()
    await ask("e-1", "count++")
    await ask("e-1", "count++")
    expect(page.heard()).toEqual([])
    await end("count++")
    const [outcome] = page.heard()
    await ask("e-1", "count++")
    expect(page.heard()).toEqual([outcome])
    expect(ran).toEqual(["count++"])
  })

  test("[L38] that ends while the bridge is away is told at each welcome until it is acknowledged", async () => {
    const { page, ask, end, drop } = await setUp()
    await page.welcome({ features: ["batch"] })
    await ask("e-1", "a")
    await ask("e-2", "b")
    await drop()
    await end("a")
    await end("b")
    await page.welcome({ features: ["batch"] })
    // One frame for each: together they might be too large.
    expect(page.network.last.sent).toHaveLength(2)
    expect(page.heard().map(({ id }) => id)).toEqual(["e-1", "e-2"])
    page.say({ op: "ack", ids: ["e-1"] })
    await drop()
    await page.welcome()
    expect(page.heard().map(({ id }) => id)).toEqual(["e-2"])
  })

  test("whose outcome is more than the bridge takes says so", async () => {
    const { page, ask, end } = await setUp()
    await page.welcome({ maxBytes: 3000 })
    await ask("e-1", "long")
    await end("long", { kind: "value", value: "x".repeat(2000) })
    const [outcome] = page.heard()
    expect(outcome).toMatchObject({ id: "e-1", outcome: "lost" })
  })

  test("[P33] whose text is too long for an outcome says how it begins, and gives the whole in parts until it is acknowledged", async () => {
    const { page, ask, end } = await setUp()
    await page.welcome()
    await ask("e-1", "long")
    // Half a character, which plain text on the wire would spoil.
    const text = "\ud83d".repeat(300_000) + '"\n'.repeat(400_000)
    await end("long", { kind: "value", value: text })
    const [outcome] = page.heard()
    const { value, preview } = JSON.parse(outcome!.body!)
    expect(value).toBeUndefined()
    expect(preview.text.length + preview.more).toBe(text.length)
    let read = ""
    for (let nth = 0; read.length < text.length; nth++) {
      page.say({ op: "read", id: `q${nth}`, eval: "e-1", from: read.length })
      await endOfTurn()
      const [part] = page.heard("part")
      expect(part).toMatchObject({ op: "part", id: `q${nth}` })
      expect(part!.body!.length).toBeLessThan(1_600_000)
      read += JSON.parse(part!.body!)
    }
    expect(read).toBe(text)
    page.say({ op: "ack", ids: ["e-1"] })
    page.say({ op: "read", id: "late", eval: "e-1", from: 0 })
    await endOfTurn()
    expect(page.heard("part")).toEqual([{ op: "part", id: "late", body: undefined }])
  })

  test("[P33] whose text became too long by its escapes is told all the same", async () => {
    const { page, ask, end } = await setUp()
    await page.welcome({ maxBytes: 4 * 1024 * 1024 })
    await ask("e-1", "long")
    await end("long", { kind: "value", value: '"'.repeat(900_000) })
    const [outcome] = page.heard()
    expect(outcome).toMatchObject({ id: "e-1", outcome: "value" })
    expect(JSON.parse(outcome!.body!)).toMatchObject({ preview: { more: expect.any(Number) } })
  })

  test("that was cancelled is told when it ends, and not kept", async () => {
    const { page, ask, end, drop } = await setUp()
    await page.welcome()
    await ask("e-1", "a")
    page.say({ op: "cancel", id: "e-1" })
    await end("a")
    expect(page.heard().map(({ id }) => id)).toEqual(["e-1"])
    await drop()
    await page.welcome()
    expect(page.heard()).toEqual([])
  })
})

describe("status", () => {
  test("is said when the look of the page has changed, once", async () => {
    const { page } = await setUp()
    await page.welcome()
    page.fire("load")
    page.document.title = "sale"
    page.fire("load")
    page.fire("hashchange")
    await endOfTurn()
    expect(page.heard()).toMatchObject([
      { op: "status", title: "sale", url: "http://localhost:3000/cart", visible: true },
    ])
  })

  test("is said after an eval that changed the title", async () => {
    const { page, ask, end } = await setUp()
    await page.welcome()
    await ask("e-1", "document.title = 'sale'")
    page.document.title = "sale"
    await end("document.title = 'sale'")
    expect(page.heard().map(({ op }) => op)).toEqual(["outcome", "status"])
  })

  test("is said at the welcome when the page has changed since hello", async () => {
    const { page } = await setUp()
    page.network.last.open()
    page.document.title = "sale"
    page.fire("DOMContentLoaded")
    page.say({ op: "welcome", protocol: 1, version: "0", bridge: "b-1", runtime: "r", number: 1, name: "fake" })
    await endOfTurn()
    expect(page.heard("status")).toMatchObject([{ title: "sale" }])
  })
})

describe("the life of a page", () => {
  test("reloads when it is told to", async () => {
    const { page } = await setUp()
    await page.welcome()
    page.say({ op: "reload", stylesheets: ["/a.css"] })
    expect(page.reloads).toBe(0)
    page.say({ op: "reload" })
    expect(page.reloads).toBe(1)
  })

  test("is nothing that a Node runtime could reload", async () => {
    const { page } = await setUp({}, { kind: "node" })
    await page.welcome()
    page.say({ op: "reload" })
    page.say({ op: "reload", stylesheets: ["/a.css"] })
    expect(page.lines).toEqual([])
  })

  test.each([
    ["pagehide", { persisted: false }, "unload", 4001],
    ["pagehide", { persisted: true }, "cached", 4001],
    ["freeze", {}, "frozen", 4002],
  ])("says bye at %s %o before the socket is closed", async (type, detail, reason, code) => {
    const { page } = await setUp()
    await page.welcome()
    page.fire(type, detail)
    await endOfTurn()
    expect(page.heard()).toMatchObject([{ op: "bye", reason }])
    expect(page.network.last.closedWith).toEqual({ code, reason })
    page.clock.advance(60_000)
    expect(page.dials).toHaveLength(1)
  })

  test("[L42] goes on in the same session when it returns from the back/forward cache", async () => {
    const { page, ask, end } = await setUp()
    const first = await page.welcome()
    await ask("e-1", "a")
    page.fire("pagehide", { persisted: true })
    await end("a")
    page.fire("pageshow", { persisted: true })
    const again = await page.welcome()
    expect(again["session"]).toBe(first["session"])
    expect(page.heard().map(({ id }) => id)).toEqual(["e-1"])
  })

  test("[L17] dials at once when it gets the focus, instead of waiting", async () => {
    const { page } = await setUp()
    await page.welcome()
    page.clock.advance(10_000)
    page.network.last.fail()
    page.fire("focus")
    await endOfTurn()
    expect(page.dials).toHaveLength(2)
  })

  test("[L24] leaves neither a timer nor a listener behind when it is disconnected", async () => {
    const { page, link } = await setUp()
    await page.welcome({ heartbeatMs: 15_000 })
    expect(page.left).toBeGreaterThan(0)
    await link.disconnect()
    expect(page.left).toBe(0)
  })

  test("[L24] leaves neither a timer nor a listener behind when it is refused", async () => {
    const { page, connected } = await setUp()
    await page.welcome()
    page.network.last.fail(4403, "go away")
    await connected
    expect(page.left).toBe(0)
  })

  test("[L45] logs quietly, and under its own name", async () => {
    const { page, drop } = await setUp()
    await page.welcome()
    await drop()
    expect(page.lines).toEqual(["repl-bridge: not connected, next attempt in 1 s"])
  })
})
