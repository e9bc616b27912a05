import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { bundleClient } from "../../scripts/client.mjs"
import { connectFrontEnd, type FrontEnd } from "../../src/frontend/index.ts"
import { startBridge, type Bridge } from "../../src/server/index.ts"
import { pageWith, servePages } from "../support/browser.ts"
import { openCorpusStage, sessions, undocumented } from "../support/corpus.ts"
import { findEngines, type EngineBrowser } from "../support/engines.ts"

/** The same as in Chromium, in browsers with other engines: `npm run test:engines`. */

const { found, missing } = findEngines()
for (const sentence of missing) console.warn(sentence)
if (found.length === 0) throw new Error("no other engine here: see above")

describe.each(found)("$name", ({ name, hasPlaces, open }) => {
  let browser: EngineBrowser
  let clientScript: string

  beforeAll(async () => {
    clientScript = await bundleClient()
    browser = await open()
    console.log(`${name} ${browser.version}`)
  })
  afterAll(() => browser.close())

  test("a page with the script tag evaluates, logs, and outlives a bounce of the bridge", async () => {
    const start = async (port: number): Promise<{ readonly bridge: Bridge; readonly frontEnd: FrontEnd }> => {
      const bridge = await startBridge({ port, clientScript })
      const frontEnd = await connectFrontEnd({ bridge })
      onTestFinished(async () => {
        await frontEnd.close()
        await bridge.stop()
      })
      return { bridge, frontEnd }
    }
    const { bridge, frontEnd } = await start(0)
    const pages = await servePages({ "/": pageWith(bridge.url) })
    onTestFinished(() => pages.close())
    await browser.goto(pages.origin)

    const line = new Promise((heard) => frontEnd.on("console", (said) => heard([said.level, said.args])))
    const waiting = { waitMs: 30_000, timeoutMs: 30_000 }
    expect(await frontEnd.evaluate("const kept = 41; console.warn('hello', kept); kept + 1", waiting)).toMatchObject({
      outcome: "value",
      result: { value: 42 },
    })
    expect(await line).toMatchObject(["warn", [{ value: "hello" }, { value: 41 }]])
    const { result } = await frontEnd.evaluate("1;\n  null.x", waiting)
    expect(result).toMatchObject({ name: "TypeError", stack: expect.stringContaining(hasPlaces ? "repl:2:3" : "") })

    await frontEnd.close()
    await bridge.stop()
    const next = await start(bridge.port)
    expect(await next.frontEnd.evaluate("kept", waiting)).toMatchObject({ outcome: "value", result: { value: 41 } })
  })

  test.each([
    ["in a page without a policy", "", 0.985],
    ["by script elements, in a page whose policy forbids eval", "&nonce=once", 0.97],
  ])("what is typed gives what Chrome's console gives %s; what differs is documented", async (_, query, least) => {
    const stage = await openCorpusStage(clientScript)
    onTestFinished(() => stage.close())
    const different = await stage.differences(browser, query, "nomsg")
    console.log(`${name}: ${sessions.length - different.size} of ${sessions.length} sessions`)
    expect(undocumented(different)).toEqual([])
    expect(1 - different.size / sessions.length).toBeGreaterThanOrEqual(least)
  })
})
