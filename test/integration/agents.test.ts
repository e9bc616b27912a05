import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { connectFrontEnd, type FrontEnd } from "../../src/frontend/index.ts"
import { startBridge, type AgentPolicy, type Bridge } from "../../src/server/index.ts"
import { openDesk } from "../support/bridge-process.ts"
import { openRuntime } from "../support/node-runtime.ts"
import { runtimeIs, shortLink, token } from "../support/stage.ts"
import { openPane, requireTmux } from "../support/tmux.ts"

/** What agents may, over a real bridge and a real runtime. */

async function open(agents: AgentPolicy): Promise<{ bridge: Bridge; agent: FrontEnd }> {
  const bridge = await startBridge({ port: 0, token, clientScript: "", agents })
  onTestFinished(() => bridge.stop())
  const runtime = openRuntime({ url: bridge.url, name: "shop", token, ...shortLink })
  onTestFinished(() => runtime.client.disconnect())
  runtime.connect()
  const agent = await connect(bridge, "mcp:test", "agent")
  await runtimeIs(agent, "ready")
  return { bridge, agent }
}

async function connect(bridge: Bridge, name: string, kind?: "agent" | "terminal"): Promise<FrontEnd> {
  const frontEnd = await connectFrontEnd({ url: bridge.url, token, name, ...(kind && { kind }) })
  onTestFinished(() => frontEnd.close())
  return frontEnd
}

function asked(person: FrontEnd, count = 1): Promise<void> {
  return new Promise((heard) => {
    const look = (): void => {
      if (person.asking.length !== count) return
      forget()
      heard()
    }
    const forget = person.on("asking", look)
    look()
  })
}

const value = (number: number) => ({ outcome: "value", result: { value: number } })
const refused = (words: string) => ({
  outcome: "refused",
  result: { name: "NotAllowedError", message: expect.stringContaining(words) },
})

test("[P50] an agent may what everyone may, if nothing else was said", async () => {
  const { agent } = await open("allow")
  expect(await agent.evaluate("6 * 7")).toMatchObject(value(42))
})

test("[P52] where agents may only look, nothing of theirs runs, and others are not touched", async () => {
  const { bridge, agent } = await open("read-only")
  Object.assign(globalThis, {
    agentShop: {
      runs: 0,
      get total() {
        return ++this.runs
      },
    },
  })
  onTestFinished(() => void delete (globalThis as any).agentShop)
  expect(await agent.evaluate("agentShop.total")).toMatchObject(refused("read-only"))
  await expect(agent.reload()).rejects.toThrow("agents may only look")
  await expect(agent.look(["agentShop", "total"], { runsGetters: true })).rejects.toThrow("getters")
  expect((await agent.complete(["agentShop"], "to")).names).toContain("total")
  const person = await connect(bridge, "cli")
  expect(await person.evaluate("agentShop.runs")).toMatchObject(value(0))
})

test("[P51] others hear who asked, and what", async () => {
  const { bridge, agent } = await open("allow")
  const other = await connect(bridge, "other")
  const heard = new Promise((resolve) => other.on("evaluated", resolve))
  const own = new Promise((resolve) => agent.on("evaluated", resolve))
  await agent.evaluate(`1 // ${"x".repeat(2000)}`)
  expect(await heard).toMatchObject({ from: "mcp:test", outcome: "value", isOurs: false })
  expect(((await heard) as { code: string }).code).toHaveLength(1000)
  expect(await own).toMatchObject({ isOurs: true })
})

test("two front ends and an agent at once: each keeps its own target, and hears the others by name", async () => {
  const { bridge, agent } = await open("allow")
  const other = openRuntime({ url: bridge.url, name: "bakery", token, ...shortLink })
  onTestFinished(() => other.client.disconnect())
  other.connect()
  await other.event("ready")
  const editor = await connect(bridge, "neovim")
  const cli = await connect(bridge, "cli")
  const all = { agent, editor, cli }
  const heard = Object.values(all).map((frontEnd) => {
    const names: string[] = []
    return new Promise<readonly string[]>((done) => {
      frontEnd.on("evaluated", ({ from, isOurs }) => {
        names.push(isOurs ? "itself" : from)
        if (names.length === 3) done(names.toSorted())
      })
    })
  })
  await agent.use("shop")
  await editor.use("bakery")
  await cli.use("shop")
  await editor.use("shop")
  await editor.use("bakery")
  const ran = await Promise.all(Object.values(all).map((frontEnd) => frontEnd.evaluate("1")))
  expect(ran.map(({ runtime }) => runtime?.name)).toEqual(["shop", "bakery", "shop"])
  expect(await Promise.all(heard)).toEqual([
    ["cli", "itself", "neovim"],
    ["cli", "itself", "mcp:test"],
    ["itself", "mcp:test", "neovim"],
  ])
})

test("[P53] a person decides: the code is put before them, and runs or does not", async () => {
  const { bridge, agent } = await open("ask")
  const person = await connect(bridge, "terminal", "terminal")
  const yes = agent.evaluate("6 * 7")
  await asked(person)
  expect(person.asking).toMatchObject([{ from: "mcp:test", code: "6 * 7" }])
  person.decide(person.asking[0]!.id, true)
  expect(await yes).toMatchObject(value(42))
  await asked(person, 0)
  const no = agent.evaluate("globalThis.agentRan = true")
  await asked(person)
  person.decide(person.asking[0]!.id, false)
  expect(await no).toMatchObject(refused("terminal did not allow it"))
  expect(await person.evaluate("typeof agentRan")).toMatchObject({ result: { value: "undefined" } })
})

test("[P53] without a person at a terminal it is refused; one who comes later is told what waits, and when none is left nothing does", async () => {
  const { bridge, agent } = await open("ask")
  expect(await agent.evaluate("1")).toMatchObject(refused("nobody is at a terminal"))
  const person = await connect(bridge, "terminal", "terminal")
  const evaluation = agent.evaluate("2")
  await asked(person)
  const another = await connect(bridge, "terminal", "terminal")
  await asked(another)
  await person.close()
  await another.close()
  expect(await evaluation).toMatchObject(refused("nobody is at a terminal any more"))
})

test("[P53] only a terminal decides, and what is cancelled is put before nobody any more", async () => {
  const { bridge, agent } = await open("ask")
  const person = await connect(bridge, "terminal", "terminal")
  const stop = new AbortController()
  const evaluation = agent.evaluate("globalThis.agentRan = true", { signal: stop.signal })
  await asked(person)
  agent.decide(person.asking[0]!.id, true)
  const cli = await connect(bridge, "cli")
  cli.decide(person.asking[0]!.id, true)
  expect(await cli.evaluate("typeof agentRan")).toMatchObject({ result: { value: "undefined" } })
  stop.abort()
  await asked(person, 0)
  expect((await evaluation).outcome).not.toBe("value")
  expect(await cli.evaluate("typeof agentRan")).toMatchObject({ result: { value: "undefined" } })
})

test("[P53] in a real terminal the code stands above the prompt, and y or n is the answer", async () => {
  requireTmux()
  const desk = await openDesk()
  onTestFinished(() => desk.clear())
  const { url, port } = await desk.serve("--port", "0", "--agents", "ask")
  const runtime = openRuntime({ url, name: "shop", ...shortLink }, { origin: "http://localhost" })
  onTestFinished(() => runtime.client.disconnect())
  runtime.connect()
  const bin = new URL("../../bin/repl-bridge.js", import.meta.url).pathname
  const state = join(desk.folder, "state")
  const command = `env XDG_STATE_HOME=${state} ${process.execPath} ${bin} attach --port ${port} --no-color`
  const terminal = await openPane(command)
  onTestFinished(() => terminal.close())
  await terminal.until(/^shop ›$/m)

  const record = JSON.parse(readFileSync(join(state, "repl-bridge", `${port}.json`), "utf8")) as { token: string }
  const agent = await connectFrontEnd({ url, token: record.token, name: "mcp:test", kind: "agent" })
  onTestFinished(() => agent.close())
  const yes = agent.evaluate("40 +\n  2")
  await terminal.until("│ 40 +\n│   2\nmcp:test wants to run this: y allows it, n does not\nshop ›")
  await terminal.type("y")
  await terminal.press("Enter")
  expect(await yes).toMatchObject(value(42))
  await terminal.until("mcp:test › 40 + (value)\nshop ›")
  const no = agent.evaluate("1")
  await terminal.until("│ 1\nmcp:test wants")
  await terminal.type("n")
  await terminal.press("Enter")
  expect(await no).toMatchObject(refused("terminal did not allow it"))
  await terminal.until("mcp:test › 1 (refused)\nshop ›")
})
