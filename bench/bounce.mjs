// What a bounce under a crowd costs: real links in a process of their own, a real bridge in another that is stopped, and
// that is killed. Prints when all were back, and the longest that the new bridge's event loop stood still meanwhile.
// `npm run build` first: it runs what is built.
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"

const count = Number(process.argv[2] ?? 1000)
const token = "a-token-for-a-crowd-of-runtimes"

// A turn that was only kept from the processor by others is none of the bridge's: so turns are told in both kinds of time.
const program = `
import { monitorEventLoopDelay } from "node:perf_hooks"
import { startBridge } from "repl-bridge"
const [port, token] = process.argv.slice(1)
const delay = monitorEventLoopDelay({ resolution: 1 })
const bridge = await startBridge({ port: Number(port), token, maxRuntimes: ${count} })
process.once("SIGTERM", () => bridge.stop().then(() => process.exit()))
const usedMs = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000 }
const startMs = usedMs()
let lastMs = startMs
let longestMs = 0
setInterval(() => {
  const now = usedMs()
  longestMs = Math.max(longestMs, now - lastMs)
  lastMs = now
}, 1)
delay.enable()
process.stdin.on("data", () => {
  const totalMs = usedMs() - startMs
  console.log(JSON.stringify({ longestMs, totalMs, stoodMs: delay.max / 1e6, p99Ms: delay.percentile(99) / 1e6 }))
})
console.log(JSON.stringify({ port: bridge.port }))
`

function start(...words) {
  const child = spawn(process.execPath, words, {
    cwd: new URL("..", import.meta.url),
    stdio: ["pipe", "pipe", "inherit"],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { child, next: async () => JSON.parse((await lines.next()).value) }
}

const startBridge = (port) => start("--input-type=module", "--eval", program, String(port), token)

let bridge = startBridge(0)
const { port } = await bridge.next()
const crowd = start("bench/crowd.mjs", `http://127.0.0.1:${port}`, token, String(count))
await report("all pages opened at once")
for (const signal of ["SIGTERM", "SIGKILL"]) {
  const ended = new Promise((resolve) => bridge.child.once("close", resolve))
  bridge.child.kill(signal)
  await ended
  bridge = startBridge(port)
  await bridge.next()
  await report(signal === "SIGTERM" ? "bridge stopped and started" : "bridge killed and started")
}
crowd.child.kill()
bridge.child.kill()

async function report(what) {
  const { tookMs, dials } = await crowd.next()
  bridge.child.stdin.write("\n")
  const { longestMs, totalMs, stoodMs, p99Ms } = await bridge.next()
  const ms = (value) => `${value.toFixed(0)} ms`
  console.log(
    `${what}: ${count} ready after ${(tookMs / 1000).toFixed(1)} s, ${(dials / count).toFixed(2)} dials each; ` +
      `the bridge's longest turn took ${ms(longestMs)} of ${ms(totalMs)} of processor time; ` +
      `by the clock ${ms(stoodMs)}, 99 % within ${ms(p99Ms)}`,
  )
}
