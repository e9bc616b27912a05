import type { Clock } from "../../src/link/index.ts"

export interface FakeClock extends Clock {
  /** Runs what is due within so many milliseconds, in order. */
  advance(ms: number): void
  /** Time passes, and no timer runs: the tab is throttled, or the machine sleeps. */
  sleep(ms: number): void
  /** Timers that are armed. */
  readonly pending: number
}

/** Virtual time. */
export function createFakeClock(): FakeClock {
  const timers = new Set<{ at: number; run: () => void }>()
  let now = 0

  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance(ms) {
      const end = now + ms
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
        if (!next) break
        timers.delete(next)
        now = Math.max(now, next.at)
        next.run()
      }
      now = end
    },
    sleep: (ms) => (now += ms),
    get pending() {
      return timers.size
    },
  }
}
