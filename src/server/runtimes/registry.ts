import { closeCode, type AnsweringRuntime, type LossCode, type RuntimeInfo } from "../../protocol/index.ts"
import { plain } from "../plain.ts"
import { isName, nameFor } from "./names.ts"

/**
 * Who is here: every runtime, by its id, with the one socket that speaks for it.
 * Sockets are told apart by identity, so a late word from one that was replaced
 * changes nothing [L31].
 *
 *                    arrived (same session: hand-over)
 *                   ┌──┐                       answered: the newcomer is a copy, and gets an id of its own
 *                   │  ▼  arrived (other one) ┌───────────┐
 *   arrived ──────▶ ready ──────────────────▶ contested   │
 *                   │  ▲ ▲ └──────────────────┤  │  ▲     │
 *             left  │  │ │   newcomers left   └──┼──┘     │
 *                   │  │ └──────────────────────┘◀────────┘
 *                   ▼  │ arrived     due, left: the newcomer takes over
 *                   away ──────▶ gone
 *                          due
 */

/** The number of an accepted socket; never used twice in the life of a bridge. */
export type SocketId = number

/** A hello that was accepted, with what the bridge knows about its socket. */
export interface Arrival {
  readonly socket: SocketId
  readonly runtime: string
  readonly session: string
  readonly kind: string
  /** Verified by the gate; empty outside browsers. */
  readonly origin: string
  readonly url: string
  readonly title: string
  readonly userAgent: string
  readonly visible: boolean
  /** It evaluates code that the language has prepared. */
  readonly takesPrepared: boolean
  /** It takes long code in pieces. */
  readonly takesPieces: boolean
  readonly navigation: string
  /** What an earlier bridge gave, or the page's user chose. */
  readonly number: number | undefined
  readonly name: string | undefined
}

export type Presence =
  | { readonly at: "ready"; readonly socket: SocketId }
  | { readonly at: "contested"; readonly socket: SocketId; readonly newcomers: readonly [Arrival, ...Arrival[]] }
  | { readonly at: "away"; readonly loss: Loss }

export interface Runtime {
  readonly id: string
  readonly number: number
  readonly name: string
  readonly session: string
  readonly kind: string
  readonly origin: string
  readonly url: string
  readonly title: string
  readonly visible: boolean
  readonly takesPrepared: boolean
  readonly takesPieces: boolean
  readonly presence: Presence
}

export interface Registry {
  /** In the order in which they came. */
  readonly runtimes: ReadonlyMap<string, Runtime>
  /** No number goes to another runtime in the life of a bridge, so that none can be mistaken for another. */
  readonly highestNumber: number
}

export const emptyRegistry: Registry = { runtimes: new Map(), highestNumber: 0 }

/** What a lost session's evals are told. */
export interface Loss {
  readonly code: LossCode
  readonly reason: string
}

export type TimerOf = "leave" | "probe"

export type RegistryEvent =
  | { readonly type: "arrived"; readonly arrival: Arrival }
  /** A sign of life after a probe: from the page's own code, or only from the browser's network stack. */
  | { readonly type: "answered"; readonly socket: SocketId; readonly by: "page" | "network" }
  | {
      readonly type: "changed"
      readonly socket: SocketId
      readonly url?: string | undefined
      readonly title?: string | undefined
      readonly visible?: boolean | undefined
    }
  /** `bye` is the reason that the runtime gave, if it said one. */
  | { readonly type: "left"; readonly socket: SocketId; readonly code: number; readonly bye: string | undefined }
  | { readonly type: "due"; readonly timer: TimerOf; readonly runtime: string }

export type RegistryEffect =
  | { readonly do: "welcome"; readonly socket: SocketId; readonly runtime: Runtime }
  | { readonly do: "probe"; readonly socket: SocketId }
  | { readonly do: "replace"; readonly socket: SocketId }
  | { readonly do: "arm"; readonly timer: TimerOf; readonly runtime: string; readonly ms: number }
  | { readonly do: "disarm"; readonly timer: TimerOf; readonly runtime: string }
  /** A session ended, and with it every eval that was sent to it. */
  | { readonly do: "end"; readonly runtime: AnsweringRuntime; readonly loss: Loss }
  | { readonly do: "show"; readonly info: RuntimeInfo }

export interface RegistryStep {
  readonly registry: Registry
  readonly effects: readonly RegistryEffect[]
}

export interface RegistryConfig {
  readonly graceMs: number
  readonly reloadMs: number
  readonly unannouncedMs: number
  readonly probeMs: number
  /** Those that are away count too: where they are so many, the oldest gives way. */
  readonly maxRuntimesPerOrigin: number
  /** A fresh id; chance as an argument. */
  readonly newId: () => string
}

export function stepRegistry(registry: Registry, event: RegistryEvent, config: RegistryConfig): RegistryStep {
  switch (event.type) {
    case "arrived":
      return arrive(registry, event.arrival, config)
    case "answered":
      return answered(registry, event, config)
    case "changed":
      return changed(registry, event)
    case "left":
      return left(registry, event, config)
    case "due":
      return due(registry, event, config)
    default:
      return event satisfies never
  }
}

export function infoOf(runtime: Runtime, state?: RuntimeInfo["state"]): RuntimeInfo {
  const { id, number, name, session, kind, origin, url, title, visible, presence } = runtime
  const present = presence.at === "away" ? "away" : "ready"
  return { id, number, name, session, state: state ?? present, kind, origin, url, title, visible }
}

export function answering({ id, number, name, session }: Runtime): AnsweringRuntime {
  return { id, number, name, session }
}

/** The runtime that a socket speaks for. */
export function runtimeOn(registry: Registry, socket: SocketId): Runtime | undefined {
  for (const runtime of registry.runtimes.values()) {
    if (runtime.presence.at !== "away" && runtime.presence.socket === socket) return runtime
  }
  return undefined
}

const reloaded: Loss = { code: "page-reloaded", reason: "page reloaded" }

function arrive(registry: Registry, arrival: Arrival, config: RegistryConfig): RegistryStep {
  const known = registry.runtimes.get(arrival.runtime)
  if (known === undefined) return enter(registry, arrival, config)
  // A page keeps its id in storage of its origin: the same id from elsewhere is a copy or a theft.
  if (known.origin !== arrival.origin) return enterAsCopy(registry, arrival, config)
  const { presence } = known
  switch (presence.at) {
    case "away":
      return takeOver(registry, known, arrival, [{ do: "disarm", timer: "leave", runtime: known.id }])
    case "ready":
      if (known.session === arrival.session) {
        return takeOver(registry, known, arrival, [{ do: "replace", socket: presence.socket }])
      }
      return {
        registry: put(registry, { ...known, presence: { ...presence, at: "contested", newcomers: [arrival] } }),
        effects: [
          { do: "probe", socket: presence.socket },
          { do: "arm", timer: "probe", runtime: known.id, ms: config.probeMs },
        ],
      }
    case "contested": {
      if (known.session !== arrival.session) {
        const newcomers = [...presence.newcomers, arrival] as const
        return { registry: put(registry, { ...known, presence: { ...presence, newcomers } }), effects: [] }
      }
      const handedOver = takeOver(registry, known, arrival, [
        { do: "disarm", timer: "probe", runtime: known.id },
        { do: "replace", socket: presence.socket },
      ])
      return admitAll(handedOver, presence.newcomers, (next, newcomer) => arrive(next, newcomer, config))
    }
    default:
      return presence satisfies never
  }
}

function enter(known: Registry, arrival: Arrival, config: RegistryConfig): RegistryStep {
  const { registry, effects } = makeRoom(known, arrival.origin, config)
  const others = [...registry.runtimes.values()]
  const numbers = new Set(others.map((other) => other.number))
  const names = new Set(others.map((other) => other.name))
  const isFree = (number: number): boolean => !numbers.has(number)
  const isTaken = (name: string): boolean => names.has(name)
  const { number: oldNumber = 0, name: oldName = "" } = arrival
  const number =
    oldNumber >= 1 && oldNumber <= maxOldNumber && isFree(oldNumber) ? oldNumber : registry.highestNumber + 1
  const name = isName(oldName) && !isTaken(oldName) ? oldName : nameFor(arrival, isTaken)
  const runtime = presented({ id: arrival.runtime, number, name, origin: arrival.origin }, arrival)
  return {
    registry: put({ ...registry, highestNumber: Math.max(registry.highestNumber, number) }, runtime),
    effects: [...effects, { do: "welcome", socket: arrival.socket, runtime }, { do: "show", info: infoOf(runtime) }],
  }
}

/** A page that comes and goes under ever new ids must not be remembered under each of them. */
function makeRoom(registry: Registry, origin: string, config: RegistryConfig): RegistryStep {
  const crowd = [...registry.runtimes.values()].filter((runtime) => runtime.origin === origin)
  const oldest = crowd.find(({ presence }) => presence.at === "away")
  if (crowd.length < config.maxRuntimesPerOrigin || oldest?.presence.at !== "away") return { registry, effects: [] }
  const disarm: RegistryEffect = { do: "disarm", timer: "leave", runtime: oldest.id }
  return then({ registry, effects: [disarm] }, go(registry, oldest, oldest.presence.loss))
}

/** An old number beyond this is not one that a bridge gave. */
const maxOldNumber = 9999

function enterAsCopy(registry: Registry, arrival: Arrival, config: RegistryConfig): RegistryStep {
  return enter(registry, { ...arrival, runtime: config.newId(), number: undefined, name: undefined }, config)
}

/** The socket of `arrival` speaks for the runtime from now on; another session than before ends that one [L41]. */
function takeOver(
  registry: Registry,
  known: Runtime,
  arrival: Arrival,
  before: readonly RegistryEffect[],
): RegistryStep {
  const runtime = presented(known, arrival)
  const end: readonly RegistryEffect[] =
    known.session === arrival.session ? [] : [{ do: "end", runtime: answering(known), loss: reloaded }]
  return {
    registry: put(registry, runtime),
    effects: [
      ...before,
      ...end,
      { do: "welcome", socket: arrival.socket, runtime },
      { do: "show", info: infoOf(runtime) },
    ],
  }
}

function answered(
  registry: Registry,
  { socket, by }: { readonly socket: SocketId; readonly by: "page" | "network" },
  config: RegistryConfig,
): RegistryStep {
  const runtime = runtimeOn(registry, socket)
  if (runtime?.presence.at !== "contested") return { registry, effects: [] }
  const { newcomers } = runtime.presence
  // The network stack answers for a page that is just being replaced by its own reload, too.
  if (by === "network" && newcomers[0].navigation === "reload") return { registry, effects: [] }
  const settled: RegistryStep = {
    registry: put(registry, { ...runtime, presence: { at: "ready", socket } }),
    effects: [{ do: "disarm", timer: "probe", runtime: runtime.id }],
  }
  const [copy, ...others] = newcomers
  const entered = then(settled, enterAsCopy(settled.registry, copy, config))
  return admitAll(entered, others, (next, newcomer) => arrive(next, newcomer, config))
}

function changed(registry: Registry, event: Extract<RegistryEvent, { type: "changed" }>): RegistryStep {
  const known = runtimeOn(registry, event.socket)
  if (known === undefined) return { registry, effects: [] }
  const runtime = {
    ...known,
    url: event.url === undefined ? known.url : plain(event.url, maxUrlLength),
    title: event.title === undefined ? known.title : plain(event.title, maxTitleLength),
    visible: event.visible ?? known.visible,
  }
  return { registry: put(registry, runtime), effects: [{ do: "show", info: infoOf(runtime) }] }
}

function left(
  registry: Registry,
  event: Extract<RegistryEvent, { type: "left" }>,
  config: RegistryConfig,
): RegistryStep {
  const runtime = runtimeOn(registry, event.socket)
  if (runtime === undefined) return newcomerLeft(registry, event.socket)
  if (runtime.presence.at === "contested") return succeed(registry, runtime, runtime.presence.newcomers, [], config)
  const { ms, loss } = absence(event.code, event.bye, config)
  const away: Runtime = { ...runtime, presence: { at: "away", loss } }
  if (ms === 0) return go(registry, away, loss)
  return {
    registry: put(registry, away),
    effects: [
      { do: "arm", timer: "leave", runtime: runtime.id, ms },
      { do: "show", info: infoOf(away) },
    ],
  }
}

function newcomerLeft(registry: Registry, socket: SocketId): RegistryStep {
  for (const runtime of registry.runtimes.values()) {
    const { presence } = runtime
    if (presence.at !== "contested") continue
    const [first, ...others] = presence.newcomers.filter((newcomer) => newcomer.socket !== socket)
    if (others.length + (first ? 1 : 0) === presence.newcomers.length) continue
    if (first === undefined) {
      return {
        registry: put(registry, { ...runtime, presence: { at: "ready", socket: presence.socket } }),
        effects: [{ do: "disarm", timer: "probe", runtime: runtime.id }],
      }
    }
    return {
      registry: put(registry, { ...runtime, presence: { ...presence, newcomers: [first, ...others] } }),
      effects: [],
    }
  }
  return { registry, effects: [] }
}

function due(registry: Registry, event: Extract<RegistryEvent, { type: "due" }>, config: RegistryConfig): RegistryStep {
  const runtime = registry.runtimes.get(event.runtime)
  if (event.timer === "leave" && runtime?.presence.at === "away") return go(registry, runtime, runtime.presence.loss)
  if (event.timer === "probe" && runtime?.presence.at === "contested") {
    const { socket, newcomers } = runtime.presence
    return succeed(registry, runtime, newcomers, [{ do: "replace", socket }], config)
  }
  return { registry, effects: [] }
}

/** The old session did not prove that it lives: the first newcomer is its reload. */
function succeed(
  registry: Registry,
  runtime: Runtime,
  [heir, ...others]: readonly [Arrival, ...Arrival[]],
  before: readonly RegistryEffect[],
  config: RegistryConfig,
): RegistryStep {
  const disarm: RegistryEffect = { do: "disarm", timer: "probe", runtime: runtime.id }
  const succeeded = takeOver(registry, runtime, heir, [disarm, ...before])
  return admitAll(succeeded, others, (next, newcomer) => arrive(next, newcomer, config))
}

function go(registry: Registry, runtime: Runtime, loss: Loss): RegistryStep {
  const runtimes = new Map(registry.runtimes)
  runtimes.delete(runtime.id)
  return {
    registry: { ...registry, runtimes },
    effects: [
      { do: "end", runtime: answering(runtime), loss },
      { do: "show", info: infoOf(runtime, "gone") },
    ],
  }
}

/** How long to wait for a session after its socket closed, and what became of it if it does not return. Codes are hints: a killed browser says 1001 too. */
function absence(code: number, bye: string | undefined, config: RegistryConfig): { ms: number; loss: Loss } {
  const closed: Loss = { code: "page-closed", reason: "page closed" }
  const gone: Loss = { code: "runtime-gone", reason: `runtime gone for ${config.graceMs / 1000} s` }
  if (bye === "disconnect") return { ms: 0, loss: { code: "runtime-gone", reason: "runtime disconnected" } }
  if (bye === "unload") return { ms: config.reloadMs, loss: closed }
  if (bye !== undefined) return { ms: config.graceMs, loss: gone }
  if (code === closeCode.normal) return { ms: 0, loss: { code: "runtime-gone", reason: "runtime disconnected" } }
  if (code === closeCode.goingAway) return { ms: config.unannouncedMs, loss: closed }
  return { ms: config.graceMs, loss: gone }
}

const maxUrlLength = 2000
const maxTitleLength = 200

function presented(known: Pick<Runtime, "id" | "number" | "name" | "origin">, arrival: Arrival): Runtime {
  return {
    id: known.id,
    number: known.number,
    name: known.name,
    session: arrival.session,
    kind: plain(arrival.kind, 20),
    origin: known.origin,
    url: plain(arrival.url, maxUrlLength),
    title: plain(arrival.title, maxTitleLength),
    visible: arrival.visible,
    takesPrepared: arrival.takesPrepared,
    takesPieces: arrival.takesPieces,
    presence: { at: "ready", socket: arrival.socket },
  }
}

function put(registry: Registry, runtime: Runtime): Registry {
  return { ...registry, runtimes: new Map(registry.runtimes).set(runtime.id, runtime) }
}

function then(first: RegistryStep, second: RegistryStep): RegistryStep {
  return { registry: second.registry, effects: [...first.effects, ...second.effects] }
}

/** The rest of a queue, one after the other. */
function admitAll(
  step: RegistryStep,
  waiting: readonly Arrival[],
  admit: (registry: Registry, arrival: Arrival) => RegistryStep,
): RegistryStep {
  return waiting.reduce((done, arrival) => then(done, admit(done.registry, arrival)), step)
}
