import type { FromRuntime, LevelSummary, RemoteObject, Said } from "../../protocol/index.ts"

/** A console line as the bridge remembers it. */
export interface RememberedLine {
  /** Counts the lines of this runtime since the bridge started; by it a front end asks for details. */
  readonly number: number
  readonly session: string
  readonly line: Said<FromRuntime, "console">
  /** The arguments as JSON. */
  readonly body: string
}

/** Which lines; all conditions must hold, none is all lines. */
export interface LineQuery {
  readonly levels?: readonly string[] | undefined
  readonly numbers?: readonly number[] | undefined
  /** Only lines with a greater number. */
  readonly after?: number | undefined
  /** Only the latest so many of those that fit. */
  readonly limit?: number | undefined
}

export interface Selection {
  readonly lines: readonly RememberedLine[]
  /** Lines that fit and were too much to tell: the older ones. */
  readonly left: number
}

/** The latest console lines of a runtime, over all its sessions, for front ends that come late. */
export interface Ring {
  /** Returns its number; none for the mere word that lines were dropped. */
  add(session: string, line: Said<FromRuntime, "console">, body: string): number | undefined
  select(query: LineQuery): Selection
  /** By level, of what is remembered. */
  summarise(): readonly LevelSummary[]
  /** Lines that never came: their runtime dropped them. */
  readonly dropped: number
  /** Lines that came and had to make room since. */
  readonly forgotten: number
}

export interface RingLimits {
  /** @defaultValue 1000 */
  readonly maxLines?: number
  /** Of a line's body, in characters; of a longer one only its length is remembered. @defaultValue 10 kB */
  readonly maxLength?: number
  /** Of the bodies of all lines that are selected at a time, in characters. @defaultValue 1 MB */
  readonly maxSelected?: number
}

export function createRing(limits: RingLimits = {}): Ring {
  const { maxLines = 1000, maxLength = 10_240, maxSelected = 1024 * 1024 } = limits
  const lines: RememberedLine[] = []
  let added = 0
  let dropped = 0
  let forgotten = 0

  return {
    add(session, line, body) {
      dropped += line.dropped ?? 0
      if (line.kind === "dropped") return undefined
      const remembered = { number: ++added, session, line, body: body.length > maxLength ? lengthOf(body) : body }
      lines.push(remembered)
      if (lines.length > maxLines) {
        lines.shift()
        forgotten++
      }
      return remembered.number
    },

    select({ levels, numbers, after = 0, limit = Infinity }) {
      const fitting = lines.filter(
        ({ number, line }) =>
          number > after && (levels?.includes(line.level) ?? true) && (numbers?.includes(number) ?? true),
      )
      const latest = fitting.slice(Math.max(0, fitting.length - limit))
      let length = 0
      const cut = latest.findLastIndex(({ body }) => (length += body.length) > maxSelected)
      return { lines: latest.slice(cut + 1), left: cut + 1 }
    },

    summarise() {
      const levels = new Map<string, LevelSummary>()
      for (const { number, line } of lines) {
        const { level } = line
        levels.set(level, { level, count: (levels.get(level)?.count ?? 0) + 1, last: number })
      }
      return [...levels.values()]
    },

    get dropped() {
      return dropped
    },
    get forgotten() {
      return forgotten
    },
  }
}

function lengthOf(body: string): string {
  const object: RemoteObject = {
    type: "string",
    description: `(${body.length} characters, which were too many to keep)`,
  }
  return JSON.stringify([object])
}
