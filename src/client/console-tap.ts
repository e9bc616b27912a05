import type { Clock } from "../link/index.ts"
import type { RemoteObject } from "../protocol/index.ts"
import { createConsoleQueue } from "./console-queue.ts"
import { createConsoleListener, describeAll, framesOf, type Speech } from "./console-speech.ts"
import { apply, bare, define, deleteProperty, ownProperty } from "./reading.ts"

export interface ConsoleTapParts {
  /** Whose console and errors are heard: a page's window, or the global object of another kind of runtime. */
  readonly scope: ConsoleScope
  /** Our own script: what the policy forbids it is told by those who tried. */
  readonly ownUrl: string | undefined
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly time: () => number
  /** Runs something at the end of the turn. */
  readonly defer: (run: () => void) => void
  readonly describe: (value: unknown) => RemoteObject
  /** Of the evaluator: takes positions in what evals ran to where they are in what was typed. */
  readonly restorePositions: (stack: string) => string
  /** The eval whose code is on the stack. What it started and let go is nobody's: it cannot be told from the page's own. */
  readonly currentEval: () => string | undefined
  /** Returns false where nothing was sent. */
  readonly send: (message: string) => boolean
  readonly bufferedAmount: () => number
}

/** The events by which a page complains. */
interface Complaints {
  readonly error: ErrorEvent
  readonly unhandledrejection: PromiseRejectionEvent
  readonly securitypolicyviolation: SecurityPolicyViolationEvent
}

export interface ConsoleScope {
  readonly console: Console
  addEventListener?(
    type: string,
    listener: (event: never) => void,
    options: { readonly capture: true; readonly signal: AbortSignal },
  ): void
}

/**
 * Hears the console of a page, its uncaught errors and rejections and the
 * breaches of its policy. Lines are kept until the bridge has them [L38].
 */
export interface ConsoleTap {
  /** Listens from now on. Twice is fine. */
  start(): void
  /** Puts everything back as it was, where it is still ours. Twice is fine. */
  stop(): void
  /** The link is ready: what the bridge has not acknowledged goes out, for the first time or again. */
  resume(): void
  /** The bridge has the lines up to this one. */
  acknowledge(seq: number): void
  /** Sends now what would wait for a timer: the page may go, or its timers sleep. */
  flush(): void
  /** Makes room: drops the oldest lines until the rest is this small, in characters. */
  shrink(maxLength: number): void
  /** Runs code of ours that may call what the page has patched; what is logged there is not heard. */
  quietly(run: () => void): void
}

/** Lines wait so long for each other; the first after a silence does not wait. */
const flushMs = 50

/** Lines are held back once more than this waits in the socket, until less than that does. */
const stallBytes = 1e6
const resumeBytes = 256e3

/** What stands on the stack above the page's call: what takes the stack, `note`, `hear` and the trap. */
const ownFrames = 4

const methods =
  "log info warn error debug table dir dirxml group groupCollapsed groupEnd count countReset time timeLog timeEnd assert trace clear"

// As they were at load, whatever the page makes of them later.
const { AbortController, Error, Proxy } = globalThis

export function createConsoleTap(parts: ConsoleTapParts): ConsoleTap {
  const { scope, ownUrl, clock, time } = parts
  const { console } = scope
  const queue = createConsoleQueue()
  const understand = createConsoleListener(clock)
  let listening: AbortController | undefined
  let untap: (() => void)[] = []
  /** What is logged while a line is described or sent is our own doing: to tell it would never end [L3]. */
  let isDeaf = false
  let isReady = false
  let isStalled = false
  let isArmed = false
  let isDeferred = false
  let lastFlush = -Infinity
  let disarm: (() => void) | undefined

  function quietly(run: () => void): void {
    const wasDeaf = isDeaf
    isDeaf = true
    try {
      run()
    } finally {
      isDeaf = wasDeaf
    }
  }

  function flush(): void {
    disarm?.()
    isArmed = isDeferred = false
    if (!isReady || !queue.isUntold) return
    lastFlush = clock.now()
    const buffered = parts.bufferedAmount()
    isStalled = buffered > (isStalled ? resumeBytes : stallBytes)
    let room = isStalled ? 0 : stallBytes - buffered
    while (isReady && room > 0) {
      const message = queue.take(time())
      if (message === undefined) break
      room -= message.length
      isReady = parts.send(message)
    }
    schedule()
  }

  const flushQuietly = (): void => quietly(flush)

  function schedule(): void {
    if (!isReady || !queue.isUntold) return
    const restMs = lastFlush + flushMs - clock.now()
    if (restMs > 0) {
      if (!isArmed) disarm = clock.after(restMs, flushQuietly)
      isArmed = true
    } else if (!isDeferred) {
      // Also where a timer is armed: a hidden page's may sleep for a minute.
      isDeferred = true
      parts.defer(flushQuietly)
    }
  }

  /** What fails in here leaves a gap in the numbers, which counts as dropped [L40]. */
  function note(read: () => Speech | undefined, takeStack?: () => string | undefined): void {
    const speech = read()
    const now = time()
    // Nothing is spent on a line that is dropped.
    const seq = speech && queue.number(now)
    if (!seq) return
    const { level, kind, group, args } = speech
    const frames = takeStack ? framesOf(takeStack(), ownFrames, speech) : speech.stack
    const stack = frames && parts.restorePositions(frames)
    const { body, more } = describeAll(args, parts.describe)
    queue.keep(seq, { level, kind, group, time: now, eval: parts.currentEval(), stack, more }, body)
  }

  /** The page must not fail of being heard: it never throws, not even where the stack is full. */
  function hear(read: () => Speech | undefined, takeStack?: () => string | undefined): void {
    if (isDeaf) return
    isDeaf = true
    try {
      try {
        note(read, takeStack)
      } finally {
        schedule()
      }
    } catch {}
    isDeaf = false
  }

  function tap(method: string, { signal }: AbortController): void {
    const descriptor = ownProperty(console, method)
    const original: unknown = descriptor ? descriptor.value : console[method as "log"]
    if (typeof original !== "function") return
    // A proxy has the name, the length and the properties of what it stands for.
    const tapped = new Proxy(original, {
      apply(target, self, args) {
        if (!signal.aborted) {
          hear(
            () => understand(method, args),
            () => new Error().stack,
          )
        }
        return apply(target, self, args)
      },
    })
    if (!define(console, method, { configurable: true, writable: true, ...descriptor, value: tapped })) return
    untap.push(() => {
      if (ownProperty(console, method)?.value !== tapped) return
      if (descriptor) define(console, method, descriptor)
      else deleteProperty(console, method)
    })
  }

  /** Captured, where nobody can have stopped it yet. Libraries dispatch errors of their own making, which DevTools does not show either. */
  function listen<Type extends keyof Complaints>(
    type: Type,
    { signal }: AbortController,
    read: (event: Complaints[Type]) => Speech | undefined,
  ): void {
    const listener = (event: Complaints[Type]): void => hear(() => (event.isTrusted ? read(event) : undefined))
    scope.addEventListener?.(type, listener, bare({ capture: true, signal }))
  }

  return {
    quietly,
    flush: flushQuietly,
    shrink: (maxLength) => queue.shrink(maxLength),

    acknowledge(seq) {
      queue.acknowledge(seq)
      schedule()
    },

    start() {
      if (listening) return
      listening = new AbortController()
      const level = "error"
      for (const method of methods.split(" ")) tap(method, listening)
      listen("error", listening, ({ error, message, filename, lineno, colno }) =>
        // A resource that does not load has no message; `throw null` and an error of another origin's script are only that.
        message === undefined
          ? undefined
          : { level, kind: "exception", stack: frameAt(filename, lineno, colno), args: [error ?? message] },
      )
      listen("unhandledrejection", listening, ({ reason }) => ({
        level,
        kind: "rejection",
        args: [reason],
      }))
      listen("securitypolicyviolation", listening, (event) =>
        event.sourceFile === ownUrl
          ? undefined
          : {
              level,
              kind: "violation",
              stack: frameAt(event.sourceFile, event.lineNumber, event.columnNumber),
              args: [`Content-Security-Policy (${event.disposition}): ${event.effectiveDirective} ${event.blockedURI}`],
            },
      )
    },

    stop() {
      disarm?.()
      isReady = isArmed = false
      listening?.abort()
      listening = undefined
      for (const putBack of untap) putBack()
      untap = []
    },

    resume() {
      isReady = true
      queue.rewind()
      flushQuietly()
    },
  }
}

function frameAt(url: string, line: number, column: number): string | undefined {
  return url ? `    at ${url}:${line}:${column}` : undefined
}
