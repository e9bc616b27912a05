import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { createFakeFrontEnd, runtimeInfo, valueOf, type FakeFrontEnd } from "../../../test/support/fake-front-end.ts"
import { createSession, type Limits, type Session } from "./session.ts"
import { plainStyle } from "./style.ts"

interface Setting {
  readonly frontEnd: FakeFrontEnd
  readonly session: Session
  /** All that a person would see, in order. */
  readonly seen: readonly string[]
}

function set(frontEnd = createFakeFrontEnd(runtimeInfo()), limits: Limits = {}): Setting {
  const seen: string[] = []
  const session = createSession(
    { frontEnd, style: plainStyle, limits },
    {
      history: ["let a = 1", "b"],
      columns: 80,
      print: (text) => seen.push(text),
      show: (evaluation) => seen.push(`= ${textOf(evaluation)}`),
      format: textOf,
      started: (input) => seen.push(`> ${input}`),
      changed() {},
      dropped: (count) => seen.push(`dropped ${count}`),
      startBlock: () => seen.push("block"),
      clear: () => seen.push("clear"),
      leave: () => seen.push("leave"),
    },
  )
  return { frontEnd, session, seen }
}

const textOf = ({ outcome, result }: { readonly outcome: string; readonly result: object }): string =>
  (result as { description?: string }).description ?? outcome

const two = (): FakeFrontEnd => createFakeFrontEnd(runtimeInfo(), runtimeInfo({ number: 2, name: "firefox·shop" }))

describe("inputs", () => {
  test("run one after the other, in the order in which they came", async () => {
    const { frontEnd, session, seen } = set()
    const [first, second] = [session.submit("a"), session.submit("b")]
    expect(frontEnd.asked).toEqual(["a"])
    frontEnd.pending[0]!.settle(valueOf("1"))
    expect(await first).toBe(0)
    expect(frontEnd.asked).toEqual(["a", "b"])
    frontEnd.pending[0]!.settle({ outcome: "thrown", result: { exception: { type: "undefined" } } })
    expect(await second).toBe(1)
    expect(seen).toEqual(["> a", "= 1", "> b", "= thrown"])
  })

  test("carry the limits of the session", () => {
    const { frontEnd, session } = set(undefined, { timeoutMs: 5, waitMs: 7, runtime: "2" })
    void session.submit("a")
    expect(frontEnd.pending[0]!.options).toMatchObject({ timeoutMs: 5, waitMs: 7, runtime: "2" })
  })

  test("of nothing but white space evaluate nothing", async () => {
    const { frontEnd, session } = set()
    expect(await session.submit(" \n")).toBe(0)
    expect(frontEnd.asked).toEqual([])
  })

  test("tell what they wait for", () => {
    const { frontEnd, session } = set()
    expect(session.waiting).toBeUndefined()
    void session.submit("a")
    frontEnd.emit("waiting", { id: "e1", reason: "no runtime" })
    expect(session.waiting).toMatchObject({ reason: "no runtime" })
  })
})

describe("interrupting", () => {
  test("cancels the waiting one, drops those behind it, and every one of them ends", async () => {
    const { session, seen, frontEnd } = set()
    const codes = Promise.all([session.submit("a"), session.submit("b"), session.submit("c")])
    expect(session.interrupt()).toBe(true)
    expect(await codes).toEqual([130, 130, 130])
    expect(seen).toEqual(["> a", "dropped 2", "= cancelled"])
    expect(frontEnd.asked).toEqual(["a"])
    expect(session.waiting).toBeUndefined()
  })

  test("has nothing to do when nothing waits", () => {
    expect(set().session.interrupt()).toBe(false)
  })

  test("leaves the session as good as new", async () => {
    const { session, frontEnd } = set()
    const first = session.submit("a")
    session.interrupt()
    await first
    const second = session.submit("b")
    frontEnd.pending[0]!.settle(valueOf("2"))
    expect(await second).toBe(0)
  })

  test("cancels all answers that .all waits for", async () => {
    const { session, seen } = set(two())
    const code = session.submit(".all a")
    session.interrupt()
    expect(await code).toBe(130)
    expect(seen).toEqual(["> .all a", "1 chrome·shop, 2 firefox·shop", "  cancelled"])
  })
})

test("closing cancels what waits and listens to nothing any more", async () => {
  const { session, seen } = set()
  const codes = Promise.all([session.submit("a"), session.submit("b")])
  session.close()
  expect(await codes).toEqual([130, 130])
  expect(seen).toEqual(["> a", "= cancelled"])
})

describe("dot-commands", () => {
  test(".use chooses by name, and says what there is when it is not there", async () => {
    const { frontEnd, session, seen } = set(two())
    expect(await session.submit(".use firefox·shop")).toBe(0)
    expect(frontEnd.target).toBe("r2")
    expect(await session.submit(".use 7")).toBe(2)
    expect(seen.at(-1)).toBe("there is no runtime 7")
  })

  test(".all shows the worst of the exit codes, and differences side by side", async () => {
    const { frontEnd, session, seen } = set(two())
    frontEnd.answer = (_, runtime) =>
      runtime?.number === 1 ? valueOf("1") : { outcome: "thrown", result: { exception: { type: "undefined" } } }
    expect(await session.submit(".all a")).toBe(1)
    expect(seen).toEqual(["> .all a", "1 chrome·shop", "  1", "2 firefox·shop", "  thrown"])
  })

  test(".reload says what it reloads", async () => {
    const { session, seen } = set(two())
    await session.submit(".reload")
    await session.submit(".reload all")
    expect(seen.filter((line) => !line.startsWith(">"))).toEqual([
      "reloading chrome·shop",
      "reloading chrome·shop, firefox·shop",
    ])
  })

  test(".load evaluates a file, .save writes what was evaluated, and neither fails silently", async () => {
    const folder = mkdtempSync(join(tmpdir(), "repl-bridge-session-"))
    const { frontEnd, session, seen } = set()
    frontEnd.answer = () => valueOf("1")
    writeFileSync(join(folder, "a.js"), "let a = 1\na\n")
    expect(await session.submit(`.load ${join(folder, "a.js")}`)).toBe(0)
    expect(frontEnd.asked).toEqual(["let a = 1\na\n"])
    await session.submit("b\n  .c")
    expect(await session.submit(`.save ${join(folder, "b.js")}`)).toBe(0)
    expect(readFileSync(join(folder, "b.js"), "utf8")).toBe("b\n  .c\n")
    expect(await session.submit(`.load ${join(folder, "none.js")}`)).toBe(2)
    expect(seen.at(-1)).toMatch(/ENOENT.*none\.js/)
    rmSync(folder, { recursive: true })
  })

  test(".inspect shows more of the last value or of another, .more what is left", async () => {
    const { frontEnd, session, seen } = set()
    frontEnd.answer = (code) => ({ outcome: "value", result: { type: "object", description: code, objectId: code } })
    frontEnd.expansion = (of, wish) => ({
      type: "object",
      preview: { kind: "date", name: "Date", text: `${of} ${wish?.depth}` },
    })
    expect(await session.submit(".inspect")).toBe(2)
    await session.submit("a")
    expect(await session.submit(".inspect")).toBe(0)
    await session.submit(".inspect b.c")
    await session.submit(".more")
    expect(seen.filter((line) => !line.startsWith(">"))).toEqual([
      "there is no value yet: .inspect CODE",
      "= a",
      "a 10",
      "b.c 10",
      "that was all",
    ])
    frontEnd.answer = () => ({ outcome: "thrown", result: { exception: { type: "undefined" } } })
    expect(await session.submit(".inspect d")).toBe(1)
    expect(seen.at(-1)).toBe("= thrown")
  })

  test(".history lists what fits", async () => {
    const { session, seen } = set()
    await session.submit(".history")
    await session.submit(".history let")
    expect(seen).toEqual(["> .history", "let a = 1", "b", "> .history let", "let a = 1"])
  })

  test.each([
    [".editor", "block"],
    [".clear", "clear"],
    [".exit", "leave"],
    ["  .exit  ", "leave"],
  ])("%s", async (input, expected) => {
    const { session, seen } = set()
    expect(await session.submit(input)).toBe(0)
    expect(seen.at(-1)).toBe(expected)
  })

  test.each([".5 + 1", "...a", ". b"])("%s is none", async (input) => {
    const { frontEnd, session } = set()
    void session.submit(input)
    expect(frontEnd.asked).toEqual([input])
  })

  test("an unknown one evaluates nothing", async () => {
    const { frontEnd, session } = set()
    expect(await session.submit(".nope a")).toBe(2)
    expect(await session.submit(".constructor")).toBe(2)
    expect(frontEnd.asked).toEqual([])
  })
})
