import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { readFrame, type RemoteObject } from "../protocol/index.ts"
import { createConsoleTap, type ConsoleTapParts } from "./console-tap.ts"

interface Told {
  readonly seq: number
  readonly level: string
  readonly kind?: string
  readonly dropped?: number
  readonly stack?: string
  readonly eval?: string
  readonly args: readonly unknown[]
}

/** A page with a console of its own and a link, in which time and turns pass when the test says so. */
function openPage(parts: Partial<ConsoleTapParts> = {}) {
  const timers = new Map<() => void, number>()
  const listeners = new Map<string, (event: never) => void>()
  let turn: (() => void)[] = []
  const told: Told[] = []
  const printed: unknown[][] = []
  const page = {
    now: 0,
    isLinked: true,
    bufferedAmount: 0,
    currentEval: undefined as string | undefined,
    timers,
    told,
    printed,
    listeners,
    console: {
      log: (...args: unknown[]) => void printed.push(args),
      error: (...args: unknown[]) => void printed.push(args),
    } as unknown as Console,
    get args() {
      return told.map(({ args }) => args)
    },
    endTurn() {
      const due = turn
      turn = []
      for (const run of due) run()
    },
    pass(ms: number) {
      page.endTurn()
      page.now += ms
      for (const [run, at] of timers) if (at <= page.now) run()
      page.endTurn()
    },
    dispatch(type: string, event: object) {
      listeners.get(type)?.({ isTrusted: true, ...event } as never)
    },
  }
  const tap = createConsoleTap({
    scope: {
      console: page.console,
      addEventListener(type, listener, { signal }) {
        listeners.set(type, listener)
        signal.addEventListener("abort", () => listeners.delete(type))
      },
    },
    ownUrl: "http://bridge/client.js",
    clock: {
      now: () => page.now,
      after(ms, run) {
        timers.set(run, page.now + ms)
        return () => void timers.delete(run)
      },
    },
    time: () => 1e12 + page.now,
    defer: (run) => void turn.push(run),
    describe: (value) => ({ type: "string", value }),
    restorePositions: (stack) => stack.replace("repl-1:2:20", "repl-1:1:3"),
    currentEval: () => page.currentEval,
    send(message) {
      if (!page.isLinked) return false
      const [{ header, body } = { header: {}, body: "" }] = readFrame(message)
      const args = body === undefined ? [] : (JSON.parse(body) as RemoteObject[]).map(({ value }) => value)
      told.push({ ...(header as unknown as Told), args })
      return true
    },
    bufferedAmount: () => page.bufferedAmount,
    ...parts,
  })
  return Object.assign(page, { tap })
}

describe("the page's console", () => {
  test("prints what it printed before, once, with the same arguments", () => {
    const { console, tap, printed } = openPage()
    tap.start()
    const object = {}
    console.log("a", object)
    expect(printed).toEqual([["a", object]])
    expect(printed.flat()[1]).toBe(object)
  })

  test("has functions that look as they did", () => {
    const page = openPage()
    const log = Object.assign(page.console.log, { mocked: true })
    page.tap.start()
    expect(page.console.log).not.toBe(log)
    const { name, length, mocked } = page.console.log as typeof log
    expect({ name, length, mocked }).toEqual({ name: log.name, length: log.length, mocked: true })
    expect(Object.keys(page.console)).toEqual(["log", "error"])
    expect(() => new (page.console.log as never as new () => void)()).toThrow(TypeError)
  })

  test("is put back exactly, twice if need be", () => {
    const page = openPage()
    const before = Object.getOwnPropertyDescriptors(page.console)
    page.tap.start()
    page.tap.start()
    page.tap.stop()
    page.tap.stop()
    expect(Object.getOwnPropertyDescriptors(page.console)).toEqual(before)
    expect(page.console.log).toBe(before.log.value)
    expect(page.listeners.size).toBe(0)
  })

  test("keeps what the page put over ours, which then tells nothing any more", () => {
    const page = openPage()
    page.tap.start()
    const ours = page.console.log
    const wrapper = (...args: unknown[]): void => ours("wrapped", ...args)
    page.console.log = wrapper
    page.tap.resume()
    page.console.log(1)
    page.endTurn()
    page.tap.stop()
    expect(page.console.log).toBe(wrapper)
    page.console.log(2)
    page.endTurn()
    expect(page.printed).toEqual([
      ["wrapped", 1],
      ["wrapped", 2],
    ])
    expect(page.args).toEqual([["wrapped", 1]])
  })

  test("is heard once where the page has wrapped it and we come again", () => {
    const page = openPage()
    page.tap.start()
    const ours = page.console.log
    page.console.log = (...args: unknown[]) => ours(...args)
    page.tap.stop()
    page.tap.start()
    page.tap.resume()
    page.console.log(1)
    page.endTurn()
    expect(page.args).toEqual([[1]])
    expect(page.printed).toEqual([[1]])
  })

  test("is left as it is where it is frozen, lacks a method, or has an accessor for it", () => {
    const page = openPage()
    const get = vi.fn(() => () => {})
    delete (page.console as Partial<Console>).error
    Object.defineProperty(page.console, "warn", { get, configurable: true })
    Object.freeze(page.console)
    const { log } = page.console
    page.tap.start()
    page.tap.stop()
    expect(page.console.log).toBe(log)
    expect(get).not.toHaveBeenCalled()
  })

  test("lets its own throws through, and never throws ours", () => {
    const page = openPage({
      describe: () => {
        throw new Error("ours")
      },
    })
    page.console.error = () => {
      throw new Error("the page's")
    }
    page.tap.start()
    page.tap.resume()
    page.console.log(1)
    expect(() => page.console.error(2)).toThrow("the page's")
    page.pass(1000)
    expect(page.told).toMatchObject([{ seq: 2, kind: "dropped", dropped: 2 }])
  })
})

describe("a line", () => {
  let page: ReturnType<typeof openPage>
  beforeEach(() => {
    page = openPage()
    page.tap.start()
  })
  afterEach(() => {
    page.tap.stop()
    page.endTurn()
    expect(page.timers.size).toBe(0)
  })

  test("[L38] from before the link was ready is kept and told when it is", () => {
    page.console.log("early")
    page.pass(60_000)
    expect(page.told).toEqual([])
    page.tap.resume()
    expect(page.told).toMatchObject([{ seq: 1, level: "log", time: 1e12, args: ["early"] }])
  })

  test("is told at the end of its turn after a silence, and those that follow within 50 ms together", () => {
    page.tap.resume()
    page.pass(1000)
    page.console.log(1)
    page.console.log(2)
    expect(page.told).toEqual([])
    page.endTurn()
    expect(page.args).toEqual([[1], [2]])
    page.pass(10)
    page.console.log(3)
    page.pass(10)
    page.console.log(4)
    expect(page.args).toEqual([[1], [2]])
    page.pass(30)
    expect(page.args).toEqual([[1], [2], [3], [4]])
  })

  test("does not wait for a timer that sleeps, once another line comes", () => {
    page.tap.resume()
    page.console.log(1)
    page.endTurn()
    page.console.log(2)
    page.now += 60_000
    page.console.log(3)
    page.endTurn()
    expect(page.args).toEqual([[1], [2], [3]])
  })

  test("is described when it is said, not when it is sent", () => {
    const list = [1]
    page.console.log(list)
    list.push(2)
    page.tap.resume()
    expect(page.args).toEqual([[[1]]])
  })

  test("[L38] that is not acknowledged goes out again on the next socket", () => {
    page.tap.resume()
    page.console.log(1)
    page.console.log(2)
    page.endTurn()
    page.tap.acknowledge(1)
    page.isLinked = false
    page.console.log(3)
    page.pass(1000)
    page.isLinked = true
    page.tap.resume()
    expect(page.args).toEqual([[1], [2], [2], [3]])
    expect(page.told.every(({ dropped }) => dropped === undefined)).toBe(true)
  })

  test("names the eval whose code is on the stack", () => {
    page.tap.resume()
    page.currentEval = "e1"
    page.console.log(1)
    page.currentEval = undefined
    page.console.log(2)
    page.endTurn()
    expect(page.told.map((line) => line.eval)).toEqual(["e1", undefined])
  })

  test("has the page's call as its site, without a frame of ours", () => {
    page.tap.resume()
    page.console.log(1)
    page.console.error(2)
    page.endTurn()
    for (const { stack } of page.told) {
      expect(stack).toMatch(/^ +at .*console-tap\.test\.ts:\d+:\d+/)
      expect(stack).not.toMatch(/console-tap\.ts/)
    }
    expect(page.told.map(({ stack = "" }) => stack.includes("\n"))).toEqual([false, true])
  })

  test("has positions as they were typed", () => {
    page.tap.resume()
    page.dispatch("error", { error: 1, message: "Uncaught 1", filename: "repl-1", lineno: 2, colno: 20 })
    page.endTurn()
    expect(page.told).toMatchObject([{ stack: "    at repl-1:1:3" }])
  })

  test("that is logged while we describe or send is not heard, so that nothing goes round", () => {
    const noisy = openPage({
      describe(value) {
        noisy.console.log("from a trap")
        return { type: "string", value }
      },
    })
    noisy.tap.start()
    noisy.tap.resume()
    noisy.console.log("the page's")
    noisy.tap.quietly(() => noisy.console.log("from a patched socket"))
    noisy.pass(1000)
    expect(noisy.args).toEqual([["the page's"]])
    expect(noisy.printed).toHaveLength(3)
    noisy.tap.stop()
  })
})

describe("a flood", () => {
  test("[I01] is described up to the bound, then only counted; delivered and dropped are all", () => {
    const show = vi.fn((value: unknown): RemoteObject => ({ type: "string", value }))
    const page = openPage({ describe: show })
    page.tap.start()
    page.tap.resume()
    for (let nth = 0; nth < 50_000; nth++) page.console.log(nth)
    expect(show).toHaveBeenCalledTimes(1000)
    for (let ms = 0; ms < 1100; ms += 50) page.pass(50)
    expect(page.told).toHaveLength(1001)
    expect(page.told.at(-1)).toMatchObject({ seq: 50_000, kind: "dropped", dropped: 49_000 })
    expect(page.printed).toHaveLength(50_000)
    expect(page.timers.size).toBe(0)
  })

  test("[I02] waits while the socket is full, and goes on when most of it has gone", () => {
    const page = openPage()
    page.tap.start()
    page.bufferedAmount = 1_000_001
    page.tap.resume()
    page.console.log(1)
    page.pass(50)
    page.bufferedAmount = 300_000
    page.pass(50)
    expect(page.told).toEqual([])
    page.bufferedAmount = 255_000
    page.pass(50)
    expect(page.args).toEqual([[1]])
    page.tap.stop()
  })

  test("[I02] never fills the socket by itself", () => {
    const page = openPage()
    page.tap.start()
    for (let nth = 0; nth < 120; nth++) page.console.log("x".repeat(9000))
    page.bufferedAmount = 900_000
    page.tap.resume()
    expect(page.told.length).toBeLessThan(15)
    page.tap.stop()
  })
})

describe("what else the page complains of", () => {
  let page: ReturnType<typeof openPage>
  beforeEach(() => {
    page = openPage()
    page.tap.start()
    page.tap.resume()
  })
  afterEach(() => page.tap.stop())

  test.each([
    ["an Error", new Error("x"), "Uncaught Error: x", new Error("x")],
    ["null, which leaves only a message", null, "Uncaught null", "Uncaught null"],
    ["zero", 0, "Uncaught 0", 0],
  ])("an uncaught exception is a line with what was thrown: %s", (_what, error, message, arg) => {
    const value = vi.fn((thrown: unknown): RemoteObject => ({ type: "string", value: String(thrown) }))
    const told = openPage({ describe: value })
    told.tap.start()
    told.tap.resume()
    told.dispatch("error", { error, message, filename: "http://page/app.js", lineno: 3, colno: 5 })
    told.endTurn()
    expect(value).toHaveBeenCalledWith(arg)
    expect(told.told).toMatchObject([{ level: "error", kind: "exception", stack: "    at http://page/app.js:3:5" }])
    told.tap.stop()
  })

  test("an unhandled rejection is a line with its reason", () => {
    page.dispatch("unhandledrejection", { reason: 0 })
    page.endTurn()
    expect(page.told).toMatchObject([{ level: "error", kind: "rejection", args: [0] }])
  })

  const violation = {
    effectiveDirective: "connect-src",
    blockedURI: "http://a.example",
    disposition: "enforce",
    sourceFile: "http://page/app.js",
    lineNumber: 3,
    columnNumber: 5,
  }

  test("a breach of the page's policy is a line, unless we tried ourselves", () => {
    page.dispatch("securitypolicyviolation", violation)
    page.dispatch("securitypolicyviolation", { ...violation, sourceFile: "http://bridge/client.js" })
    page.endTurn()
    expect(page.told).toMatchObject([
      {
        level: "error",
        kind: "violation",
        stack: "    at http://page/app.js:3:5",
        args: ["Content-Security-Policy (enforce): connect-src http://a.example"],
      },
    ])
  })

  test("an image that does not load, or an event that a library made up, is none", () => {
    page.dispatch("error", {})
    page.dispatch("error", { isTrusted: false, message: "Uncaught x", error: "x" })
    page.endTurn()
    expect(page.told).toEqual([])
  })
})
