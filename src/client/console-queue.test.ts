import * as fc from "fast-check"
import { expect, test } from "vitest"
import { readFrame } from "../protocol/index.ts"
import { createConsoleQueue, type ConsoleQueue } from "./console-queue.ts"

function say(queue: ConsoleQueue, time: number, body = "[]"): void {
  const seq = queue.number(time)
  if (seq > 0) queue.keep(seq, { level: "log", time }, body)
}

interface Heard {
  readonly seq: number
  readonly kind?: string
  readonly dropped?: number
}

/** Everything that is to be sent at this time. */
function drain(queue: ConsoleQueue, time: number): Heard[] {
  const heard: Heard[] = []
  for (let message = queue.take(time); message !== undefined; message = queue.take(time)) {
    const [{ header: { seq, kind, dropped } } = { header: {} }] = readFrame(message) as readonly {
      header: Partial<Heard>
    }[]
    heard.push({ seq: seq ?? 0, ...(kind !== undefined && { kind }), ...(dropped !== undefined && { dropped }) })
  }
  return heard
}

const droppedIn = (heard: readonly Heard[]): number => heard.reduce((sum, { dropped = 0 }) => sum + dropped, 0)

test("a line goes out once, under its number, and again only after a rewind", () => {
  const queue = createConsoleQueue()
  say(queue, 0)
  say(queue, 1)
  expect(drain(queue, 1)).toEqual([{ seq: 1 }, { seq: 2 }])
  expect(drain(queue, 1)).toEqual([])
  queue.rewind()
  expect(drain(queue, 1)).toEqual([{ seq: 1 }, { seq: 2 }])
})

test("[L38] what is acknowledged is not sent again", () => {
  const queue = createConsoleQueue()
  for (const time of [0, 1, 2]) say(queue, time)
  drain(queue, 2)
  queue.acknowledge(2)
  queue.rewind()
  expect(drain(queue, 2)).toEqual([{ seq: 3 }])
  queue.acknowledge(3)
  queue.rewind()
  expect(drain(queue, 2)).toEqual([])
  expect(queue.isUntold).toBe(false)
})

test("an acknowledgement of what was never sent changes nothing", () => {
  const queue = createConsoleQueue()
  say(queue, 0)
  queue.acknowledge(99)
  expect(drain(queue, 0)).toEqual([{ seq: 1 }])
})

test("[L40] of more lines than a second allows the rest is dropped, and told once before the next line", () => {
  const queue = createConsoleQueue({ maxLines: 10 })
  for (let nth = 0; nth < 50; nth++) say(queue, 5)
  expect(drain(queue, 5)).toHaveLength(10)
  say(queue, 1004)
  say(queue, 1005)
  expect(drain(queue, 1005)).toEqual([{ seq: 52, dropped: 41 }])
})

test("[L40] drops after which no line comes are told when the second is over", () => {
  const queue = createConsoleQueue({ maxLines: 10 })
  for (let nth = 0; nth < 50; nth++) say(queue, 5)
  drain(queue, 5)
  expect(queue.isUntold).toBe(true)
  expect(drain(queue, 1004)).toEqual([])
  expect(drain(queue, 1005)).toEqual([{ seq: 50, kind: "dropped", dropped: 40 }])
  expect(queue.isUntold).toBe(false)
})

test("[L40] characters are bounded as lines are", () => {
  const queue = createConsoleQueue({ maxLength: 100 })
  const heard: Heard[] = []
  for (let nth = 0; nth < 10; nth++) {
    say(queue, 0, "x".repeat(40))
    heard.push(...drain(queue, 0))
  }
  expect(heard).toEqual([{ seq: 1 }, { seq: 2 }, { seq: 3 }])
})

test("[L40] while the bridge is away the newest lines are kept, and the drop is told before them", () => {
  const queue = createConsoleQueue({ maxLines: 3 })
  for (let second = 0; second < 10; second++) say(queue, second * 1000)
  expect(drain(queue, 9000)).toEqual([{ seq: 8, dropped: 7 }, { seq: 9 }, { seq: 10 }])
})

test("[L40] a drop that was told on a socket that died is told again", () => {
  const queue = createConsoleQueue({ maxLines: 2 })
  for (let nth = 0; nth < 5; nth++) say(queue, 0)
  say(queue, 1000)
  expect(drain(queue, 1000)).toEqual([
    { seq: 2, dropped: 1 },
    { seq: 6, dropped: 3 },
  ])
  queue.rewind()
  expect(drain(queue, 1000)).toEqual([
    { seq: 2, dropped: 1 },
    { seq: 6, dropped: 3 },
  ])
  queue.acknowledge(2)
  queue.rewind()
  expect(drain(queue, 1000)).toEqual([{ seq: 6, dropped: 3 }])
})

test("lines that were sent and then made room for others are not called dropped on the same socket", () => {
  const queue = createConsoleQueue({ maxLines: 2 })
  const heard: Heard[] = []
  for (let second = 0; second < 6; second++) {
    say(queue, second * 1000)
    heard.push(...drain(queue, second * 1000))
  }
  expect(heard).toEqual([1, 2, 3, 4, 5, 6].map((seq) => ({ seq })))
})

test("room for outcomes is made by dropping the oldest lines", () => {
  const queue = createConsoleQueue()
  for (const time of [0, 1, 2]) say(queue, time, "x".repeat(10))
  queue.shrink(15)
  expect(drain(queue, 2)).toEqual([{ seq: 3, dropped: 2 }])
})

test("a clock that is set back does not silence the console", () => {
  const queue = createConsoleQueue({ maxLines: 1 })
  say(queue, 10_000)
  say(queue, 5000)
  expect(drain(queue, 5000)).toHaveLength(1)
})

test("[I01] on one socket that lives, delivered and dropped are all that was said, whatever happens", () => {
  const event = fc.oneof(
    fc.record({ do: fc.constant("say" as const), length: fc.nat(60), lines: fc.integer({ min: 1, max: 8 }) }),
    fc.record({ do: fc.constantFrom("drain" as const, "acknowledge" as const, "wait" as const) }),
    fc.record({ do: fc.constant("shrink" as const), to: fc.nat(100) }),
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const queue = createConsoleQueue({ maxLines: 5, maxLength: 100 })
      const heard: Heard[] = []
      let time = 0
      let said = 0
      for (const step of events) {
        if (step.do === "say")
          for (let nth = 0; nth < step.lines; nth++, said++) say(queue, time, "x".repeat(step.length))
        if (step.do === "drain") heard.push(...drain(queue, time))
        if (step.do === "acknowledge") queue.acknowledge(heard.at(-1)?.seq ?? 0)
        if (step.do === "wait") time += 400
        if (step.do === "shrink") queue.shrink(step.to)
      }
      heard.push(...drain(queue, time + 1000))
      const delivered = heard.filter(({ kind }) => kind !== "dropped").length
      expect(delivered + droppedIn(heard)).toBe(said)
      expect(heard.map(({ seq }) => seq)).toEqual(heard.map(({ seq }) => seq).sort((a, b) => a - b))
    }),
  )
})

test("[L40] over sockets that die every line arrives or is counted, at least once", () => {
  const event = fc.constantFrom("say", "say", "say", "drain", "die", "wait")
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80 }), fc.infiniteStream(fc.boolean()), (events, arrives) => {
      const queue = createConsoleQueue({ maxLines: 4 })
      /** Lines by number: those that the bridge has, or knows to be dropped. */
      const known = new Set<number>()
      let time = 0
      let said = 0
      let isAlive = true
      const hear = (heard: readonly Heard[]): void => {
        for (const { seq, dropped = 0 } of heard) {
          if (!(isAlive &&= arrives.next().value ?? true)) return
          for (let nth = seq - dropped; nth <= seq; nth++) known.add(nth)
          queue.acknowledge(seq)
        }
      }
      const redial = (): void => {
        isAlive = true
        queue.rewind()
      }
      for (const step of events) {
        if (step === "say") say(queue, time, `${++said}`)
        if (step === "drain") hear(drain(queue, time))
        if (step === "die") redial()
        if (step === "wait") time += 400
      }
      redial()
      for (const message of drain(queue, time + 1000)) {
        for (let nth = message.seq - (message.dropped ?? 0); nth <= message.seq; nth++) known.add(nth)
      }
      for (let seq = 1; seq <= said; seq++) expect(known).toContain(seq)
    }),
  )
})
