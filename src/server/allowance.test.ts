import { expect, it } from "vitest"
import { createAllowance } from "./allowance.ts"

it("what a second allows may be spent at once", () => {
  const spend = createAllowance(100)
  expect(spend(60, 0)).toBe(0)
  expect(spend(40, 0)).toBe(0)
})

it("what is spent beyond it is waited for, and time pays it back", () => {
  const spend = createAllowance(100)
  expect(spend(150, 0)).toBe(500)
  expect(spend(1, 500)).toBeCloseTo(10)
  expect(spend(0, 2000)).toBe(0)
})

it("nothing is saved up in silence beyond a second's worth", () => {
  const spend = createAllowance(100)
  expect(spend(0, 60_000)).toBe(0)
  expect(spend(200, 60_000)).toBe(1000)
})
