import { once } from "node:events"
import { mkdtemp, readFile, rm, stat } from "node:fs/promises"
import { createServer, type Server, type Socket } from "node:net"
import type { AddressInfo } from "node:net"
import { createInterface } from "node:readline"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { rolldown } from "rolldown"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { Outcome } from "../../src/protocol/index.ts"
import { runtimeInfo, valueOf, type FakeFrontEnd } from "../support/fake-front-end.ts"
import { openPane, requireTmux, type Pane } from "../support/tmux.ts"

interface Line {
  readonly socket: Socket
  readonly pid: number
  /** Resolves when this code is evaluated and waits to be settled. */
  asked(code: string): Promise<void>
}

const shop = runtimeInfo()
const cancelled = /cancelled/

let folder: string
let stage: string
let server: Server
let bridge: Promise<Line>
let pane: Pane | undefined

beforeAll(async () => {
  requireTmux()
  folder = await mkdtemp(join(tmpdir(), "repl-bridge-terminal-"))
  stage = join(folder, "stage.mjs")
  const source = new URL("../support/terminal-stage.ts", import.meta.url).pathname
  const bundle = await rolldown({ input: source, platform: "node" })
  await bundle.write({ file: stage, format: "esm" })
  await bundle.close()
})

afterAll(() => rm(folder, { recursive: true }))

beforeEach(async () => {
  server = createServer()
  bridge = connection()
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
})

afterEach(async () => {
  await pane?.close()
  pane = undefined
  await rm(historyFile(), { force: true })
  await new Promise((closed) => server.close(closed))
})

/** The next terminal's line to the test. The first thing said on it is the process id. */
async function connection(): Promise<Line> {
  const [socket] = (await once(server, "connection")) as [Socket]
  socket.on("error", () => {})
  const said = createInterface({ input: socket })
  const [pid] = (await once(said, "line")) as [string]
  const seen = new Set<string>()
  said.on("line", (line) => seen.add(JSON.parse(line) as string))
  return {
    socket,
    pid: Number(pid),
    async asked(code) {
      while (!seen.has(code)) await once(said, "line")
    },
  }
}

const historyFile = (): string => join(folder, "history")

/** A terminal with the product's front end in it, its prompt shown. */
async function open(size = { columns: 60, rows: 16 }, term = "xterm-256color", after = ""): Promise<Pane> {
  const { port } = server.address() as AddressInfo
  pane = await openPane(`exec sh -c 'node ${stage} ${port} ${historyFile()} ${term}${after}'`, size)
  await pane.until("chrome·shop ›")
  return pane
}

/** Says something in the bridge's place. */
async function say<Name extends "emit" | "setState" | "setRuntime" | "setTarget">(
  name: Name,
  ...details: Parameters<FakeFrontEnd[Name]>
): Promise<void> {
  const { socket } = await bridge
  socket.write(`${JSON.stringify([name, ...details])}\n`)
}

/** Ends the oldest eval that waits. */
async function settle(outcome: Outcome, durationMs = 1): Promise<void> {
  const { socket } = await bridge
  socket.write(`${JSON.stringify(["settle", outcome, durationMs])}\n`)
}

/** Said so far. */
let lines = 0
const log = (...words: readonly string[]): Parameters<FakeFrontEnd["emit"]> => [
  "console",
  {
    runtime: { id: shop.id, number: 1, name: shop.name, session: shop.session },
    seq: ++lines,
    level: "log",
    time: 0,
    dropped: 0,
    args: words.map((value) => ({ type: "string", value, description: value })),
  },
]

describe("typing", () => {
  test("an input and its value stand one below the other, and the next prompt below them", async () => {
    const terminal = await open()
    await terminal.type("1 + 1")
    await terminal.press("Enter")
    expect(await terminal.until(/\n2\n.*›$/)).toBe("hello\nchrome·shop › 1 + 1\n2\nchrome·shop ›")
  })

  test("an input over several lines, edited in its middle", async () => {
    const terminal = await open()
    await terminal.type("{")
    await terminal.press("Enter")
    await terminal.type("1 * 3")
    await terminal.press("Up", "End", "BSpace")
    await terminal.type("1 +")
    await terminal.press("Enter")
    expect(await terminal.until(/\n4\n.*›$/)).toBe("hello\nchrome·shop › 1 +\n            …   1 * 3\n4\nchrome·shop ›")
  })

  test("wide characters: the cursor stands where the next one goes", async () => {
    const terminal = await open()
    await terminal.type("日本👍x")
    await terminal.press("Left", "Left", "BSpace")
    await terminal.until(/› 日👍x$/)
    expect(await terminal.cursor()).toEqual({ column: 16, row: 1 })
  })

  test("a paste of several lines is one input", async () => {
    const terminal = await open()
    await terminal.paste("1 +\n2 +\n3\n")
    expect(await terminal.until(/3$/)).toBe("hello\nchrome·shop › 1 +\n            … 2 +\n            … 3")
    await terminal.press("Enter")
    await terminal.until(/\n6\n.*›$/)
  })

  test("in a narrow window a long line goes on in the next rows, and can be edited over their ends", async () => {
    const terminal = await open({ columns: 40, rows: 10 })
    await terminal.type(`'${"abcdefghij".repeat(6)}'`)
    await terminal.press("Home", "Right", "X", "End", "+", "1")
    expect(await terminal.until(/\+1$/)).toBe(
      "hello\nchrome·shop › 'Xabcdefghijabcdefghijabcd\nefghijabcdefghijabcdefghijabcdefghij'+1",
    )
    expect(await terminal.cursor()).toEqual({ column: 39, row: 2 })
    await terminal.press("C-u")
    expect(await terminal.until(/›$/)).toBe("hello\nchrome·shop ›")
  })

  test("a window made narrower and wider again keeps the line whole", async () => {
    const terminal = await open({ columns: 60, rows: 10 })
    await terminal.type(`'${"abcdefghij".repeat(7)}'`)
    await terminal.until(/j'$/)
    await terminal.resize(40, 10)
    await terminal.until("› 'abcdefghijabcdefghijabcde\nfghij")
    await terminal.press("BSpace")
    expect(await terminal.until(/j$/, { scrolled: true })).toBe(
      "hello\nchrome·shop › 'abcdefghijabcdefghijabcde\nfghijabcdefghijabcdefghijabcdefghijabcde\nfghij",
    )
    await terminal.resize(90, 10)
    expect(await terminal.until(/(abcdefghij){7}$/, { scrolled: true })).toBe(
      `hello\nchrome·shop › '${"abcdefghij".repeat(7)}`,
    )
  })

  test("an input higher than the window is shown around the cursor", async () => {
    const terminal = await open({ columns: 40, rows: 6 })
    await terminal.paste(Array.from({ length: 30 }, (_, line) => `${line} +`).join("\n"))
    await terminal.until(/24 \+\n[^]*29 \+$/)
    await terminal.press("C-Home")
    await terminal.until(/› 0 \+\n[^]*5 \+$/)
    await terminal.press("C-End", "1", "Enter")
    await terminal.until(/29 \+1\n436\n.*›$/)
  })
})

describe("completion", () => {
  test("goes in as far as it is sure, shows the rest, and takes one", async () => {
    const terminal = await open()
    await terminal.type("pla")
    await terminal.press("Tab")
    await terminal.until("planets   plants    platform")
    await terminal.press("Tab", "Tab")
    await terminal.until("› plants\n")
    await terminal.press("Enter")
    expect(await terminal.until(/› plants$/)).toBe("hello\nchrome·shop › plants")
  })

  test("dot-commands and runtimes complete too", async () => {
    const terminal = await open()
    await terminal.type(".us")
    await terminal.press("Tab")
    await terminal.until("› .use")
    await terminal.type(" chr")
    await terminal.press("Tab")
    await terminal.until("› .use chrome·shop")
  })
})

describe("history", () => {
  test("outlives the terminal, is searched with ^R, and is nobody else's to read", async () => {
    const first = await open()
    await first.type("1 + 1")
    await first.press("Enter")
    await first.until(/\n2\n.*›$/)
    await first.type("3 * 3")
    await first.press("Enter")
    await first.until(/\n9\n.*›$/)
    await first.press("C-d")
    await first.until("left with 0")
    await first.close()
    expect(await readFile(historyFile(), "utf8")).toBe('"1 + 1"\n"3 * 3"\n')
    expect((await stat(historyFile())).mode & 0o777).toBe(0o600)

    bridge = connection()
    const second = await open()
    await second.press("Up")
    await second.until("› 3 * 3")
    await second.press("C-u", "C-r")
    await second.type("1 +")
    await second.until("› 1 + 1\nsearch history: 1 +")
    await second.press("Enter")
    expect(await second.until(/\n2\n.*›$/)).toBe("hello\nchrome·shop › 1 + 1\n2\nchrome·shop ›")
  })
})

describe("what comes while one types goes above the line", () => {
  test("console lines, and the line stays as it was", async () => {
    const terminal = await open()
    await terminal.type("half a li")
    await terminal.until("half a li")
    for (let line = 1; line <= 20; line++) await say("emit", ...log(`line ${line}`))
    await terminal.type("ne")
    await terminal.until((screen) => screen.includes("line 20\n") && screen.endsWith("› half a line"))
    const all = await terminal.screen({ scrolled: true })
    expect(all.match(/line \d+$/gm)).toHaveLength(20)
    expect(all.match(/half/g)).toHaveLength(1)
  })

  test("also above an input over several rows, with the cursor in its middle", async () => {
    const terminal = await open({ columns: 40, rows: 12 })
    await terminal.paste("1 +\n2 +\n3")
    await terminal.press("Up")
    await terminal.until(/3$/)
    await say("emit", ...log("hello from the page"))
    await terminal.until("hello from the page")
    expect(await terminal.screen()).toMatch(/^hello\n.*hello from the page\nchrome·shop › 1 \+\n… 2 \+\n… 3$/)
    await terminal.press("BSpace")
    await terminal.until("…  +")
  })

  test("a reload, a bounce and a second runtime, each in the middle of a line", async () => {
    const terminal = await open()
    await terminal.type("half")
    await say("setRuntime", { ...shop, state: "away" })
    await terminal.until("chrome·shop (away) › half")
    await say("setRuntime", { ...shop, session: "s2" })
    await terminal.until("chrome·shop was loaded again\nchrome·shop › half")
    await say("setState", "waiting")
    await terminal.until("(bridge away, retrying) › half")
    await say("setState", "ready")
    await terminal.until("\nchrome·shop › half")
    await say("setRuntime", runtimeInfo({ number: 2, name: "firefox·shop" }))
    await terminal.until("firefox·shop is here: 2, http://localhost:3000/\nchrome·shop › half")
    await terminal.type(" a line")
    await terminal.until("› half a line")
  })
})

describe("an eval that takes its time", () => {
  test("says that it runs, and how long it took", async () => {
    const terminal = await open()
    await terminal.type("slow()")
    await terminal.press("Enter")
    await terminal.until(/running(?: \d+ s)? · \^C cancels\nchrome·shop ›/)
    await settle(valueOf("done"), 3210)
    expect(await terminal.until(/3\.2 s\n.*›$/)).toBe("hello\nchrome·shop › slow()\ndone  3.2 s\nchrome·shop ›")
  })

  test("outlives a bounce and a line typed meanwhile", async () => {
    const terminal = await open()
    await terminal.type("slow()")
    await terminal.press("Enter")
    await terminal.type("next")
    await terminal.until(/running(?: \d+ s)? · \^C cancels\nchrome·shop › next/)
    await say("setState", "waiting")
    await terminal.until(/waiting for the bridge.*\n\(bridge away, retrying\) › next/)
    await say("setState", "ready")
    await settle(valueOf("done"))
    expect(await terminal.until("done")).toBe("hello\nchrome·shop › slow()\ndone\nchrome·shop › next")
  })

  test("inputs typed ahead run in their order, each below its own prompt", async () => {
    const terminal = await open()
    await terminal.type("slow()")
    await terminal.press("Enter")
    await terminal.type("1 + 1")
    await terminal.press("Enter")
    await terminal.type("2 + 2")
    await terminal.press("Enter")
    await terminal.until(/running.*\n.*›$/)
    await settle(valueOf("done"))
    expect(await terminal.until(/\n4\n.*›$/)).toBe(
      "hello\nchrome·shop › slow()\ndone\nchrome·shop › 1 + 1\n2\nchrome·shop › 2 + 2\n4\nchrome·shop ›",
    )
  })
})

describe("an input that is wrong", () => {
  test("is shown with a mark at the place", async () => {
    const terminal = await open()
    await terminal.type("let 1a = 2")
    await terminal.press("Enter")
    await (await bridge).asked("let 1a = 2")
    const message = "Invalid or unexpected token"
    await settle({ outcome: "refused", result: { name: "SyntaxError", message, line: 1, column: 5 } })
    expect(await terminal.until(/token\n.*›$/)).toBe(
      "hello\nchrome·shop › let 1a = 2\n1 │ let 1a = 2\n        ^\nSyntaxError: Invalid or unexpected token\nchrome·shop ›",
    )
  })
})

describe("^C", () => {
  test("cancels what is waited for, says so, and keeps the line being typed", async () => {
    const terminal = await open()
    await terminal.type("forever()")
    await terminal.press("Enter")
    await terminal.type("next")
    await terminal.until(/running[^]*next$/)
    await terminal.press("C-c")
    await terminal.until((screen) => cancelled.test(screen) && screen.endsWith("\nchrome·shop › next"))
  })

  test("drops what was typed ahead, and says how much", async () => {
    const terminal = await open()
    await terminal.type("forever()")
    await terminal.press("Enter")
    await terminal.type("1 + 1")
    await terminal.press("Enter")
    await terminal.until(/running.*\n.*›$/)
    await terminal.press("C-c")
    await terminal.until((screen) => /1 more, typed ahead, will not run/.test(screen) && cancelled.test(screen))
    expect(await terminal.screen()).not.toContain("1 + 1")
  })

  test("clears a line; on an empty one it takes two to leave", async () => {
    const terminal = await open()
    await terminal.type("half a line")
    await terminal.until("half a line")
    await terminal.press("C-c")
    expect(await terminal.until(/›$/)).toBe("hello\nchrome·shop ›")
    await terminal.press("C-c")
    await terminal.until("^C again, or ^D, to leave\nchrome·shop ›")
    await terminal.press("C-c")
    await terminal.until("left with 0")
  })

  test("another key in between starts anew", async () => {
    const terminal = await open()
    await terminal.press("C-c", "x", "BSpace", "C-c")
    await terminal.until(/to leave\n\^C again, or \^D, to leave\nchrome·shop ›/)
  })
})

describe("dot-commands", () => {
  test(".runtimes lists them and marks the chosen one; .use chooses another", async () => {
    const terminal = await open({ columns: 80, rows: 16 })
    await say("setRuntime", runtimeInfo({ number: 2, name: "firefox·shop" }))
    await terminal.until("is here")
    await terminal.type(".use 2")
    await terminal.press("Enter")
    await terminal.until(/firefox·shop ›$/)
    await terminal.type(".runtimes")
    await terminal.press("Enter")
    await terminal.until(
      "  1  chrome·shop   ready  http://localhost:3000/  shop\n› 2  firefox·shop  ready  http://localhost:3000/  shop",
    )
  })

  test(".all folds equal answers and labels each", async () => {
    const terminal = await open()
    await say("setRuntime", runtimeInfo({ number: 2, name: "firefox·shop" }))
    await say("setRuntime", runtimeInfo({ number: 3, name: "safari·shop" }))
    await terminal.until("safari·shop is here")
    await terminal.type(".all innerWidth")
    await terminal.press("Enter")
    await terminal.until("running")
    for (const value of ["800", "1024", "800"]) await settle(valueOf(value))
    await terminal.until("1 chrome·shop, 3 safari·shop\n  800\n2 firefox·shop\n  1024\nchrome·shop ›")
  })

  test(".editor takes a block and runs it with ^D", async () => {
    const terminal = await open()
    await terminal.type(".editor")
    await terminal.press("Enter")
    await terminal.until("^D runs it")
    await terminal.type("1 +")
    await terminal.press("Enter")
    await terminal.type("1")
    await terminal.press("C-d")
    expect(await terminal.until(/\n2\n.*›$/)).toMatch(/› 1 \+\n +… 1\n2\n/)
  })

  test(".clear leaves a prompt at the top", async () => {
    const terminal = await open()
    await terminal.type(".clear")
    await terminal.press("Enter")
    expect(await terminal.until(/^chrome·shop ›$/)).toBe("chrome·shop ›")
  })

  test("an unknown one is named, and .help lists those there are", async () => {
    const terminal = await open({ columns: 60, rows: 30 })
    await terminal.type(".nope")
    await terminal.press("Enter")
    await terminal.until("there is no .nope: .help lists what there is")
    await terminal.type(".help")
    await terminal.press("Enter")
    const screen = await terminal.until(/\.exit/)
    for (const name of "runtimes use all reload load save editor history clear help exit".split(" ")) {
      expect(screen).toContain(`\n.${name}`)
    }
  })
})

describe("the terminal is given back as it was", () => {
  const echoes = `; stty -a | tr ";" "\\n" | grep -oE -- "[^-]icanon|[^-]echo " | tr -d " \\n"; echo " is back"; cat`

  test.each([
    ["^D", async (terminal: Pane) => terminal.press("C-d"), "left with 0"],
    [
      ".exit",
      async (terminal: Pane) => {
        await terminal.type(".exit")
        await terminal.press("Enter")
      },
      "left with 0",
    ],
    ["a refusal", () => say("emit", "refused", { code: 4401, reason: "wrong token" }), "left with 6"],
  ])("after %s", async (_, leave, last) => {
    const terminal = await open({ columns: 60, rows: 16 }, "xterm-256color", echoes)
    await leave(terminal)
    await terminal.until((screen) => screen.includes(last) && /icanon.*echo is back/.test(screen))
    await terminal.paste("pasted")
    expect(await terminal.until("pasted")).not.toContain("[200~")
  })

  test("after a signal", async () => {
    const terminal = await open({ columns: 60, rows: 16 }, "xterm-256color", echoes)
    await terminal.type("half")
    await terminal.until("half")
    process.kill((await bridge).pid, "SIGTERM")
    await terminal.until(/icanon.*echo is back/)
    await terminal.paste("pasted")
    expect(await terminal.until("pasted")).not.toContain("[200~")
  })

  test("to the shell with ^Z, and back with the line as it was", async () => {
    const { port } = server.address() as AddressInfo
    pane = await openPane("env PS1='shell$ ' bash --norc --noprofile -i", { columns: 60, rows: 16 })
    await pane.until("shell$")
    await pane.type(`node ${stage} ${port} ${historyFile()}`)
    await pane.press("Enter")
    await pane.until(/chrome·shop ›$/)
    await pane.type("half")
    await pane.until("› half")
    await pane.press("C-z")
    await pane.until(/Stopped[^]*shell\$$/)
    await pane.type("echo $((6 * 7))")
    await pane.press("Enter")
    await pane.until(/\n42\nshell\$$/)
    await pane.type("fg")
    await pane.press("Enter")
    await pane.until(/chrome·shop › half$/)
    await pane.type(" a line")
    await pane.until(/› half a line$/)
  })
})

describe("where escapes are not understood", () => {
  test("a dumb terminal gets plain lines, and the same answers", async () => {
    const terminal = await open({ columns: 60, rows: 16 }, "dumb")
    await terminal.type("1 + 1")
    await terminal.press("Enter")
    await terminal.until(/\n2\n.*›$/)
    await terminal.type("{")
    await terminal.press("Enter")
    await terminal.until(/\n…$/)
    await terminal.press("C-c")
    await terminal.until("dropped\nchrome·shop ›")
    await say("emit", ...log("from the page"))
    await terminal.until(/\n.*from the page\nchrome·shop ›$/)
    await terminal.type("forever()")
    await terminal.press("Enter")
    await (await bridge).asked("forever()")
    await terminal.press("C-c")
    await terminal.until(cancelled)
    await terminal.press("C-d")
    await terminal.until("left with 0")
  })
})
