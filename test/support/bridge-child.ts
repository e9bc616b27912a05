import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import type { BridgeOptions } from "../../src/server/index.ts"

const built = new URL("../../dist/index.js", import.meta.url).href

const program = `
import { startBridge } from ${JSON.stringify(built)}
const bridge = await startBridge(JSON.parse(process.argv[1]))
process.once("SIGTERM", () => bridge.stop())
console.log(bridge.port)
`

/** The built bridge in a process of its own. */
export interface BridgeChild {
  readonly port: number
  /** Stops and continues its process, as a debugger or a suspended machine does. */
  freeze(): void
  thaw(): void
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>
}

/** @param within - words that run a command elsewhere, such as in a network namespace */
export async function startBridgeChild(options: BridgeOptions, within: readonly string[] = []): Promise<BridgeChild> {
  const words = [...within, process.execPath, "--input-type=module", "--eval", program, JSON.stringify(options)]
  const child = spawn(words[0]!, words.slice(1), { stdio: ["ignore", "pipe", "pipe"] })
  let complaints = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text))
  const closed = new Promise<void>((ended) => child.once("close", () => ended()))
  const port = await new Promise<number>((told, failed) => {
    createInterface({ input: child.stdout }).once("line", (line) => told(Number(line)))
    void closed.then(() => failed(new Error(`the bridge ended: ${complaints}`)))
  })
  return {
    port,
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    async end(signal) {
      child.kill(signal)
      if (signal === "SIGKILL") child.kill("SIGCONT")
      await closed
    },
  }
}
