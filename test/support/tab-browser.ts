import { spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Readable, Writable } from "node:stream"
import { findBrowser } from "../../scripts/browser.mjs"
import { quietFlags } from "./quiet-flags.ts"

/** A Chromium in whose tabs all happens that happens to a user's: playwright keeps every page visible and awake. */
export interface TabBrowser {
  /** Tabs with a storage of their own, all in one window. */
  openWindow(): Promise<TabWindow>
  /** Stops all of its processes, as a suspended machine does, and continues them. */
  suspend(): void
  wake(): void
  close(): Promise<void>
}

export interface TabWindow {
  /** Opens the tab in front of the others. */
  open(url: string): Promise<Tab>
  close(): Promise<void>
}

export interface Tab {
  /** Evaluates in the page, as its user does: an open page may open others. Waits for a promise. */
  evaluate(expression: string): Promise<any>
  /** These resolve once the page is loaded, or shown again. */
  goto(url: string): Promise<void>
  reload(): Promise<void>
  back(): Promise<void>
  /** Puts another tab in front of it. Resolves once the page knows. */
  hide(): Promise<void>
  freeze(): Promise<void>
  thaw(): Promise<void>
  /** Stops it in the debugger; resolves, once it stands still, with what continues it. */
  pause(): Promise<() => Promise<void>>
  /** What the browser tells the page; its connections work on. */
  setOffline(isOffline: boolean): Promise<void>
  /** Takes it out of memory, as the browser does with hidden tabs when memory is short. */
  discard(): Promise<void>
  /** Ends the page's process. */
  crash(): void
  close(): Promise<void>
  /** What of its heap is in use once the garbage is collected, in bytes. */
  heap(): Promise<number>
  /** The next tab that this page opens. */
  nextTab(): Promise<Tab>
  /** What its DevTools show in red. */
  readonly errors: readonly string[]
}

type Params = Readonly<Record<string, unknown>>
type Listener = (params: any, session: string | undefined) => void

/** Chromium's DevTools protocol over a pipe. */
class Devtools {
  readonly #to: Writable
  readonly #pending = new Map<number, { resolve(result: any): void; reject(error: Error): void }>()
  readonly #listeners = new Map<string, Set<Listener>>()
  #lastId = 0

  constructor(to: Writable, from: Readable) {
    this.#to = to
    to.on("error", () => undefined)
    let rest = ""
    from.setEncoding("utf8").on("data", (text: string) => {
      const messages = (rest + text).split("\0")
      rest = messages.pop()!
      for (const message of messages) this.#take(JSON.parse(message))
    })
    from.on("close", () => {
      for (const { reject } of this.#pending.values()) reject(new Error("the browser ended"))
    })
  }

  send(method: string, params: Params = {}, sessionId?: string): Promise<any> {
    const id = ++this.#lastId
    this.#to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }))
  }

  on(method: string, listener: Listener): () => void {
    const ears = this.#listeners.get(method) ?? new Set()
    this.#listeners.set(method, ears.add(listener))
    return () => ears.delete(listener)
  }

  /** The next such event that fits. */
  next(method: string, fits: (params: any, session: string | undefined) => boolean): Promise<any> {
    return new Promise((found) => {
      const forget = this.on(method, (params, session) => {
        if (!fits(params, session)) return
        forget()
        found(params)
      })
    })
  }

  #take({ id, method, params, sessionId, result, error }: any): void {
    if (id === undefined) {
      for (const listener of [...(this.#listeners.get(method) ?? [])]) listener(params, sessionId)
      return
    }
    const asked = this.#pending.get(id)
    this.#pending.delete(id)
    if (error) asked?.reject(new Error(error.message))
    else asked?.resolve(result)
  }
}

/** Starts it with a fresh profile, in a process group of its own. Close it when done. */
export async function openTabBrowser(...flags: readonly string[]): Promise<TabBrowser> {
  const profile = await mkdtemp(join(tmpdir(), "repl-bridge-browser-"))
  // Else there is no page that discards tabs.
  await writeFile(join(profile, "Local State"), JSON.stringify({ internal_only_uis_enabled: true }))
  const child = spawn(
    findBrowser(),
    [...quietFlags, "--remote-debugging-pipe", ...flags, `--user-data-dir=${profile}`, "about:blank"],
    {
      detached: true,
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    },
  )
  const closed = new Promise<void>((ended) => child.once("close", () => ended()))
  const signal = (name: NodeJS.Signals): void => void process.kill(-child.pid!, name)
  const devtools = new Devtools(child.stdio[3] as Writable, child.stdio[4] as Readable)
  await devtools.send("Target.setDiscoverTargets", { discover: true })

  return {
    async openWindow() {
      const { browserContextId } = await devtools.send("Target.createBrowserContext")
      return {
        open: (url) => openTab(devtools, url, browserContextId),
        close: () => devtools.send("Target.disposeBrowserContext", { browserContextId }),
      }
    },
    suspend: () => signal("SIGSTOP"),
    wake: () => signal("SIGCONT"),
    async close() {
      signal("SIGKILL")
      await closed
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

async function openTab(devtools: Devtools, url: string, browserContextId: string): Promise<Tab> {
  const { targetId } = await devtools.send("Target.createTarget", { url: "about:blank", browserContextId })
  const tab = await attach(devtools, targetId, browserContextId)
  await tab.goto(url)
  return tab
}

/** Asks the browser's own page for it. */
function discardThrough(page: Tab, url: string): Promise<void> {
  return page.evaluate(`(async () => {
    const { DetailsProvider } = await import("chrome://discards/discards.mojom-webui.js")
    const provider = DetailsProvider.getRemote()
    const { infos } = await provider.getTabDiscardsInfo()
    const { id } = infos.find(({ tabUrl }) => tabUrl === ${JSON.stringify(url)})
    await provider.discardById(id, 0)
  })()`)
}

async function attach(devtools: Devtools, targetId: string, browserContextId: string): Promise<Tab> {
  const { sessionId } = await devtools.send("Target.attachToTarget", { targetId, flatten: true })
  const send = (method: string, params?: Params) => devtools.send(method, params, sessionId)
  const isMine = (_: unknown, session: string | undefined): boolean => session === sessionId
  const errors: string[] = []

  devtools.on("Log.entryAdded", ({ entry }, session) => {
    if (session === sessionId && entry.level === "error") errors.push(entry.text)
  })
  devtools.on("Runtime.exceptionThrown", ({ exceptionDetails }, session) => {
    if (session === sessionId) errors.push(exceptionDetails.exception?.description ?? exceptionDetails.text)
  })
  devtools.on("Runtime.consoleAPICalled", ({ type, args }, session) => {
    if (session === sessionId && type === "error") errors.push(args.map(({ value }: any) => value).join(" "))
  })
  await Promise.all(["Page.enable", "Runtime.enable", "Log.enable", "Network.enable"].map((method) => send(method)))
  await send("Page.setLifecycleEventsEnabled", { enabled: true })

  const evaluate: Tab["evaluate"] = async (expression) => {
    const { result, exceptionDetails } = await send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    })
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value
  }
  const loaders = new Set<string>()
  let look = (): void => {}
  devtools.on("Page.lifecycleEvent", ({ name, frameId, loaderId }, session) => {
    if (session !== sessionId || name !== "load" || frameId !== targetId) return
    loaders.add(loaderId)
    look()
  })
  /** Not by what is told late of another document, such as a new tab's two empty ones. */
  const loaded = (fits: () => boolean): Promise<void> =>
    new Promise((found) => {
      look = () => fits() && found()
      look()
    })

  return {
    evaluate,
    async goto(url) {
      const { loaderId } = await send("Page.navigate", { url })
      await loaded(() => loaders.has(loaderId))
    },
    async reload() {
      const { size } = loaders
      await send("Page.reload")
      await loaded(() => loaders.size > size)
    },
    async back() {
      const { currentIndex, entries } = await send("Page.getNavigationHistory")
      const shown = devtools.next("Page.frameNavigated", isMine)
      await send("Page.navigateToHistoryEntry", { entryId: entries[currentIndex - 1].id })
      await shown
    },
    async hide() {
      const hidden = evaluate(
        `new Promise((hidden) => document.addEventListener("visibilitychange", () => hidden(), { once: true }))`,
      )
      await devtools.send("Target.createTarget", { url: "about:blank", browserContextId })
      await hidden
    },
    freeze: () => send("Page.setWebLifecycleState", { state: "frozen" }),
    thaw: () => send("Page.setWebLifecycleState", { state: "active" }),
    async pause() {
      await send("Debugger.enable")
      const paused = devtools.next("Debugger.paused", isMine)
      await send("Runtime.evaluate", { expression: "setTimeout(() => { debugger })" })
      await paused
      return async () => {
        await send("Debugger.resume")
        await send("Debugger.disable")
      }
    },
    setOffline: (offline) =>
      send("Network.overrideNetworkState", { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 }),
    async discard() {
      const url = await evaluate("location.href")
      await discardThrough(await openTab(devtools, "chrome://discards/", browserContextId), url)
    },
    // It never answers.
    crash: () => void send("Page.crash").catch(() => undefined),
    close: () => devtools.send("Target.closeTarget", { targetId }),
    async heap() {
      // Twice: what waited for its finalizer goes the second time.
      await send("HeapProfiler.collectGarbage")
      await send("HeapProfiler.collectGarbage")
      return (await send("Runtime.getHeapUsage")).usedSize
    },
    async nextTab() {
      const { targetInfo } = await devtools.next(
        "Target.targetCreated",
        (made) => made.targetInfo.openerId === targetId,
      )
      return attach(devtools, targetInfo.targetId, browserContextId)
    },
    errors,
  }
}
