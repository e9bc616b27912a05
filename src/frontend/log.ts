import { newsOfLine } from "../protocol/index.ts"
import { FrontEndError } from "./errors.ts"
import type { ConsoleLine, FrontEnd, Recollection } from "./frontend.ts"

export interface LogOptions {
  /** Only of this runtime, by id. */
  readonly runtime?: string | undefined
  readonly print: (line: ConsoleLine) => void
}

/** Each console line once, those that are remembered and those that come, over drops and other bridges; what is lost is counted. */
export interface Log {
  /** Prints what is remembered and was not printed yet. Rejects where the bridge went meanwhile. */
  catchUp(): Promise<void>
  stop(): void
}

type Recalling = Pick<FrontEnd, "runtimes" | "recall" | "on">

/** Lines that come are held back until the first `catchUp`, and after a drop until the next one. */
export function createLog(frontEnd: Recalling, { runtime: only, print }: LogOptions): Log {
  /** By session, the last line that was printed. */
  const printed = new Map<string, number>()
  let held: ConsoleLine[] | undefined = []

  function put(line: ConsoleLine): void {
    const { session } = line.runtime
    const news = newsOfLine(line, printed.get(session) ?? 0)
    if (news === undefined) return
    printed.set(session, line.seq)
    print({ ...news, dropped: news.dropped ?? 0 })
  }

  const forget = [
    frontEnd.on("console", (line) => {
      if (only !== undefined && line.runtime.id !== only) return
      if (held === undefined) put(line)
      else held.push(line)
    }),
    frontEnd.on("state", ({ from }) => {
      if (from === "ready") held = []
    }),
  ]

  return {
    async catchUp() {
      const ids = frontEnd.runtimes.map(({ id }) => id).filter((id) => only === undefined || id === only)
      const lists = await Promise.all(
        ids.map(async (runtime) => (await frontEnd.recall({ runtime }).catch(nothing)).lines),
      )
      for (const line of merged(lists)) put(line)
      const rest = held ?? []
      held = undefined
      rest.forEach(put)
    },
    stop: () => forget.forEach((off) => off()),
  }
}

/** A bridge may not know a runtime of the one before it yet; what it has to say comes by itself then. */
function nothing(error: unknown): Pick<Recollection, "lines"> {
  if (error instanceof FrontEndError && error.code === "no-runtime") return { lines: [] }
  throw error
}

/** By time, and those of each runtime in their own order: clocks can be set back. */
function* merged(lists: readonly (readonly ConsoleLine[])[]): Iterable<ConsoleLine> {
  const heads = lists.map((lines) => ({ lines, next: 0 }))
  for (;;) {
    const [first] = heads
      .filter(({ lines, next }) => next < lines.length)
      .toSorted((one, other) => one.lines[one.next]!.time - other.lines[other.next]!.time)
    if (first === undefined) return
    yield first.lines[first.next++]!
  }
}
