import { bundleClient } from "../../scripts/client.mjs"
import { test as base } from "vitest"
import type { ConnectOptions } from "../../src/client/runtime.ts"
import type { RuntimeInfo } from "../../src/protocol/index.ts"
import { connectFrontEnd, type FrontEnd } from "../../src/frontend/index.ts"
import { startBridge, type Bridge, type BridgeOptions } from "../../src/server/index.ts"
import { servePages } from "./browser.ts"
import { openTabBrowser, type Tab, type TabBrowser } from "./tab-browser.ts"
import { openWire, type Wire } from "./wire.ts"

export interface TabStageOptions {
  readonly bridge?: BridgeOptions
  /** What the page says to `connect()`, beside its URL. */
  readonly link?: ConnectOptions
  /** Under which the page is loaded; the browser must know where that is. */
  readonly host?: string
  /** What the page does to itself before the client is loaded. */
  readonly before?: string
}

/** A bridge and a front end in the test's process, and pages in a real browser; between pages and bridge a wire that a test can hurt. */
export interface TabStage {
  readonly bridge: Bridge
  readonly wire: Wire
  readonly frontEnd: FrontEnd
  /** The address of the page; what is below it at `/away` is another. */
  readonly url: string
  /** Opens the page, in the stage's one window. */
  open(): Promise<PageTab>
  /** Resolves with the first state of a runtime, now or to come, that fits. */
  runtime(fits: (runtime: RuntimeInfo) => boolean): Promise<RuntimeInfo>
  /** The state of all runtimes, told from now on. */
  watch(): readonly string[]
  /** Another bridge takes the place of this one, with the same token. */
  restart(): Promise<void>
}

export interface Happening {
  readonly name: string
  readonly detail: any
  /** Milliseconds since the page was loaded. */
  readonly at: number
}

export interface PageTab extends Tab {
  /** The nth such event of this page's link, or message to it (`heard pong`), or whatever else it calls `happened()` with. */
  until(name: string, nth?: number): Promise<Happening>
  /** How often that happened so far. */
  count(name: string): Promise<number>
}

/** What a page keeps about itself: what happened, and what of its surroundings is in use. */
const observe = `
const seen = []
const looks = new Set()
globalThis.happened = (name, detail) => {
  seen.push({ name, detail, at: performance.now() })
  for (const look of looks) look()
}
globalThis.count = (name) => seen.filter((one) => one.name === name).length
globalThis.until = (name, nth) => new Promise((reached) => {
  const look = () => {
    const found = seen.filter((one) => one.name === name)[nth - 1]
    if (!found) return
    looks.delete(look)
    reached(found)
  }
  looks.add(look)
  look()
})

const timers = new Set()
const listeners = new Set()
const workers = new Set()
const { setTimeout, clearTimeout, addEventListener, removeEventListener, Worker, WebSocket } = globalThis
globalThis.setTimeout = (run, ms) => {
  const timer = setTimeout(() => { timers.delete(timer); run() }, ms)
  timers.add(timer)
  return timer
}
globalThis.clearTimeout = (timer) => { timers.delete(timer); clearTimeout(timer) }
globalThis.addEventListener = (type, listener, options) => {
  listeners.add(listener)
  options?.signal?.addEventListener("abort", () => listeners.delete(listener))
  addEventListener.call(window, type, listener, options)
}
globalThis.removeEventListener = (type, listener, options) => {
  listeners.delete(listener)
  removeEventListener.call(window, type, listener, options)
}
globalThis.Worker = class extends Worker {
  constructor(url) { super(url); workers.add(this) }
  terminate() { super.terminate(); workers.delete(this) }
}
globalThis.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given)
    this.addEventListener("message", ({ data }) => happened("heard " + JSON.parse(data.split("\\n", 1)).op))
  }
}
globalThis.inUse = () => ({ timers: timers.size, listeners: listeners.size, workers: workers.size })
`

const eventNames = [
  "connecting",
  "ready",
  "disconnected",
  "reconnecting",
  "refused",
  "heartbeatTimeout",
  "flapping",
  "closed",
]

function pageFor(url: string, { link, before = "" }: TabStageOptions): string {
  const options = JSON.stringify({ backoff: { base: 300, cap: 2000 }, setupMs: 3000, ...link, url })
  return `<!doctype html><title>shop</title>
<script>{${observe}}; ${before}</script>
<script src="/client.js" data-manual></script>
<script>
  for (const name of ${JSON.stringify(eventNames)}) replBridge.on(name, (detail) => happened(name, detail))
  const unused = inUse()
  replBridge.connect(${options}).catch(() => undefined)
</script>`
}

/** @param flags - for the browser, of which there is one for the file */
export function testInTabs(...flags: readonly string[]) {
  return base.extend<{
    client: string
    browser: TabBrowser
    openStage: (options?: TabStageOptions) => Promise<TabStage>
  }>({
    client: [
      // oxlint-disable-next-line no-empty-pattern -- vitest reads what a fixture needs from the pattern
      async ({}, use) => use(await bundleClient({ minify: true })),
      { scope: "file" },
    ],
    browser: [
      // oxlint-disable-next-line no-empty-pattern
      async ({}, use) => {
        const browser = await openTabBrowser(...flags)
        await use(browser)
        await browser.close()
      },
      { scope: "file" },
    ],
    openStage: async ({ browser, client }, use) => {
      const ends: (() => unknown)[] = []
      await use((options = {}) => buildStage(browser, client, options, (end) => void ends.push(end)))
      for (const end of ends.toReversed()) await end()
    },
  })
}

async function buildStage(
  browser: TabBrowser,
  clientScript: string,
  options: TabStageOptions,
  finallyDo: (end: () => unknown) => void,
): Promise<TabStage> {
  const begin = (more?: BridgeOptions) =>
    startBridge({ port: 0, heartbeatMs: 2000, clientScript, ...options.bridge, ...more })

  let bridge = await begin()
  finallyDo(() => bridge.stop())
  const wire = await openWire(bridge.port)
  finallyDo(() => wire.close())
  const frontEnd = await connectFrontEnd({ bridge, name: "test" })
  finallyDo(() => frontEnd.close())
  const pages = await servePages({
    "/": pageFor(wire.url, options),
    "/client.js": clientScript,
    "/away": "away",
    "/favicon.ico": "",
  })
  finallyDo(() => pages.close())
  const url = pages.origin.replace("127.0.0.1", options.host ?? "127.0.0.1")
  const window = await browser.openWindow()
  finallyDo(() => window.close())

  return {
    get bridge() {
      return bridge
    },
    wire,
    frontEnd,
    url,
    open: async () => pageTab(await window.open(url)),
    runtime: (fits) =>
      new Promise((found) => {
        const present = bridge.runtimes.find(fits)
        if (present) return found(present)
        const forget = bridge.on("runtime", (runtime) => {
          if (!fits(runtime)) return
          forget()
          found(runtime)
        })
      }),
    watch() {
      const states: string[] = []
      finallyDo(bridge.on("runtime", (runtime) => void states.push(isBusy(runtime) ? "busy" : runtime.state)))
      return states
    },
    async restart() {
      const { token } = bridge
      await bridge.stop()
      bridge = await begin({ token })
      wire.aim(bridge.port)
    },
  }
}

export function pageTab(tab: Tab): PageTab {
  return {
    ...tab,
    until: (name, nth = 1) => tab.evaluate(`until(${JSON.stringify(name)}, ${nth})`),
    count: (name) => tab.evaluate(`count(${JSON.stringify(name)})`),
  }
}

/** Code that says how often it ran, also over reloads, and that it runs; `finish` ends it. */
export const slow = `
sessionStorage.runs = Number(sessionStorage.runs ?? 0) + 1
happened("started")
await new Promise((finish) => (globalThis.finish = finish))`

export const isReady = ({ state, busyMs }: RuntimeInfo): boolean => state === "ready" && busyMs === undefined
export const isBusy = ({ state, busyMs }: RuntimeInfo): boolean => state === "ready" && busyMs !== undefined
export const isAway = ({ state }: RuntimeInfo): boolean => state === "away"
export const isGone = ({ state }: RuntimeInfo): boolean => state === "gone"

export const answered = (value: unknown) => ({ outcome: "value", result: { value } })

/** For {@link TabStageOptions.before}: hints and the backoff alone decide when to dial. */
export const noScout = "delete globalThis.Worker"
