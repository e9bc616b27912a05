import { closeCode, isFinal, protocolVersion } from "../protocol/index.ts"
import type { Delay } from "./backoff.ts"
import * as defaults from "./defaults.ts"
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
  | { readonly name: "greeting"; readonly retryAfterMs?: number }
  | { readonly name: "ready"; readonly since: number; readonly heart?: Heart; readonly retryAfterMs?: number }
  | { readonly name: "waiting"; readonly due: number; readonly notBefore: number; readonly isAbsent: boolean }
  | { readonly name: "suspended" }
  | { readonly name: "stopped"; readonly reason: string }
  | { readonly name: "refused"; readonly reason: string }
  | { readonly name: "gave-up"; readonly notBefore: number }

/** What is known of the peer's pulse; undefined without a heartbeat. */
type Heart =
  /** It has never ponged, and perhaps cannot [L25]. */
  | { readonly is: "unproven"; readonly beatMs: number; readonly unanswered: number }
  /** `probing`: we slept; one ping is out, and its answer has a full timeout [L28]. */
  | {
      readonly is: "beating" | "probing"
      readonly beatMs: number
      readonly heardAt: number
      /** When the watchdog was armed last. */
      readonly armedAt: number
    }
  | undefined

/** A state and what outlives it. */
export interface Machine {
  readonly state: State
  /** The number of the current socket; those of earlier ones are nothing to us [L2]. */
  readonly attempt: number
  /** Whether drops lead to retries [L23]. */
  readonly isEnabled: boolean
  readonly hasBeenReady: boolean
  /** Ready since the scout was sent out last [L19]. */
  readonly wasReady: boolean
  /** The bridge has ponged on this socket or an earlier one: it can. */
  readonly hasPonged: boolean
  /** Dials and waits since the attempts were last reset [L14, L15]. */
  readonly dials: number
  readonly waits: number
  readonly dialledAt: number
  /** When the scout saw that nobody is there, where that is what it saw last. */
  readonly missedAt: number
  /** Ready spells in a row that were too short [L16]. */
  readonly quickSpells: number
  readonly spreadMs: number
}

export const initialMachine: Machine = {
  state: { name: "idle" },
  attempt: 0,
  isEnabled: true,
  hasBeenReady: false,
  wasReady: false,
  hasPonged: false,
  dials: 0,
  waits: 0,
  dialledAt: -Infinity,
  missedAt: -Infinity,
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
  | { readonly type: "looked"; readonly there: boolean | undefined }
  | { readonly type: "due"; readonly timer: Timer }
  | SocketEvent

type SocketEvent = { readonly attempt: number } & (
  | { readonly type: "opened" }
  /** A frame came in, whatever is in it. */
  | { readonly type: "heard" }
  | { readonly type: "ponged" }
  | { readonly type: "welcomed"; readonly welcome: Welcome }
  | { readonly type: "rejected"; readonly code: number; readonly reason: string }
  /** The bridge said when to come back [L18]. */
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
  /** Replaces the timer of that name. */
  | { readonly do: "arm"; readonly timer: Timer; readonly ms: number }
  /** Disarms every timer and ends the scout. */
  | { readonly do: "rest" }
  | { readonly do: "scout"; readonly wasReady: boolean }
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

/** Whether the link still tries, or has what it tried for. */
export function isAlive(state: State): boolean {
  return hasSocket(state) || state.name === "waiting" || state.name === "suspended"
}

function hasSocket({ name }: State): boolean {
  return name === "dialling" || name === "greeting" || name === "ready"
}

/** Whether it is down because its reconnection is disabled [L23]. */
function isHeld({ state, attempt }: Machine): boolean {
  return state.name === "idle" && attempt > 0
}

export function step(machine: Machine, event: LinkEvent, chance: Chance, config: Config): Step {
  if ("attempt" in event && event.attempt !== machine.attempt) return { machine, effects: [] }
  const draft: Draft = { machine: { ...machine }, effects: [], chance, config }
  take(draft, event)
  return draft
}

/** A step in the making: what it was given, and what comes of it so far. */
interface Draft {
  readonly machine: { -readonly [Field in keyof Machine]: Machine[Field] }
  readonly effects: Effect[]
  readonly chance: Chance
  readonly config: Config
}

function take(draft: Draft, event: LinkEvent): void {
  const { machine } = draft
  const { state } = machine
  const { name } = state
  switch (event.type) {
    case "start":
      if (isAlive(state)) return
      machine.isEnabled = true
      machine.hasBeenReady = false
      machine.hasPonged = false
      machine.quickSpells = 0
      return dialAfresh(draft)
    case "stop":
      if (name !== "stopped") stop(draft, event.reason)
      return
    case "enable":
      machine.isEnabled = true
      if (isHeld(machine)) dialAfresh(draft)
      return
    case "disable":
      machine.isEnabled = false
      if (name === "waiting") enter(draft, { name: "idle" })
      return
    case "reconnectNow":
      if (name === "waiting" || name === "gave-up" || name === "suspended" || isHeld(machine)) dialAfresh(draft)
      return
    case "hint":
      return hint(draft)
    case "suspend":
      if (isAlive(state)) suspend(draft, event)
      return
    case "resume":
      if (name === "suspended") dialAfresh(draft)
      return
    case "looked":
      machine.missedAt = event.there === false ? draft.chance.now : -Infinity
      if (event.there) hint(draft)
      else if (name === "waiting") machine.state = { ...state, isAbsent: machine.missedAt > -Infinity }
      return
    case "due":
      return due(draft, event.timer)
    case "opened":
      if (name !== "dialling") return
      machine.state = { name: "greeting" }
      if (draft.config.resetAfter === "open") reset(draft)
      draft.effects.push({ do: "greet" })
      return
    case "heard":
      return heard(draft)
    case "ponged":
      machine.hasPonged = true
      if (name === "ready" && state.heart?.is === "unproven") live(draft, state, state.heart.beatMs)
      return
    case "welcomed":
      if (name === "greeting") welcome(draft, event.welcome)
      return
    case "rejected":
      if (hasSocket(state)) refuse(draft, event.code, event.reason)
      return
    case "advised":
      if (name === "greeting" || name === "ready") machine.state = { ...state, retryAfterMs: event.retryAfterMs }
      return
    case "closed":
      if (hasSocket(state)) closed(draft, event.drop, event.mayRetry)
      return
    default:
      event satisfies never
  }
}

function emit<Name extends keyof LinkEvents<Welcome>>(
  { effects }: Draft,
  event: Name,
  detail: LinkEvents<Welcome>[Name],
): void {
  effects.push({ do: "emit", event, detail } as Emit<Name>)
}

function arm({ effects }: Draft, timer: Timer, ms: number): void {
  effects.push({ do: "arm", timer, ms })
}

/** Into another state, with nothing left of the last one. */
function enter(draft: Draft, state: State, code: number = closeCode.normal, reason = ""): void {
  const { machine, effects } = draft
  effects.push({ do: "rest" })
  if (hasSocket(machine.state)) effects.push({ do: "drop", code, reason })
  machine.state = state
}

/** The attempts start again at 0. */
function reset({ machine }: Draft): void {
  machine.dials = machine.waits = 0
}

function dialAfresh(draft: Draft): void {
  reset(draft)
  dial(draft)
}

function dial(draft: Draft): void {
  const { machine, effects, chance, config } = draft
  enter(draft, { name: "dialling" })
  machine.dialledAt = chance.now
  arm(draft, "setup", config.setupMs)
  emit(draft, "connecting", { attempt: ++machine.dials })
  effects.push({ do: "dial", attempt: ++machine.attempt })
}

function stop(draft: Draft, reason: string): void {
  enter(draft, { name: "stopped", reason }, closeCode.normal, reason)
  emit(draft, "closed", { reason })
}

function refuse(draft: Draft, code: number, reason: string, wasClean = true): void {
  enter(draft, { name: "refused", reason })
  emit(draft, "disconnected", { code, reason, wasClean, willReconnect: false })
  emit(draft, "refused", { code, reason })
}

function suspend(draft: Draft, { code, reason }: { readonly code: number; readonly reason: string }): void {
  const hadSocket = hasSocket(draft.machine.state)
  enter(draft, { name: "suspended" }, code, reason)
  if (hadSocket) emit(draft, "disconnected", { code, reason, wasClean: true, willReconnect: true })
}

/** Hints are hints: one dial a second at most, none before a busy bridge wants it, and a ready link only looks again [L17, L28]. */
function hint(draft: Draft): void {
  const { machine, chance } = draft
  const { state } = machine
  const { now } = chance
  if (state.name === "waiting") {
    // The scout has a second to say otherwise: a dial in vain prints an error in the page's console [L19].
    const free = Math.max(Math.max(machine.dialledAt, machine.missedAt) + defaults.hintMs, state.notBefore)
    if (now >= free) return dial(draft)
    // What the scout saw before is no longer the latest news.
    machine.state = { ...state, due: Math.min(free, state.due), isAbsent: false }
    if (free < state.due) arm(draft, "retry", free - now)
  } else if (state.name === "gave-up") {
    if (now >= state.notBefore) dial(draft)
  } else if (state.name === "ready" && state.heart?.is === "beating") {
    if (now - state.heart.heardAt > state.heart.beatMs) probe(draft, state, state.heart)
  }
}

function due(draft: Draft, timer: Timer): void {
  const { machine, config } = draft
  const { state } = machine
  if (state.name === "ready") return dueInReady(draft, state, timer)
  if (timer === "setup" && hasSocket(state)) lose(draft, unclean("setup took too long"))
  if (timer === "retry" && state.name === "waiting") {
    // The scout just saw that nobody is there: a dial would only print an error in the page's console [L19].
    if (state.isAbsent && config.maxAttempts === Infinity) wait(draft)
    else dial(draft)
  }
}

function dueInReady(draft: Draft, state: ReadyState, timer: Timer): void {
  const { machine, effects } = draft
  const { heart } = state
  if (timer === "stable") {
    reset(draft)
    machine.quickSpells = 0
  } else if (heart && timer === "silence") {
    silent(draft, state, heart)
  } else if (heart && timer === "beat") {
    const unanswered = heart.is === "unproven" ? heart.unanswered : 0
    if (unanswered === defaults.unansweredPings) {
      machine.state = { ...state, heart: undefined }
      return
    }
    if (heart.is === "unproven") machine.state = { ...state, heart: { ...heart, unanswered: unanswered + 1 } }
    effects.push({ do: "ping" })
    arm(draft, "beat", heart.beatMs)
  }
}

type ReadyState = Extract<State, { name: "ready" }>
type Pulse = Extract<Heart, { heardAt: number }>

function welcome(draft: Draft, word: Welcome): void {
  const { machine, chance, config } = draft
  const { dials, hasBeenReady } = machine
  const { bridge, heartbeatMs = 0, protocol, spreadMs = 0, version } = word
  if (protocol !== protocolVersion) {
    const older = protocol < protocolVersion ? "bridge" : "client"
    const reason = `protocol ${protocolVersion} here, ${protocol} at the bridge (${version}): upgrade the ${older}`
    return refuse(draft, closeCode.wrongVersion, reason)
  }
  // A silence that is short needs beats that fit into it.
  const beatMs = config.heartbeat ? Math.min(heartbeatMs, (config.silenceMs ?? Infinity) / defaults.silentBeats) : 0
  draft.effects.push({ do: "rest" })
  const ready: ReadyState = { name: "ready", since: chance.now }
  machine.state = ready
  machine.hasBeenReady = machine.wasReady = true
  machine.spreadMs = spreadMs
  if (beatMs) greetHeart(draft, ready, beatMs)
  if (config.resetAfter === "ready") reset(draft)
  else if (config.resetAfter !== "open") arm(draft, "stable", config.resetAfter)
  emit(draft, "ready", { reconnected: hasBeenReady, attempt: dials, bridgeInstance: bridge, welcome: word })
}

/** Asked at once, so that the time in which a link could die unnoticed is that of one answer; a bridge that has ponged before can pong now [L25, L27]. */
function greetHeart(draft: Draft, state: ReadyState, beatMs: number): void {
  const { machine, effects } = draft
  if (machine.hasPonged) return live(draft, state, beatMs)
  machine.state = { ...state, heart: { is: "unproven", beatMs, unanswered: 1 } }
  effects.push({ do: "ping" })
  arm(draft, "beat", beatMs)
}

/** Any frame is a sign of life [L26]. */
function heard(draft: Draft): void {
  const { machine, chance } = draft
  const { state } = machine
  if (state.name !== "ready" || !state.heart || state.heart.is === "unproven") return
  const { heart } = state
  // Arming anew for each frame of a burst would be for nothing.
  if (heart.is === "beating" && chance.now - heart.armedAt < heart.beatMs / 8) {
    machine.state = { ...state, heart: { ...heart, heardAt: chance.now } }
  } else live(draft, state, heart.beatMs)
}

/** Timers are armed while a frame is handled, because those run on time in a hidden tab [L19]. */
function live(draft: Draft, state: ReadyState, beatMs: number): void {
  const { now } = draft.chance
  draft.machine.state = { ...state, heart: { is: "beating", beatMs, heardAt: now, armedAt: now } }
  arm(draft, "beat", beatMs)
  arm(draft, "silence", silenceOf(draft, beatMs))
}

function silenceOf({ config }: Draft, beatMs: number): number {
  return config.silenceMs ?? defaults.silentBeats * beatMs
}

function probe(draft: Draft, state: ReadyState, heart: Pulse): void {
  draft.machine.state = { ...state, heart: { ...heart, is: "probing", armedAt: draft.chance.now } }
  draft.effects.push({ do: "ping" })
  arm(draft, "silence", silenceOf(draft, heart.beatMs))
}

/** The watchdog: late, it has learnt nothing and asks once; on time, it judges [L28]. */
function silent(draft: Draft, state: ReadyState, heart: Heart): void {
  if (!heart || heart.is === "unproven") return
  const { now } = draft.chance
  const silenceMs = silenceOf(draft, heart.beatMs)
  const lateMs = now - heart.armedAt - silenceMs
  const silentMs = now - heart.heardAt
  if (lateMs > Math.max(defaults.lateMs, heart.beatMs / 2)) probe(draft, state, heart)
  else if (heart.is === "beating" && silentMs < silenceMs) arm(draft, "silence", silenceMs - silentMs)
  else lose(draft, unclean("heartbeat timeout"), silentMs)
}

function closed(draft: Draft, drop: Drop, mayRetry: boolean): void {
  const { code, reason, wasClean } = drop
  if (isFinal(code)) refuse(draft, code, reason, wasClean)
  else if (mayRetry) lose(draft, drop)
  else {
    emit(draft, "disconnected", { ...drop, willReconnect: false })
    stop(draft, reason || `closed with ${code}`)
  }
}

/** The end of a socket that said no word of its own. */
export function unclean(reason: string, code = 1006): Drop {
  return { code, reason, wasClean: false }
}

/** A drop that may be followed by a retry; one without a wait where only the socket was silent [L26]. */
function lose(draft: Draft, drop: Drop, silentMs?: number): void {
  const { machine, chance, config, effects } = draft
  const { state, isEnabled, dials } = machine
  const { now, random } = chance
  const isSpent = dials >= config.maxAttempts
  // Not 1000: to the bridge that would say that we left for good.
  enter(draft, { name: "idle" }, closeCode.dropped, drop.reason)
  if (silentMs !== undefined) emit(draft, "heartbeatTimeout", { silentMs })
  emit(draft, "disconnected", { ...drop, willReconnect: isEnabled && !isSpent })
  if (state.name === "ready") {
    machine.quickSpells = now - state.since < defaults.quickMs ? machine.quickSpells + 1 : 0
    if (machine.quickSpells && machine.quickSpells % defaults.quickSpells === 0) {
      emit(draft, "flapping", { drop })
      effects.push({ do: "refresh" })
    }
  }
  if (!isEnabled) return
  if (isSpent) {
    machine.state = { name: "gave-up", notBefore: now + config.delay(machine.waits++, random) }
    // A dial that a hint asked for after that is no news when it fails [L14].
    if (dials - 1 < config.maxAttempts || state.name === "ready") emit(draft, "reconnectFailed", { attempts: dials })
  } else if (silentMs !== undefined) {
    emit(draft, "reconnecting", { attempt: ++machine.waits, maxAttempts: config.maxAttempts, delay: 0 })
    dial(draft)
  } else if ("retryAfterMs" in state && state.retryAfterMs !== undefined) {
    const delay = state.retryAfterMs * (1 + random() / 2)
    // A restart is advice, and the scout may find the bridge sooner; a busy bridge means what it says [L18].
    if (drop.code === closeCode.tryAgainLater) wait(draft, Math.max(config.delay(machine.waits, random), delay), delay)
    else wait(draft, delay)
  } else if (state.name === "ready") {
    // Hints keep to the spread too: scouts would find the bridge for all runtimes at once.
    const spread = random() * machine.spreadMs
    wait(draft, config.delay(machine.waits, random) + spread, spread)
  } else wait(draft)
}

function wait(draft: Draft, given?: number, atLeast = 0): void {
  const { machine, effects, chance, config } = draft
  const { now, random } = chance
  const delay = given ?? config.delay(machine.waits, random)
  if (machine.state.name !== "waiting") {
    effects.push({ do: "scout", wasReady: machine.wasReady })
    machine.wasReady = false
  }
  machine.state = { name: "waiting", due: now + delay, notBefore: now + atLeast, isAbsent: false }
  arm(draft, "retry", delay)
  emit(draft, "reconnecting", { attempt: ++machine.waits, maxAttempts: config.maxAttempts, delay })
}
