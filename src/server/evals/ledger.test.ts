import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { AnsweringRuntime } from "../../protocol/index.ts"
import { open, step, type Ask, type Eval, type LedgerEffect, type LedgerEvent } from "./ledger.ts"

const ask: Ask = {
  id: "e1",
  from: "f1",
  by: "terminal",
  code: { typed: "1 + 1", prepared: undefined },
  runtime: undefined,
  waitMs: 5000,
  timeoutMs: 30_000,
}
const runtime: AnsweringRuntime = { id: "r1", number: 1, name: "chrome·shop", session: "s1" }
const config = { now: 0, graceMs: 60_000 }

const waits = (loss: string): LedgerEvent => ({ type: "waits", reason: `${loss}!`, loss })
const placed: LedgerEvent = { type: "placed", to: runtime }
const answered: LedgerEvent = {
  type: "answered",
  by: runtime,
  outcome: { op: "outcome", id: "e1", outcome: "value", durationMs: 2 },
  body: '{"type":"number","value":2}',
}
const reloaded: LedgerEvent = { type: "ended", code: "page-reloaded", reason: "page reloaded" }

/** Takes a new eval through some events; what the last one did is what counts. */
function after(...events: readonly LedgerEvent[]) {
  return run(open(ask, undefined, config), events)
}

function bound(...events: readonly LedgerEvent[]) {
  return run(open(ask, "s1", config), events)
}

function run(first: ReturnType<typeof open>, events: readonly LedgerEvent[]) {
  return events.reduce(({ state }, event) => step(state!, event, config), first)
}

/** What an effect does, in few words. */
function brief(effect: LedgerEffect): string {
  switch (effect.do) {
    case "tell":
      return `tell ${effect.frontEnd} ${effect.message.op}${effect.message.op === "outcome" ? ` ${effect.message.outcome}` : ""}`
    case "run":
      return `run ${effect.id} in ${effect.runtime}`
    case "send":
      return `send ${effect.runtime} ${effect.message.op}`
    case "announce":
      return `announce ${effect.message.outcome}`
    case "arm":
      return `arm ${effect.ms}`
    case "disarm":
      return "disarm"
  }
}

const briefs = ({ effects }: ReturnType<typeof step>): readonly string[] => effects.map(brief)

function resultOf({ effects }: ReturnType<typeof step>): unknown {
  const told = effects.find((effect) => effect.do === "tell" && effect.message.op === "outcome")
  return told?.do === "tell" ? JSON.parse(told.body!) : undefined
}

describe("an eval that is queued", () => {
  it("is sent once placed, and the asker hears first where it went", () => {
    const sent = after(placed)
    expect(sent.state).toMatchObject({ at: "sent", to: runtime })
    expect(briefs(sent)).toEqual(["arm 30000", "tell f1 sent", "run e1 in r1"])
  })

  it("[L34] waits visibly, once for each reason, and for one deadline", () => {
    expect(briefs(after(waits("no runtime")))).toEqual(["arm 5000", "tell f1 waiting"])
    expect(briefs(after(waits("no runtime"), waits("no runtime")))).toEqual([])
    expect(briefs(after(waits("no runtime"), waits("chrome·shop is away")))).toEqual(["tell f1 waiting"])
    const late = after(waits("no runtime"), waits("chrome·shop is away"), { type: "due" })
    expect(resultOf(late)).toEqual({ code: "no-runtime", reason: "chrome·shop is away", ran: "no" })
  })

  it("does not wait when it must not", () => {
    const impatient = open({ ...ask, waitMs: 0 }, undefined, config)
    const lost = run(impatient, [{ type: "waits", reason: "add a tag", loss: "no runtime" }])
    expect(resultOf(lost)).toEqual({ code: "no-runtime", reason: "no runtime", ran: "no" })
  })

  it("certainly has not run, however it ends", () => {
    const ends: LedgerEvent[] = [
      { type: "due" },
      { type: "unplaceable", code: "no-target", reason: "choose" },
      { type: "cancelled", as: "cancelled" },
      { type: "cancelled", as: "timeout" },
    ]
    for (const end of ends) expect(resultOf(after(end))).toMatchObject({ ran: "no" })
  })

  it("is refused with the result of the language", () => {
    const refused = after({ type: "refused", result: { name: "SyntaxError", message: "Unexpected token" } })
    expect(briefs(refused)).toEqual(["disarm", "tell f1 outcome refused", "announce refused"])
  })

  it("is forgotten when its asker's socket closes: it will be asked again", () => {
    expect(after({ type: "left", forGood: false })).toEqual({ state: undefined, effects: [{ do: "disarm" }] })
  })
})

describe("an eval that was sent", () => {
  it("settles with the outcome of its session, which is owed to the asker until it is acknowledged", () => {
    const settled = after(placed, answered)
    expect(briefs(settled)).toEqual(["disarm", "tell f1 outcome value", "announce value"])
    expect(briefs(after(placed, answered, { type: "acked" }))).toEqual(["send r1 ack"])
    expect(briefs(after(placed, answered, { type: "acked" }, { type: "acked" }))).toEqual([])
  })

  it("[L39] is sent again only to the same session, when that returns", () => {
    expect(briefs(after(placed, { type: "returned", to: runtime }))).toEqual(["run e1 in r1"])
    expect(briefs(after(placed, placed))).toEqual([])
  })

  it("[L41] is lost with its session, and may have run", () => {
    const lost = after(placed, reloaded)
    expect(briefs(lost)).toEqual(["disarm", "tell f1 outcome lost", "announce lost"])
    expect(resultOf(lost)).toEqual({ code: "page-reloaded", reason: "page reloaded", ran: "unknown" })
  })

  it("is abandoned by the runtime when it is cancelled or late", () => {
    const effects = ["send r1 cancel", "disarm", "tell f1 outcome cancelled", "announce cancelled"]
    expect(briefs(after(placed, { type: "cancelled", as: "cancelled" }))).toEqual(effects)
    const late = step(after(placed).state!, { type: "due" }, { ...config, now: 30_000 })
    expect(late.state).toMatchObject({ outcome: { outcome: "timeout", durationMs: 30_000 } })
    expect(resultOf(late)).toEqual({ reason: "no outcome within 30000 ms", ran: "unknown" })
  })

  it("belongs to whoever asked last, who is told where it is", () => {
    const again = after(placed, { type: "asked", from: "f2", by: "cli" })
    expect(briefs(again)).toEqual(["tell f2 sent"])
    expect(briefs(step(again.state!, answered, config))).toEqual(["disarm", "tell f2 outcome value", "announce value"])
  })

  it("is acknowledged at once when nobody wants it any more", () => {
    const unwanted = after(placed, { type: "left", forGood: true }, answered)
    expect(briefs(unwanted)).toEqual(["disarm", "send r1 ack", "announce value"])
    expect(briefs(after(placed, { type: "left", forGood: false }, answered))).toContain("tell f1 outcome value")
  })
})

describe("an eval that is bound to a session", () => {
  it("[L38] goes to that session when it comes", () => {
    expect(briefs(bound())).toEqual(["arm 60000"])
    expect(briefs(bound({ type: "returned", to: runtime }))).toEqual(["arm 30000", "tell f1 sent", "run e1 in r1"])
  })

  it("goes to no other", () => {
    expect(briefs(bound(placed))).toEqual([])
  })

  it("is lost with it, or without it after the grace time, and may have run", () => {
    expect(resultOf(bound(reloaded))).toEqual({ code: "page-reloaded", reason: "page reloaded", ran: "unknown" })
    expect(resultOf(bound({ type: "due" }))).toMatchObject({ code: "runtime-gone", ran: "unknown" })
    expect(resultOf(bound({ type: "cancelled", as: "cancelled" }))).toMatchObject({ ran: "unknown" })
  })
})

describe("an eval that is settled", () => {
  it("gives the same outcome to whoever asks again", () => {
    const again = after(placed, answered, { type: "asked", from: "f2", by: "cli" })
    expect(again.effects).toEqual([
      {
        do: "tell",
        frontEnd: "f2",
        message: { op: "outcome", id: "e1", outcome: "value", durationMs: 2, runtime },
        body: '{"type":"number","value":2}',
      },
    ])
  })

  it("lets the runtime keep an outcome that the asker may still want", () => {
    expect(briefs(after(placed, answered, answered))).toEqual([])
    expect(briefs(after(placed, answered, { type: "acked" }, answered))).toEqual(["send r1 ack"])
    expect(briefs(after(placed, answered, { type: "left", forGood: true }))).toEqual(["send r1 ack"])
  })

  it("[P42] tells its asker of an outcome that comes too late, and lets the runtime drop it", () => {
    for (const as of ["cancelled", "timeout"] as const) {
      expect(briefs(after(placed, { type: "cancelled", as }, answered))).toEqual(["tell f1 late", "send r1 ack"])
    }
    expect(briefs(after(placed, { type: "due" }, answered))).toEqual(["tell f1 late", "send r1 ack"])
    expect(briefs(bound({ type: "due" }, answered))).toEqual(["send r1 ack"])
  })
})

describe("whatever happens", () => {
  const events: fc.Arbitrary<LedgerEvent> = fc.constantFrom<LedgerEvent>(
    placed,
    answered,
    reloaded,
    { type: "refused", result: { name: "SyntaxError", message: "no" } },
    { type: "waits", reason: "none!", loss: "none" },
    { type: "waits", reason: "away!", loss: "away" },
    { type: "unplaceable", code: "no-target", reason: "choose" },
    { type: "asked", from: "f2", by: "cli" },
    { type: "returned", to: runtime },
    { type: "cancelled", as: "cancelled" },
    { type: "cancelled", as: "timeout" },
    { type: "acked" },
    { type: "left", forGood: false },
    { type: "left", forGood: true },
    { type: "due" },
  )

  it("[L37] an eval has one outcome, is sent once but for returns, and leaves no timer behind", () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(events, { maxLength: 25 }), (isBound, walk) => {
        let { state, effects }: { state: Eval | undefined; effects: readonly LedgerEffect[] } = open(
          ask,
          isBound ? "s1" : undefined,
          config,
        )
        let isArmed = effects.some((effect) => effect.do === "arm")
        let sends = 0
        let returns = 0
        let announced = 0
        const outcomes = new Set<string>()
        for (const event of walk) {
          if (event.type === "due" && !isArmed) continue
          if (event.type === "due") isArmed = false
          const wasSettled = state?.at === "settled"
          if (event.type === "returned" && (state?.at === "sent" || state?.at === "bound")) returns++
          if (state === undefined) break
          ;({ state, effects } = step(state, event, config))
          for (const effect of effects) {
            if (effect.do === "arm") isArmed = true
            if (effect.do === "disarm") isArmed = false
            if (effect.do === "announce") announced++
            if (effect.do === "run") sends++
            if (effect.do === "tell" && effect.message.op === "outcome")
              outcomes.add(JSON.stringify([effect.message, effect.body]))
          }
          if (wasSettled) expect(state?.at).toBe("settled")
        }
        expect(outcomes.size).toBeLessThanOrEqual(1)
        expect(announced).toBe(state?.at === "settled" ? 1 : 0)
        expect(sends).toBeLessThanOrEqual(isBound ? returns : returns + 1)
        if (state === undefined || state.at === "settled") expect(isArmed).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })
})
