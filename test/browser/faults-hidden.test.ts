import { expect } from "vitest"
import { answered, isAway, slow, testInTabs, type PageTab } from "../support/tab-stage.ts"

/** Hidden tabs, whose chained timers run once a minute, as a user's do after five minutes. */

const test = testInTabs("--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/2")

/** Resolves once a timer that is armed every 250 ms has not run for so long, as a worker tells, whose timers run on. */
const untilThrottled = (tab: PageTab, ms: number): Promise<void> =>
  tab.evaluate(`new Promise((throttled) => {
    let tickedAt
    const tick = () => {
      tickedAt = performance.now()
      setTimeout(tick, 250)
    }
    tick()
    const clock = new Worker(URL.createObjectURL(new Blob(["setInterval(() => postMessage(0), 250)"])))
    clock.onmessage = () => {
      if (performance.now() - tickedAt < ${ms}) return
      clock.terminate()
      throttled()
    }
  })`)

test.concurrent("[C09] a hidden tab under intensive throttling stays, and answers sooner than its timers run", async ({
  openStage,
}) => {
  const stage = await openStage()
  const tab = await stage.open()
  await tab.until("ready")
  await tab.hide()
  await untilThrottled(tab, 10_000)
  const askedAt = performance.now()
  expect(await stage.frontEnd.evaluate("document.visibilityState")).toMatchObject(answered("hidden"))
  expect(performance.now() - askedAt).toBeLessThan(10_000)
  expect(await tab.count("disconnected")).toBe(0)
  expect(stage.wire.connections).toBe(1)
})

test.concurrent("[C10] a hidden, throttled tab whose link is reset reconnects while it is hidden", async ({
  openStage,
}) => {
  const stage = await openStage()
  const tab = await stage.open()
  await tab.until("ready")
  await tab.hide()
  await untilThrottled(tab, 3000)
  const asked = stage.frontEnd.evaluate(`${slow}; sessionStorage.runs`)
  await tab.until("started")
  stage.wire.reset()
  const lost = await tab.until("disconnected")
  const ready = await tab.until("ready", 2)
  console.info(`[C10] ready ${Math.round(ready.at - lost.at)} ms after the reset`)
  expect(ready.at - lost.at).toBeLessThan(20_000)
  await tab.evaluate("finish()")
  expect(await asked).toMatchObject(answered("1"))
  expect(stage.bridge.runtimes).toMatchObject([{ number: 1, visible: false }])
})

test.concurrent("[C11] a hidden, throttled tab notices a black hole and reconnects while it is hidden", async ({
  openStage,
}) => {
  const stage = await openStage()
  const tab = await stage.open()
  await tab.until("ready")
  await tab.hide()
  await untilThrottled(tab, 3000)
  const asked = stage.frontEnd.evaluate(`${slow}; sessionStorage.runs`)
  await tab.until("started")
  const cutAt = await tab.evaluate("performance.now()")
  stage.wire.flow("both", { kind: "swallow" })
  const ready = await tab.until("ready", 2)
  console.info(`[C11] ready ${Math.round(ready.at - cutAt)} ms after the cut`)
  // By chained timers alone it would take minutes.
  expect(ready.at - cutAt).toBeLessThan(20_000)
  expect(await tab.count("heartbeatTimeout")).toBe(1)
  await tab.evaluate("finish()")
  expect(await asked).toMatchObject(answered("1"))
  expect(stage.bridge.runtimes).toMatchObject([{ number: 1, visible: false }])
})

test.concurrent("[L19] a visible and a hidden tab are ready soon after the bridge's return after 20 s, whatever the backoff, and print no error", async ({
  openStage,
}) => {
  const stage = await openStage({ link: { backoff: { base: 5000, factor: 3, cap: 30_000 } } })
  const hidden = await stage.open()
  await hidden.until("ready")
  const visible = await stage.open()
  await visible.until("ready")
  const throttled = untilThrottled(hidden, 3000)
  await stage.wire.refuse()
  await stage.runtime((runtime) => isAway(runtime) && runtime.number === 1)
  await stage.runtime((runtime) => isAway(runtime) && runtime.number === 2)
  // The third wait begins after 5 + 15 s, and would last for 30.
  await visible.until("reconnecting", 3)
  await throttled
  const back = ({ name, number }: { name: string; number: number }) =>
    stage
      .runtime((runtime) => runtime.state === "ready" && runtime.number === number)
      .then(() => {
        const tookMs = Math.round(performance.now() - returnedAt)
        console.info(`[L19] the ${name} tab was ready ${tookMs} ms after the bridge's return`)
        return tookMs
      })
  const returnedAt = performance.now()
  const times = Promise.all([back({ name: "hidden", number: 1 }), back({ name: "visible", number: 2 })])
  await stage.wire.accept()
  expect(Math.max(...(await times))).toBeLessThan(15_000)
  expect(stage.bridge.runtimes).toMatchObject([
    { number: 1, visible: false },
    { number: 2, visible: true },
  ])
  expect(hidden.errors.join("\n")).toBe("")
  expect(visible.errors.join("\n")).toBe("")
})
