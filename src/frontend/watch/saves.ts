import type { RuntimeInfo } from "../../protocol/index.ts"

/**
 * Turns saves into what the pages are to do about them, once each. Saves that
 * follow each other closely are one: editors write a file in several steps,
 * tools write many files at once.
 *
 * A page that cannot hear, because it is away or about to reload, is owed the
 * change: it gets the sum of what it missed, once, when it is back.
 */
export interface Saves {
  readonly unsettled: Unsettled | undefined
  readonly runtimes: ReadonlyMap<string, Follower>
}

interface Unsettled {
  readonly since: number
  readonly change: Change
}

/** What has to happen in a page. */
export type Change =
  | {
      readonly kind: "parts"
      /** Those of these URL paths are fetched anew. */
      readonly stylesheets: readonly string[]
      /** These files are evaluated anew, as they are then. */
      readonly scripts: readonly string[]
    }
  | { readonly kind: "page" }

/** A runtime, as far as it concerns us. */
interface Follower {
  readonly session: string
  readonly isReady: boolean
  /** The session that was told to reload last; until another one is there, it may be on its way out. */
  readonly leaving: string | undefined
  readonly missed: Change | undefined
}

export type SavesEvent =
  | { readonly type: "saved"; readonly change: Change }
  /** The timer that was armed last. */
  | { readonly type: "due" }
  | { readonly type: "runtime"; readonly runtime: Pick<RuntimeInfo, "id" | "session" | "state"> }
  /** The bridge could not pass it on. */
  | { readonly type: "unheard"; readonly runtime: string; readonly change: Change }
  /** What was told takes a reload of this session. */
  | { readonly type: "unable"; readonly runtime: string; readonly session: string }

export type SavesEffect =
  /** Replaces a timer that is armed. */
  | { readonly do: "arm"; readonly ms: number }
  | { readonly do: "tell"; readonly runtime: string; readonly session: string; readonly change: Change }

export interface SavesStep {
  readonly state: Saves
  readonly effects: readonly SavesEffect[]
}

/** Quiet for so long, a burst of saves is over. */
const settleMs = 50
/** A burst that goes on is acted upon every so often. */
const maxSettleMs = 1000

export const noSaves: Saves = { unsettled: undefined, runtimes: new Map() }

export function step(state: Saves, event: SavesEvent, now: number): SavesStep {
  switch (event.type) {
    case "saved": {
      const { since = now, change } = state.unsettled ?? {}
      const ms = Math.max(0, Math.min(settleMs, since + maxSettleMs - now))
      return {
        state: { ...state, unsettled: { since, change: sum(change, event.change) } },
        effects: [{ do: "arm", ms }],
      }
    }
    case "due":
      return state.unsettled === undefined ? { state, effects: [] } : settle(state, state.unsettled.change)
    case "runtime":
      return meet(state, event.runtime)
    case "unheard":
      return { state: owe(state, event.runtime, event.change), effects: [] }
    case "unable":
      return reload(state, event.runtime, event.session)
    default:
      return event satisfies never
  }
}

function settle({ runtimes }: Saves, change: Change): SavesStep {
  let state: Saves = { unsettled: undefined, runtimes }
  const effects: SavesEffect[] = []
  for (const [id, { isReady, leaving, session }] of runtimes) {
    if (!isReady || leaving === session) state = owe(state, id, change)
    if (!isReady) continue
    state = told(state, id, change)
    effects.push({ do: "tell", runtime: id, session, change })
  }
  return { state, effects }
}

/** Unless it is another session by now, which loaded what was saved. */
function reload(state: Saves, id: string, session: string): SavesStep {
  const follower = state.runtimes.get(id)
  const change: Change = { kind: "page" }
  if (follower?.session !== session || follower.leaving === session) return { state, effects: [] }
  if (!follower.isReady) return { state: owe(state, id, change), effects: [] }
  return { state: told(state, id, change), effects: [{ do: "tell", runtime: id, session, change }] }
}

function meet(
  state: Saves,
  { id, session, state: presence }: Pick<RuntimeInfo, "id" | "session" | "state">,
): SavesStep {
  if (presence === "gone") return { state: without(state, id), effects: [] }
  const before = state.runtimes.get(id)
  const follower: Follower = {
    session,
    isReady: presence === "ready",
    leaving: before?.leaving,
    missed: before?.missed,
  }
  const { isReady, missed } = follower
  const isBack = isReady && (before?.isReady === false || before?.session !== session)
  if (missed === undefined || !isBack) return { state: withFollower(state, id, follower), effects: [] }
  return {
    state: told(withFollower(state, id, { ...follower, missed: undefined }), id, missed),
    effects: [{ do: "tell", runtime: id, session, change: missed }],
  }
}

function told(state: Saves, id: string, change: Change): Saves {
  const follower = state.runtimes.get(id)!
  return change.kind === "page" ? withFollower(state, id, { ...follower, leaving: follower.session }) : state
}

function owe(state: Saves, id: string, change: Change): Saves {
  const follower = state.runtimes.get(id)
  return follower === undefined ? state : withFollower(state, id, { ...follower, missed: sum(follower.missed, change) })
}

function withFollower(state: Saves, id: string, follower: Follower): Saves {
  return { ...state, runtimes: new Map(state.runtimes).set(id, follower) }
}

function without(state: Saves, id: string): Saves {
  const runtimes = new Map(state.runtimes)
  runtimes.delete(id)
  return { ...state, runtimes }
}

function sum(one: Change | undefined, other: Change): Change {
  if (one === undefined) return other
  if (one.kind === "page" || other.kind === "page") return { kind: "page" }
  const both = (part: "stylesheets" | "scripts"): readonly string[] => [...new Set([...one[part], ...other[part]])]
  return { kind: "parts", stylesheets: both("stylesheets"), scripts: both("scripts") }
}
