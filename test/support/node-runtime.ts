import { WebSocket, type ClientOptions } from "ws"
import { capturePlatform, type Platform, type SocketConstructor } from "../../src/client/platform.ts"
import { createAbilities } from "../../src/client/abilities.ts"
import { createReplBridge, type ReplBridge, type ReplBridgeEvents } from "../../src/client/repl-bridge.ts"
import type { ConnectOptions } from "../../src/client/runtime.ts"

type EventName = keyof ReplBridgeEvents

const names: readonly EventName[] = [
  "connecting",
  "ready",
  "disconnected",
  "reconnecting",
  "reconnectFailed",
  "refused",
  "heartbeatTimeout",
  "flapping",
  "closed",
]

/** On a dead link a socket waits for an answer to its close, a browser's for a minute; a test's not so long. */
const closeMs = 500

/** The real client in this process, with everything that happens to it on record. */
export interface NodeRuntime {
  readonly client: ReplBridge
  /** What was emitted, in order. */
  readonly seen: readonly { readonly name: EventName; readonly detail: any }[]
  /** Timers that are armed. Without one, and without a socket, nothing will happen any more. */
  readonly timers: number
  /** Sockets that are not closed, the ones that the client has let go of included. */
  readonly sockets: number
  /** Of all its sockets, in bytes. */
  readonly bufferedAmount: number
  /** Resolves with the `nth` event of that name, past or future. */
  event<Name extends EventName>(name: Name, nth?: number): Promise<ReplBridgeEvents[Name]>
  /** How often the event was emitted so far. */
  count(name: EventName): number
  /** Resolves when a frame that contains the text comes in. */
  hears(text: string): Promise<void>
  /** Resolves when no timer is armed. */
  timeless(): Promise<void>
  /** Resolves when no more than so many sockets are not closed. */
  silent(sockets?: number): Promise<void>
  connect(): void
}

export interface NodeRuntimeSurroundings {
  /** Makes it a page, as far as the client can tell. */
  readonly window?: Platform["window"]
  /** Says that it is a page of this origin, so that it needs no token. */
  readonly origin?: string
  /** What a reload keeps. */
  readonly storage?: Platform["storage"]
  /** What it listens to, in place of this process's own. */
  readonly console?: Pick<Console, "log">
}

export function openRuntime(
  options: ConnectOptions,
  { window, origin, storage, console }: NodeRuntimeSurroundings = {},
): NodeRuntime {
  const seen: { name: EventName; detail: any }[] = []
  const looking = new Set<() => void>()
  const ears = new Set<(frame: string) => void>()
  const whenSilent = new Set<() => void>()
  const whenTimeless = new Set<() => void>()
  let timers = 0
  const sockets = new Set<WebSocket>()

  class HeardWebSocket extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      const settings: ClientOptions & { closeTimeout: number } = { closeTimeout: closeMs, ...(origin && { origin }) }
      super(url, protocols, settings)
      sockets.add(this)
      this.on("message", (data) => {
        for (const ear of ears) ear(String(data))
      })
      this.on("close", () => {
        sockets.delete(this)
        for (const look of whenSilent) look()
      })
    }
  }

  const platform = capturePlatform()
  const clock: Platform["clock"] = {
    now: platform.clock.now,
    after(ms, run) {
      timers++
      let isArmed = true
      const disarm = platform.clock.after(ms, () => {
        isArmed = false
        timers--
        run()
        if (timers > 0) return
        for (const tell of whenTimeless) tell()
        whenTimeless.clear()
      })
      return () => {
        if (isArmed) timers--
        isArmed = false
        disarm()
      }
    },
  }
  const client = createReplBridge(
    {
      ...platform,
      clock,
      debug: () => undefined,
      ...(window && { window, kind: "page" }),
      ...(storage && { storage }),
      ...(console && { scope: { console: console as Console } }),
    },
    createAbilities,
    { WebSocket: HeardWebSocket as unknown as SocketConstructor, ...options },
  )
  for (const name of names) {
    client.on(name, (detail) => {
      seen.push({ name, detail })
      for (const look of looking) look()
    })
  }

  return {
    client,
    seen,
    get timers() {
      return timers
    },
    get sockets() {
      return sockets.size
    },
    get bufferedAmount() {
      return [...sockets].reduce((sum, socket) => sum + socket.bufferedAmount, 0)
    },
    connect: () => void client.connect().catch(() => undefined),
    event: (name, nth = 1) =>
      new Promise((found) => {
        const look = (): void => {
          const event = seen.filter((past) => past.name === name)[nth - 1]
          if (!event) return
          looking.delete(look)
          found(event.detail)
        }
        looking.add(look)
        look()
      }),
    count: (name) => seen.filter((past) => past.name === name).length,
    hears: (text) =>
      new Promise((heard) => {
        const ear = (frame: string): void => {
          if (!frame.includes(text)) return
          ears.delete(ear)
          heard()
        }
        ears.add(ear)
      }),
    timeless: () => new Promise((timeless) => (timers === 0 ? timeless() : whenTimeless.add(timeless))),
    silent: (most = 0) =>
      new Promise((silent) => {
        const look = (): void => {
          if (sockets.size > most) return
          whenSilent.delete(look)
          silent()
        }
        whenSilent.add(look)
        look()
      }),
  }
}
