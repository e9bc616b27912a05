import { spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { describe, expect, onTestFinished, test } from "vitest"
import { installRuntimes } from "../../scripts/runtimes.mjs"
import { connectFrontEnd, type Evaluation } from "../../src/frontend/index.ts"
import { startBridge } from "../../src/server/index.ts"
import { token } from "../support/stage.ts"

/** The built client in processes that are no browser: `npm run test:engines`. */

const client = new URL("../../dist/client/index.js", import.meta.url).href
const ws = new URL("../../node_modules/ws/wrapper.mjs", import.meta.url).href
const program = `
import process from "node:process"
import { connect, disconnect } from ${JSON.stringify(client)}
const [url, token] = process.argv.slice(2)
globalThis.leave = disconnect
await connect({ url, token, ...(!globalThis.WebSocket && (await import(${JSON.stringify(ws)}))) })
console.log("connected")
`
const own: Readonly<Record<string, string>> = { Deno: "Deno.version.deno", Bun: "Bun.version" }
const runtimes = [{ name: `Node ${process.versions.node}`, command: [process.execPath] }, ...installRuntimes()]
const waiting = { waitMs: 30_000, timeoutMs: 30_000 }

async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "repl-bridge-runtime-"))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, "program.mjs"), program)
  await writeFile(join(folder, "beside.mjs"), "export const beside = 'here'")
  return folder
}

async function open(port: number) {
  const bridge = await startBridge({ port, token, clientScript: "" })
  const frontEnd = await connectFrontEnd({ bridge })
  const end = async (): Promise<void> => {
    await frontEnd.close()
    await bridge.stop()
  }
  onTestFinished(end)
  return { bridge, frontEnd, end }
}

describe.each(runtimes)("$name", ({ name, command }) => {
  test("a process evaluates, imports and logs, outlives a bounce of the bridge, and ends once it has disconnected", async () => {
    const folder = await openFolder()
    const { bridge, frontEnd, end } = await open(0)
    const line = new Promise((heard) => {
      frontEnd.on("console", ({ args, eval: id }) => id !== undefined && heard(args))
    })
    const [file = "", ...words] = command
    const child = spawn(file, [...words, "program.mjs", bridge.url, token], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    })
    let said = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text))
    const ended = new Promise((exited) => child.once("close", exited))
    onTestFinished(() => void child.kill("SIGKILL"))
    await new Promise<void>((connected, failed) => {
      createInterface({ input: child.stdout }).on("line", (text) => text === "connected" && connected())
      void ended.then(() => failed(new Error(`${name} ended: ${said}`)))
    })

    const run = (code: string): Promise<Evaluation> => frontEnd.evaluate(code, waiting)
    const valueOf = async (code: string): Promise<unknown> => {
      const { outcome, result } = await run(code)
      return outcome === "value" ? (result as { readonly value?: unknown }).value : { outcome, result }
    }
    console.log(`${name}: ${String(await valueOf(own[name] ?? "process.version"))}`)
    expect(frontEnd.runtimes.map(({ kind }) => kind)).toEqual([name.split(" ")[0]!.toLowerCase()])
    expect(await valueOf("1 + 1")).toBe(2)
    await run("const kept = 41; let step = 1; class Sum { of() { return kept + step } }")
    expect(await valueOf("new Sum().of()")).toBe(42)
    await run("const kept = 43; class Sum {}")
    expect(await valueOf("kept")).toBe(43)
    expect(await valueOf("const waited = await Promise.resolve(6); waited")).toBe(6)
    expect(await valueOf("with ({ sloppy: 7 }) sloppy")).toBe(7)
    expect(await valueOf("import { basename } from 'node:path'; basename('a/b')")).toBe("b")
    expect(await valueOf("(await import('./beside.mjs')).beside")).toBe("here")
    expect(await run("let = = 3")).toMatchObject({ outcome: "refused", result: { name: "SyntaxError", line: 1 } })
    const { outcome, result } = await run("1;\n\n  nowhere()")
    expect(outcome).toBe("thrown")
    expect(result).toMatchObject({ name: "ReferenceError", stack: expect.stringMatching(/\brepl:3:\d+\)?$/) })
    await run("console.warn('hello', kept)")
    expect(await line).toMatchObject([{ value: "hello" }, { value: 43 }])
    expect(await frontEnd.complete([], "kep")).toMatchObject({ names: ["kept"] })
    expect(await frontEnd.complete(["process"], "versions")).toMatchObject({ names: ["versions"] })
    expect(await frontEnd.complete(["Buffer"], "fro")).toMatchObject({ names: expect.arrayContaining(["from"]) })
    expect(await run("Buffer.from('abc')")).toMatchObject({
      result: { subtype: "typedarray", description: "Buffer(3)" },
    })
    expect(await run("process")).toMatchObject({ outcome: "value", result: { type: "object" } })
    expect(await run("import * as path from 'node:path'; path")).toMatchObject({ result: { className: "Module" } })

    await end()
    const next = await open(bridge.port)
    expect(await next.frontEnd.evaluate("kept", waiting)).toMatchObject({ outcome: "value", result: { value: 43 } })
    await next.frontEnd.evaluate("setTimeout(leave)", waiting)
    expect(await ended).toBe(0)
  })
})
