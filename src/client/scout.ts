import { isLoopback, type Scout } from "../link/index.ts"

/** How long the worker rests between two looks. */
const loopbackMs = 250
const elsewhereMs = 5000

/** A bridge that accepts and stays silent for this long is not there; on a busy machine one may take its time. */
const lookMs = 5000

/** One minute in five it keeps its misses to itself, so that the link dials even where something fails every look. */
const toldMs = 240_000
const inAllMs = 300_000

/** A bridge that was missing is worth two dials: the first may meet one that has just gone again. */
const hopesEach = 2

/** Between two questions why a bridge that is there lets no socket in. */
const askMs = 5000

/**
 * Looks once each time it is asked, so that a page that is frozen or stopped in
 * a debugger is not flooded with answers. `null`: the page's policy forbids to look.
 * A text is the gate's reason to refuse, which no socket of a page can see.
 */
const program = `
addEventListener("securitypolicyviolation", () => postMessage(null))
onmessage = ({ data: [url, restMs, door] }) => setTimeout(() => {
  const signal = AbortSignal.timeout(${lookMs})
  fetch(url, { method: "HEAD", mode: "no-cors", cache: "no-store", signal }).then(() => postMessage(true), () => postMessage(false))
  if (door) fetch(door, { method: "POST", signal }).then(async (answer) => {
    if (answer.status == 401 || answer.status == 403) postMessage(await answer.text())
  }).catch(() => {})
}, restMs)`

/**
 * Looks for the bridge from a worker [L19]: a request that is refused there
 * prints nothing in the page's console, and a worker's timers run at full speed
 * in a hidden tab. A dedicated worker, since Chromium 156 loads no shared one
 * from a `data:` URL, and a `blob:` URL is never the same in two tabs.
 */
export function createScout({
  Worker,
  Blob,
  URL,
  performance,
}: Pick<typeof globalThis, "Worker" | "Blob" | "URL" | "performance">): Scout {
  let isBlind = false
  let askedAt = -Infinity
  /**
   * How many searches may still hint. A bridge that was there all along is no news: where it lets no link get ready, or
   * something else answers on its port, the backoff alone rules.
   */
  let hopes = 0

  return (address, report, explain, wasReady) => {
    if (isBlind) return () => {}
    const door = new URL(address.replace(/^ws/, "http"))
    const url = new URL("/client.js", door)
    const restMs = isLoopback(url.href) ? loopbackMs : elsewhereMs
    let source: string | undefined
    let isFound = false
    const startedAt = performance.now()
    let worker: Worker | undefined

    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
    const look = (afterMs: number, ask?: string | false): void => worker?.postMessage([url.href, afterMs, ask])

    function end(): void {
      worker?.terminate()
      worker = undefined
      if (source) URL.revokeObjectURL(source)
      if (isFound) hopes--
      isFound = false
    }

    function giveUp(): void {
      isBlind = true
      end()
      report(undefined)
    }

    function mayAsk(): boolean {
      const now = performance.now()
      if (now - askedAt < askMs) return false
      askedAt = now
      return true
    }

    function hear({ data }: { readonly data: boolean | string | null }): void {
      if (!worker) return
      if (data === null) return giveUp()
      if (typeof data === "string") return explain(data.trim())
      look(restMs, data && !hopes && mayAsk() && door.href)
      if (data) isFound ||= hopes > 0
      else hopes = hopesEach
      if (data ? isFound : (performance.now() - startedAt) % inAllMs < toldMs) report(data)
    }

    try {
      source = URL.createObjectURL(new Blob([program]))
      worker = new Worker(source)
      worker.addEventListener("message", hear)
      worker.addEventListener("error", giveUp)
      look(0)
      // It may restart faster than a worker starts; until that has looked it counts as away.
      if (wasReady && restMs === loopbackMs) {
        hopes = hopesEach
        report(false)
      }
    } catch {
      giveUp()
    }
    return end
  }
}
