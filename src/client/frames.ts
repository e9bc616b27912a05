import type { Platform } from "./platform.ts"
import { defaultUrl, type ConnectOptions } from "./runtime.ts"

/** The frames of a page as runtimes of their own, as far as they are of its origin. */
export interface Frames {
  /** Brings the client into them, and again whenever one loads; those that `stop` disconnected return. Twice is fine. */
  start(options: ConnectOptions): void
  /** Disconnects those that it was brought into. Twice is fine. */
  stop(): void
}

export function createFrames(document: Document, { ownUrl }: Platform): Frames {
  /** The documents that the client was brought into, and whether they are to connect when the page is. */
  const entered = new WeakMap<Document, boolean>()
  let options: ConnectOptions | undefined

  function connect(inside: Document): void {
    const bridge = inside.defaultView?.replBridge
    if (!options || !bridge || !entered.get(inside)) return
    const { url, token, allowRemote } = options
    entered.set(inside, false)
    bridge.connect({ url, token, allowRemote, frames: true }).catch(() => undefined)
  }

  function enter(frame: object | null): void {
    // Null for another origin's.
    const inside = (frame as Partial<HTMLIFrameElement>).contentDocument
    if (!inside) return
    if (inside.defaultView?.replBridge) return connect(inside)
    entered.set(inside, true)
    const script = inside.createElement("script")
    script.src = ownUrl ?? clientOf(options!)
    script.dataset["manual"] = ""
    script.addEventListener("load", () => connect(inside))
    inside.documentElement.append(script)
  }

  function leave({ contentDocument: inside }: HTMLIFrameElement): void {
    const bridge = inside?.defaultView?.replBridge
    if (!inside || !bridge?.alive || !entered.has(inside)) return
    entered.set(inside, true)
    void bridge.disconnect()
  }

  const loaded = ({ target }: Event): void => enter(target)
  const all = () => document.querySelectorAll<HTMLIFrameElement>("iframe,frame")

  return {
    start(next) {
      options = next
      // It does not bubble, but it can be captured.
      document.addEventListener("load", loaded, true)
      all().forEach(enter)
    },
    stop() {
      if (!options) return
      options = undefined
      document.removeEventListener("load", loaded, true)
      all().forEach(leave)
    },
  }
}

/** Where the bridge serves this client. */
function clientOf({ url = defaultUrl }: ConnectOptions): string {
  return new URL("/client.js", typeof url === "string" ? url.replace(/^ws/, "http") : defaultUrl).href
}
