import { createLink, type Clock, type LinkEvents, type LinkSettings, type Scout, type Socket } from "../link/index.ts"
import { decodeToFrontEnd, type ToFrontEnd } from "../protocol/index.ts"
import type { OpenChannel } from "./channel.ts"

export interface LinkChannelParts {
  readonly url: () => string
  readonly openSocket: (url: string) => Socket
  readonly clock: Clock
  readonly settings: LinkSettings
  readonly scout?: Scout | undefined
}

/** A way to a bridge in another process: it heals by itself. */
export function overLink({ url, openSocket, clock, settings, scout }: LinkChannelParts): OpenChannel {
  return (use) => {
    let dialled: string | undefined
    const link = createLink<ToFrontEnd>(() => (dialled = url()), {
      settings,
      clock,
      random: Math.random,
      openSocket,
      hello: () => use.hello(),
      decode: decodeToFrontEnd,
      deliver: (message, body) => use.heard(message, body),
      ...(scout && { scout }),
    })
    // Two of its changes bring something with them, and are told after that.
    let change: LinkEvents<ToFrontEnd>["stateChange"] = { from: "idle", to: "idle" }
    link.on("stateChange", (next) => {
      change = next
      if (next.to !== "ready" && next.to !== "refused") use.changed(next)
    })
    link.on("ready", ({ welcome }) => {
      use.welcomed(welcome)
      use.changed(change)
    })
    link.on("refused", (refusal) => {
      use.refused(refusal)
      use.changed(change)
    })
    // Its end is told by events.
    link.connect().catch(() => undefined)

    return {
      get state() {
        return link.state
      },
      get url() {
        return dialled && new URL(dialled).origin.replace(/^ws/, "http")
      },
      send: (message) => void link.send(message),
      close: () => link.disconnect(),
    }
  }
}
