import { readFileSync } from "node:fs"
import { connectFrontEnd, type Evaluation, type FrontEnd } from "../../src/frontend/index.ts"
import type { RemoteObject } from "../../src/protocol/index.ts"
import { startBridge, type Bridge } from "../../src/server/index.ts"
import { compareSnippet } from "../fixtures/eval-corpus/compare.mjs"
import { startServer } from "../fixtures/eval-corpus/page.mjs"

/** What the console of Chrome's DevTools answered, session by session, against what comes through front end, bridge and page. */

interface Session {
  readonly id: string
  readonly snippets: readonly { readonly code: string }[]
}

export const { sessions } = JSON.parse(
  readFileSync(new URL("../fixtures/eval-corpus/corpus.json", import.meta.url), "utf8"),
) as { readonly sessions: readonly Session[] }

const differencesDocument = readFileSync(new URL("../../docs/differences.md", import.meta.url), "utf8")

/** Code that may leave something behind in its page: it declares, assigns, deletes, calls what changes its object, or goes on later. */
const leavesTraces =
  /[^=!<>]=[^=>]|\+\+|--|\$_|\b(?:let|const|class|function|var|import|await|async|delete|define\w+|set\w+|eval|Promise|Function|assign|freeze|push|_|page(?:Set|Write)\w+|document)\b/

/** A tab of whatever browser. */
export interface CorpusTab {
  goto(url: string): Promise<unknown>
  /** The value of an expression in the page, awaited. */
  evaluate(expression: string): Promise<unknown>
}

export interface CorpusStage {
  /** How sessions differ, by their ids. Each runs in a frame in which nothing was left behind: it loads faster than a page. */
  differences(tab: CorpusTab, query: string, level?: "core" | "nomsg"): Promise<Differences>
  close(): Promise<void>
}

export type Differences = ReadonlyMap<string, readonly string[]>

/** Those that the document of differences does not name. */
export function undocumented(found: Differences): readonly (readonly [string, readonly string[]])[] {
  return [...found].filter(([id]) => !differencesDocument.includes(`\`${id}\``))
}

export async function openCorpusStage(clientScript: string): Promise<CorpusStage> {
  const bridge = await startBridge({ port: 0, clientScript })
  const frontEnd = await connectFrontEnd({ bridge })
  const site = await startServer()
  return {
    async differences(tab, query, level = "core") {
      const found = new Map<string, readonly string[]>()
      // Any page of the same origin will do to hold the frame, but not all engines show data in one.
      await tab.goto(`${site.origin}/page.html`)
      let runtime: string | undefined

      async function differencesOf({ snippets }: Session): Promise<readonly string[]> {
        const different: string[] = []
        runtime ??= await load(tab, query, bridge, frontEnd)
        let hasRun = false
        for (const snippet of snippets) {
          const evaluation = await frontEnd.evaluate(snippet.code, { runtime, timeoutMs: 5000 })
          hasRun ||= evaluation.outcome !== "refused"
          const how = compareSnippet(snippet, toOutcome(evaluation, site.origin), level)
          different.push(...how.map((difference: string) => `${snippet.code.slice(0, 80)} ⇒ ${difference}`))
        }
        if (different.length > 0 || (hasRun && snippets.some(({ code }) => leavesTraces.test(code))))
          runtime = undefined
        return different
      }

      for (const session of sessions) {
        const isUsed = runtime !== undefined
        let different = await differencesOf(session)
        // Perhaps those before it are to blame.
        if (different.length > 0 && isUsed) different = await differencesOf(session)
        if (different.length > 0) found.set(session.id, different)
      }
      return found
    },
    async close() {
      await frontEnd.close()
      await bridge.stop()
      await site.close()
    },
  }
}

let loads = 0

/** Resolves with the id of the page's runtime once it may be asked. */
async function load(tab: CorpusTab, query: string, bridge: Bridge, frontEnd: FrontEnd): Promise<string> {
  const mark = `&load=${++loads}`
  const ready = new Promise<string>((found) => {
    const forget = frontEnd.on("runtime", ({ id, state, url }) => {
      if (state !== "ready" || !url.endsWith(mark)) return
      forget()
      found(id)
    })
  })
  const client = encodeURIComponent(`${bridge.url}/client.js`)
  await tab.evaluate(`new Promise((loaded) => {
    document.querySelector("iframe")?.remove()
    const frame = document.createElement("iframe")
    frame.onload = () => loaded(1)
    frame.src = ${JSON.stringify(`/page.html?inject=${client}${query}${mark}`)}
    document.body.append(frame)
  })`)
  return ready
}

/** In the words of the corpus. */
function toOutcome({ outcome, result }: Evaluation, origin: string): object {
  switch (outcome) {
    case "value":
      return { ok: true, ...toValue(result) }
    case "refused":
      return { ok: false, incomplete: false, ...result, errorName: result.name, errorMessage: result.message }
    case "thrown": {
      const { exception, name, message = "" } = result
      return name === undefined
        ? { ok: false, errorName: null, thrown: toValue(exception) }
        : { ok: false, errorName: name, errorMessage: message.replaceAll(origin, "http://ORIGIN") }
    }
    default:
      return { ok: false, errorName: outcome, errorMessage: result.reason }
  }
}

function toValue({ type, value, unserializableValue, description, className }: RemoteObject): object {
  const said = { type, description: unserializableValue ?? description, className }
  return value === undefined ? said : { ...said, json: value }
}
