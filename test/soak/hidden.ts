import { readFileSync } from "node:fs"
import { startBridge, type Bridge } from "../../src/server/index.ts"
import { pageWith, servePages } from "../support/pages.ts"
import { openTabBrowser } from "../support/tab-browser.ts"
import { openWire } from "../support/wire.ts"

/**
 * A tab that another one has covered for so long that the browser lets its
 * timers run once a minute, which Chromium does after five; then its bridge
 * bounces. With no flag: as long as a user's tab would take.
 */

const mostMs = 3000
const awayMs = [0, 20_000] as const

export async function hide({ minutes }: { readonly minutes: number }): Promise<number> {
  console.log(`hidden: a tab behind another one for ${minutes} minutes`)
  const clientScript = readFileSync(new URL("../dist/client.js", import.meta.url), "utf8")
  const options = { port: 0, clientScript, token: "hidden".repeat(6) }
  let bridge = await startBridge(options)
  const wire = await openWire(bridge.port)
  const pages = await servePages({ "/": pageWith(wire.url), "/favicon.ico": "" })
  const browser = await openTabBrowser()
  const window = await browser.openWindow()
  let isBroken = false
  try {
    const tab = await window.open(pages.origin)
    await isReady(bridge)
    await tab.hide()
    await tab.evaluate(`
      globalThis.gaps = []
      globalThis.load = performance.timeOrigin
      let at = performance.now()
      void function tick() {
        const now = performance.now()
        gaps.push(now - at)
        at = now
        setTimeout(tick, 1000)
      }()`)
    await pause(minutes * 60_000)
    const gap = await tab.evaluate("Math.round(Math.max(...gaps))")
    console.log(`hidden: a timer of 1 s has waited for up to ${gap} ms`)
    for (const ms of awayMs) {
      await wire.refuse()
      await bridge.stop()
      await pause(ms)
      bridge = await startBridge(options)
      wire.aim(bridge.port)
      const returnedAt = performance.now()
      const ready = isReady(bridge)
      await wire.accept()
      await ready
      const tookMs = Math.round(performance.now() - returnedAt)
      console.log(`hidden: ready ${tookMs} ms after the return of a bridge that was away for ${ms} ms`)
      if (tookMs > mostMs) isBroken = true
    }
    const [visibility, isSame] = await tab.evaluate("[document.visibilityState, load === performance.timeOrigin]")
    if (visibility !== "hidden" || !isSame) throw new Error("the tab was shown, or loaded again")
    if (gap < 30_000) throw new Error("the browser did not slow the tab down: leave it for longer")
    if (tab.errors.length > 0) throw new Error(`the page's console shows ${tab.errors.join("\n")}`)
  } finally {
    await browser.close()
    await pages.close()
    await wire.close()
    await bridge.stop()
  }
  console.log(isBroken ? `hidden: FAILED, it took more than ${mostMs} ms` : "hidden: ready in time")
  return isBroken ? 1 : 0
}

function isReady(bridge: Bridge): Promise<void> {
  return new Promise((ready) => {
    const forget = bridge.on("runtime", ({ state }) => {
      if (state !== "ready") return
      forget()
      ready()
    })
  })
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))
