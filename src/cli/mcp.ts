import { serveMcp } from "../frontend/index.ts"
import { connect } from "./connect.ts"
import { exit } from "./exit.ts"
import { inputThatCloses } from "./input.ts"
import type { StayingOptions } from "./staying.ts"

export async function mcp(options: StayingOptions): Promise<number> {
  const { reconnect, maxReconnectDelay: maxReconnectDelayMs } = options
  const drop = new AbortController()
  await serveMcp({
    input: inputThatCloses(),
    signal: drop.signal,
    async connect(name) {
      const frontEnd = await connect(options, { name, kind: "agent", maxReconnectDelayMs })
      if (!reconnect) frontEnd.on("state", ({ from, to }) => from === "ready" && to !== "stopped" && drop.abort())
      return frontEnd
    },
  })
  return drop.signal.aborted ? exit.dropped : exit.done
}
