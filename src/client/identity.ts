import { writeData } from "../protocol/index.ts"
import { parse, type Platform } from "./platform.ts"

/** What a bridge calls a runtime; only the id is known from the start. */
export interface Name {
  readonly runtime: string
  readonly number?: number
  readonly name?: string
}

/** Who this runtime is. */
export interface Identity {
  /** One page load; kept nowhere. */
  readonly session: string
  /** What a hello says. It lives as long as the tab, also where that is reloaded before a bridge has answered [L41]. */
  readonly offer: () => Name
  /** Remembers what a bridge gave: another id than offered where this tab is a duplicate [L41]. */
  readonly keep: (name: Name) => void
}

export function createIdentity({ storage, randomId, window }: Platform): Identity {
  const key = "repl-bridge" + (window ? framePath(window) : "")
  let known: Name = { runtime: randomId() }
  try {
    known = { ...known, ...(parse(storage?.getItem(key) ?? "{}") as Name) }
  } catch {
    // Forbidden, or not ours.
  }

  function keep({ runtime, number, name }: Name): void {
    known = { runtime, number, name }
    try {
      storage?.setItem(key, writeData(known))
    } catch {
      // Full or forbidden: the id then lives as long as the page.
    }
  }

  return {
    session: randomId(),
    offer() {
      keep(known)
      return known
    },
    keep,
  }
}

/** Frames of one origin share the tab's storage, and each is a runtime of its own: `.0.2` is the third frame in the first. */
function framePath(window: Window): string {
  const { parent } = window
  if (parent === window) return ""
  let index = 0
  while (index < parent.length && parent[index] !== window) index++
  return `${framePath(parent)}.${index}`
}
