import { findBridge, type FindOptions, type FoundBridge } from "../../discovery/index.ts"
import { UsageError } from "../exit.ts"
import { ask, upgradeHeaders, type Reply } from "./ask.ts"
import { findChrome, openChrome } from "./chrome.ts"
import type { Answer, BridgeFacts, Facts, PageFacts } from "./diagnose.ts"
import { visit } from "./visit.ts"

export interface LookOptions {
  readonly page: string
  readonly url?: string
  readonly port?: number
  readonly waitMs: number
  /** Aborting it ends the browser, and with it what is under way. */
  readonly signal: AbortSignal
}

/** Finds out what there is to know about a page and its bridge. */
export async function look({ page: address, waitMs, signal, ...where }: LookOptions): Promise<Facts> {
  const page = await lookAtPage(address)
  const bridge = await lookAtBridge(findFor(page, where), page)
  if (page.problem !== undefined) return { page, bridge }
  const chromePath = findChrome()
  if (chromePath === undefined) return { page, bridge, noVisit: "no Chrome or Chromium is installed here" }
  const chrome = await openChrome(chromePath)
  const close = (): void => void chrome.close()
  signal.addEventListener("abort", close, { once: true })
  try {
    return { page, bridge, visit: await visit(chrome, page.url, waitMs, signal) }
  } catch (error) {
    return { page, bridge, noVisit: `the browser could not be asked: ${(error as Error).message}` }
  } finally {
    signal.removeEventListener("abort", close)
    await chrome.close()
  }
}

/** Where none is named and none is the project's, the bridge that the page's tag means. */
function findFor({ tags: [tag] }: PageFacts, where: FindOptions): FoundBridge {
  const found = find(where)
  return tag !== undefined && found.foundBy === "default" ? find({ url: new URL(tag).origin }) : found
}

function find(where: FindOptions): FoundBridge {
  try {
    return findBridge(where)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

const maxRedirects = 5

async function lookAtPage(address: string): Promise<PageFacts> {
  let url = address
  try {
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const { status, headers, body } = await ask(url, { headers: { accept: "text/html" } })
      if (status < 300 || status > 399 || headers.location === undefined) return { url, tags: tagsOf(body, url) }
      url = new URL(headers.location, url).href
    }
    return { url, tags: [], problem: "it redirects for ever" }
  } catch (error) {
    return { url, tags: [], problem: (error as Error).message || String((error as NodeJS.ErrnoException).code) }
  }
}

function tagsOf(html: string, base: string): readonly string[] {
  const tags = html.replace(/<!--[^]*?-->/g, "").matchAll(/<script\b[^>]*?\ssrc\s*=\s*["']?([^"'\s>]+)/gi)
  return [...tags]
    .filter(([, src]) => /\/client\.js(?:[?#]|$)/.test(src!) && URL.canParse(src!, base))
    .map(([, src]) => new URL(src!, base).href)
}

async function lookAtBridge(
  { url, token }: { readonly url: string; readonly token: string | undefined },
  page: PageFacts,
): Promise<BridgeFacts> {
  const { port, hostname } = new URL(url)
  const isLoopback = /^(?:localhost|127\.|\[::1\])/.test(hostname)
  const loopback: Record<string, Answer> = {}
  if (isLoopback) for (const address of ["127.0.0.1", "::1"]) loopback[nameOf(address)] = await answerAt(url, address)
  const answer = await answerAt(url)
  const status = token === undefined ? undefined : await reply(`${url}/status`, { authorization: `Bearer ${token}` })
  const [tag] = page.tags
  const found = {
    version: status?.status === 200 ? String((JSON.parse(status.body) as { version?: unknown }).version) : undefined,
    tag: tag === undefined ? undefined : told(tag, await reply(tag)),
    gate: answer === "bridge" ? await gateOf(tag ?? url, page.url) : undefined,
  }
  return {
    url,
    answer,
    // Whoever has one loopback address only has switched the other off.
    loopback: loopback["[::1]"] === "nothing" && port !== "" ? {} : loopback,
    ...(found.version !== undefined && { version: found.version }),
    ...(found.tag && { tag: found.tag }),
    ...(found.gate && { gate: found.gate }),
  }
}

const nameOf = (address: string): string => (address.includes(":") ? `[${address}]` : address)

/** The client is public, so it tells who serves it. */
async function answerAt(url: string, address?: string): Promise<Answer> {
  try {
    const { status, body } = await ask(`${url}/client.js`, address === undefined ? {} : { address })
    return status === 200 && body.includes("replBridge") ? "bridge" : "other"
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException
    return name === "AbortError" || code === "HPE_INVALID_CONSTANT" ? "other" : "nothing"
  }
}

/** What a socket that the page opens meets. */
async function gateOf(bridge: string, page: string): Promise<BridgeFacts["gate"]> {
  const url = new URL("/runtime", bridge).href
  return told(url, await reply(url, { ...upgradeHeaders, origin: new URL(page).origin }))
}

async function reply(url: string, headers = {}): Promise<Reply | undefined> {
  try {
    return await ask(url, { headers })
  } catch {
    return undefined
  }
}

function told(url: string, said: Reply | undefined): BridgeFacts["gate"] {
  return said && { url, status: said.status, reason: said.status < 400 ? "" : said.body.trim().slice(0, maxReason) }
}

const maxReason = 300
