import { createServer } from "node:http"
import { mkdtempSync, rmSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { writeDiscovery } from "../../src/discovery/index.ts"
import { connectFrontEnd, type FrontEnd, type FrontEndOptions } from "../../src/frontend/index.ts"
import { protocolVersion } from "../../src/protocol/index.ts"
import { startBridge, type Bridge, type BridgeOptions } from "../../src/server/index.ts"
import { FakeRuntime, type FakeRuntimeOptions } from "../support/fake-runtime.ts"

/** Front ends over real sockets, with a real bridge, its discovery file, and a runtime in the test's hand. */

let folder: string
let leave: (() => unknown)[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "repl-bridge-front-end-"))
  process.env["XDG_STATE_HOME"] = folder
  leave = []
})
afterEach(async () => {
  for (const act of leave.toReversed()) await act()
  rmSync(folder, { recursive: true })
})

async function bridgeWithRecord(options: BridgeOptions = {}): Promise<Bridge> {
  const bridge = await startBridge({ port: 0, clientScript: "", ...options })
  leave.push(() => bridge.stop())
  leave.push(record(bridge))
  return bridge
}

function record({ url, port, token }: Bridge, fields: { readonly token?: string } = {}): () => void {
  const facts = { pid: process.pid, project: folder, protocol: protocolVersion, version: "0", startedAt: "" }
  return writeDiscovery({ url, port, token, ...facts, ...fields })
}

async function connect(options: FrontEndOptions): Promise<FrontEnd> {
  const frontEnd = await connectFrontEnd({ name: "test", ...options })
  leave.push(() => frontEnd.close())
  return frontEnd
}

async function runtimeOf({ port }: Bridge, options: FakeRuntimeOptions = {}): Promise<FakeRuntime> {
  const runtime = await new FakeRuntime(options).connect(port)
  leave.push(() => runtime.talk.socket.terminate())
  return runtime
}

/** Kills the bridge, as far as its ends can tell: no word, no close frame. Another one takes its port. */
async function bounce(bridge: Bridge): Promise<Bridge> {
  await bridge.stop()
  return bridgeWithRecord({ port: bridge.port })
}

const stateIs = (frontEnd: FrontEnd, state: string): Promise<void> =>
  new Promise((reached) => {
    if (frontEnd.state === state) return reached()
    const forget = frontEnd.on("state", ({ to }) => {
      if (to !== state) return
      forget()
      reached()
    })
  })

test("a front end finds the bridge by its discovery file, and evaluates", async () => {
  const bridge = await bridgeWithRecord()
  await runtimeOf(bridge)
  const frontEnd = await connect({ port: bridge.port })
  expect(await frontEnd.evaluate("hello")).toMatchObject({
    outcome: "value",
    result: { type: "string", value: "hello" },
    runtime: { number: 1 },
  })
  expect(frontEnd.target).toBe(frontEnd.runtimes[0]!.id)
})

test("a front end in the bridge's process does the same", async () => {
  const bridge = await startBridge({ port: 0, clientScript: "" })
  leave.push(() => bridge.stop())
  await runtimeOf(bridge)
  const frontEnd = await connect({ bridge })
  expect(await frontEnd.evaluate("hello")).toMatchObject({ outcome: "value", result: { value: "hello" } })
  await bridge.stop()
  await stateIs(frontEnd, "stopped")
  expect(await frontEnd.evaluate("1")).toMatchObject({ outcome: "lost", result: { code: "bridge-gone", ran: "no" } })
})

test("[L38] an eval that runs while the bridge is restarted, token and all, is answered once and ran once", async () => {
  const bridge = await bridgeWithRecord()
  const runtime = await runtimeOf(bridge, { evaluate: () => undefined })
  const frontEnd = await connect({ port: bridge.port })
  const started = runtime.talk.hear("eval")
  const evaluating = frontEnd.evaluate("slow")
  const id = String((await started).header["id"])
  const next = await bounce(bridge)
  await stateIs(frontEnd, "ready")
  runtime.finish(id, JSON.stringify({ type: "string", value: "late" }))
  await runtime.connect(next.port)
  expect(await evaluating).toMatchObject({ id, outcome: "value", result: { value: "late" } })
  expect(runtime.ran).toEqual([id])
})

test("nobody there: the error names the address and the next step", async () => {
  const bridge = await bridgeWithRecord()
  await bridge.stop()
  await expect(connectFrontEnd({ port: bridge.port })).rejects.toMatchObject({
    code: "no-bridge",
    message: expect.stringMatching(/^no bridge at http:\/\/127\.0\.0\.1:\d+ .*: start one with "repl-bridge serve"$/),
  })
})

test("something else there is said to be no bridge", async () => {
  const server = createServer((_, response) => response.writeHead(404).end())
  server.on("upgrade", (_, wire) => wire.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n"))
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  leave.push(() => server.close())
  const { port } = server.address() as AddressInfo
  await expect(connectFrontEnd({ port })).rejects.toMatchObject({
    code: "no-bridge",
    message: `what answers at http://127.0.0.1:${port} is no bridge (HTTP 404): name another with --port or --url`,
  })
})

test("a wrong token, and none, are not allowed", async () => {
  const bridge = await startBridge({ port: 0, clientScript: "" })
  leave.push(() => bridge.stop())
  await expect(connectFrontEnd({ port: bridge.port })).rejects.toMatchObject({ code: "not-allowed" })
  leave.push(record(bridge, { token: "wrong" }))
  await expect(connectFrontEnd({ port: bridge.port })).rejects.toMatchObject({ code: "not-allowed" })
  await expect(connectFrontEnd({ url: bridge.url, token: "wrong" })).rejects.toMatchObject({ code: "not-allowed" })
  await connect({ url: bridge.url, token: bridge.token })
})

test("a token that is refused may be the last bridge's: the record of the next one helps", async () => {
  const bridge = await startBridge({ port: 0, clientScript: "" })
  const forget = record(bridge)
  const frontEnd = await connect({ port: bridge.port })
  const isRefusedOnce = stateIs(frontEnd, "waiting").then(() => stateIs(frontEnd, "dialling"))
  await bridge.stop()
  const next = await startBridge({ port: bridge.port, clientScript: "" })
  leave.push(() => next.stop())
  await isRefusedOnce
  await stateIs(frontEnd, "waiting")
  forget()
  const isBack = stateIs(frontEnd, "ready")
  leave.push(record(next))
  await isBack
})

test("a bridge that comes within `connectMs` is waited for; interrupting ends the wait", async () => {
  const bridge = await bridgeWithRecord()
  await bridge.stop()
  const connecting = connect({ port: bridge.port, connectMs: 10_000 })
  await bridgeWithRecord({ port: bridge.port })
  expect((await connecting).state).toBe("ready")

  const interrupt = new AbortController()
  const other = connectFrontEnd({ url: "http://127.0.0.1:1", token: "t", connectMs: 10_000, signal: interrupt.signal })
  interrupt.abort()
  await expect(other).rejects.toMatchObject({ code: "interrupted" })
})
