import { closeCode, FrameError, maxBatchLength, writeFrame, writeMessage } from "../protocol/index.ts"
import { createBackoff } from "./backoff.ts"
import * as defaults from "./defaults.ts"
import { isLoopback } from "./loopback.ts"
import {
  initialMachine,
  isAlive,
  stateName,
  step,
  unclean,
  type Config,
  type Effect,
  type LinkEvent,
  type Timer,
} from "./machine.ts"
import {
  check,
  LinkError,
  type Drop,
  type Link,
  type LinkEvents,
  type LinkParts,
  type LinkSettings,
  type Ready,
  type Socket,
  type Url,
  type Welcome,
} from "./options.ts"

/** Messages that are the link's own, beside those that the end it serves hears. */
type Own =
  | Welcome
  | { readonly op: "ping" | "pong"; readonly id?: string }
  | { readonly op: "reject"; readonly code: number; readonly reason: string }
  | { readonly op: "restarting" | "busy"; readonly retryAfterMs: number }
  | { readonly op: "error"; readonly message: string }

/** What is told, and what is done. */
type News = Extract<Effect, { do: "emit" }>
type Deed = Exclude<Effect, News>

interface Waiter<Message extends { readonly op: string }> {
  resolve(ready: Ready<Message>): void
  reject(error: LinkError): void
}

/**
 * Performs what the machine decides: one socket, named timers, one scout.
 *
 * @throws {@link LinkError} `bad-options`
 */
export function createLink<Message extends { readonly op: string }, Settings extends LinkSettings = LinkSettings>(
  initialUrl: Url,
  parts: LinkParts<Message, Settings>,
): Link<Message, Settings> {
  const { clock, random, openSocket, decode, deliver } = parts
  // By name; before an address is known it counts as elsewhere [L13].
  const isNear = (): boolean => isLoopback(address)
  let { settings } = parts
  let config = configOf(settings, isNear)
  const listeners = new Map<keyof LinkEvents<Message>, Set<(detail: never) => void>>()
  const timers = new Map<Timer, () => void>()
  const waiters = new Set<Waiter<Message>>()
  const deeds: Deed[] = []
  const news: News[] = []
  let isPerforming = false
  let isTelling = false
  let machine = initialMachine
  let url = initialUrl
  /** Where the last dial went. */
  let address = typeof initialUrl === "string" ? initialUrl : ""
  let socket: Socket | undefined
  let lastReady: Ready<Message> | undefined
  let takesBatches = false
  let outgoing: string[] = []
  let outgoingLength = 0
  let endScout: (() => void) | undefined
  /** Why the bridge lets no socket in, as far as the scout was told. */
  let obstacle = ""
  let refreshedAt = -Infinity
  let refreshing: Promise<void> | undefined
  /** The refresh that the next dial waits for. One that hangs must not hold up another. */
  let fresh: Promise<void> | undefined
  let leaving = Promise.resolve()

  /** Both the state and the world change at once, also inside a listener; then what happened is told, in order [L3]. */
  function dispatch(event: LinkEvent): void {
    const from = stateName(machine.state)
    const next = step(machine, event, { now: clock.now(), random }, config)
    machine = next.machine
    const to = stateName(machine.state)
    if (from !== to) news.push({ do: "emit", event: "stateChange", detail: { from, to } })
    for (const effect of next.effects) {
      if (effect.do !== "emit") deeds.push(effect)
      else {
        news.push(effect)
        if (effect.event === "ready") lastReady = effect.detail as unknown as Ready<Message>
      }
    }
    settle()
    if (isPerforming) return
    isPerforming = true
    drain(deeds, (deed) => guard(deed.do, () => perform(deed)))
    isPerforming = false
    if (isTelling) return
    isTelling = true
    drain(news, tell)
    isTelling = false
  }

  /** What the surroundings throw breaks nothing here [L4]. */
  function guard(what: string, run: () => void): void {
    try {
      run()
    } catch (error) {
      log(`${what} threw: ${messageOf(error)}`)
    }
  }

  function log(line: string): void {
    try {
      parts.log?.(line)
    } catch {
      // There is nowhere left to say so.
    }
  }

  function perform(deed: Deed): void {
    switch (deed.do) {
      case "dial":
        dial(deed.attempt)
        break
      case "drop":
        flush()
        letGo()?.close(deed.code, deed.reason.slice(0, defaults.reasonLength))
        break
      case "greet":
        transmit(parts.hello(settings))
        break
      case "ping":
        transmit(writeMessage({ op: "ping" }))
        break
      case "arm":
        timers.get(deed.timer)?.()
        timers.set(
          deed.timer,
          clock.after(Math.min(deed.ms, defaults.longestMs), () => {
            timers.delete(deed.timer)
            dispatch({ type: "due", timer: deed.timer })
          }),
        )
        break
      case "rest":
        for (const disarm of timers.values()) disarm()
        timers.clear()
        endScout?.()
        endScout = undefined
        break
      case "scout":
        endScout = parts.scout?.(
          address,
          (there) => dispatch({ type: "looked", there }),
          (why) => (obstacle = why),
          deed.wasReady,
        )
        break
      case "refresh":
        refresh()
        break
      default:
        deed satisfies never
    }
  }

  function dial(attempt: number): void {
    const refreshed = fresh
    fresh = undefined
    if (typeof url === "string" && !refreshed) dialTo(url, attempt)
    else void readUrl(url, attempt, refreshed)
  }

  async function readUrl(source: Url, attempt: number, refreshed: Promise<void> | undefined): Promise<void> {
    try {
      await refreshed
      const current = typeof source === "function" ? await source() : source
      if (attempt === machine.attempt && machine.state.name === "dialling") dialTo(current, attempt)
    } catch (error) {
      fail(attempt, `no address: ${messageOf(error)}`)
    }
  }

  function dialTo(current: string, attempt: number): void {
    address = current
    try {
      attend(openSocket(address, settings), attempt)
    } catch (error) {
      const reason = `no socket can be made for ${address}: ${messageOf(error)}`
      if (machine.hasBeenReady || machine.waits > 0) return fail(attempt, reason)
      // Nothing has ever worked: the caller hears what is wrong with the configuration [L7].
      end(new LinkError("bad-options", reason))
      dispatch({ type: "stop", reason })
    }
  }

  function fail(attempt: number, reason: string, code?: number): void {
    dispatch({ type: "closed", attempt, drop: unclean(reason, code), mayRetry: true })
  }

  function attend(next: Socket, attempt: number): void {
    socket = next
    takesBatches = false
    next.onopen = () => {
      obstacle = ""
      dispatch({ type: "opened", attempt })
    }
    next.onmessage = ({ data }) => read(data, attempt)
    next.onclose = ({ code, reason, wasClean }) => {
      const drop = { code, reason: reason || obstacle, wasClean }
      letGo()
      dispatch({ type: "closed", attempt, drop, mayRetry: mayRetry(drop) })
    }
    // The close that follows says all that a browser tells.
    next.onerror = () => undefined
  }

  /** Detaches the socket, so that nothing it still says reaches us [L2]. */
  function letGo(): Socket | undefined {
    const old = socket
    socket = undefined
    outgoing = []
    outgoingLength = 0
    if (!old) return undefined
    old.onmessage = old.onclose = null
    // A handshake that finishes late on an abandoned socket is closed.
    old.onopen = () => old.close()
    old.onerror = () => undefined
    return old
  }

  function mayRetry(drop: Drop): boolean {
    if (drop.code === 1000 && settings.reconnectOnCleanClose === false) return false
    let answer: boolean | undefined
    guard("shouldReconnect", () => (answer = settings.shouldReconnect?.(drop)))
    return answer ?? true
  }

  function read(data: unknown, attempt: number): void {
    dispatch({ type: "heard", attempt })
    let messages
    try {
      messages = decode(String(data))
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      transmit(writeMessage({ op: "error", code: error.code, message: error.message } as { op: string }))
      return garbled(attempt, error.message)
    }
    for (const { message, body } of messages) {
      if (attempt !== machine.attempt || !socket) return
      hear(message, body, attempt)
    }
  }

  /** Something spoilt the stream, and what else it held is unknown: on a new socket all that is owed is said again. */
  function garbled(attempt: number, reason: string): void {
    log(reason)
    fail(attempt, reason, closeCode.protocolError)
  }

  function hear(message: Message, body: string | undefined, attempt: number): void {
    const own = message as unknown as Own
    switch (own.op) {
      case "ping":
        transmit(writeMessage({ ...own, op: "pong" }))
        break
      case "pong":
        dispatch({ type: "ponged", attempt })
        break
      case "welcome":
        takesBatches = (own.features ?? []).includes("batch")
        dispatch({ type: "welcomed", attempt, welcome: own })
        break
      case "reject":
        dispatch({ type: "rejected", attempt, code: own.code, reason: own.reason })
        break
      case "restarting":
      case "busy":
        dispatch({ type: "advised", attempt, retryAfterMs: own.retryAfterMs })
        break
      case "error":
        garbled(attempt, `the bridge did not understand: ${own.message}`)
        break
      default:
        if (machine.state.name === "ready") guard(message.op, () => deliver(message, body))
    }
  }

  /** A dying socket throws in some surroundings and stays silent in others: its close is on the way. */
  function transmit(frame: string): void {
    guard("send", () => socket?.send(frame))
  }

  function flush(): void {
    const messages = outgoing
    outgoing = []
    outgoingLength = 0
    if (messages.length === 0) return
    if (takesBatches) transmit(writeFrame(messages))
    else for (const message of messages) transmit(message)
  }

  function tell({ event, detail }: News): void {
    if (event === "reconnecting")
      log(`not connected, next attempt in ${Math.round(detail.delay / 100) / 10} s${obstacle && `: ${obstacle}`}`)
    if (event === "reconnectFailed") log(`gave up after ${detail.attempts} attempts`)
    if (event === "refused") log(`refused: ${detail.reason}`)
    for (const listener of [...(listeners.get(event) ?? [])]) guard(event, () => listener(detail as never))
  }

  /** Those who wait for `connect()` hear as soon as it is decided [L9]. */
  function settle(): void {
    const { state, dials } = machine
    switch (state.name) {
      case "ready":
        for (const { resolve } of waiters) resolve(lastReady!)
        waiters.clear()
        break
      case "refused":
      case "stopped":
        end(new LinkError(state.name, state.reason))
        break
      case "gave-up":
        end(new LinkError("gave-up", `no bridge after ${dials} attempts`))
        break
      case "idle":
        end(new LinkError("gave-up", "no bridge, and reconnection is disabled"))
    }
  }

  function end(error: LinkError): void {
    for (const { reject } of waiters) reject(error)
    waiters.clear()
  }

  /** Single-flight, with a pause between two; a failure changes nothing about the retry [L10]. */
  function refresh(): void {
    const { refreshCredentials } = settings
    if (!refreshCredentials || refreshing || clock.now() - refreshedAt < defaults.refreshMs) return
    refreshedAt = clock.now()
    fresh = refreshing = Promise.resolve()
      .then(refreshCredentials)
      .catch((error: unknown) => log(`refreshCredentials failed: ${messageOf(error)}`))
      .finally(() => {
        fresh = refreshing = undefined
      })
  }

  return {
    connect(nextUrl = url, nextSettings = settings) {
      const nextConfig = configOf(nextSettings, isNear)
      if (nextUrl !== url && isAlive(machine.state)) dispatch({ type: "stop", reason: "connecting elsewhere" })
      url = nextUrl
      if (!isAlive(machine.state)) {
        settings = nextSettings
        config = nextConfig
      }
      if (machine.state.name === "ready" && lastReady) return Promise.resolve(lastReady)
      return new Promise((resolve, reject) => {
        waiters.add({ resolve, reject })
        dispatch({ type: "start" })
      })
    },
    disconnect(reason = "disconnect") {
      const last = socket
      dispatch({ type: "stop", reason })
      if (!last) return leaving
      leaving = new Promise((closed) => {
        const disarm = clock.after(defaults.closeMs, done)
        last.onclose = done
        function done(): void {
          disarm()
          last!.onclose = null
          closed()
        }
      })
      return leaving
    },
    enableReconnection: () => dispatch({ type: "enable" }),
    disableReconnection: () => dispatch({ type: "disable" }),
    reconnectNow: () => dispatch({ type: "reconnectNow" }),
    hint: () => dispatch({ type: "hint" }),
    suspend: (code, reason) => dispatch({ type: "suspend", code, reason }),
    resume: () => dispatch({ type: "resume" }),
    send(message) {
      if (machine.state.name !== "ready") return false
      if (outgoing.push(message) === 1) void Promise.resolve().then(flush)
      outgoingLength += message.length
      if (outgoingLength > maxBatchLength) flush()
      return true
    },
    get state() {
      return stateName(machine.state)
    },
    get alive() {
      return isAlive(machine.state)
    },
    get isReconnecting() {
      const { state, hasBeenReady, waits } = machine
      const isFirst = !hasBeenReady && waits === 0 && state.name !== "suspended"
      return isAlive(state) && state.name !== "ready" && !isFirst
    },
    get isWaiting() {
      return stateName(machine.state) === "waiting"
    },
    get reconnectAttempts() {
      return machine.waits
    },
    get bufferedAmount() {
      return socket?.bufferedAmount ?? 0
    },
    on(event, listener) {
      const ears = listeners.get(event) ?? new Set()
      listeners.set(event, ears.add(listener))
      return () => ears.delete(listener)
    },
  }
}

/** Until nothing is left, what is added meanwhile included. */
function drain<Item>(queue: Item[], take: (item: Item) => void): void {
  for (let item = queue.shift(); item; item = queue.shift()) take(item)
}

function configOf(settings: LinkSettings, isNear: () => boolean): Config {
  const {
    backoff,
    maxAttempts = Infinity,
    setupMs = defaults.setupMs,
    silenceMs,
    heartbeat = true,
    resetAfter = defaults.resetAfterMs,
  } = settings
  check(maxAttempts >= 1, "maxAttempts", maxAttempts, "at least 1")
  check(setupMs > 0, "setupMs", setupMs, "more than 0")
  if (silenceMs !== undefined) check(silenceMs > 0, "silenceMs", silenceMs, "more than 0")
  if (typeof resetAfter === "number") check(resetAfter >= 0, "resetAfter", resetAfter, "at least 0")
  return { delay: createBackoff(backoff, isNear), maxAttempts, setupMs, silenceMs, heartbeat, resetAfter }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
