import { readFile, writeFile } from "node:fs/promises"
import { request } from "node:http"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { readDiscovery } from "../../src/discovery/index.ts"
import { openDesk, type Desk, type Served } from "../support/bridge-process.ts"
import { FakeRuntime } from "../support/fake-runtime.ts"
import { dangersIn, hostile, literal } from "../support/hostile.ts"
import { openRuntime, type NodeRuntime } from "../support/node-runtime.ts"
import { openPane, requireTmux } from "../support/tmux.ts"

/**
 * Every hostile text in every place where a page may put one: what reaches a real terminal, byte
 * for byte, a pipe and a program. Colours are off, so that no control is ours but those of the editor.
 */

const bin = new URL("../../bin/repl-bridge.js", import.meta.url).pathname

/** Places for a text in what an eval gives or throws, as code that the real client describes. */
const places: Readonly<Record<string, (text: string) => string>> = {
  result: (text) => text,
  "element of a list": (text) => `[${text}, "plain"]`,
  "property key": (text) => `({ [${text}]: 1 })`,
  "property value": (text) => `({ a: ${text} })`,
  "symbol as a key": (text) => `({ [Symbol(${text})]: 1 })`,
  "entry of a map": (text) => `new Map([[${text}, ${text}]])`,
  "function name": (text) => `Object.defineProperty(() => 1, "name", { value: ${text} })`,
  "function source": (text) => `eval("(function () { /*" + ${text}.replace(/[\\n\\r\\u2028\\u2029]/g, " ") + "*/ })")`,
  "class name": (text) => `Object.create(Object.defineProperty(class {}, "name", { value: ${text} }).prototype)`,
  "class itself": (text) => `Object.defineProperty(class {}, "name", { value: ${text} })`,
  "toString tag": (text) => `({ [Symbol.toStringTag]: ${text} })`,
  "URL-like text": (text) => `new Error("x", { cause: ${text} })`,
  "error message": (text) => `throw new Error(${text})`,
  "error name": (text) => `throw Object.assign(new Error("x"), { name: ${text} })`,
  "error stack": (text) => `throw Object.assign(new Error("x"), { stack: "Error: x\\n    at " + ${text} })`,
  "file name in a stack": (text) =>
    `throw Object.assign(new Error("x"), { stack: "Error: x\\n    at f (http://localhost/" + ${text} + ".js:1:1)" })`,
  "thrown text": (text) => `throw ${text}`,
  "own error": (text) => `throw Object.assign(new Error(${text}), { code: ${text} })`,
}

const inputs = Object.values(places).flatMap((place) => hostile.map(([, text]) => place(literal(text))))
/** All of them, one after the other, where there is one place only. */
const all = hostile.map(([, text]) => text).join(" ")

let desk: Desk
let bridge: Served
let token: string
let values: NodeRuntime

beforeAll(requireTmux)

beforeEach(async () => {
  desk = await openDesk()
  bridge = await desk.serve("--port", "0")
  token = readDiscovery(bridge.port, { env: { XDG_STATE_HOME: join(desk.folder, "state") } })!.token
  values = openRuntime({ url: bridge.url, token, name: "values" })
  values.connect()
  await bridge.event(({ event, name }) => event === "runtime" && name === "values")
})
afterEach(async () => {
  await values.client.disconnect()
  for (const page of pages.splice(0)) page.talk.socket.terminate()
  await desk.clear()
})
afterAll(() => expect(hostile.length).toBeGreaterThan(33))

const pages: FakeRuntime[] = []

/** A page that follows the wire and lies in every word. */
async function openLiar(evaluate?: (code: string) => string): Promise<FakeRuntime> {
  const page = new FakeRuntime({
    hello: { title: all, url: `http://localhost:3000/${all}`, kind: "page", name: `x·${all}`, userAgent: all },
    ...(evaluate && { evaluate }),
  })
  pages.push(await page.connect(bridge.port))
  await bridge.event(({ event, id }) => event === "runtime" && id === page.id)
  return page
}

/** Runs these lines of a shell in a real terminal, to their end; gives every byte that was written. */
async function written(lines: string): Promise<string> {
  const file = join(desk.folder, "written")
  const state = join(desk.folder, "state")
  const pane = await openPane(
    `exec sh -c 'read go; cd ${desk.folder}; export NO_COLOR=1 XDG_STATE_HOME=${state}; ${lines}; echo it is over'`,
    { columns: 200, rows: 50 },
  )
  try {
    await pane.record(file)
    await pane.press("Enter")
    await pane.until("it is over")
    return await untilWritten(file, "it is over")
  } finally {
    await pane.close()
  }
}

/** The terminal's copy comes through a pipe. */
async function untilWritten(file: string, text: string): Promise<string> {
  for (;;) {
    const seen = await readFile(file, "utf8").catch(() => "")
    if (seen.includes(text)) return seen
    await new Promise<void>((turn) => setImmediate(turn))
  }
}

test("[S-N01] results and errors, each text in each place, on a real terminal", async () => {
  await writeFile(join(desk.folder, "inputs"), `${inputs.join("\n")}\n"all ran"\n`)
  const bytes = await written(`node ${bin} attach --port ${bridge.port} --runtime values < inputs`)
  expect(bytes).toContain("'all ran'")
  expect(hostile.filter(([, , shown]) => !bytes.includes(shown.split("\n")[0]!))).toEqual([])
  expect(dangersIn(bytes)).toEqual([])
}, 180_000)

test("[S-N02] console arguments, stacks, levels and kinds, on a real terminal", async () => {
  const page = await openLiar()
  let seq = 0
  const line = (fields: object, args: readonly object[]): void =>
    page.talk.say({ op: "console", seq: ++seq, level: "log", time: 0, ...fields }, JSON.stringify(args))
  for (const [, text] of hostile) {
    const value = { type: "string", value: text, description: text }
    line({}, [value])
    line({}, [{ type: "string", value: "%s and %o" }, value, value])
    line({ kind: "trace", stack: `    at f (http://localhost:3000/${text}.js:1:1)` }, [value])
    line({ level: text, kind: text }, [value])
    line({ kind: "exception", level: "error", stack: text }, [
      { type: "object", subtype: "error", className: text, description: `Error: ${text}\n    at ${text}` },
    ])
    line({}, [{ type: text, subtype: text, className: text, description: text, unserializableValue: text }])
  }
  line({}, [{ type: "string", value: "all was said" }])
  await page.talk.hear("ack", (header) => header["seq"] === seq)
  const bytes = await written(`node ${bin} logs --port ${bridge.port}`)
  expect(bytes).toContain("all was said")
  expect(hostile.filter(([, , shown]) => !bytes.includes(shown.split("\n")[0]!))).toEqual([])
  expect(dangersIn(bytes)).toEqual([])
})

test("[S-N03] what a page calls itself, in the table and in the bridge's own words, on a real terminal", async () => {
  const page = await openLiar()
  for (const [, text] of hostile) page.talk.say({ op: "status", title: text, url: text })
  page.talk.say({ op: "status", title: `${all} the end`.slice(-150), url: all })
  await page.talk.caughtUp()
  const port = `--port ${bridge.port}`
  const bytes = await written(`node ${bin} runtimes ${port}; node ${bin} eval 1 ${port}; node ${bin} reload ${port}`)
  expect(bytes).toContain("the end")
  expect(bytes).toContain("choose one with --runtime")
  expect(dangersIn(bytes)).toEqual([])
})

test("[S-N04] results that a liar made, in shapes no client makes, on a real terminal", async () => {
  const value = (text: string): string =>
    JSON.stringify({
      type: "object",
      subtype: text,
      className: text,
      description: text,
      unserializableValue: text,
      preview: { kind: text, name: text, entries: [{ key: text, value: { kind: text, text } }], text },
    })
  const page = await openLiar((code) =>
    /^\d+$/.test(code) ? value(hostile[Number(code)]![1]) : '{"type":"string","value":"all ran"}',
  )
  await writeFile(join(desk.folder, "inputs"), `${hostile.map((_, nth) => nth).join("\n")}\n"end"\n`)
  const bytes = await written(`node ${bin} attach --port ${bridge.port} --runtime ${page.id} < inputs`)
  expect(bytes).toContain("all ran")
  expect(dangersIn(bytes)).toEqual([])
})

test("[S-N05] the editor: what the page says above the line, names that Tab offers, and the prompt", async () => {
  const page = await openLiar()
  page.talk.each("complete", ({ header }) => {
    const names = [...hostile.map(([, text]) => `p${text}`), "planet", "plan"]
    page.talk.say({ op: "completions", id: header["id"] as string }, JSON.stringify(names))
  })
  const file = join(desk.folder, "written")
  const state = join(desk.folder, "state")
  const words = `attach --port ${bridge.port} --runtime ${page.id}`
  const pane = await openPane(
    `exec sh -c 'read go; export NO_COLOR=1 XDG_STATE_HOME=${state}; exec node ${bin} ${words}'`,
    { columns: 120, rows: 50 },
  )
  try {
    await pane.record(file)
    await pane.press("Enter")
    await pane.until("›")
    // What the editor itself writes for an input, a result and a menu.
    await pane.type("1")
    await pane.press("Enter")
    await pane.until("'1'")
    const own = shapesIn(await untilWritten(file, "'1'"))
    let seq = 0
    for (const [, text] of hostile) {
      page.talk.say(
        { op: "console", seq: ++seq, level: "log", time: 0 },
        JSON.stringify([{ type: "string", value: text }]),
      )
    }
    page.talk.say({ op: "console", seq: ++seq, level: "log", time: 0 }, '[{"type":"string","value":"all was said"}]')
    await pane.until("all was said", { scrolled: true })
    await pane.type("p")
    await pane.press("Tab")
    await pane.until("planet")
    await pane.press("Escape")
    const bytes = await untilWritten(file, "planet")
    for (const shape of own) expect(allowed).toContain(shape)
    expect(shapesIn(bytes).filter((shape) => !allowed.includes(shape))).toEqual([])
    expect(dangersIn(withoutEscapes(bytes))).toEqual([])
  } finally {
    await pane.close()
  }
})

/** The editor draws with these and no others: moves and clears, drawing in one go, pastes in brackets. */
const allowed = ["[nA", "[nC", "[K", "[J", "[?nh", "[?nl"]
const escapes = /\u001b(\[[?]?[\d;]*[A-Za-z])/g

/** Escapes as the kinds that they are, numbers left out. */
function shapesIn(bytes: string): readonly string[] {
  const modes = bytes.replace(/\u001b\[\?(2004|2026)([hl])/g, "\u001b[?1$2")
  // Another mode than those two is of no kind that the editor writes.
  const found = [...modes.matchAll(escapes)].map(([, escape]) =>
    /^\[\?(?!1[hl])/.test(escape!) ? escape! : escape!.replace(/\d+/g, "n"),
  )
  return [...new Set(found)]
}

/** Without what the editor may write, and the carriage returns by which it begins a line again. */
function withoutEscapes(bytes: string): string {
  return bytes.replace(escapes, "").replaceAll("\r", "")
}

test("[S-N06] into a pipe: eval, attach, logs and runtimes write nothing that a terminal behind it would obey", async () => {
  const code = Object.values(places)
    .slice(0, 11)
    .map((place) => place(literal(all)))
    .join(", ")
  const page = await openLiar()
  page.talk.say(
    { op: "console", seq: 1, level: "log", time: 0 },
    JSON.stringify([{ type: "string", value: all, description: all }]),
  )
  const port = String(bridge.port)
  await page.talk.hear("ack")
  const finished = [
    await desk.run("eval", `[${code}]`, "--runtime", "values", "--port", port),
    await desk.run("eval", `throw new Error(${literal(all)})`, "--runtime", "values", "--port", port),
    await desk.run("eval", `throw new Error(${literal(all)})`, "--runtime", "all", "--port", port),
    await desk.run("runtimes", "--port", port),
    await desk.run("logs", "--port", port),
    await desk.run("eval", "1", "--runtime", all.slice(0, 100).replaceAll("\0", ""), "--wait", "1", "--port", port),
  ]
  for (const { stdout, stderr } of finished) {
    expect(stdout + stderr).not.toBe("")
    expect(dangersIn(stdout + stderr)).toEqual([])
  }
})

test("[S-N07] --json, /status and /eval are printable ASCII, and the text is in it", async () => {
  const page = await openLiar()
  page.talk.say({ op: "console", seq: 1, level: all, time: 0 }, JSON.stringify([{ type: "string", value: all }]))
  await page.talk.hear("ack")
  const port = String(bridge.port)
  const texts = [
    (await desk.run("eval", literal(all), "--json", "--runtime", "values", "--port", port)).stdout,
    (await desk.run("eval", `throw new Error(${literal(all)})`, "--json", "--runtime", "values", "--port", port))
      .stdout,
    (await desk.run("runtimes", "--json", "--port", port)).stdout,
    (await desk.run("logs", "--json", "--port", port)).stdout,
    await ask("GET", "/status", ""),
    await ask("POST", "/eval?runtime=values", literal(all)),
  ]
  for (const text of texts) expect(text).toMatch(/^[ -~]+(\n[ -~]+)*\n?$/)
  expect((JSON.parse(texts[0]!) as { result: { value: string } }).result.value).toBe(all)
  expect((JSON.parse(texts[5]!) as { result: { value: string } }).result.value).toBe(all)
})

function ask(method: string, path: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` }
    const asking = request({ port: bridge.port, path, method, headers }, (response) => {
      let text = ""
      response.setEncoding("latin1").on("data", (chunk: string) => (text += chunk))
      response.on("end", () => resolve(text))
    })
    asking.on("error", reject)
    asking.end(body)
  })
}
