import { execFile } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { get, type IncomingMessage } from "node:http"
import { join } from "node:path"
import { json } from "node:stream/consumers"
import { promisify } from "node:util"
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest"
import { WebSocket } from "ws"
import { openDesk, type Desk, type Served } from "../support/bridge-process.ts"
import type { RpcMessage } from "../support/editor-client.ts"
import { openRuntime } from "../support/node-runtime.ts"
import { shortLink } from "../support/stage.ts"

/** The editor protocol on the bridge's own socket: a real `repl-bridge serve`, and the real client in this process. */

let desk: Desk

beforeEach(async () => {
  desk = await openDesk()
})
afterEach(() => desk.clear())

async function serve(...words: string[]): Promise<Served> {
  const bridge = await desk.serve("--port", "0", ...words)
  const runtime = openRuntime({ url: bridge.url, name: "shop", ...shortLink }, { origin: "http://localhost" })
  onTestFinished(() => runtime.client.disconnect())
  runtime.connect()
  await runtime.event("ready")
  return bridge
}

function tokenOf({ port }: Served): string {
  return JSON.parse(readFileSync(join(desk.folder, "state", "repl-bridge", `${port}.json`), "utf8")).token
}

/** The names of those who are at the bridge. */
async function frontEndsOf(bridge: Served): Promise<readonly string[]> {
  const headers = { authorization: `Bearer ${tokenOf(bridge)}` }
  const [response] = (await once(get(`${bridge.url}/status`, { headers }), "response")) as [IncomingMessage]
  return ((await json(response)) as { frontEnds: readonly string[] }).frontEnds
}

/** A plugin's end of the socket. */
class Plugin {
  readonly socket: WebSocket
  readonly heard: RpcMessage[] = []
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  readonly #looks = new Set<() => void>()

  constructor({ url }: Served, protocols: string[], headers: Readonly<Record<string, string>> = {}) {
    this.socket = new WebSocket(`${url}/frontend`, protocols, { headers })
    this.closed = new Promise((closed) =>
      this.socket.once("close", (code, reason) => closed({ code, reason: reason.toString() })),
    )
    this.socket.on("message", (data) => {
      this.heard.push(JSON.parse(String(data)))
      for (const look of this.#looks) look()
    })
  }

  /** Rejects with what the bridge answered instead: `Unexpected server response: 403`. */
  async opened(): Promise<this> {
    await new Promise<void>((opened, failed) => {
      this.socket.once("open", opened)
      this.socket.once("error", failed)
    })
    this.socket.on("error", () => undefined)
    onTestFinished(() => this.socket.terminate())
    return this
  }

  say(...messages: readonly RpcMessage[]): void {
    this.socket.send(messages.map((message) => JSON.stringify({ jsonrpc: "2.0", ...message })).join("\n"))
  }

  hear(fits: (message: RpcMessage) => boolean): Promise<RpcMessage> {
    return new Promise((found) => {
      const look = (): void => {
        const message = this.heard.find(fits)
        if (message === undefined) return
        this.#looks.delete(look)
        found(message)
      }
      this.#looks.add(look)
      look()
    })
  }

  ask(id: number, method: string, params: unknown = {}): Promise<RpcMessage> {
    this.say({ id, method, params })
    return this.hear((message) => message.id === id)
  }
}

const open = (bridge: Served): Promise<Plugin> =>
  new Plugin(bridge, ["repl-bridge.rpc", `repl-bridge.token.${tokenOf(bridge)}`]).opened()

/** An eval that does not end, once it runs in the runtime. */
async function evalForEver(plugin: Plugin): Promise<void> {
  const begun = new Promise<void>((begin) => Object.assign(globalThis, { begin }))
  onTestFinished(() => void delete (globalThis as any).begin)
  plugin.say({ id: 1, method: "replBridge/eval", params: { code: "begin(); await new Promise(() => {})" } })
  await begun
}

test("a plugin on the socket is answered, and told what it is told on stdio", async () => {
  const bridge = await serve()
  const plugin = await open(bridge)
  expect(plugin.socket.protocol).toBe("repl-bridge.rpc")
  expect(await plugin.ask(1, "replBridge/eval", { code: "6 * 7" })).toMatchObject({
    result: { outcome: "value", line: "42", runtime: { name: "shop" } },
  })
  expect(await plugin.hear(({ method }) => method === "replBridge/status")).toMatchObject({
    params: { bridge: "ready", url: bridge.url, text: "shop" },
  })
  expect(await plugin.hear(({ method }) => method === "replBridge/evaluated")).toMatchObject({
    params: { from: "rpc", isOurs: true, code: "6 * 7" },
  })
  expect(await plugin.ask(2, "replBridge/nothing")).toMatchObject({ error: { code: -32601 } })
})

test("one message of the socket may be several lines, and what is no message is answered as such", async () => {
  const plugin = await open(await serve())
  plugin.say(
    { id: 1, method: "replBridge/eval", params: { code: "'a\u2028b'.length" } },
    { id: 2, method: "replBridge/runtimes" },
  )
  expect(await plugin.hear(({ id }) => id === 1)).toMatchObject({ result: { line: "3" } })
  expect(await plugin.hear(({ id }) => id === 2)).toMatchObject({ result: { runtimes: [{ name: "shop" }] } })
  plugin.socket.send("nonsense")
  expect(await plugin.hear(({ id }) => id === null)).toMatchObject({ error: { code: -32700 } })
  plugin.socket.send(Buffer.from("{}"))
  expect(await plugin.closed).toEqual({ code: 1002, reason: "messages must be text" })
})

test("the gate is that of every front end", async () => {
  const bridge = await serve()
  const protocols = ["repl-bridge.rpc", `repl-bridge.token.${tokenOf(bridge)}`]
  const knock = (...words: readonly [string[], Record<string, string>?]): Promise<Plugin> =>
    new Plugin(bridge, ...words).opened()
  await expect(knock(["repl-bridge.rpc"])).rejects.toThrow("401")
  await expect(knock(["repl-bridge.rpc", "repl-bridge.token.wrong"])).rejects.toThrow("401")
  await expect(knock(protocols, { origin: "http://localhost" })).rejects.toThrow("403")
  await expect(knock(protocols, { "sec-fetch-mode": "websocket" })).rejects.toThrow("403")
  const byHeader = await knock(["repl-bridge.rpc"], { authorization: `Bearer ${tokenOf(bridge)}` })
  expect(await byHeader.ask(1, "replBridge/runtimes")).toMatchObject({ result: { runtimes: [{}] } })
})

test("a socket that closes in mid-eval ends the eval as cancelled, and takes its front end along", async () => {
  const bridge = await serve()
  const plugin = await open(bridge)
  await evalForEver(plugin)
  expect(await frontEndsOf(bridge)).toEqual(["serve", "rpc"])
  plugin.socket.terminate()
  expect(await bridge.event(({ event }) => event === "eval")).toMatchObject({ outcome: "cancelled", from: "rpc" })
  expect(await frontEndsOf(bridge)).toEqual(["serve"])
})

test("a bridge that stops says what it lost before it closes the socket", async () => {
  const bridge = await serve()
  const plugin = await open(bridge)
  await evalForEver(plugin)
  const ended = bridge.end("SIGTERM")
  expect(await plugin.closed).toEqual({ code: 1012, reason: "restarting" })
  expect(plugin.heard.find(({ id }) => id === 1)).toMatchObject({
    result: { outcome: "lost", result: { code: "bridge-gone", ran: "unknown" } },
  })
  expect(await ended).toBe(0)
})

test("`exit` closes the socket and not the bridge", async () => {
  const bridge = await serve()
  const plugin = await open(bridge)
  plugin.say({ method: "exit" })
  expect(await plugin.closed).toMatchObject({ code: 1000 })
  const other = await open(bridge)
  expect(await other.ask(1, "replBridge/eval", { code: "1" })).toMatchObject({ result: { line: "1" } })
})

test("a message of more than 1 MiB closes the socket", async () => {
  const plugin = await open(await serve())
  plugin.socket.send("x".repeat(2 ** 20 + 1))
  expect(await plugin.closed).toMatchObject({ code: 1009 })
})

test("a plugin that does not read misses console lines, which are counted, and no outcome", async () => {
  const bridge = await serve()
  const [plugin, other] = [await open(bridge), await open(bridge)]
  const isTold = (text: string) => (message: RpcMessage) =>
    message.method === "window/logMessage" && message.params.message === `shop: ${text}`
  await other.ask(1, "replBridge/runtimes")
  plugin.socket.pause()
  // As `value` and as `text`, in three bytes each: more than the network keeps of what is not read.
  plugin.say({ id: 1, method: "replBridge/eval", params: { code: '"€".repeat(900000)' } })
  await other.hear(({ method }) => method === "replBridge/evaluated")
  await other.ask(2, "replBridge/eval", { code: 'console.log("while it did not read")' })
  await other.hear(isTold("while it did not read"))
  plugin.socket.resume()
  expect(await plugin.hear(({ id }) => id === 1)).toMatchObject({ result: { result: { value: "€".repeat(900000) } } })
  await plugin.ask(2, "replBridge/eval", { code: 'console.log("again")' })
  await plugin.hear(isTold("again"))
  const told = plugin.heard.filter(({ method }) => method === "window/logMessage").map(({ params }) => params)
  expect(told).toEqual([
    { type: 2, message: "shop: … 1 lines dropped" },
    { type: 4, message: "shop: again" },
  ])
})

test("each takes one seat, also once it has evaluated", async () => {
  // 16 seats beside that of the runtime, and `serve` itself has one.
  const bridge = await serve("--max-runtimes", "1")
  const first = await open(bridge)
  await first.ask(1, "replBridge/eval", { code: "1" })
  for (let nth = 2; nth <= 15; nth++) await open(bridge)
  expect(await (await open(bridge)).closed).toMatchObject({ code: 1013 })
  first.socket.close()
  await first.closed
})

test("the example in the document prints what its eval comes to", async () => {
  const bridge = await serve()
  const root = new URL("../../", import.meta.url)
  const doc = readFileSync(new URL("docs/editor-protocol.md", root), "utf8")
  const example = /```js\n([^`]+(?:`[^`\n]*`[^`]*)*)```/.exec(doc)![1]!
  expect(example.trim().split("\n").length).toBeLessThanOrEqual(14)
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", example.replace("9001", `${bridge.port}`)],
    { cwd: root, env: { ...process.env, XDG_STATE_HOME: join(desk.folder, "state") } },
  )
  expect(stdout).toBe("42\n")
})
