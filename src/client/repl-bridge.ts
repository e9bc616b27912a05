import { isLoopback, LinkError, type LinkEvents, type LinkStateName, type Ready } from "../link/index.ts"
import type { ToRuntime } from "../protocol/index.ts"
import { createFrames } from "./frames.ts"
import type { Platform } from "./platform.ts"
import { createRuntime, doorOf, type ConnectOptions, type CreateAbilities } from "./runtime.ts"

/** What {@link ReplBridge.on} can listen to, by name, with what the listener is given. */
export type ReplBridgeEvents = LinkEvents<ToRuntime>

/** What {@link ReplBridge.connect} resolves with. */
export type ReplBridgeReady = Ready<ToRuntime>

/** A runtime's own view of its way to the bridge: `globalThis.replBridge`, and what `repl-bridge/client` exports. */
export interface ReplBridge {
  /**
   * Connects this runtime, or joins what is under way: while the link is alive,
   * only another `url` makes a difference, and ends the old one first. Options that are left out
   * are those of the call before, or of the script tag. Drops are healed
   * without further calls; evals and their outcomes outlive them.
   *
   * @returns settles once: when the bridge has said welcome, or when it is clear that it will not
   * @throws LinkError `bad-options` (also for a page that is not local, see `allowRemote`), `refused`, `stopped`, or `gave-up` after `maxAttempts`
   */
  readonly connect: (options?: ConnectOptions) => Promise<ReplBridgeReady>
  /**
   * Ends the link for good, in whatever state: no further dial, timer, listener or
   * worker. So it does for the frames that `frames` brought in. `connect()` starts anew, in the same session.
   *
   * @returns resolves when the socket is closed, after 2 s at most
   */
  readonly disconnect: () => Promise<void>
  /** Allows retries again, and dials at once if the link is down. They are allowed at first. */
  readonly enableReconnection: () => void
  /** Lets the next drop be the last, and cancels a retry that is due; a socket that is open stays. A `connect()` after that allows retries again. */
  readonly disableReconnection: () => void
  /** Dials now instead of when the next retry is due. */
  readonly reconnectNow: () => void
  /** Calls `listener` at each such event, whatever link it is of. What a listener throws breaks nothing. Returns a function that removes it. */
  readonly on: <Event extends keyof ReplBridgeEvents>(
    event: Event,
    listener: (detail: ReplBridgeEvents[Event]) => void,
  ) => () => void
  /** `idle` before the first `connect()`. */
  readonly state: LinkStateName
  /** Whether the link has not ended for good. */
  readonly alive: boolean
  /** Whether the link is down and on its way back: waiting or dialling again. */
  readonly isReconnecting: boolean
  /** Whether the next dial is still to come. */
  readonly isWaiting: boolean
  /** Dials since the link was last stable. */
  readonly reconnectAttempts: number
}

declare global {
  /** This runtime's way to the bridge; there once the client is loaded. */
  var replBridge: ReplBridge | undefined
}

/** @param options - what `connect()` starts from */
export function createReplBridge(
  platform: Platform,
  createAbilities: CreateAbilities,
  options: ConnectOptions = {},
): ReplBridge {
  const link = createRuntime(platform, createAbilities)
  const { enableReconnection, disableReconnection, reconnectNow, on } = link
  const { window } = platform
  const frames = window && createFrames(window.document, platform)
  link.on("stateChange", ({ to }) => {
    if (to === "ready" && options.frames) frames?.start(options)
    if (to === "stopped" || to === "refused") frames?.stop()
  })

  return {
    async connect(given) {
      const next = { ...options, ...given }
      if (link.alive && next.url === options.url) return link.connect()
      const problem = next.allowRemote ? undefined : remoteness(window)
      if (problem) throw new LinkError("bad-options", problem)
      const ready = link.connect(doorOf(next.url), next)
      options = next
      return ready
    },

    disconnect: () => link.disconnect(),
    enableReconnection,
    disableReconnection,
    reconnectNow,
    on,

    get state() {
      return link.state
    },
    get alive() {
      return link.alive
    },
    get isReconnecting() {
      return link.isReconnecting
    },
    get isWaiting() {
      return link.isWaiting
    },
    get reconnectAttempts() {
      return link.reconnectAttempts
    },
  }
}

/** Why a page like this does not connect unless it is told to. */
function remoteness(window: Window | undefined): string | undefined {
  const origin = window?.origin
  if (origin === "null") return "this page has no origin, which the bridge refuses: open it as http://localhost…"
  if (origin && !isLoopback(origin)) {
    return `${origin} is not on this machine: connect it by data-allow-remote in the script tag, or allowRemote`
  }
  return undefined
}
