import type { Clock, Socket } from "../link/index.ts"
import type { ConsoleScope } from "./console-tap.ts"

/** A browser's WebSocket, that of Node (from 22 on), Deno and Bun, or that of the `ws` package; its `on…` properties differ in type, not in use. */
export type SocketConstructor = new (
  url: string,
  protocols?: string[],
) => Omit<Socket, "onopen" | "onmessage" | "onclose" | "onerror">

export type RuntimeKind = "page" | "frame" | "worker" | "node" | "deno" | "bun"

/**
 * What the client borrows from its surroundings, taken once at load: a page
 * that patches its globals later patches nothing of ours.
 */
export interface Platform {
  readonly kind: RuntimeKind
  /** There in pages only. */
  readonly window: (Window & typeof globalThis) | undefined
  /** Whose console and errors are heard. */
  readonly scope: ConsoleScope
  /** Of a page or worker; empty elsewhere. */
  readonly url: string
  /** Where this client came from, where it is a script by itself and no part of a bundle. */
  readonly ownUrl: string | undefined
  /** Outlives a reload of the page; absent where there is none or where it is forbidden. */
  readonly storage: Pick<Storage, "getItem" | "setItem"> | undefined
  readonly userAgent: string | undefined
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly time: () => number
  /** Runs something at the end of the turn. */
  readonly defer: (run: () => void) => void
  /** 0 ≤ x < 1. */
  readonly random: () => number
  /** 128 random bits, as text that is safe in a header. */
  readonly randomId: () => string
  /** Absent in Node before 22. */
  readonly WebSocket: SocketConstructor | undefined
  /** One line for those who look for it: hidden by default in DevTools. */
  readonly debug: (line: string) => void
  /** One line that the developer of the page must see. */
  readonly warn: (line: string) => void
}

type Surroundings = Partial<Omit<typeof globalThis, "Deno" | "Bun" | "process">> & {
  readonly Deno?: unknown
  readonly Bun?: unknown
  readonly process?: unknown
}

/** JSON's functions as they were at load. */
export const { parse, stringify } = JSON

export function capturePlatform(ownUrl?: string): Platform {
  const { document, window, navigator, location, crypto, WebSocket, console, Date, queueMicrotask } =
    globalThis as Surroundings
  const { debug, warn } = console!
  return {
    kind: detectKind(globalThis),
    window: document && window,
    scope: globalThis as ConsoleScope,
    url: location?.href ?? "",
    ownUrl,
    storage: findStorage(),
    userAgent: navigator?.userAgent,
    clock: createClock(globalThis),
    time: Date!.now,
    defer: (run) => queueMicrotask!(run),
    random: Math.random,
    randomId: () => crypto!.getRandomValues(new Uint32Array(4)).join("-"),
    WebSocket,
    debug,
    warn,
  }
}

function detectKind({ document, window, parent, Deno, Bun, process }: Surroundings): RuntimeKind {
  if (document) return parent === window ? "page" : "frame"
  // Deno and Bun have a `process` too.
  if (Deno) return "deno"
  if (Bun) return "bun"
  return process ? "node" : "worker"
}

function findStorage(): Storage | undefined {
  try {
    return globalThis.sessionStorage
  } catch {
    return undefined
  }
}

/** What a clock is made of. */
type TimeSource = Pick<typeof globalThis, "setTimeout" | "clearTimeout"> & {
  readonly Date: { now(): number }
  readonly performance: { now(): number }
}

/** A wall clock that runs ahead by more than this has seen the machine sleep, or was set. */
const sleepMs = 1000

export function createClock({ performance, Date, setTimeout, clearTimeout }: TimeSource): Clock {
  const monotonic = performance.now.bind(performance)
  const wall = Date.now.bind(Date)
  let lastMonotonic = monotonic()
  let lastWall = wall()
  let sleptMs = 0
  return {
    now() {
      const monotonicNow = monotonic()
      const wallNow = wall()
      const gap = wallNow - lastWall - (monotonicNow - lastMonotonic)
      if (gap > sleepMs) sleptMs += gap
      lastMonotonic = monotonicNow
      lastWall = wallNow
      return monotonicNow + sleptMs
    },
    after(ms, run) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
  }
}
