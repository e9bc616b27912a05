import { readFileSync } from "node:fs"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { bundleClient } from "../../scripts/client.mjs"
import { connectFrontEnd, type Evaluation, type FrontEnd } from "../../src/frontend/index.ts"
import type { RemoteObject } from "../../src/protocol/index.ts"
import { startBridge, type Bridge } from "../../src/server/index.ts"
import { compareSnippet } from "../fixtures/eval-corpus/compare.mjs"
import { startServer } from "../fixtures/eval-corpus/page.mjs"
import { openBrowser } from "../support/browser.ts"

/** What the console of Chrome's DevTools answered, session by session, against what comes through front end, bridge and page. */

interface Session {
  readonly id: string
  readonly snippets: readonly { readonly code: string }[]
}

const { sessions } = JSON.parse(
  readFileSync(new URL("../fixtures/eval-corpus/corpus.json", import.meta.url), "utf8"),
) as { readonly sessions: readonly Session[] }

const differencesDocument = readFileSync(new URL("../../docs/differences.md", import.meta.url), "utf8")

let browser: Browser
let bridge: Bridge
let frontEnd: FrontEnd
let site: { readonly origin: string; close(): Promise<void> }

beforeAll(async () => {
  browser = await openBrowser()
  bridge = await startBridge({ port: 0, clientScript: await bundleClient() })
  frontEnd = await connectFrontEnd({ bridge })
  site = await startServer()
})
afterAll(async () => {
  await frontEnd.close()
  await bridge.stop()
  await site.close()
  await browser.close()
})

/** Code that may leave something behind in its page: it declares, assigns, deletes, calls what changes its object, or goes on later. */
const leavesTraces =
  /[^=!<>]=[^=>]|\+\+|--|\$_|\b(?:let|const|class|function|var|import|await|async|delete|define\w+|set\w+|eval|Promise|Function|assign|freeze|push|_|page(?:Set|Write)\w+|document)\b/

/** How sessions differ, by their ids. Each runs in a frame in which nothing was left behind: it loads faster than a page. */
async function differences(query: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>()
  const page = await (await browser.newContext()).newPage()
  // Any page of the same origin will do to hold the frame.
  await page.goto(`${site.origin}/mod/data.json`)
  let runtime: string | undefined

  async function differencesOf({ snippets }: Session): Promise<readonly string[]> {
    const different: string[] = []
    runtime ??= await load(page, query)
    let hasRun = false
    for (const snippet of snippets) {
      const evaluation = await frontEnd.evaluate(snippet.code, { runtime, timeoutMs: 5000 })
      hasRun ||= evaluation.outcome !== "refused"
      const how = compareSnippet(snippet, toOutcome(evaluation))
      different.push(...how.map((difference: string) => `${snippet.code.slice(0, 80)} ⇒ ${difference}`))
    }
    if (different.length > 0 || (hasRun && snippets.some(({ code }) => leavesTraces.test(code)))) runtime = undefined
    return different
  }

  for (const session of sessions) {
    const isUsed = runtime !== undefined
    let different = await differencesOf(session)
    // Perhaps those before it are to blame.
    if (different.length > 0 && isUsed) different = await differencesOf(session)
    if (different.length > 0) found.set(session.id, different)
  }
  await page.context().close()
  return found
}

let loads = 0

/** Resolves with the id of the page's runtime once it may be asked. */
async function load(page: Page, query: string): Promise<string> {
  const mark = `&load=${++loads}`
  const ready = new Promise<string>((found) => {
    const forget = frontEnd.on("runtime", ({ id, state, url }) => {
      if (state !== "ready" || !url.endsWith(mark)) return
      forget()
      found(id)
    })
  })
  const client = encodeURIComponent(`${bridge.url}/client.js`)
  await page.evaluate((url) => {
    document.querySelector("iframe")?.remove()
    const frame = document.createElement("iframe")
    const loaded = new Promise((resolve) => (frame.onload = resolve))
    frame.src = url
    document.body.append(frame)
    return loaded.then(() => undefined)
  }, `/page.html?inject=${client}${query}${mark}`)
  return ready
}

/** In the words of the corpus. */
function toOutcome({ outcome, result }: Evaluation): object {
  switch (outcome) {
    case "value":
      return { ok: true, ...toValue(result) }
    case "refused":
      return { ok: false, incomplete: false, ...result, errorName: result.name, errorMessage: result.message }
    case "thrown": {
      const { exception, name, message = "" } = result
      return name === undefined
        ? { ok: false, errorName: null, thrown: toValue(exception) }
        : { ok: false, errorName: name, errorMessage: message.replaceAll(site.origin, "http://ORIGIN") }
    }
    default:
      return { ok: false, errorName: outcome, errorMessage: result.reason }
  }
}

function toValue({ type, value, unserializableValue, description, className }: RemoteObject): object {
  const said = { type, description: unserializableValue ?? description, className }
  return value === undefined ? said : { ...said, json: value }
}

describe.concurrent("what is typed gives what Chrome's console gives", { timeout: 600_000 }, () => {
  test.each([
    ["in a page without a policy", "", 0.995],
    ["by script elements, in a page whose policy forbids eval", "&nonce=once", 0.98],
  ])("%s; what differs is documented", async (_, query, least) => {
    const found = await differences(query)
    const undocumented = [...found].filter(([id]) => !differencesDocument.includes(`\`${id}\``))
    expect(undocumented).toEqual([])
    expect(1 - found.size / sessions.length).toBeGreaterThanOrEqual(least)
  })
})
