// A crowd in one process: so many runtimes at a bridge, each with the client's real core and a socket of its own; what they
// evaluate they share, as one process has one scope. `node crowd.mjs URL TOKEN COUNT`; whenever all are ready it prints how
// long that took since the start, or since the first was dropped, and how many dials it took.
import { runInThisContext } from "node:vm"
import { WebSocket } from "ws"
import { capturePlatform } from "../dist/client/platform.js"
import { createReplBridge } from "../dist/client/repl-bridge.js"

const [url, token, count] = process.argv.slice(2)
const platform = { ...capturePlatform(), debug: () => {} }
let since = performance.now()
let ready = 0
let dials = 0

function createAbilities() {
  const ignore = () => {}
  return {
    async evaluate({ id }, code) {
      const header = { op: "outcome", id, outcome: "value", durationMs: 0 }
      const value = runInThisContext(code)
      return { outcome: `${JSON.stringify(header)}\n${JSON.stringify({ type: typeof value, value })}` }
    },
    complete: ignore,
    acknowledge: ignore,
    start: ignore,
    stop: ignore,
    resume: ignore,
    flush: ignore,
  }
}

for (let nth = 0; nth < Number(count); nth++) {
  const bridge = createReplBridge(platform, createAbilities, { url, token, WebSocket })
  bridge.on("connecting", () => dials++)
  bridge.on("disconnected", () => {
    if (ready === Number(count)) [since, dials] = [performance.now(), 0]
  })
  bridge.on("stateChange", ({ from, to }) => {
    if (from === "ready") ready--
    if (to !== "ready" || ++ready < Number(count)) return
    process.stdout.write(`${JSON.stringify({ ready, tookMs: Math.round(performance.now() - since), dials })}\n`)
  })
  bridge.connect().catch((error) => {
    process.stderr.write(`${error}\n`)
    process.exit(1)
  })
}
