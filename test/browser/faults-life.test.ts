import { expect } from "vitest"
import { answered, isAway, isGone, isReady, pageTab, slow, testInTabs } from "../support/tab-stage.ts"
import type { Flow } from "../support/wire.ts"

/** What becomes of a page, with evals in it. */

const test = testInTabs()

const withoutWelcome: Flow = {
  kind: "corrupt",
  change: (chunk) => (chunk.includes(`"op":"welcome"`) ? Buffer.alloc(0) : chunk),
}

const pageReloaded = { outcome: "lost", result: { code: "page-reloaded", reason: "page reloaded", ran: "unknown" } }
const pageClosed = { outcome: "lost", result: { code: "page-closed", reason: "page closed", ran: "unknown" } }

test("[E01] a reloaded page is the same runtime in a new session, and the only one", async ({ openStage }) => {
  const stage = await openStage()
  const tab = await stage.open()
  const before = await stage.runtime(isReady)
  await tab.reload()
  await tab.until("ready")
  expect(await stage.frontEnd.evaluate("6 * 7")).toMatchObject(answered(42))
  expect(stage.bridge.runtimes).toEqual([{ ...before, session: stage.bridge.runtimes[0]!.session }])
  expect(stage.bridge.runtimes[0]!.session).not.toBe(before.session)
})

test("[E01] so is a page that is reloaded before it hears that it is welcome", async ({ openStage }) => {
  const stage = await openStage()
  stage.wire.flow("down", withoutWelcome, "future")
  const tab = await stage.open()
  const before = await stage.runtime(isReady)
  stage.wire.flow("down", { kind: "pass" }, "future")
  await tab.reload()
  await tab.until("ready")
  expect(await stage.frontEnd.evaluate("6 * 7")).toMatchObject(answered(42))
  expect(stage.bridge.runtimes).toEqual([{ ...before, session: stage.bridge.runtimes[0]!.session }])
})

test("[E04] a tab that is closed before it hears that it is welcome is gone as soon as any other", async ({
  openStage,
}) => {
  const stage = await openStage({ bridge: { reloadMs: 300, graceMs: 600_000 } })
  stage.wire.flow("down", withoutWelcome, "future")
  const tab = await stage.open()
  await stage.runtime(isReady)
  const gone = stage.runtime(isGone)
  await tab.close()
  await gone
})

test("[E10] after ten reloads in a row it is still the one runtime", async ({ openStage }) => {
  const stage = await openStage()
  const tab = await stage.open()
  const before = await stage.runtime(isReady)
  for (let reload = 1; reload <= 10; reload++) await tab.reload()
  await tab.until("ready")
  expect(await stage.frontEnd.evaluate("6 * 7")).toMatchObject(answered(42))
  expect(stage.bridge.runtimes).toEqual([{ ...before, session: stage.bridge.runtimes[0]!.session }])
  expect(await tab.count("ready")).toBe(1)
})

test("[E02] a reload ends an eval in flight as lost, and the new page does not run it", async ({ openStage }) => {
  const stage = await openStage()
  const tab = await stage.open()
  const asked = stage.frontEnd.evaluate(slow)
  await tab.until("started")
  await tab.reload()
  expect(await asked).toMatchObject(pageReloaded)
  await tab.until("ready")
  expect(await stage.frontEnd.evaluate("sessionStorage.runs")).toMatchObject(answered("1"))
})

test("[E03] an eval that reloads its page is lost, and does not run again", async ({ openStage }) => {
  const stage = await openStage()
  const tab = await stage.open()
  await tab.evaluate("sessionStorage.runs = 0")
  const asked = stage.frontEnd.evaluate("sessionStorage.runs++; location.reload(); await new Promise(() => {})")
  expect(await asked).toMatchObject(pageReloaded)
  expect(await stage.frontEnd.evaluate("sessionStorage.runs")).toMatchObject(answered("1"))
})

test("[E04] a closed tab is gone, and its eval lost", async ({ openStage }) => {
  const stage = await openStage({ bridge: { reloadMs: 300 } })
  const tab = await stage.open()
  const asked = stage.frontEnd.evaluate(slow)
  await tab.until("started")
  const gone = stage.runtime(isGone)
  await tab.close()
  expect(await asked).toMatchObject(pageClosed)
  await gone
  expect(stage.bridge.runtimes).toEqual([])
})

test("[E05] [L42] a crashed tab is gone, and its eval lost", async ({ openStage }) => {
  const stage = await openStage({ bridge: { unannouncedMs: 300 } })
  const tab = await stage.open()
  const asked = stage.frontEnd.evaluate(slow)
  await tab.until("started")
  const gone = stage.runtime(isGone)
  tab.crash()
  expect(await asked).toMatchObject(pageClosed)
  await gone
  expect(stage.bridge.runtimes).toEqual([])
})

test("[L42] a discarded tab is gone, and its eval lost", async ({ openStage }) => {
  const stage = await openStage({ bridge: { unannouncedMs: 300, reloadMs: 300 } })
  const tab = await stage.open()
  const asked = stage.frontEnd.evaluate(slow)
  await tab.until("started")
  const gone = stage.runtime(isGone)
  await tab.discard()
  expect(await asked).toMatchObject(pageClosed)
  await gone
  expect(stage.bridge.runtimes).toEqual([])
})

test("[E06] [L42] a page in the back/forward cache returns with its session, and its eval runs on", async ({
  openStage,
}) => {
  const stage = await openStage()
  const tab = await stage.open()
  const before = await stage.runtime(isReady)
  const asked = stage.frontEnd.evaluate(`${slow}; sessionStorage.runs`)
  await tab.until("started")
  await tab.goto(`${stage.url}/away`)
  await stage.runtime(isAway)
  await tab.back()
  await tab.until("ready", 2)
  await tab.evaluate("finish()")
  expect(await asked).toMatchObject(answered("1"))
  expect(stage.bridge.runtimes).toEqual([before])
  expect(tab.errors.join("\n")).toBe("")
})

test("[E07] an eval that is sent while the page sits in the back/forward cache runs once when it returns", async ({
  openStage,
}) => {
  const stage = await openStage()
  const tab = await stage.open()
  await stage.runtime(isReady)
  await tab.evaluate("globalThis.runs = 0")
  await tab.goto(`${stage.url}/away`)
  await stage.runtime(isAway)
  const asked = stage.frontEnd.evaluate("++runs", { waitMs: 15_000 })
  await tab.back()
  expect(await asked).toMatchObject(answered(1))
  expect(await tab.evaluate("runs")).toBe(1)
})

test("[E07] an eval whose page never returns from there is lost when the grace is over", async ({ openStage }) => {
  const stage = await openStage({ bridge: { graceMs: 500 } })
  const tab = await stage.open()
  const asked = stage.frontEnd.evaluate(slow)
  await tab.until("started")
  await tab.goto(`${stage.url}/away`)
  expect(await asked).toMatchObject({ outcome: "lost", result: { code: "runtime-gone", ran: "unknown" } })
})

test("[E08] [L42] of a frozen page the evals in flight and those sent meanwhile run once, after the thaw", async ({
  openStage,
}) => {
  const stage = await openStage()
  const tab = await stage.open()
  const before = await stage.runtime(isReady)
  await tab.hide()
  const inFlight = stage.frontEnd.evaluate(`${slow}; sessionStorage.runs`)
  await tab.until("started")
  await tab.freeze()
  await stage.runtime(isAway)
  const meanwhile = stage.frontEnd.evaluate("globalThis.runs = (globalThis.runs ?? 0) + 1", { waitMs: 15_000 })
  await tab.thaw()
  expect(await meanwhile).toMatchObject(answered(1))
  await tab.evaluate("finish()")
  expect(await inFlight).toMatchObject(answered("1"))
  expect(await tab.evaluate("runs")).toBe(1)
  expect(stage.bridge.runtimes).toEqual([{ ...before, visible: false }])
})

test("[E09] a duplicated tab is a runtime of its own, and neither takes the other's place", async ({ openStage }) => {
  const stage = await openStage()
  const tab = await stage.open()
  await stage.runtime(isReady)
  const opened = tab.nextTab()
  await tab.evaluate("void open(location.href)")
  const twin = pageTab(await opened)
  const other = await stage.runtime(({ number, state }) => number === 2 && state === "ready")
  const ids = stage.bridge.runtimes.map(({ id }) => id)
  expect(new Set(ids).size).toBe(2)
  expect(await stage.frontEnd.evaluate("6 * 7", { runtime: other.id })).toMatchObject(answered(42))
  await twin.reload()
  await twin.until("ready")
  expect(stage.bridge.runtimes.map(({ id }) => id)).toEqual(ids)
  for (const one of [tab, twin]) {
    expect(await one.count("ready")).toBe(1)
    expect(await one.count("disconnected")).toBe(0)
  }
})

test("[E11] a reload takes over from a link that is a black hole", async ({ openStage }) => {
  const stage = await openStage({ bridge: { heartbeatMs: 15_000 } })
  const tab = await stage.open()
  const before = await stage.runtime(isReady)
  const asked = stage.frontEnd.evaluate(slow)
  await tab.until("started")
  stage.wire.flow("both", { kind: "swallow" })
  await tab.reload()
  expect((await tab.until("ready")).at).toBeLessThan(15_000)
  expect(await asked).toMatchObject(pageReloaded)
  expect(await stage.frontEnd.evaluate("sessionStorage.runs")).toMatchObject(answered("1"))
  expect(stage.bridge.runtimes).toEqual([{ ...before, session: stage.bridge.runtimes[0]!.session }])
})
