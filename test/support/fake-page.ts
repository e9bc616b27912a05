import type { Platform } from "../../src/client/platform.ts"
import { readFrame, writeMessage, type RawMessage } from "../../src/protocol/index.ts"
import { createFakeClock } from "./fake-clock.ts"
import { createFakeNetwork } from "./fake-socket.ts"

interface Place {
  readonly kind?: Platform["kind"]
  readonly storage?: Map<string, string>
}

/**
 * A page, or with `kind` another place for a runtime, and the bridge it dials,
 * both in the test's hand. What a reload keeps is kept in `storage`.
 */
export function createFakePage({ kind = "page", storage = new Map() }: Place = {}) {
  const clock = createFakeClock()
  const network = createFakeNetwork()
  const dials: { url: string; protocols: string[] }[] = []
  const lines: string[] = []
  const printed: unknown[] = []
  const pageConsole = { log: (...args: unknown[]): void => void printed.push(...args) }
  const document = { title: "shop", visibilityState: "visible", querySelectorAll: () => [] }
  const listening = new Map<string, number>()
  let ids = 0
  let reloads = 0

  class FakeWindow extends EventTarget {
    readonly document = document
    readonly location = { href: "http://localhost:3000/cart", reload: () => void reloads++ }
    readonly performance = { now: clock.now, getEntriesByType: () => [{ type: "reload" }] }
    readonly parent = this
    /** There are no workers, and so no scout. */
    readonly URL = URL
    origin = "http://localhost:3000"

    override addEventListener(...[type, run, options]: Parameters<EventTarget["addEventListener"]>): void {
      super.addEventListener(type, run, options)
      listening.set(type, 1)
    }
    override removeEventListener(...[type, run, options]: Parameters<EventTarget["removeEventListener"]>): void {
      super.removeEventListener(type, run, options)
      listening.delete(type)
    }
  }
  const window = new FakeWindow()

  const platform: Platform = {
    kind,
    url: "",
    window: kind === "page" ? (window as unknown as Platform["window"]) : undefined,
    scope: { console: pageConsole as unknown as Console },
    ownUrl: undefined,
    storage: { getItem: (key) => storage.get(key) ?? null, setItem: (key, value) => void storage.set(key, value) },
    userAgent: "fake",
    clock,
    time: clock.now,
    defer: queueMicrotask,
    random: () => 0.5,
    randomId: () => `id-${++ids}`,
    WebSocket: function FakeWebSocket(url: string, protocols: string[]) {
      dials.push({ url, protocols })
      return network.openSocket(url)
    } as unknown as Platform["WebSocket"],
    debug: (line) => void lines.push(line),
    warn: (line) => void lines.push(line),
  }

  /** What the socket in use was given and this was not asked for before. */
  const heard = (op?: string): (RawMessage["header"] & { readonly body?: string | undefined })[] =>
    network.last.sent
      .splice(0)
      .flatMap((frame) => readFrame(frame))
      .map(({ header, body }) => ({ ...header, body }))
      .filter((message) => op === undefined || message.op === op)

  return {
    platform,
    clock,
    network,
    dials,
    lines,
    document,
    window,
    console: pageConsole,
    storage,
    heard,
    get reloads() {
      return reloads
    },
    /** Timers and listeners that are still there. */
    get left() {
      return clock.pending + listening.size
    },
    fire: (type: string, detail = {}) => window.dispatchEvent(Object.assign(new Event(type), detail)),
    say: (header: { readonly op: string } & Record<string, unknown>, body?: string) =>
      network.last.message(writeMessage(header, body)),
    /** The bridge answers the dial in flight. Gives the hello it heard. */
    async welcome(more: Record<string, unknown> = {}) {
      await endOfTurn()
      network.last.open()
      const [hello] = heard("hello")
      if (!hello) throw new Error("no hello was said")
      const { runtime, number = 1, name = "fake" } = hello
      const message = { op: "welcome", protocol: 1, version: "0", bridge: "b-1", runtime, number, name, ...more }
      network.last.message(writeMessage(message))
      await endOfTurn()
      return hello
    },
  }
}

/** When everything that was only waiting for promises has happened. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
