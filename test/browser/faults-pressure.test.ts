import { expect } from "vitest"
import { accountedFor } from "../support/stage.ts"
import { answered, testInTabs } from "../support/tab-stage.ts"

/** A page says more than anybody can read. */

const test = testInTabs()

test("[I01] 50,000 lines in a loop do not hold the page up, evals get through meanwhile, and delivered and dropped are all", async ({
  openStage,
}) => {
  // The browser's own console is not what is looked at.
  const stage = await openStage({ before: "console.log = () => {}" })
  const tab = await stage.open()
  await tab.until("ready")
  const counted = accountedFor(stage.frontEnd, 50_000)
  const looped = tab.evaluate(`(async () => {
    let longestMs = 0
    globalThis.said = 0
    for (let turn = 0; turn < 50; turn++) {
      const startedAt = performance.now()
      for (let line = 0; line < 1000; line++) console.log("line", ++said, { turn })
      await new Promise((rested) => setTimeout(rested))
      longestMs = Math.max(longestMs, performance.now() - startedAt)
      if (turn === 25) await new Promise((asked) => {
        globalThis.asked = asked
        happened("half")
      })
    }
    return longestMs
  })()`)
  await tab.until("half")
  expect(await stage.frontEnd.evaluate("asked(); said")).toMatchObject(answered(26_000))
  const longestMs = await looped
  const { delivered, dropped } = await counted
  console.info(`[I01] the longest of 50 turns took ${Math.round(longestMs)} ms; ${dropped} dropped`)
  expect(longestMs).toBeLessThan(5000)
  expect(delivered + dropped).toBe(50_000)
  expect(delivered).toBeGreaterThan(0)
  expect(await stage.frontEnd.evaluate("6 * 7")).toMatchObject(answered(42))
  expect(await tab.count("disconnected")).toBe(0)
})
