import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { expect, onTestFinished, test } from "vitest"
import { connectFrontEnd } from "../../src/frontend/index.ts"
import { startBridgeChild } from "../support/bridge-child.ts"
import { openRuntime } from "../support/node-runtime.ts"
import { openStage, token, works } from "../support/stage.ts"

/** Many at once. How long the bridge's turns take is measured by bench/bounce.mjs. */

const crowdProgram = new URL("../../bench/crowd.mjs", import.meta.url).pathname

/** So many runtimes in a process of their own, each with the real client; `ready` resolves when all are, the next time. */
function startCrowd(url: string, count: number): { ready(): Promise<{ ready: number; dials: number }> } {
  const child = spawn(process.execPath, [crowdProgram, url, token, String(count)], {
    stdio: ["ignore", "pipe", "pipe"],
  })
  onTestFinished(() => void child.kill("SIGKILL"))
  let complaints = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async ready() {
      const { value } = await lines.next()
      if (value === undefined) throw new Error(`the crowd ended: ${complaints}`)
      return JSON.parse(value)
    },
  }
}

test("[L18] 1,000 runtimes whose bridge is killed are all back, and each evaluates", { timeout: 240_000 }, async () => {
  const count = 1000
  const options = { token, maxRuntimes: count, clientScript: "" }
  const first = await startBridgeChild({ ...options, port: 0 })
  onTestFinished(() => first.end("SIGKILL"))
  const crowd = startCrowd(`http://127.0.0.1:${first.port}`, count)
  await crowd.ready()
  await first.end("SIGKILL")
  const second = await startBridgeChild({ ...options, port: first.port })
  onTestFinished(() => second.end("SIGKILL"))
  expect(await crowd.ready()).toMatchObject({ ready: count })
  const frontEnd = await connectFrontEnd({ url: `http://127.0.0.1:${first.port}`, token })
  onTestFinished(() => frontEnd.close())
  expect(frontEnd.runtimes.filter(({ state }) => state === "ready")).toHaveLength(count)
  const evaluations = await Promise.all(
    frontEnd.runtimes.map(({ id }) => frontEnd.evaluate("6 * 7", { runtime: id, timeoutMs: 0 })),
  )
  const values = evaluations.map((evaluation) => evaluation.outcome === "value" && evaluation.result.value)
  expect(values).toEqual(Array(count).fill(42))
  expect(new Set(evaluations.map(({ runtime }) => runtime?.id)).size).toBe(count)
})

test("[L18] a page that finds no free place comes again no sooner than it is told, and is let in when there is one", async () => {
  const stage = await openStage({ bridge: { maxRuntimes: 1 }, surroundings: { origin: "http://localhost:3000" } })
  const late = openRuntime({ url: stage.wire.url }, { origin: "http://localhost:3000" })
  onTestFinished(() => late.client.disconnect())
  late.connect()
  expect(await late.event("disconnected")).toMatchObject({ code: 1013, reason: expect.stringMatching(/^there are 1 /) })
  expect((await late.event("reconnecting")).delay).toBeGreaterThanOrEqual(5000)
  await stage.runtime.client.disconnect()
  await late.event("ready")
  await works(stage.frontEnd)
  expect(late.count("connecting")).toBeLessThanOrEqual(3)
})
