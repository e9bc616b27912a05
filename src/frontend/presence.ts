import { watch, type FSWatcher } from "node:fs"
import { dirname } from "node:path"
import { discoveryPath } from "../discovery/index.ts"
import type { Clock, Scout } from "../link/index.ts"

/** A record is made in several steps; half of one is none. */
const quietMs = 10

/**
 * Where a page sends a worker to look for the bridge, we watch the folder in
 * which it leaves its record [L19]: another token than the one last dialled
 * means that another bridge is there.
 */
export function createPresence(
  findToken: () => string | undefined,
  dialledToken: () => string | undefined,
  clock: Clock,
): Scout {
  return (_, report) => {
    let disarm = lookSoon()
    const watcher = watchRecords(() => {
      disarm()
      disarm = lookSoon()
    })

    function lookSoon(): () => void {
      return clock.after(quietMs, () => {
        const token = findToken()
        if (token !== undefined && token !== dialledToken()) report(true)
      })
    }
    return () => {
      disarm()
      watcher?.close()
    }
  }
}

/** Undefined where no bridge has ever made the folder: the backoff alone rules. */
function watchRecords(changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(dirname(discoveryPath(0)), changed)
    return watcher.on("error", () => watcher.close())
  } catch {
    return undefined
  }
}
