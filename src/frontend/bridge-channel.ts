import type { LinkStateName } from "../link/index.ts"
import { decodeToFrontEnd, isFinal, writeMessage } from "../protocol/index.ts"
import type { ChannelUse, OpenChannel } from "./channel.ts"

/** The part of a bridge in this process that a front end uses. */
export interface BridgeDoor {
  readonly url: string
  openChannel(
    receive: (frame: string) => void,
    closed: (code: number, reason: string) => void,
  ): { send(frame: string): void; close(): void }
}

/** A way to a bridge in this process: nothing can break it but the end of the bridge. */
export function overBridge(bridge: BridgeDoor): OpenChannel {
  return (use: ChannelUse) => {
    let state: LinkStateName = "greeting"
    const change = (to: LinkStateName): void => {
      const from = state
      state = to
      if (from !== to) use.changed({ from, to })
    }

    const channel = bridge.openChannel(
      (frame) => {
        for (const { message, body } of decodeToFrontEnd(frame)) {
          if (message.op === "ping") channel.send(writeMessage({ ...message, op: "pong" }))
          else if (message.op === "reject") use.refused(message)
          else if (message.op !== "welcome") use.heard(message, body)
          else {
            state = "ready"
            use.welcomed(message)
            use.changed({ from: "greeting", to: "ready" })
          }
        }
      },
      (code) => change(isFinal(code) ? "refused" : "stopped"),
    )
    channel.send(use.hello())

    return {
      get state() {
        return state
      },
      url: bridge.url,
      send: (message) => {
        if (state === "ready") channel.send(message)
      },
      async close() {
        channel.close()
        change("stopped")
      },
    }
  }
}
