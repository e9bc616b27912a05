import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  emptyRegistry,
  infoOf,
  stepRegistry,
  type Arrival,
  type Registry,
  type RegistryConfig,
  type RegistryEffect,
  type RegistryEvent,
  type RegistryStep,
} from "./registry.ts"

const config: RegistryConfig = {
  graceMs: 60_000,
  reloadMs: 3000,
  unannouncedMs: 10_000,
  probeMs: 700,
  maxRuntimesPerOrigin: 32,
  newId: () => "fresh",
}

function arrival(socket: number, fields: Partial<Arrival> = {}): Arrival {
  return {
    socket,
    runtime: "r1",
    session: "s1",
    kind: "page",
    origin: "http://localhost:3000",
    url: "http://localhost:3000/",
    title: "Shop",
    userAgent: "Chrome/156.0",
    visible: true,
    takesPrepared: true,
    takesPieces: true,
    navigation: "navigate",
    number: undefined,
    name: undefined,
    ...fields,
  }
}

const arrived = (socket: number, fields?: Partial<Arrival>): RegistryEvent => ({
  type: "arrived",
  arrival: arrival(socket, fields),
})
const left = (socket: number, code = 1006, bye?: string): RegistryEvent => ({ type: "left", socket, code, bye })

function after(...events: readonly RegistryEvent[]): RegistryStep {
  let step: RegistryStep = { registry: emptyRegistry, effects: [] }
  for (const event of events) step = stepRegistry(step.registry, event, config)
  return step
}

/** What an effect does, in few words. */
function brief(effect: RegistryEffect): string {
  switch (effect.do) {
    case "welcome":
      return `welcome ${effect.socket} as ${effect.runtime.id} ${effect.runtime.number} ${effect.runtime.name}`
    case "probe":
    case "replace":
      return `${effect.do} ${effect.socket}`
    case "arm":
      return `arm ${effect.timer} ${effect.runtime} ${effect.ms}`
    case "disarm":
      return `disarm ${effect.timer} ${effect.runtime}`
    case "end":
      return `end ${effect.runtime.session} ${effect.loss.code}`
    case "show":
      return `show ${effect.info.number} ${effect.info.state}`
  }
}

const briefs = ({ effects }: RegistryStep): readonly string[] => effects.map(brief)

describe("a runtime that arrives", () => {
  it("gets the next number and a name of its own", () => {
    expect(briefs(after(arrived(1)))).toEqual(["welcome 1 as r1 1 chrome·shop", "show 1 ready"])
    const second = after(arrived(1), arrived(2, { runtime: "r2", session: "s2" }))
    expect(briefs(second)).toEqual(["welcome 2 as r2 2 chrome·shop-2", "show 2 ready"])
  })

  it("keeps the number and name of an earlier bridge where they are free", () => {
    const old = { number: 7, name: "chrome·cart" }
    expect(briefs(after(arrived(1, old)))).toContain("welcome 1 as r1 7 chrome·cart")
    const taken = after(arrived(1, old), arrived(2, { runtime: "r2", session: "s2", ...old }))
    expect(briefs(taken)).toContain("welcome 2 as r2 8 chrome·shop")
  })

  it("gets no number that another had, and none that nobody would give", () => {
    const second = after(arrived(1), left(1, 1000), arrived(2, { runtime: "r2" }))
    expect(briefs(second)).toContain("welcome 2 as r2 2 chrome·shop")
    for (const number of [0, 10_000, Number.MAX_SAFE_INTEGER]) {
      expect(briefs(after(arrived(1, { number })))).toContain("welcome 1 as r1 1 chrome·shop")
    }
  })

  it("is shown with its page's words cut and on one line", () => {
    const [runtime] = after(
      arrived(1, { title: `a\u001b[2J\n${"b".repeat(300)}`, kind: "p\u0000ge" }),
    ).registry.runtimes.values()
    expect(infoOf(runtime!).title).toMatch(/^a \[2J b{190,}…$/)
    expect(infoOf(runtime!).kind).toBe("p ge")
  })
})

describe("[L31] a session that returns", () => {
  it("takes the place of its old socket, whose late close changes nothing", () => {
    const handedOver = after(arrived(1), arrived(2))
    expect(briefs(handedOver)).toEqual(["replace 1", "welcome 2 as r1 1 chrome·shop", "show 1 ready"])
    expect(stepRegistry(handedOver.registry, left(1), config)).toEqual({ registry: handedOver.registry, effects: [] })
  })

  it("is back from being away", () => {
    expect(briefs(after(arrived(1), left(1)))).toEqual(["arm leave r1 60000", "show 1 away"])
    expect(briefs(after(arrived(1), left(1), arrived(2)))).toEqual([
      "disarm leave r1",
      "welcome 2 as r1 1 chrome·shop",
      "show 1 ready",
    ])
  })
})

describe("[L41] another session of a runtime that is away", () => {
  it("is its reload: the old session ends at once", () => {
    const reload = after(arrived(1), left(1, 1001, "unload"), arrived(2, { session: "s2" }))
    expect(briefs(reload)).toEqual([
      "disarm leave r1",
      "end s1 page-reloaded",
      "welcome 2 as r1 1 chrome·shop",
      "show 1 ready",
    ])
  })
})

describe("[L41] another session while the socket of the old one seems open", () => {
  const contested = [arrived(1), arrived(2, { session: "s2" })]
  const reload = [arrived(1), arrived(2, { session: "s2", navigation: "reload" })]

  it("makes the old one prove that it lives", () => {
    expect(briefs(after(...contested))).toEqual(["probe 1", "arm probe r1 700"])
  })

  it("is a copy if the old page answers, and gets an id of its own", () => {
    for (const events of [contested, reload]) {
      expect(briefs(after(...events, { type: "answered", socket: 1, by: "page" }))).toEqual([
        "disarm probe r1",
        "welcome 2 as fresh 2 chrome·shop-2",
        "show 2 ready",
      ])
    }
  })

  it("is a copy if the old link answers, unless it says that it is a reload", () => {
    const answered: RegistryEvent = { type: "answered", socket: 1, by: "network" }
    expect(briefs(after(...contested, answered))).toContain("welcome 2 as fresh 2 chrome·shop-2")
    expect(briefs(after(...reload, answered))).toEqual([])
  })

  it("takes over if nothing answers, or if the old socket closes", () => {
    const takesOver = ["end s1 page-reloaded", "welcome 2 as r1 1 chrome·shop", "show 1 ready"]
    const silent = after(...contested, { type: "due", timer: "probe", runtime: "r1" })
    expect(briefs(silent)).toEqual(["disarm probe r1", "replace 1", ...takesOver])
    expect(briefs(after(...contested, left(1)))).toEqual(["disarm probe r1", ...takesOver])
  })

  it("is forgotten if it leaves, and the old one stays", () => {
    const alone = after(...contested, left(2))
    expect(briefs(alone)).toEqual(["disarm probe r1"])
    expect(alone.registry.runtimes.get("r1")?.presence).toEqual({ at: "ready", socket: 1 })
  })

  it("waits its turn where there are several", () => {
    const three = after(...contested, arrived(3, { session: "s3" }), { type: "due", timer: "probe", runtime: "r1" })
    expect(briefs(three).slice(-2)).toEqual(["probe 2", "arm probe r1 700"])
  })
})

it("the id of a runtime is of no use to another origin", () => {
  const thief = after(arrived(1), left(1), arrived(2, { origin: "http://localhost:4000" }))
  expect(briefs(thief)).toEqual(["welcome 2 as fresh 2 chrome·shop-2", "show 2 ready"])
})

describe("a runtime whose socket closed", () => {
  it.each([
    ["its page was unloaded", 1001, "unload", 3000, "page-closed"],
    ["its browser says only that it went", 1001, undefined, 10_000, "page-closed"],
    ["its link broke", 1006, undefined, 60_000, "runtime-gone"],
    ["its page is cached", 4001, "cached", 60_000, "runtime-gone"],
    ["its page is frozen", 4002, "frozen", 60_000, "runtime-gone"],
  ] as const)("because %s has its time to return", (_why, code, bye, ms, loss) => {
    expect(briefs(after(arrived(1), left(1, code, bye)))).toEqual([`arm leave r1 ${ms}`, "show 1 away"])
    const gone = after(arrived(1), left(1, code, bye), { type: "due", timer: "leave", runtime: "r1" })
    expect(briefs(gone)).toEqual([`end s1 ${loss}`, "show 1 gone"])
    expect(gone.registry.runtimes.size).toBe(0)
  })

  it.each([
    [1000, undefined],
    [1006, "disconnect"],
  ] as const)("because it disconnected is gone at once: %s %s", (code, bye) => {
    expect(briefs(after(arrived(1), left(1, code, bye)))).toEqual(["end s1 runtime-gone", "show 1 gone"])
  })
})

describe("whatever happens", () => {
  const events = fc.array(
    fc.oneof(
      fc.record({
        type: fc.constant("arrives" as const),
        runtime: fc.constantFrom("r1", "r2"),
        session: fc.constantFrom("s1", "s2", "s3"),
        origin: fc.constantFrom("http://localhost:1", "http://localhost:2"),
        navigation: fc.constantFrom("reload", "navigate"),
      }),
      fc.record({ type: fc.constant("leaves" as const), nth: fc.nat(9), code: fc.constantFrom(1000, 1001, 1006) }),
      fc.record({
        type: fc.constant("answers" as const),
        nth: fc.nat(9),
        by: fc.constantFrom("page" as const, "network" as const),
      }),
      fc.record({ type: fc.constant("due" as const), nth: fc.nat(9) }),
    ),
    { maxLength: 40 },
  )

  it("each socket speaks for one runtime at most, and every timer has its reason", () => {
    fc.assert(
      fc.property(events, (walk) => {
        let registry: Registry = emptyRegistry
        let lastSocket = 0
        let lastId = 0
        const timers = new Set<string>()
        const welcomed = new Set<number>()
        const open: number[] = []
        const advance = (event: RegistryEvent): void => {
          const step = stepRegistry(registry, event, { ...config, newId: () => `fresh${++lastId}` })
          registry = step.registry
          for (const effect of step.effects) {
            if (effect.do === "arm") timers.add(`${effect.timer} ${effect.runtime}`)
            if (effect.do === "disarm") timers.delete(`${effect.timer} ${effect.runtime}`)
            if (effect.do === "welcome") {
              expect(welcomed.has(effect.socket)).toBe(false)
              welcomed.add(effect.socket)
            }
            if (effect.do === "replace") open.splice(open.indexOf(effect.socket), 1)
          }
        }
        for (const move of walk) {
          if (move.type === "arrives") {
            const { runtime, session, origin, navigation } = move
            open.push(++lastSocket)
            advance({ type: "arrived", arrival: arrival(lastSocket, { runtime, session, origin, navigation }) })
          } else if (move.type === "due") {
            const timer = [...timers][move.nth % Math.max(1, timers.size)]
            if (timer === undefined) continue
            timers.delete(timer)
            const [type, runtime] = timer.split(" ") as ["leave" | "probe", string]
            advance({ type: "due", timer: type, runtime })
          } else {
            const [socket] =
              move.type === "leaves" ? open.splice(move.nth % Math.max(1, open.length), 1) : [open[move.nth]]
            if (socket === undefined) continue
            advance(
              move.type === "leaves"
                ? { type: "left", socket, code: move.code, bye: undefined }
                : { type: "answered", socket, by: move.by },
            )
          }

          const runtimes = [...registry.runtimes.values()]
          const speaking = runtimes.flatMap(({ presence }) => (presence.at === "away" ? [] : [presence.socket]))
          const waiting = runtimes.flatMap(({ presence }) => (presence.at === "contested" ? presence.newcomers : []))
          const sockets = [...speaking, ...waiting.map(({ socket }) => socket)]
          expect(sockets.toSorted((one, other) => one - other)).toEqual(open)
          for (const socket of speaking) expect(welcomed.has(socket)).toBe(true)
          expect(new Set(runtimes.map(({ number }) => number)).size).toBe(runtimes.length)
          expect(new Set(runtimes.map(({ name }) => name)).size).toBe(runtimes.length)
          const reasons = runtimes.flatMap(({ id, presence }) => {
            if (presence.at === "away") return [`leave ${id}`]
            return presence.at === "contested" ? [`probe ${id}`] : []
          })
          expect([...timers].toSorted()).toEqual(reasons.toSorted())
        }
      }),
      { numRuns: 500 },
    )
  })
})

it("runtimes that come and go under ever new ids are not remembered without end: the oldest gives way", () => {
  const comeAndGo = (nth: number) => [arrived(nth, { runtime: `r${nth}`, session: `s${nth}` }), left(nth)]
  const others = arrived(0, { runtime: "other", origin: "http://localhost:9" })
  const crowd = Array.from({ length: 33 }, (_, at) => comeAndGo(at + 1)).flat()
  const { registry } = after(others, left(0), ...crowd)
  expect(registry.runtimes.size).toBe(33)
  expect(registry.runtimes.has("r1")).toBe(false)
  expect(registry.runtimes.has("r2") && registry.runtimes.has("other")).toBe(true)
})

it("nobody who is here gives way", () => {
  const here = Array.from({ length: 40 }, (_, at) => arrived(at, { runtime: `r${at}`, session: `s${at}` }))
  expect(after(...here).registry.runtimes.size).toBe(40)
})
