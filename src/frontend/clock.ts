import type { Clock } from "../link/index.ts"

/** A later timer would fire at once. */
const maxTimerMs = 2 ** 31 - 1

/** Only the wall clock runs on while the machine sleeps, and only the other one cannot be set back. */
export function createClock(): Clock {
  let monotonic = performance.now()
  let wall = Date.now()
  let passed = 0
  return {
    now() {
      const [nextMonotonic, nextWall] = [performance.now(), Date.now()]
      passed += Math.max(nextMonotonic - monotonic, nextWall - wall)
      monotonic = nextMonotonic
      wall = nextWall
      return passed
    },
    after(ms, run) {
      const timer = setTimeout(run, Math.min(ms, maxTimerMs))
      return () => clearTimeout(timer)
    },
  }
}
