import { newsOfLine } from "../protocol/index.ts"
import { FrontEndError } from "./errors.ts"
import type { ConsoleLine, FrontEnd, Recollection } from "./frontend.ts"

export interface LogOptions {
  /** Only of this runtime, by id. */
  readonly runtime?: string | undefined
  /** Nothing that was said before. @defaultValue false */
  readonly isFromNow?: boolean
  readonly print: (line: ConsoleLine) => void
}

/** Each console line once, those that are remembered and those that come, over drops and other bridges; what is lost is counted. */
export interface Log {
  /** Prints what is remembered and was not printed yet. Rejects where the bridge went meanwhile. */
  catchUp(): Promise<void>
  /** Takes what is remembered for printed. Rejects in the same case. */
  skip(): Promise<void>
  stop(): void
}

/** Page loads whose last line is known; a bridge remembers the lines of far fewer. */
const maxSessions = 10_000

type Recalling = Pick<FrontEnd, "state" | "runtimes" | "recall" | "on">

/** Prints lines as they come, and after a drop first those that were said meanwhile. Returns a function that ends it. */
export function followLog(frontEnd: Recalling, options: LogOptions): () => void {
  const log = createLog(frontEnd, options)
  let isBehind = !options.isFromNow
  const goOn = async (): Promise<void> => {
    try {
      await (isBehind ? log.catchUp() : log.skip())
      isBehind = true
    } catch (error) {
      // A bridge that goes while it is asked is asked again when it is back.
      if (!(error instanceof FrontEndError)) throw error
    }
  }
  const forget = frontEnd.on("state", ({ to }) => to === "ready" && void goOn())
  if (frontEnd.state === "ready") void goOn()
  return () => {
    forget()
    log.stop()
  }
}

/** Lines that come are held back until the first `catchUp`, unless it is from now on, and after a drop until the next one. */
export function createLog(frontEnd: Recalling, { runtime: only, isFromNow = false, print }: LogOptions): Log {
  /** By session, the last line that was printed; the one that spoke last is last. */
  const printed = new Map<string, number>()
  let held: ConsoleLine[] | undefined = isFromNow ? undefined : []

  function know(session: string, seq: number): void {
    const last = printed.get(session) ?? 0
    printed.delete(session)
    printed.set(session, Math.max(last, seq))
    if (printed.size > maxSessions) printed.delete(printed.keys().next().value!)
  }

  function put(line: ConsoleLine): void {
    const { session } = line.runtime
    const news = newsOfLine(line, printed.get(session) ?? (isFromNow ? undefined : 0))
    if (news === undefined) return
    know(session, line.seq)
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

  function recall(): Promise<readonly (readonly ConsoleLine[])[]> {
    const ids = frontEnd.runtimes.map(({ id }) => id).filter((id) => only === undefined || id === only)
    return Promise.all(ids.map(async (runtime) => (await frontEnd.recall({ runtime }).catch(nothing)).lines))
  }

  function release(): void {
    const rest = held ?? []
    held = undefined
    rest.forEach(put)
  }

  return {
    async catchUp() {
      for (const line of merged(await recall())) put(line)
      release()
    },
    async skip() {
      for (const { runtime, seq } of (await recall()).flat()) know(runtime.session, seq)
      release()
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
