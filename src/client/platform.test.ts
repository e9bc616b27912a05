import { describe, expect, test } from "vitest"
import { capturePlatform, createClock } from "./platform.ts"

function fakeTime() {
  const time = { monotonic: 100, wall: 1_700_000_000_000 }
  const clock = createClock({
    performance: { now: () => time.monotonic },
    Date: { now: () => time.wall },
    setTimeout,
    clearTimeout,
  })
  const startedAt = clock.now()
  return { time, elapsed: () => clock.now() - startedAt }
}

describe("the clock", () => {
  test("follows the monotonic clock while the machine is awake", () => {
    const { time, elapsed } = fakeTime()
    for (let turn = 0; turn < 100; turn++) {
      time.monotonic += 0.3
      if (turn % 3 === 0) time.wall += 1
      elapsed()
    }
    expect(elapsed()).toBeCloseTo(30)
  })

  test("[L28] counts the time that the machine slept, where only the wall clock went on", () => {
    const { time, elapsed } = fakeTime()
    time.monotonic += 50
    time.wall += 60_050
    expect(elapsed()).toBe(60_050)
    time.monotonic += 10
    time.wall += 10
    expect(elapsed()).toBe(60_060)
  })

  test("never runs backwards when the wall clock is set back", () => {
    const { time, elapsed } = fakeTime()
    time.monotonic += 5
    time.wall -= 3_600_000
    expect(elapsed()).toBe(5)
  })

  test("disarms a timer", () => {
    const armed = new Set<number>()
    const clock = createClock({
      performance,
      Date,
      setTimeout: ((_: unknown, ms: number) => (armed.add(ms), ms)) as unknown as typeof setTimeout,
      clearTimeout: ((timer: number) => armed.delete(timer)) as unknown as typeof clearTimeout,
    })
    const disarm = clock.after(20, () => {})
    expect([...armed]).toEqual([20])
    disarm()
    expect(armed.size).toBe(0)
  })
})

test("in Node there is no window", () => {
  expect(capturePlatform()).toMatchObject({ kind: "node", window: undefined, storage: undefined })
})
