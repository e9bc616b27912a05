import { realpathSync } from "node:fs"
import type { Clock } from "../../link/index.ts"
import { createClock } from "../clock.ts"
import type { FrontEnd } from "../frontend.ts"
import { changeFor } from "./change.ts"
import { watchFiles, type Watching } from "./files.ts"
import { select } from "./match.ts"
import { noSaves, step, type Change, type SavesEffect, type SavesEvent } from "./saves.ts"

export interface WatchOptions {
  /** Globs, files and folders; what begins with `!` is left out. */
  readonly patterns: readonly string[]
  readonly cwd: string
  readonly failed: (error: Error) => void
}

type Pages = Pick<FrontEnd, "runtimes" | "reload" | "on">

/**
 * Swaps saved stylesheets in all pages without a reload, and reloads the pages
 * for any other saved file. Resolves once the files are watched.
 *
 * @throws {@link FrontEndError} `bad-options` when there is nothing to watch where a pattern looks
 */
export async function watch(pages: Pages, { patterns, cwd, failed }: WatchOptions): Promise<Watching> {
  const root = realpathSync(cwd)
  const selection = select(patterns, root)
  const saves = followSaves(pages, createClock())
  const files = await watchFiles(selection, (file) => saves.saved(changeFor(file, root)), failed)
  return {
    async close() {
      saves.close()
      await files.close()
    },
  }
}

export interface FollowedSaves {
  saved(change: Change): void
  close(): void
}

const unarmed = (): void => {}

/** Tells the pages what was saved, as the rules say. */
export function followSaves(pages: Pages, clock: Clock): FollowedSaves {
  let state = noSaves
  let disarm = unarmed

  function happen(event: SavesEvent): void {
    const next = step(state, event, clock.now())
    state = next.state
    for (const effect of next.effects) perform(effect)
  }

  function perform(effect: SavesEffect): void {
    switch (effect.do) {
      case "arm":
        disarm()
        disarm = clock.after(effect.ms, () => happen({ type: "due" }))
        return
      case "tell": {
        const { runtime, change } = effect
        const stylesheets = change.kind === "stylesheets" ? { stylesheets: change.paths } : {}
        pages.reload({ runtime, ...stylesheets }).catch(() => happen({ type: "unheard", runtime, change }))
        return
      }
      default:
        effect satisfies never
    }
  }

  for (const runtime of pages.runtimes) happen({ type: "runtime", runtime })
  const forget = pages.on("runtime", (runtime) => happen({ type: "runtime", runtime }))
  return {
    saved: (change) => happen({ type: "saved", change }),
    close() {
      forget()
      disarm()
    },
  }
}
