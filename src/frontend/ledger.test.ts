import { array, assert, constantFrom, property } from "fast-check"
import { expect, test } from "vitest"
import { open, step, type End, type Eval, type EvalConfig, type EvalEffect, type EvalEvent } from "./ledger.ts"

const shop = { id: "r1", number: 1, name: "chrome·shop", session: "s1" }
const config: EvalConfig = { now: 1000, waitMs: 5000, timeoutMs: 30_000 }

const answer: End = { outcome: "value", result: { type: "number", value: 2 }, runtime: shop, durationMs: 3 }
const events = {
  ready: { type: "ready" },
  dropped: { type: "dropped" },
  sent: { type: "sent", to: shop },
  answered: { type: "answered", end: answer },
  cancelled: { type: "cancelled" },
  closed: { type: "over", because: "closed", reason: "the front end was closed" },
  bridgeGone: { type: "over", because: "bridge-gone", reason: "refused" },
  due: { type: "due" },
} satisfies Record<string, EvalEvent>
type EventName = keyof typeof events

/** What happened to one eval: the state after all events, and the effects of the last one. */
function after(...names: readonly EventName[]): { state: Eval | undefined; effects: readonly EvalEffect[] } {
  let now = open(config)
  for (const name of names) {
    if (now.state === undefined) throw new Error(`settled before ${name}`)
    now = step(now.state, events[name], { ...config, now: config.now + 7 })
  }
  return now
}

const endOf = ({ effects }: { readonly effects: readonly EvalEffect[] }): End | undefined =>
  effects.find((effect) => effect.do === "settle")?.end

test("[L38] an eval is asked for whenever a bridge is there, and in its session once it went to one", () => {
  expect(after("ready").effects).toContainEqual({ do: "ask" })
  expect(after("ready", "dropped", "ready").effects).toContainEqual({ do: "ask" })
  expect(after("ready", "sent", "dropped", "ready").effects).toEqual([{ do: "ask", to: shop }])
})

test("[L37] the first answer settles it, from every state", () => {
  for (const names of [[], ["ready"], ["ready", "sent"], ["ready", "cancelled"], ["ready", "dropped"]] as const) {
    expect(after(...names, "answered")).toEqual({
      state: undefined,
      effects: [{ do: "disarm" }, { do: "settle", end: answer }],
    })
  }
})

test("without a bridge it waits no longer than it may, and certainly has not run", () => {
  expect(after().effects).toEqual([{ do: "arm", ms: 5000 }])
  expect(endOf(after("due"))).toMatchObject({ outcome: "lost", result: { code: "bridge-gone", ran: "no" } })
})

test("an eval that a lost bridge had may have run", () => {
  expect(after("ready", "dropped").effects).toEqual([{ do: "arm", ms: 5000 }])
  expect(endOf(after("ready", "dropped", "due"))).toMatchObject({ outcome: "lost", result: { ran: "unknown" } })
})

test("the time limit counts from the sending, runs on over drops, and withdraws the eval", () => {
  expect(after("ready", "sent").effects).toEqual([{ do: "arm", ms: 30_000 }])
  expect(after("ready", "sent", "dropped").effects).toEqual([])
  const { effects } = after("ready", "sent", "due")
  expect(effects[0]).toEqual({ do: "cancel", as: "timeout" })
  expect(endOf({ effects })).toMatchObject({
    outcome: "timeout",
    result: { reason: "no outcome within 30000 ms", ran: "unknown" },
    runtime: shop,
  })
})

test("a time limit of 0 is none", () => {
  expect(step({ at: "asked" }, events.sent, { ...config, timeoutMs: 0 }).effects).toEqual([{ do: "disarm" }])
})

test("cancelled before any bridge had it, it has not run", () => {
  expect(endOf(after("cancelled"))).toMatchObject({ outcome: "cancelled", result: { ran: "no" } })
})

test("cancelled while a bridge has it, the bridge is asked what became of it", () => {
  const withdrawn = after("ready", "cancelled")
  expect(withdrawn.effects).toEqual([
    { do: "arm", ms: 1000 },
    { do: "cancel", as: "cancelled" },
  ])
  const said: End = { outcome: "cancelled", result: { reason: "cancelled", ran: "no" }, durationMs: 0 }
  expect(endOf(step(withdrawn.state!, { type: "answered", end: said }, config))).toBe(said)
  for (const name of ["due", "dropped", "closed"] as const) {
    expect(endOf(after("ready", "cancelled", name))).toMatchObject({
      outcome: "cancelled",
      result: { ran: "unknown" },
    })
  }
})

test("cancelled while it runs, it ends at once", () => {
  const { effects } = after("ready", "sent", "cancelled")
  expect(effects[0]).toEqual({ do: "cancel", as: "cancelled" })
  expect(endOf({ effects })).toMatchObject({ outcome: "cancelled", result: { ran: "unknown" }, runtime: shop })
})

test("a bridge that says nothing at all about an eval is not waited for for ever", () => {
  expect(after("ready").effects[0]).toEqual({ do: "arm", ms: 15_000 })
  expect(endOf(after("ready", "due"))).toMatchObject({ outcome: "lost", result: { ran: "unknown" } })
})

test("closing the front end cancels, losing the bridge for good loses", () => {
  expect(endOf(after("closed"))).toMatchObject({ outcome: "cancelled", result: { ran: "no" } })
  expect(endOf(after("ready", "sent", "closed"))).toMatchObject({ outcome: "cancelled", result: { ran: "unknown" } })
  expect(endOf(after("ready", "bridgeGone"))).toMatchObject({
    outcome: "lost",
    result: { code: "bridge-gone", reason: "refused", ran: "unknown" },
  })
})

test("[L37] whatever happens in whatever order, an eval settles at most once and never waits without a timer", () => {
  const names = constantFrom(...(Object.keys(events) as EventName[]))
  assert(
    property(array(names, { maxLength: 30 }), (walk) => {
      let { state, effects } = open(config)
      let isArmed = false
      let settled = 0
      let wasAsked = false
      const take = (): void => {
        for (const effect of effects) {
          if (effect.do === "arm") isArmed = true
          if (effect.do === "disarm") isArmed = false
          if (effect.do === "ask") wasAsked = true
          if (effect.do !== "settle") continue
          settled++
          const { result } = effect.end
          if ("ran" in result && result.ran === "no") expect(wasAsked).toBe(false)
        }
        expect(settled).toBe(state === undefined ? 1 : 0)
        expect(isArmed).toBe(state !== undefined)
      }
      take()
      for (const name of walk) {
        if (state === undefined) return
        if (name === "due") isArmed = false
        ;({ state, effects } = step(state, events[name], config))
        take()
      }
    }),
  )
})
