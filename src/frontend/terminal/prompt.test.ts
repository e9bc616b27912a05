import { expect, test } from "vitest"
import { createFakeFrontEnd, runtimeInfo } from "../../../test/support/fake-front-end.ts"
import { followNews, newsOf } from "./news.ts"
import { promptOf, statusOf, type Facts } from "./prompt.ts"
import { columnsOf } from "./cells.ts"
import { plainStyle } from "./style.ts"

const shop = runtimeInfo()
const firefox = runtimeInfo({ number: 2, name: "firefox·shop" })
const facts = (parts: Partial<Facts> = {}): Facts => ({ state: "ready", runtimes: [shop], target: shop.id, ...parts })

test.each([
  ["the runtime", facts(), "chrome·shop › ", true],
  ["the only runtime, though none was chosen", facts({ target: undefined }), "chrome·shop › ", true],
  ["busy, and for how long", facts({ runtimes: [{ ...shop, busyMs: 12_345 }] }), "chrome·shop (busy 12 s) › ", false],
  ["away", facts({ runtimes: [{ ...shop, state: "away" }] }), "chrome·shop (away) › ", false],
  ["no runtime", facts({ runtimes: [], target: undefined }), "(no runtime) › ", false],
  [
    "none chosen of several",
    facts({ runtimes: [shop, firefox], target: undefined }),
    "(2 runtimes, none chosen) › ",
    false,
  ],
  ["the bridge is away", facts({ state: "waiting" }), "(bridge away, retrying) › ", false],
  ["the bridge refused", facts({ state: "refused" }), "(refused by the bridge) › ", false],
] as const)("the prompt names %s", (_, given, text, isReady) => {
  expect(promptOf(given, 80)).toEqual({ text, isReady })
})

test("a name leaves room to type, and cannot act on the terminal", () => {
  const runtimes = [{ ...shop, name: `\x1b[31mchrome·${"long ".repeat(20)}` }]
  const { text } = promptOf(facts({ runtimes }), 40)
  expect(columnsOf(text)).toBeLessThanOrEqual(20)
  expect(text).toMatch(/^\\x1B\[31mchrom… › $/)
})

test.each([
  ["running", facts(), 300, undefined, "running · ^C cancels"],
  ["for how long", facts(), 3400, undefined, "running 3 s · ^C cancels"],
  ["the bridge", facts({ state: "dialling" }), 3400, undefined, "waiting for the bridge 3 s · ^C cancels"],
  [
    "a runtime that is away",
    facts({ runtimes: [{ ...shop, state: "away" }] }),
    300,
    undefined,
    "waiting for chrome·shop to come back · ^C cancels",
  ],
  ["what the bridge says", facts({ runtimes: [] }), 300, "no runtime", "no runtime · ^C cancels"],
] as const)("a wait says what for: %s", (_, given, forMs, reason, expected) => {
  expect(statusOf(given, { forMs, reason })).toBe(expected)
})

test.each([
  ["comes", undefined, shop, "chrome·shop is here: 1, http://localhost:3000/"],
  ["goes", shop, { ...shop, state: "gone" }, "chrome·shop is gone"],
  ["reloads", shop, { ...shop, session: "s2" }, "chrome·shop was loaded again"],
  ["goes elsewhere", shop, { ...shop, session: "s2", url: "http://b/" }, "chrome·shop went to http://b/"],
  ["is away for a while", shop, { ...shop, state: "away" }, undefined],
  ["comes back", { ...shop, state: "away" }, shop, undefined],
  ["only changes its title", shop, { ...shop, title: "cart" }, undefined],
  ["goes unseen", undefined, { ...shop, state: "gone" }, undefined],
] as const)("news when a runtime %s", (_, before, now, expected) => {
  expect(newsOf(before, now)).toBe(expected)
})

test("an outcome that comes late is printed with the input it is of", () => {
  const frontEnd = createFakeFrontEnd(shop)
  const printed: string[] = []
  const forget = followNews(frontEnd, plainStyle, { columns: 30, print: (text) => printed.push(text) })
  const late = { id: "e1", durationMs: 1, outcome: "value", result: { type: "number", value: 2 } } as const
  frontEnd.emit("late", { ...late, code: "\nawait somethingThatTakesVeryLong(1)\n2" })
  forget()
  frontEnd.emit("late", { ...late, code: "1" })
  expect(printed).toEqual(["late: await somethingThatTake…\n2"])
})
