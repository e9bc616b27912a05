import { expect, test } from "vitest"
import { createBackoff } from "./backoff.ts"
import { LinkError } from "./options.ts"

const never = (): number => {
  throw new Error("chance was not asked for")
}
const here = () => true
const elsewhere = () => false
const delays = (delay: ReturnType<typeof createBackoff>, random: () => number) =>
  [0, 1, 2, 3, 4, 5, 6].map((wait) => delay(wait, random) / 1000)

test("[L12] the delays are exactly 1, 2, 4, 8, 16, 30, 30 s", () => {
  expect(delays(createBackoff(undefined, here), never)).toEqual([1, 2, 4, 8, 16, 30, 30])
})

test("[L12] base, cap and factor are options, and a function replaces them", () => {
  expect(delays(createBackoff({ base: 500, cap: 5000, factor: 3 }, here), never)).toEqual([0.5, 1.5, 4.5, 5, 5, 5, 5])
  expect(
    delays(
      createBackoff((wait) => wait * 100 - 100, here),
      never,
    ),
  ).toEqual([0, 0, 0.1, 0.2, 0.3, 0.4, 0.5])
})

test.each([() => Number.NaN, () => Infinity, never])(
  "[L4] a function that gives no delay is given the cap: %s",
  (backoff) => {
    expect(createBackoff(backoff, here)(0, never)).toBe(30_000)
  },
)

test("[L12] a base above the default cap is its own cap", () => {
  expect(createBackoff({ base: 40_000 }, here)(3, never)).toBe(40_000)
})

test("[L13] elsewhere than on loopback delays differ by a quarter either way, and never exceed the cap", () => {
  const delay = createBackoff(undefined, elsewhere)
  expect(delays(delay, () => 0)).toEqual([0.75, 1.5, 3, 6, 12, 22.5, 22.5])
  expect(delays(delay, () => 1)).toEqual([1.25, 2.5, 5, 10, 20, 30, 30])
  expect(delays(createBackoff({ jitter: 0 }, elsewhere), never)).toEqual([1, 2, 4, 8, 16, 30, 30])
})

test.each([
  [{ base: 0 }, "backoff.base is 0"],
  [{ base: Number.NaN }, "backoff.base is NaN"],
  [{ base: 2000, cap: 1000 }, "backoff.cap is 1000"],
  [{ factor: 0.5 }, "backoff.factor is 0.5"],
  [{ jitter: 2 }, "backoff.jitter is 2"],
])("[L12] %o is refused by name", (backoff, message) => {
  expect(() => createBackoff(backoff, here)).toThrow(LinkError)
  expect(() => createBackoff(backoff, here)).toThrow(message)
})
