import type { AnsweringRuntime, FromRuntime, LevelSummary, Said } from "../../protocol/index.ts"
import { createRing, type LineQuery, type Ring, type Selection } from "./ring.ts"
import type { SourceMaps } from "./source-maps.ts"

type ConsoleLine = Said<FromRuntime, "console">

/** Where console lines arrive: their stacks are mapped, they are remembered, and passed on in the order in which they came. */
export interface ConsoleDesk {
  hear(by: AnsweringRuntime, line: ConsoleLine, body: string | undefined): void
  /** The result of an eval with the stacks in it mapped; at once where there are none. */
  mapResult(by: AnsweringRuntime, json: string, patienceMs?: number): string | Promise<string>
  /** What is remembered of a runtime. */
  recall(runtime: string, query: LineQuery): Recollection
  /** The runtime will not come back. */
  forget(runtime: string): void
}

export interface Recollection extends Selection {
  /** By level, of all that is remembered. */
  readonly levels: readonly LevelSummary[]
  readonly dropped: number
  readonly forgotten: number
}

export interface ConsoleDeskParts {
  /** For a session that has none yet. */
  readonly openSourceMaps: (by: AnsweringRuntime) => SourceMaps
  /** `number` is the line's among those that are remembered; none for the mere word that lines were dropped. */
  readonly pass: (by: AnsweringRuntime, line: ConsoleLine, body: string, number: number | undefined) => void
}

/** What the page's own client keeps to. */
const maxWordLength = 40
const maxStackLength = 4000

export function createConsoleDesk({ openSourceMaps, pass }: ConsoleDeskParts): ConsoleDesk {
  const rings = new Map<string, Ring>()
  /** By runtime, those of its present session. */
  const sourceMaps = new Map<string, { readonly session: string; readonly maps: SourceMaps }>()
  /** By runtime, the last line that still waits for its maps. */
  const waiting = new Map<string, Promise<void>>()

  function ringOf(runtime: string): Ring {
    const ring = rings.get(runtime) ?? createRing()
    rings.set(runtime, ring)
    return ring
  }

  function mapsOf(by: AnsweringRuntime): SourceMaps {
    const known = sourceMaps.get(by.id)
    if (known?.session === by.session) return known.maps
    const maps = openSourceMaps(by)
    sourceMaps.set(by.id, { session: by.session, maps })
    return maps
  }

  function mapResult(by: AnsweringRuntime, json: string, patienceMs?: number): string | Promise<string> {
    return mayHaveStacks(json) ? mapsOf(by).mapResult(json, patienceMs) : json
  }

  function settle(by: AnsweringRuntime, line: ConsoleLine, body: string, ring: Ring): void {
    pass(by, line, body, ring.add(by.session, line, body))
  }

  async function settleMapped(by: AnsweringRuntime, line: ConsoleLine, body: string, before: unknown): Promise<void> {
    // As it is now: a runtime that is forgotten while its line waits is not remembered anew, for nobody would forget it.
    const ring = ringOf(by.id)
    // All lines wait at the same time, so that none waits longer than one.
    const [stack, result] = await Promise.all([
      line.stack && mapsOf(by).mapStack(line.stack),
      mapResult(by, body),
      before,
    ])
    settle(by, { ...line, stack }, result, ring)
  }

  return {
    mapResult,

    hear(by, received, body = "[]") {
      const line = clip(received)
      const before = waiting.get(by.id)
      if (before === undefined && line.stack === undefined && !mayHaveStacks(body))
        return settle(by, line, body, ringOf(by.id))
      const turn = settleMapped(by, line, body, before).finally(() => {
        if (waiting.get(by.id) === turn) waiting.delete(by.id)
      })
      waiting.set(by.id, turn)
    },

    recall(runtime, query) {
      const ring = rings.get(runtime) ?? createRing()
      const { dropped, forgotten } = ring
      return { ...ring.select(query), levels: ring.summarise(), dropped, forgotten }
    },

    forget(runtime) {
      rings.delete(runtime)
      sourceMaps.delete(runtime)
    },
  }
}

/** Whether a result holds a stack: only then is it worth reading. */
function mayHaveStacks(json: string): boolean {
  return json.includes('"kind":"error"') || json.includes('"stack":')
}

/** A line is remembered: what it says beside this is not. */
function clip({ op, seq, level, kind, time, dropped, stack, eval: by, group, more }: ConsoleLine): ConsoleLine {
  return {
    op,
    seq,
    level: level.slice(0, maxWordLength),
    kind: kind?.slice(0, maxWordLength),
    time,
    dropped,
    stack: stack?.slice(0, maxStackLength),
    eval: by,
    group,
    more,
  }
}
