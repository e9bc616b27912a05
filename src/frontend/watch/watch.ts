import { realpathSync } from "node:fs"
import type { Clock } from "../../link/index.ts"
import { createClock } from "../clock.ts"
import type { FrontEnd } from "../frontend.ts"
import { changeFor, type OnChange } from "./change.ts"
import { watchFiles, type Watching } from "./files.ts"
import { select } from "./match.ts"
import { rerun, type Reran } from "./rerun.ts"
import { noSaves, step, type Change, type SavesEffect, type SavesEvent } from "./saves.ts"

export interface WatchOptions {
  /** Globs, files and folders; what begins with `!` is left out. */
  readonly patterns: readonly string[]
  readonly cwd: string
  readonly onChange: OnChange
  /** Is told what went wrong in watching, and in a saved script. */
  readonly failed: (error: Error) => void
}

type Pages = Pick<FrontEnd, "runtimes" | "reload" | "on" | "evaluate">

/**
 * Swaps saved stylesheets in all pages without a reload, evaluates saved scripts
 * in those that have them, if so wished, and reloads the pages for any other
 * saved file. Resolves once the files are watched.
 *
 * @throws {@link FrontEndError} `bad-options` when there is nothing to watch where a pattern looks
 */
export async function watch(pages: Pages, { patterns, cwd, onChange, failed }: WatchOptions): Promise<Watching> {
  const root = realpathSync(cwd)
  const selection = select(patterns, root)
  const saves = followSaves(pages, createClock(), (runtime, files) =>
    rerun(pages, { runtime, files, cwd: root, failed }),
  )
  const files = await watchFiles(selection, (file) => saves.saved(changeFor(file, root, onChange)), failed)
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
export function followSaves(
  pages: Pick<Pages, "runtimes" | "reload" | "on">,
  clock: Clock,
  evaluate: (runtime: string, files: readonly string[]) => Promise<Reran>,
): FollowedSaves {
  let state = noSaves
  let disarm = unarmed
  let isClosed = false

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
      case "tell":
        return void tell(effect)
      default:
        effect satisfies never
    }
  }

  async function tell({ runtime, session, change }: Extract<SavesEffect, { do: "tell" }>): Promise<void> {
    const missed = (part: Change): void => happen({ type: "unheard", runtime, change: part })
    const reload = (stylesheets?: readonly string[]): Promise<unknown> =>
      pages.reload({ runtime, ...(stylesheets && { stylesheets }) })
    if (change.kind === "page") return void reload().catch(() => missed(change))
    const { stylesheets, scripts } = change
    if (stylesheets.length > 0) reload(stylesheets).catch(() => missed({ ...change, scripts: [] }))
    if (scripts.length === 0) return
    const reran = await evaluate(runtime, scripts)
    if (isClosed) return
    if (reran === "unheard") missed({ ...change, stylesheets: [] })
    if (reran === "reload") happen({ type: "unable", runtime, session })
  }

  for (const runtime of pages.runtimes) happen({ type: "runtime", runtime })
  const forget = pages.on("runtime", (runtime) => happen({ type: "runtime", runtime }))
  return {
    saved: (change) => happen({ type: "saved", change }),
    close() {
      isClosed = true
      forget()
      disarm()
    },
  }
}
