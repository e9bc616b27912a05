import * as fc from "fast-check"
import { expect, test } from "vitest"
import { createBackoff } from "./backoff.ts"
import * as defaults from "./defaults.ts"
import { initialMachine, isAlive, step, type Config, type LinkEvent, type Machine, type Timer } from "./machine.ts"

const config: Config = {
  delay: createBackoff(undefined, () => true),
  maxAttempts: Infinity,
  setupMs: 15_000,
  silenceMs: undefined,
  heartbeat: true,
  resetAfter: 5000,
}

/** What the effects so far have made of the world. */
interface World {
  readonly sockets: ReadonlySet<number>
  readonly timers: ReadonlySet<Timer>
  readonly isSearching: boolean
}

const emptyWorld: World = { sockets: new Set(), timers: new Set(), isSearching: false }

function perform(world: World, effects: ReturnType<typeof step>["effects"]): World {
  const sockets = new Set(world.sockets)
  const timers = new Set(world.timers)
  let { isSearching } = world
  for (const effect of effects) {
    if (effect.do === "dial") sockets.add(effect.attempt)
    if (effect.do === "drop") sockets.clear()
    if (effect.do === "arm") timers.add(effect.timer)
    if (effect.do === "scout") {
      expect(isSearching).toBe(false)
      isSearching = true
    }
    if (effect.do === "rest") {
      timers.clear()
      isSearching = false
    }
  }
  return { sockets, timers, isSearching }
}

function checkInvariants(machine: Machine, { sockets, timers, isSearching }: World): void {
  const { name } = machine.state
  const isDialling = name === "dialling" || name === "greeting"
  expect({ name, sockets: sockets.size }).toEqual({ name, sockets: isDialling || name === "ready" ? 1 : 0 })
  // [L1] never none, never two
  expect({ name, retry: timers.has("retry") }).toEqual({ name, retry: name === "waiting" })
  expect({ name, setup: timers.has("setup") }).toEqual({ name, setup: isDialling })
  expect({ name, isSearching }).toEqual({ name, isSearching: name === "waiting" })
  // [L24] nothing is left of a link that has ended
  if (!isAlive(machine.state) || name === "suspended") expect([...timers]).toEqual([])
}

const attempt = fc.constantFrom("current", "old")
const drop = fc.constantFrom(1000, 1001, 1006, 1012, 1013, 4409).map((code) => ({ code, reason: "", wasClean: false }))
const word = fc.record({
  heartbeatMs: fc.constantFrom(0, 1000),
  spreadMs: fc.constantFrom(0, 500),
  protocol: fc.constantFrom(1, 1, 1, 2),
})

const anyEvent = fc.oneof(
  fc.constantFrom(
    ...(["start", "enable", "disable", "reconnectNow", "hint", "resume"] as const).map((type) => ({ type })),
    { type: "stop", reason: "" } as const,
    { type: "suspend", code: 4001, reason: "" } as const,
    { type: "looked", there: true } as const,
    { type: "looked", there: false } as const,
    { type: "looked", there: undefined } as const,
  ),
  fc.constantFrom("setup", "retry", "beat", "silence", "stable").map((timer) => ({ type: "due", timer }) as const),
  fc.record({ type: fc.constantFrom("opened", "heard", "ponged"), attempt }),
  fc.record({ type: fc.constant("welcomed"), attempt, word }),
  fc.record({ type: fc.constant("rejected"), attempt, code: fc.constant(4401), reason: fc.constant("") }),
  fc.record({ type: fc.constant("advised"), attempt, retryAfterMs: fc.constant(500) }),
  fc.record({ type: fc.constant("closed"), attempt, drop, mayRetry: fc.boolean() }),
)

type Any = typeof anyEvent extends fc.Arbitrary<infer T> ? T : never

function asEvent(event: Any, machine: Machine): LinkEvent {
  if (!("attempt" in event)) return event as LinkEvent
  const number = event.attempt === "current" ? machine.attempt : machine.attempt - 1
  const welcome = "word" in event ? { op: "welcome", version: "1", bridge: "b", ...event.word } : undefined
  return { ...event, attempt: number, ...(welcome && { welcome }) } as LinkEvent
}

test("[L1, L24] on any walk a dial or a retry is there while it should be, never two, and nothing stays behind", () => {
  const walk = fc.array(fc.tuple(anyEvent, fc.integer({ min: 0, max: 3000 })), { maxLength: 120 })
  const limits = fc.constantFrom(Infinity, Infinity, 3)
  fc.assert(
    fc.property(walk, limits, (events, maxAttempts) => {
      let machine = initialMachine
      let world = emptyWorld
      let now = 0
      for (const [event, ms] of events) {
        now += ms
        // A timer that is not armed does not fire.
        if (event.type === "due" && !world.timers.has(event.timer)) continue
        if (event.type === "due")
          world = { ...world, timers: new Set([...world.timers].filter((t) => t !== event.timer)) }
        // A socket that has ended says nothing more.
        if (event.type === "closed" && event.attempt === "current") world = { ...world, sockets: new Set() }
        const before = machine
        const next = step(machine, asEvent(event, machine), { now, random: () => 0.5 }, { ...config, maxAttempts })
        machine = next.machine
        world = perform(world, next.effects)
        if (event.type === "closed" && event.attempt === "current" && machine === before) continue
        checkInvariants(machine, world)
      }
    }),
    { numRuns: 1500 },
  )
})

test("[L2] a word of an earlier attempt changes nothing, in any state", () => {
  const walk = fc.array(anyEvent, { maxLength: 30 })
  fc.assert(
    fc.property(walk, anyEvent, (events, late) => {
      fc.pre("attempt" in late)
      const chance = { now: 0, random: () => 0.5 }
      const machine = events.reduce((at, event) => step(at, asEvent(event, at), chance, config).machine, initialMachine)
      const event = asEvent({ ...late, attempt: "old" } as Any, machine)
      expect(step(machine, event, chance, config)).toEqual({ machine, effects: [] })
    }),
  )
})

test("every event in every state", async () => {
  const chance = { now: 10_000, random: () => 0.5 }
  const heart = { is: "beating", beatMs: 1000, heardAt: 5000, armedAt: 7500 } as const
  const states: Machine["state"][] = [
    { name: "idle" },
    { name: "dialling" },
    { name: "greeting", retryAfterMs: undefined },
    { name: "ready", since: 0, heart, retryAfterMs: undefined },
    { name: "waiting", due: 12_000, notBefore: 0, isAbsent: false },
    { name: "suspended" },
    { name: "stopped", reason: "" },
    { name: "refused", reason: "" },
    { name: "gave-up", notBefore: 0 },
  ]
  const lost = { code: 1006, reason: "", wasClean: false }
  const welcome = { op: "welcome", protocol: 1, version: "1", bridge: "b", heartbeatMs: 1000 } as const
  const events: LinkEvent[] = [
    ...(["start", "enable", "disable", "reconnectNow", "hint", "resume"] as const).map((type) => ({ type })),
    { type: "stop", reason: "stop" },
    { type: "suspend", code: 4001, reason: "cached" },
    { type: "looked", there: true },
    { type: "looked", there: false },
    ...(["opened", "heard", "ponged"] as const).map((type) => ({ type, attempt: 1 })),
    { type: "welcomed", attempt: 1, welcome },
    { type: "rejected", attempt: 1, code: 4401, reason: "no token" },
    { type: "advised", attempt: 1, retryAfterMs: 500 },
    { type: "closed", attempt: 1, drop: lost, mayRetry: true },
    { type: "closed", attempt: 1, drop: lost, mayRetry: false },
    { type: "closed", attempt: 1, drop: { ...lost, code: 4409 }, mayRetry: true },
    ...(["setup", "retry", "beat", "silence", "stable"] as const).map((timer) => ({ type: "due", timer }) as const),
  ]
  const rows = states.flatMap((state) =>
    events.flatMap((event) => {
      const machine = {
        ...initialMachine,
        attempt: 1,
        dials: 1,
        hasBeenReady: true,
        wasReady: state.name === "ready",
        state,
      }
      const next = step(machine, event, chance, config)
      const { type, attempt: _attempt, welcome: _welcome, ...more } = event as LinkEvent & Record<string, unknown>
      const cause = [
        type,
        ...Object.values(more).map((value) => (typeof value === "object" ? (value as typeof lost).code : value)),
      ]
      const effects = next.effects.map(({ do: what, ...detail }) => [what, ...summary(detail)].join(" "))
      if (next.machine.state === state && effects.length === 0) return []
      return `${state.name} + ${cause.join(" ")} → ${next.machine.state.name}: ${effects.join(", ") || "–"}`
    }),
  )
  await expect(`${rows.join("\n")}\n`).toMatchFileSnapshot("machine.product.txt")
})

function summary(detail: Record<string, unknown>): unknown[] {
  if (!("event" in detail)) return Object.values(detail).filter((value) => value !== "")
  const { delay } = detail["detail"] as { delay?: number }
  return delay === undefined ? [detail["event"]] : [detail["event"], delay]
}

test("the defaults keep their order: a beat fits into the silence, a quick spell into the reset", () => {
  expect(defaults.silentBeats).toBeGreaterThan(2)
  expect(defaults.quickMs).toBeLessThanOrEqual(defaults.resetAfterMs)
})
