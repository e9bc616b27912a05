import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { bundleClient } from "../../scripts/client.mjs"
import { openBrowser } from "../support/browser.ts"
import { openCorpusStage, sessions, undocumented, type CorpusStage } from "../support/corpus.ts"

let browser: Browser
let stage: CorpusStage

beforeAll(async () => {
  browser = await openBrowser()
  stage = await openCorpusStage(await bundleClient())
})
afterAll(async () => {
  await stage.close()
  await browser.close()
})

describe.concurrent("what is typed gives what Chrome's console gives", { timeout: 600_000 }, () => {
  test.each([
    ["in a page without a policy", "", 0.995],
    ["by script elements, in a page whose policy forbids eval", "&nonce=once", 0.98],
  ])("%s; what differs is documented", async (_, query, least) => {
    const page = await (await browser.newContext()).newPage()
    const found = await stage.differences(page, query)
    await page.context().close()
    expect(undocumented(found)).toEqual([])
    expect(1 - found.size / sessions.length).toBeGreaterThanOrEqual(least)
  })
})
