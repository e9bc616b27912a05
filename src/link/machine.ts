import { closeCode, isFinal, protocolVersion } from "../protocol/index.ts"
import type { Delay } from "./backoff.ts"
import { defaults } from "./defaults.ts"
import type { Drop, LinkEvents, LinkStateName, Welcome } from "./options.ts"

/**
 * Is there a connection, and what is to be done about it? Time and chance come
 * as arguments; nothing here touches the world.
 *
 *             start                opened               welcomed
 *    idle ────────────▶ dialling ──────────▶ greeting ──────────▶ ready
 *                         ▲  │                  │                  │  ⟲ beats
 *      due, hint, enable, │  │ closed, due      │ closed, due      │ closed, silent
 *           reconnectNow  │  ▼                  ▼                  ▼
 *                        waiting ◀───────────────────────────────────
 *                         │ ▲                                   ▲
 *          no dials left  │ │ reconnectNow, hint     resume     │ suspend (from anywhere alive)
 *                         ▼ │                    ◀── suspended ─┘
 *                        gave-up
 *
 *    stop: anything → stopped     a final answer: dialling, greeting, ready → refused
 *    disable: waiting → idle, and a drop of a disabled link → idle
 */
export type State =
  | { readonly name: "idle" }
  | { readonly name: "dialling" }
  | { readonly name: "greeting" }
  | { readonly name: "ready"; readonly since: number; readonly heart: Heart; readonly advice: Advice | undefined }
  | { readonly name: "waiting"; readonly due: number; readonly notBefore: number; readonly isAbsent: boolean }
  | { readonly name: "suspended" }
  | { readonly name: "stopped" }
  | { readonly name: "refused" }
  | { readonly name: "gave-up"; readonly notBefore: number }

/** What is known of the peer's pulse. */
type Heart =
  | { readonly is: "none" }
  /** It has never ponged, and perhaps cannot [L25]. */
  | { readonly is: "unproven"; readonly beatMs: number; readonly unanswered: number }
  | { readonly is: "beating"; readonly beatMs: number; readonly heardAt: number; readonly armedAt: number }
  /** We slept: one ping is out, and its answer has a full timeout [L28]. */
  | { readonly is: "probing"; readonly beatMs: number; readonly heardAt: number; readonly armedAt: number }

/** When to come back, said by the bridge before it closed [L18]. */
interface Advice {
  readonly retryAfterMs: number
}

/** A state and what outlives it. */
export interface Machine {
  readonly state: State
  /** The number of the current socket; those of earlier ones are nothing to us [L2]. */
  readonly attempt: number
  /** Whether drops lead to retries [L23]. */
  readonly isEnabled: boolean
  readonly hasBeenReady: boolean
  /** Dials and waits since the attempts were last reset [L14, L15]. */
  readonly dials: number
  readonly waits: number
  readonly dialledAt: number
  readonly quickSpells: number
  readonly spreadMs: number
}

export const initialMachine: Machine = {
  state: { name: "idle" },
  attempt: 0,
  isEnabled: true,
  hasBeenReady: false,
  dials: 0,
  waits: 0,
  dialledAt: -Infinity,
  quickSpells: 0,
  spreadMs: 0,
}

export type Timer = "setup" | "retry" | "beat" | "silence" | "stable"

/** Past tense for what happened, an imperative for what is wished. */
export type LinkEvent =
  | { readonly type: "start" }
  | { readonly type: "stop"; readonly reason: string }
  | { readonly type: "enable" }
  | { readonly type: "disable" }
  | { readonly type: "reconnectNow" }
  | { readonly type: "hint" }
  | { readonly type: "suspend"; readonly code: number; readonly reason: string }
  | { readonly type: "resume" }
  | { readonly type: "looked"; readonly there: boolean }
  | { readonly type: "due"; readonly timer: Timer }
  | SocketEvent

type SocketEvent = { readonly attempt: number } & (
  | { readonly type: "opened" }
  /** A frame came in, whatever is in it. */
  | { readonly type: "heard" }
  | { readonly type: "ponged" }
  | { readonly type: "welcomed"; readonly welcome: Welcome }
  | { readonly type: "rejected"; readonly code: number; readonly reason: string }
  | { readonly type: "advised"; readonly retryAfterMs: number }
  /** The socket ended, or could not be made. `mayRetry`: the user's options allow it. */
  | { readonly type: "closed"; readonly drop: Drop; readonly mayRetry: boolean }
)

type Emit<Name extends keyof LinkEvents<Welcome>> = Name extends unknown
  ? { readonly do: "emit"; readonly event: Name; readonly detail: LinkEvents<Welcome>[Name] }
  : never

export type Effect =
  | { readonly do: "dial"; readonly attempt: number }
  /** Lets go of the socket first, then closes it: no later word of it counts. */
  | { readonly do: "drop"; readonly code: number; readonly reason: string }
  | { readonly do: "greet" }
  | { readonly do: "ping" }
  | { readonly do: "arm"; readonly timer: Timer; readonly ms: number }
  | { readonly do: "disarm"; readonly timer: Timer }
  | { readonly do: "scout" }
  | { readonly do: "unscout" }
  | { readonly do: "refresh" }
  | Emit<keyof LinkEvents<Welcome>>

export interface Config {
  readonly delay: Delay
  readonly maxAttempts: number
  readonly setupMs: number
  readonly silenceMs: number | undefined
  readonly heartbeat: boolean
  readonly resetAfter: "open" | "ready" | number
}

export interface Chance {
  readonly now: number
  readonly random: () => number
}

export interface Step {
  readonly machine: Machine
  readonly effects: readonly Effect[]
}

/** The state as the world sees it: a suspended link waits. */
export function stateName({ name }: State): LinkStateName {
  return name === "suspended" ? "waiting" : name
}

export function step(machine: Machine, event: LinkEvent, chance: Chance, config: Config): Step {
  if ("attempt" in event && event.attempt !== machine.attempt) return same(machine)
  const { state } = machine
  switch (event.type) {
    case "start":
      return isAlive(state) ? same(machine) : start(machine, chance, config)
    case "stop":
      return stop(machine, event.reason)
    case "enable":
      return enable(machine, chance, config)
    case "disable":
      return disable(machine)
    case "reconnectNow":
      return state.name === "waiting" || state.name === "gave-up"
        ? dial(afresh(machine), chance, config)
        : same(machine)
    case "hint":
      return hint(machine, chance, config)
    case "suspend":
      return suspend(machine, event)
    case "resume":
      return state.name === "suspended" ? dial(machine, chance, config) : same(machine)
    case "looked":
      return looked(machine, event.there, chance, config)
    case "due":
      return due(machine, event.timer, chance, config)
    case "opened":
      return state.name === "dialling" ? greet(machine, config) : same(machine)
    case "heard":
      return heard(machine, chance, config)
    case "ponged":
      return ponged(machine, chance, config)
    case "welcomed":
      return state.name === "greeting" ? welcome(machine, event.welcome, chance, config) : same(machine)
    case "rejected":
      return hasSocket(state) ? refuse(machine, event.code, event.reason) : same(machine)
    case "advised":
      return advised(machine, event.retryAfterMs)
    case "closed":
      return hasSocket(state) ? closed(machine, event.drop, event.mayRetry, chance, config) : same(machine)
    default:
      return event satisfies never
  }
}

/** Whether the link still tries, or has what it tried for. */
export function isAlive({ name }: State): boolean {
  return hasSocket({ name }) || name === "waiting" || name === "suspended"
}

function hasSocket({ name }: { readonly name: State["name"] }): boolean {
  return name === "dialling" || name === "greeting" || name === "ready"
}

function same(machine: Machine): Step {
  return { machine, effects: [] }
}

/** The attempts start again at 0. */
function afresh(machine: Machine): Machine {
  return { ...machine, dials: 0, waits: 0 }
}

function start(machine: Machine, chance: Chance, config: Config): Step {
  return dial({ ...afresh(machine), isEnabled: true, hasBeenReady: false, quickSpells: 0 }, chance, config)
}

function dial(machine: Machine, { now }: Chance, { setupMs }: Config): Step {
  const attempt = machine.attempt + 1
  return {
    machine: { ...machine, state: { name: "dialling" }, attempt, dials: machine.dials + 1, dialledAt: now },
    effects: [
      ...leaveWaiting(machine.state),
      { do: "arm", timer: "setup", ms: setupMs },
      { do: "emit", event: "connecting", detail: { attempt: machine.dials + 1 } },
      { do: "dial", attempt },
    ],
  }
}

function leaveWaiting({ name }: State): readonly Effect[] {
  return name === "waiting" ? [{ do: "disarm", timer: "retry" }, { do: "unscout" }] : []
}

const socketTimers = (["setup", "beat", "silence", "stable"] as const).map((timer): Effect => ({ do: "disarm", timer }))

/** Everything that a state holds is let go. */
function leave(state: State, code: number, reason: string): readonly Effect[] {
  return hasSocket(state) ? [...socketTimers, { do: "drop", code, reason }] : leaveWaiting(state)
}

function stop(machine: Machine, reason: string): Step {
  const { state } = machine
  if (state.name === "stopped") return same(machine)
  return {
    machine: { ...machine, state: { name: "stopped" } },
    effects: [...leave(state, closeCode.normal, reason), { do: "emit", event: "closed", detail: { reason } }],
  }
}

function refuse(machine: Machine, code: number, reason: string): Step {
  return {
    machine: { ...machine, state: { name: "refused" } },
    effects: [
      ...leave(machine.state, closeCode.normal, "refused"),
      { do: "emit", event: "refused", detail: { code, reason } },
    ],
  }
}

function enable(machine: Machine, chance: Chance, config: Config): Step {
  const enabled = { ...machine, isEnabled: true }
  const isHeld = !machine.isEnabled && machine.state.name === "idle"
  return isHeld ? dial(afresh(enabled), chance, config) : same(enabled)
}

function disable(machine: Machine): Step {
  const { state } = machine
  const disabled = { ...machine, isEnabled: false }
  if (state.name !== "waiting") return same(disabled)
  return { machine: { ...disabled, state: { name: "idle" } }, effects: leaveWaiting(state) }
}

function suspend(machine: Machine, { code, reason }: { readonly code: number; readonly reason: string }): Step {
  const { state } = machine
  if (!isAlive(state) || state.name === "suspended") return same(machine)
  const drop: Drop = { code, reason, wasClean: true }
  return {
    machine: { ...machine, state: { name: "suspended" } },
    effects: [
      ...leave(state, code, reason),
      ...(hasSocket(state)
        ? [{ do: "emit", event: "disconnected", detail: { ...drop, willReconnect: true } } as const]
        : []),
    ],
  }
}

/** Hints are hints: one dial a second at most, none before a busy bridge wants it, and a ready link only looks again [L17, L28]. */
function hint(machine: Machine, chance: Chance, config: Config): Step {
  const { state, dialledAt } = machine
  const { now } = chance
  switch (state.name) {
    case "waiting": {
      const free = Math.max(dialledAt + defaults.hintMs, state.notBefore)
      if (now >= free) return dial(machine, chance, config)
      if (free >= state.due) return same(machine)
      return {
        machine: { ...machine, state: { ...state, due: free } },
        effects: [{ do: "arm", timer: "retry", ms: free - now }],
      }
    }
    case "gave-up":
      return now >= state.notBefore ? dial(afresh(machine), chance, config) : same(machine)
    case "ready": {
      const { heart } = state
      return heart.is === "beating" && now - heart.heardAt > heart.beatMs
        ? probe(machine, state, heart, now, config)
        : same(machine)
    }
    default:
      return same(machine)
  }
}

function looked(machine: Machine, there: boolean, chance: Chance, config: Config): Step {
  const { state } = machine
  if (state.name !== "waiting") return same(machine)
  if (there) return hint(machine, chance, config)
  return state.isAbsent ? same(machine) : same({ ...machine, state: { ...state, isAbsent: true } })
}

function due(machine: Machine, timer: Timer, chance: Chance, config: Config): Step {
  const { state } = machine
  switch (timer) {
    case "setup":
      return state.name === "dialling" || state.name === "greeting"
        ? lost(machine, { code: 1006, reason: "setup took too long", wasClean: false }, chance, config)
        : same(machine)
    case "retry":
      if (state.name !== "waiting") return same(machine)
      // The scout just saw that nobody is there: a dial would only print an error in the page's console [L19].
      return state.isAbsent && config.maxAttempts === Infinity
        ? wait(machine, chance, config)
        : dial(machine, chance, config)
    case "stable":
      return state.name === "ready" ? same(afresh({ ...machine, quickSpells: 0 })) : same(machine)
    case "beat":
      return state.name === "ready" ? beat(machine, state) : same(machine)
    case "silence":
      return state.name === "ready" ? silent(machine, state, chance, config) : same(machine)
    default:
      return timer satisfies never
  }
}

function greet(machine: Machine, config: Config): Step {
  const opened = config.resetAfter === "open" ? afresh(machine) : machine
  return { machine: { ...opened, state: { name: "greeting" } }, effects: [{ do: "greet" }] }
}

type ReadyState = Extract<State, { name: "ready" }>

function welcome(machine: Machine, word: Welcome, { now }: Chance, config: Config): Step {
  if (word.protocol !== protocolVersion) return refuse(machine, closeCode.wrongVersion, versionAdvice(word))
  const { resetAfter, heartbeat } = config
  const beatMs = heartbeat ? (word.heartbeatMs ?? 0) : 0
  const ready: Machine = {
    ...machine,
    state: {
      name: "ready",
      since: now,
      heart: beatMs > 0 ? { is: "unproven", beatMs, unanswered: 0 } : { is: "none" },
      advice: undefined,
    },
    hasBeenReady: true,
    spreadMs: word.spreadMs ?? 0,
  }
  const detail = {
    reconnected: machine.hasBeenReady,
    attempt: machine.dials,
    bridgeInstance: word.bridge,
    welcome: word,
  }
  return {
    machine: resetAfter === "ready" ? afresh(ready) : ready,
    effects: [
      { do: "disarm", timer: "setup" },
      ...(beatMs > 0 ? [{ do: "arm", timer: "beat", ms: beatMs / 2 } as const] : []),
      ...(typeof resetAfter === "number" ? [{ do: "arm", timer: "stable", ms: resetAfter } as const] : []),
      { do: "emit", event: "ready", detail },
    ],
  }
}

function versionAdvice({ protocol, version }: Welcome): string {
  const [older, newer] = protocol < protocolVersion ? ["bridge", "client"] : ["client", "bridge"]
  return `the ${newer} speaks a newer protocol than the ${older} (this end ${protocolVersion}, bridge ${version}: ${protocol}): upgrade the ${older}`
}

function withHeart(machine: Machine, state: ReadyState, heart: Heart, effects: readonly Effect[]): Step {
  return { machine: { ...machine, state: { ...state, heart } }, effects }
}

function beat(machine: Machine, state: ReadyState): Step {
  const { heart } = state
  switch (heart.is) {
    case "none":
      return same(machine)
    case "unproven":
      if (heart.unanswered === defaults.unansweredPings) return withHeart(machine, state, { is: "none" }, [])
      return withHeart(machine, state, { ...heart, unanswered: heart.unanswered + 1 }, [
        { do: "ping" },
        { do: "arm", timer: "beat", ms: heart.beatMs },
      ])
    case "beating":
    case "probing":
      return { machine, effects: [{ do: "ping" }, { do: "arm", timer: "beat", ms: heart.beatMs }] }
    default:
      return heart satisfies never
  }
}

function silenceOf({ silenceMs }: Config, beatMs: number): number {
  return silenceMs ?? defaults.silentBeats * beatMs
}

/** Any frame is a sign of life. Timers are armed here because those armed in a socket's handler run on time in a hidden tab [L19, L26]. */
function heard(machine: Machine, { now }: Chance, config: Config): Step {
  const { state } = machine
  if (state.name !== "ready") return same(machine)
  const { heart } = state
  if (heart.is !== "beating" && heart.is !== "probing") return same(machine)
  // Arming anew for each frame of a burst would be for nothing.
  const isFresh = heart.is === "beating" && now - heart.armedAt < heart.beatMs / 8
  if (isFresh) return withHeart(machine, state, { ...heart, heardAt: now }, [])
  return alive(machine, state, heart.beatMs, now, config)
}

function ponged(machine: Machine, { now }: Chance, config: Config): Step {
  const { state } = machine
  return state.name === "ready" && state.heart.is === "unproven"
    ? alive(machine, state, state.heart.beatMs, now, config)
    : same(machine)
}

function alive(machine: Machine, state: ReadyState, beatMs: number, now: number, config: Config): Step {
  return withHeart(machine, state, { is: "beating", beatMs, heardAt: now, armedAt: now }, [
    { do: "arm", timer: "beat", ms: beatMs },
    { do: "arm", timer: "silence", ms: silenceOf(config, beatMs) },
  ])
}

type Pulse = Extract<Heart, { is: "beating" | "probing" }>

function probe(machine: Machine, state: ReadyState, heart: Pulse, now: number, config: Config): Step {
  return withHeart(machine, state, { ...heart, is: "probing", armedAt: now }, [
    { do: "ping" },
    { do: "arm", timer: "silence", ms: silenceOf(config, heart.beatMs) },
  ])
}

/** The watchdog: late, it has learnt nothing and asks once; on time, it judges [L28]. */
function silent(machine: Machine, state: ReadyState, chance: Chance, config: Config): Step {
  const { heart } = state
  if (heart.is !== "beating" && heart.is !== "probing") return same(machine)
  const { now } = chance
  const silenceMs = silenceOf(config, heart.beatMs)
  if (now - heart.armedAt - silenceMs > Math.max(defaults.lateMs, heart.beatMs / 2)) {
    return probe(machine, state, heart, now, config)
  }
  const heardLater = heart.heardAt + silenceMs - now
  if (heart.is === "beating" && heardLater > 0)
    return { machine, effects: [{ do: "arm", timer: "silence", ms: heardLater }] }
  const dead = lost(machine, { code: 1006, reason: "heartbeat timeout", wasClean: false }, chance, config, redial)
  const timeout: Effect = { do: "emit", event: "heartbeatTimeout", detail: { silentMs: now - heart.heardAt } }
  return { ...dead, effects: [timeout, ...dead.effects] }
}

function advised(machine: Machine, retryAfterMs: number): Step {
  const { state } = machine
  return state.name === "ready" ? same({ ...machine, state: { ...state, advice: { retryAfterMs } } }) : same(machine)
}

function closed(machine: Machine, drop: Drop, mayRetry: boolean, chance: Chance, config: Config): Step {
  if (isFinal(drop.code)) {
    const dropped: Effect = { do: "emit", event: "disconnected", detail: { ...drop, willReconnect: false } }
    const refused = refuse(machine, drop.code, drop.reason)
    return { ...refused, effects: [...refused.effects.slice(0, -1), dropped, ...refused.effects.slice(-1)] }
  }
  if (mayRetry) return lost(machine, drop, chance, config)
  return {
    machine: { ...machine, state: { name: "stopped" } },
    effects: [
      ...leave(machine.state, closeCode.normal, ""),
      { do: "emit", event: "disconnected", detail: { ...drop, willReconnect: false } },
      { do: "emit", event: "closed", detail: { reason: drop.reason || `closed with ${drop.code}` } },
    ],
  }
}

type ComeBack = (machine: Machine, drop: Drop, chance: Chance, config: Config) => Step

/** A drop that may be followed by a retry. */
function lost(machine: Machine, drop: Drop, chance: Chance, config: Config, comeBack: ComeBack = retry): Step {
  const { state, isEnabled } = machine
  const spell = state.name === "ready" ? chance.now - state.since : undefined
  const isQuick = spell !== undefined && spell < defaults.quickMs
  const quickSpells = spell === undefined ? machine.quickSpells : isQuick ? machine.quickSpells + 1 : 0
  const isFlapping = isQuick && quickSpells % defaults.quickSpells === 0
  const isSpent = machine.dials >= config.maxAttempts
  const effects: Effect[] = [
    // Not 1000: to the bridge that would say that we left for good.
    ...leave(state, closeCode.dropped, drop.reason),
    { do: "emit", event: "disconnected", detail: { ...drop, willReconnect: isEnabled && !isSpent } },
  ]
  if (isFlapping) effects.push({ do: "emit", event: "flapping", detail: { drop } }, { do: "refresh" })
  const dropped = { ...machine, quickSpells }
  const next = !isEnabled
    ? same({ ...dropped, state: { name: "idle" } })
    : isSpent
      ? giveUp(dropped, chance, config)
      : comeBack(dropped, drop, chance, config)
  return { machine: next.machine, effects: [...effects, ...next.effects] }
}

function giveUp(machine: Machine, { now, random }: Chance, { delay }: Config): Step {
  return {
    machine: { ...machine, state: { name: "gave-up", notBefore: now + delay(machine.waits, random) } },
    effects: [{ do: "emit", event: "reconnectFailed", detail: { attempts: machine.dials } }],
  }
}

function retry(machine: Machine, drop: Drop, chance: Chance, config: Config): Step {
  const { state, spreadMs } = machine
  const { random } = chance
  if (state.name !== "ready") return wait(machine, chance, config)
  const { advice } = state
  if (advice === undefined) return wait(machine, chance, config, { extraMs: random() * spreadMs })
  const delay = advice.retryAfterMs * (1 + random() / 2)
  // A restart is advice, and the scout may find the bridge sooner; a busy bridge means what it says [L18].
  return drop.code === closeCode.tryAgainLater
    ? wait(machine, chance, config, { atLeastMs: delay })
    : wait(machine, chance, config, { insteadMs: delay })
}

/** A silent socket says nothing against the bridge: dialled again without a wait [L26]. */
function redial(machine: Machine, _drop: Drop, chance: Chance, config: Config): Step {
  const waits = machine.waits + 1
  const dialled = dial({ ...machine, waits }, chance, config)
  const detail = { attempt: waits, maxAttempts: config.maxAttempts, delay: 0 }
  return { ...dialled, effects: [{ do: "emit", event: "reconnecting", detail }, ...dialled.effects] }
}

interface WaitTuning {
  readonly extraMs?: number
  readonly atLeastMs?: number
  readonly insteadMs?: number
}

function wait(machine: Machine, { now, random }: Chance, config: Config, tuning: WaitTuning = {}): Step {
  const { extraMs = 0, atLeastMs = 0, insteadMs } = tuning
  const delay = insteadMs ?? Math.max(config.delay(machine.waits, random) + extraMs, atLeastMs)
  const waits = machine.waits + 1
  const isSearching = machine.state.name === "waiting"
  return {
    machine: {
      ...machine,
      waits,
      state: { name: "waiting", due: now + delay, notBefore: now + atLeastMs, isAbsent: false },
    },
    effects: [
      { do: "arm", timer: "retry", ms: delay },
      ...(isSearching ? [] : [{ do: "scout" } as const]),
      { do: "emit", event: "reconnecting", detail: { attempt: waits, maxAttempts: config.maxAttempts, delay } },
    ],
  }
}
