import { expect, it } from "vitest"
import { isDead, isLate } from "./pulse.ts"

const seen = { bytesRead: 100, seen: 1000 }

it("[L26] a link that is silent for two beats is dead", () => {
  expect(isDead(seen, 1000 + 29_999, 15_000, false)).toBe(false)
  expect(isDead(seen, 1000 + 30_000, 15_000, false)).toBe(true)
})

it("[L29] one that has an eval to run has more time", () => {
  expect(isDead(seen, 1000 + 119_999, 15_000, true)).toBe(false)
  expect(isDead(seen, 1000 + 120_000, 15_000, true)).toBe(true)
})

it("[L28] a look that comes late has learnt nothing", () => {
  expect(isLate(7500, 15_000)).toBe(false)
  expect(isLate(15_001, 15_000)).toBe(true)
})
