import type { Clock } from "../link/index.ts"
import { writeMessage, type FromRuntime, type Said } from "../protocol/index.ts"
import type { Wire } from "./runtime.ts"
import type { Serve } from "./scripts.ts"

/** Has the bridge serve scripts, one after the other, to a page whose policy allows no others [P44]. */
export interface Serving {
  readonly serve: Serve
  /** The bridge serves the text of this id there. */
  served(id: string, url: string): void
  /** The link is ready: what the bridge may not have heard is said again. */
  resume(): void
}

/** How long the bridge may be away from an eval that it must serve. */
const serveMs = 10_000

export function createServing(clock: Clock, send: Wire["send"]): Serving {
  let last = 0
  let wish: { readonly id: string; readonly message: string; readonly come: (url: string) => void } | undefined

  return {
    serve: (text) =>
      new Promise((resolve, reject) => {
        const id = `${++last}`
        const said: Said<FromRuntime, "chunk"> = { op: "chunk", id }
        const message = writeMessage(said, text)
        const disarm = clock.after(serveMs, () => {
          wish = undefined
          reject(new Error("the bridge did not serve the code: try again"))
        })
        const come = (url: string): void => {
          disarm()
          wish = undefined
          resolve(url)
        }
        wish = { id, message, come }
        send(message)
      }),
    served(id, url) {
      if (id === wish?.id) wish.come(url)
    },
    resume() {
      if (wish) send(wish.message)
    },
  }
}
