import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { token } from "./stage.ts"

const built = new URL("../../dist/client/index.js", import.meta.url).href

const program = `
import { WebSocket } from "ws"
import { connect } from ${JSON.stringify(built)}
await connect({ url: process.argv[1], token: process.argv[2], WebSocket })
console.log("ready")
`

/** The built client in a process of its own, which code may block. */
export interface RuntimeChild {
  end(): Promise<void>
}

/** Resolves when it is ready. */
export async function startRuntimeChild(url: string, within: readonly string[] = []): Promise<RuntimeChild> {
  const words = [...within, process.execPath, "--input-type=module", "--eval", program, url, token]
  const child = spawn(words[0]!, words.slice(1), { stdio: ["ignore", "pipe", "pipe"] })
  let complaints = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text))
  const closed = new Promise<void>((ended) => child.once("close", () => ended()))
  await new Promise<void>((ready, failed) => {
    createInterface({ input: child.stdout }).once("line", () => ready())
    void closed.then(() => failed(new Error(`the runtime ended: ${complaints}`)))
  })
  return {
    async end() {
      child.kill("SIGKILL")
      await closed
    },
  }
}
