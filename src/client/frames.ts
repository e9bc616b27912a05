import type { Watch } from "./page.ts"
import type { Platform } from "./platform.ts"
import { defaultUrl, type ConnectOptions } from "./runtime.ts"

/** Brings this client into the frames of the page's own origin, and again whenever one of them loads. */
export function watchFrames(
  document: Document,
  { ownUrl }: Platform,
  { url = defaultUrl, allowRemote }: ConnectOptions,
): Watch {
  const bridge = typeof url === "string" ? url.replace(/^ws/, "http") : defaultUrl
  const src = ownUrl || new URL("/client.js", bridge).href
  const enter = (frame: object | null): void => {
    // Null for another origin's.
    const inside = (frame as Partial<HTMLIFrameElement>).contentDocument
    if (!inside || inside.defaultView?.replBridge) return
    const script = inside.createElement("script")
    script.src = src
    script.dataset["frames"] = ""
    if (allowRemote) script.dataset["allowRemote"] = ""
    inside.documentElement.append(script)
  }
  const loaded = ({ target }: Event): void => enter(target)
  return {
    start() {
      // It does not bubble, but it can be captured.
      document.addEventListener("load", loaded, true)
      document.querySelectorAll("iframe,frame").forEach(enter)
    },
    stop: () => document.removeEventListener("load", loaded, true),
  }
}
