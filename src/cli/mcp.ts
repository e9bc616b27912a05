import { serveMcp } from "../frontend/index.ts"
import { connect, type ReachOptions } from "./connect.ts"
import { exit } from "./exit.ts"

export interface McpOptions extends ReachOptions {
  /** False with `--no-reconnect`. */
  readonly reconnect: boolean
  readonly maxReconnectDelay: number
}

export async function mcp(options: McpOptions): Promise<number> {
  const { reconnect, maxReconnectDelay: maxReconnectDelayMs } = options
  const drop = new AbortController()
  await serveMcp({
    signal: drop.signal,
    async connect(name) {
      const frontEnd = await connect(options, { name, maxReconnectDelayMs })
      if (!reconnect) frontEnd.on("state", ({ from }) => from === "ready" && drop.abort())
      return frontEnd
    },
  })
  return drop.signal.aborted ? exit.dropped : exit.done
}
