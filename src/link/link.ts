import { FrameError, writeFrame, writeMessage } from "../protocol/index.ts"
import { createBackoff } from "./backoff.ts"
import { defaults } from "./defaults.ts"
import {
  initialMachine,
  isAlive,
  stateName,
  step,
  type Config,
  type Effect,
  type LinkEvent,
  type Timer,
} from "./machine.ts"
import {
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
  | { readonly op: "restarting"; readonly retryAfterMs: number }
  | { readonly op: "error"; readonly message: string }

interface Waiter<Message extends { readonly op: string }> {
  resolve(ready: Ready<Message>): void
  reject(error: LinkError): void
}

/**
 * Performs what the machine decides: one socket, named timers, one scout.
 *
 * @throws {@link LinkError} `bad-options`
 */
export function createLink<Message extends { readonly op: string }>(
  initialUrl: Url,
  parts: LinkParts<Message>,
): Link<Message> {
  const { clock, random, openSocket, decode, deliver, log = () => undefined } = parts
  const settings: LinkSettings = parts.settings ?? {}
  const config = configOf(settings, initialUrl)
  const listeners = new Map<keyof LinkEvents<Message>, Set<(detail: never) => void>>()
  const timers = new Map<Timer, () => void>()
  const waiters = new Set<Waiter<Message>>()
  const effects: Effect[] = []
  let isPerforming = false
  let machine = initialMachine
  let url = initialUrl
  /** Where the last dial went, for the scout. */
  let address = ""
  let socket: Socket | undefined
  let lastReady: Ready<Message> | undefined
  let takesBatches = false
  let outgoing: string[] = []
  let endScout: (() => void) | undefined
  let refreshedAt = -Infinity
  let refreshing: Promise<void> | undefined

  /** The state changes at once, also inside a listener; effects are performed in the order in which they were decided. */
  function dispatch(event: LinkEvent): void {
    const before = stateName(machine.state)
    const next = step(machine, event, { now: clock.now(), random }, config)
    machine = next.machine
    const after = stateName(machine.state)
    if (before !== after) effects.push({ do: "emit", event: "stateChange", detail: { from: before, to: after } })
    effects.push(...next.effects)
    if (isPerforming) return
    isPerforming = true
    for (let effect = effects.shift(); effect; effect = effects.shift()) perform(effect)
    isPerforming = false
  }

  function perform(effect: Effect): void {
    switch (effect.do) {
      case "dial":
        dial(effect.attempt)
        break
      case "drop":
        letGo()?.close(effect.code, effect.reason)
        break
      case "greet":
        transmit(parts.hello())
        break
      case "ping":
        transmit(writeMessage({ op: "ping" }))
        break
      case "arm":
        timers.get(effect.timer)?.()
        timers.set(
          effect.timer,
          clock.after(effect.ms, () => {
            timers.delete(effect.timer)
            dispatch({ type: "due", timer: effect.timer })
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
        endScout = parts.scout?.(address, (there) => dispatch({ type: "looked", there }))
        break
      case "refresh":
        refresh()
        break
      case "emit":
        announce(effect)
        break
      default:
        effect satisfies never
    }
  }

  function dial(attempt: number): void {
    if (typeof url === "string" && !refreshing) dialTo(url, attempt)
    else void readUrl(url, attempt)
  }

  async function readUrl(source: Url, attempt: number): Promise<void> {
    try {
      await refreshing
      const current = typeof source === "function" ? await source() : source
      if (attempt === machine.attempt && machine.state.name === "dialling") dialTo(current, attempt)
    } catch (error) {
      fail(attempt, `no address: ${messageOf(error)}`)
    }
  }

  function dialTo(current: string, attempt: number): void {
    address = current
    try {
      attend(openSocket(address), attempt)
    } catch (error) {
      const reason = `no socket can be made for ${address}: ${messageOf(error)}`
      if (machine.hasBeenReady || machine.waits > 0) return fail(attempt, reason)
      // Nothing has ever worked: the caller hears what is wrong with the configuration [L7].
      settle((waiter) => waiter.reject(new LinkError("bad-options", reason)))
      dispatch({ type: "stop", reason })
    }
  }

  function fail(attempt: number, reason: string): void {
    dispatch({ type: "closed", attempt, drop: { code: 1006, reason, wasClean: false }, mayRetry: true })
  }

  function attend(next: Socket, attempt: number): void {
    socket = next
    takesBatches = false
    next.onopen = () => dispatch({ type: "opened", attempt })
    next.onmessage = ({ data }) => read(data, attempt)
    next.onclose = ({ code, reason, wasClean }) => {
      const drop = { code, reason, wasClean }
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
    if (!old) return undefined
    old.onmessage = old.onclose = null
    // A handshake that finishes late on an abandoned socket is closed.
    old.onopen = () => old.close()
    old.onerror = () => undefined
    return old
  }

  function mayRetry(drop: Drop): boolean {
    if (drop.code === 1000 && settings.reconnectOnCleanClose === false) return false
    try {
      return settings.shouldReconnect?.(drop) ?? true
    } catch (error) {
      log(`shouldReconnect threw: ${messageOf(error)}`)
      return true
    }
  }

  function read(data: unknown, attempt: number): void {
    dispatch({ type: "heard", attempt })
    let messages
    try {
      messages = decode(String(data))
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      transmit(writeMessage({ op: "error", code: error.code, message: error.message } as { op: string }))
      return
    }
    for (const { message, body } of messages) {
      if (attempt !== machine.attempt || !socket) return
      hear(message, body, attempt)
    }
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
        takesBatches = own.features?.includes("batch") ?? false
        dispatch({ type: "welcomed", attempt, welcome: own })
        break
      case "reject":
        dispatch({ type: "rejected", attempt, code: own.code, reason: own.reason })
        break
      case "restarting":
        dispatch({ type: "advised", attempt, retryAfterMs: own.retryAfterMs })
        break
      case "error":
        log(`the bridge did not understand: ${own.message}`)
        break
      default:
        if (machine.state.name === "ready") deliver(message, body)
    }
  }

  /** A dying socket throws in some surroundings and stays silent in others: its close is on the way. */
  function transmit(frame: string): void {
    try {
      socket?.send(frame)
    } catch (error) {
      log(`could not send: ${messageOf(error)}`)
    }
  }

  function flush(): void {
    const messages = outgoing
    outgoing = []
    if (messages.length === 0) return
    if (takesBatches) transmit(writeFrame(messages))
    else for (const message of messages) transmit(message)
  }

  function announce({ event, detail }: Extract<Effect, { do: "emit" }>): void {
    if (event === "ready") {
      lastReady = detail as unknown as Ready<Message>
      settle((waiter) => waiter.resolve(lastReady!))
    } else if (event === "refused") {
      settle((waiter) => waiter.reject(new LinkError("refused", detail.reason)))
    } else if (event === "closed") {
      settle((waiter) => waiter.reject(new LinkError("stopped", detail.reason)))
    } else if (event === "reconnectFailed") {
      settle((waiter) => waiter.reject(new LinkError("gave-up", `no bridge after ${detail.attempts} attempts`)))
    } else if (event === "reconnecting") {
      log(`not connected, next attempt in ${detail.delay / 1000} s`)
    }
    for (const listener of [...(listeners.get(event) ?? [])]) {
      try {
        listener(detail as never)
      } catch (error) {
        log(`a listener of ${event} threw: ${messageOf(error)}`)
      }
    }
  }

  function settle(end: (waiter: Waiter<Message>) => void): void {
    for (const waiter of waiters) end(waiter)
    waiters.clear()
  }

  /** Single-flight, with a pause between two; a failure changes nothing about the retry [L10]. */
  function refresh(): void {
    const { refreshCredentials } = settings
    if (!refreshCredentials || refreshing || clock.now() - refreshedAt < defaults.refreshMs) return
    refreshedAt = clock.now()
    refreshing = Promise.resolve()
      .then(refreshCredentials)
      .catch((error: unknown) => log(`refreshCredentials failed: ${messageOf(error)}`))
      .finally(() => {
        refreshing = undefined
      })
  }

  return {
    connect(nextUrl = url) {
      if (nextUrl !== url && isAlive(machine.state)) dispatch({ type: "stop", reason: "connecting elsewhere" })
      url = nextUrl
      if (machine.state.name === "ready" && lastReady) return Promise.resolve(lastReady)
      return new Promise((resolve, reject) => {
        waiters.add({ resolve, reject })
        dispatch({ type: "start" })
      })
    },
    disconnect(reason = "disconnect") {
      const last = socket
      dispatch({ type: "stop", reason })
      if (!last) return Promise.resolve()
      return new Promise((closed) => {
        const disarm = clock.after(defaults.closeMs, done)
        last.onclose = done
        function done(): void {
          disarm()
          last!.onclose = null
          closed()
        }
      })
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
      return true
    },
    get state() {
      return stateName(machine.state)
    },
    get alive() {
      return isAlive(machine.state)
    },
    get isReconnecting() {
      const { name } = machine.state
      return isAlive(machine.state) && name !== "ready" && machine.waits > 0
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

function configOf(settings: LinkSettings, url: Url): Config {
  const {
    backoff,
    maxAttempts = Infinity,
    setupMs = defaults.setupMs,
    silenceMs,
    heartbeat = true,
    resetAfter = defaults.resetAfterMs,
  } = settings
  if (!(maxAttempts >= 1)) {
    throw new LinkError("bad-options", `maxAttempts is ${maxAttempts}: it must be at least 1`)
  }
  if (!(setupMs > 0)) throw new LinkError("bad-options", `setupMs is ${setupMs}: it must be more than 0`)
  const delay = createBackoff(backoff, typeof url === "string" && isLoopback(url))
  return { delay, maxAttempts, setupMs, silenceMs, heartbeat, resetAfter }
}

/** By name; an address that is read at each dial counts as elsewhere. */
function isLoopback(url: string): boolean {
  return /^\w+:\/\/(localhost|[\w.-]+\.localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/|$)/i.test(url)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
