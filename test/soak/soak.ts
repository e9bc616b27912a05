import { readFileSync } from "node:fs"
import { getHeapStatistics } from "node:v8"
import type { Browser, CDPSession, Page } from "playwright-core"
import type { Evaluation, FrontEnd } from "../../src/frontend/index.ts"
import { connectFrontEnd } from "../../src/frontend/index.ts"
import { startBridge, type Bridge } from "../../src/server/index.ts"
import { openBrowser, servePages, type Pages } from "../support/browser.ts"
import { openWire, type Wire } from "../support/wire.ts"

/**
 * Random faults against the whole path, in two browsers of three tabs each:
 * evals, reloads, resets, black holes, bounces. What must hold whatever happens:
 *
 * - every eval ends in one outcome, in bounded time;
 * - no code runs twice in a session, and a `value` ran exactly once;
 * - only an eval whose page was reloaded is lost;
 * - memory, handles and timers do not grow.
 */

const heartbeatMs = 500
const tabsPerBrowser = 3
const isReady = "replBridge.state === 'ready'"
const patient = { timeout: 120_000 } as const
/** Longer than the longest backoff, with room for what comes in between. */
const waitMs = 120_000
const timeoutMs = 120_000

interface Tab {
  readonly page: Page
  readonly devtools: CDPSession
  /** The runtime's number, which it keeps whatever happens. */
  number: number
  reloads: number
}

export async function soak({ minutes, seed }: { minutes: number; seed: number }): Promise<number> {
  console.log(`soak: ${minutes} minutes, seed ${seed}`)
  const world = await setUp()
  try {
    const random = randomFrom(seed)
    await play(world, random, 30_000)
    // After each of these there is a bridge that has seen little.
    await world.bounce(true)
    const before = await settle(world)
    const tally = await play(world, random, minutes * 60_000)
    await world.bounce(true)
    const after = await settle(world)
    for (const [what, count] of tally) console.log(`${what}: ${count}`)
    console.log(`heap: ${megabytes(before.heap)} before, ${megabytes(after.heap)} after`)
    console.log(`pages' heaps: ${megabytes(before.pages)} before, ${megabytes(after.pages)} after`)
    console.log(`handles: ${before.handles.length} before, ${after.handles.length} after`)
    if (after.heap > before.heap * 1.1) world.broken.push("the heap grew by more than a tenth")
    if (after.pages > before.pages * 1.1) world.broken.push("the pages' heaps grew by more than a tenth")
    const left = surplus(after.handles, before.handles)
    // A link's heart has one timer or two, as it happens.
    if (left.length > world.tabs.length + world.frontEnds.length)
      world.broken.push(`handles or timers were left behind: ${left.join()}`)
  } catch (error) {
    world.broken.push(String(error))
  } finally {
    await world.end()
  }
  for (const problem of world.broken) console.log(`broken: ${problem}`)
  console.log(world.broken.length === 0 ? "soak: every promise held" : `soak: FAILED, again with --seed ${seed}`)
  return world.broken.length === 0 ? 0 : 1
}

interface World {
  readonly tabs: readonly Tab[]
  readonly wire: Wire
  readonly frontEnds: readonly FrontEnd[]
  readonly pending: Set<Promise<void>>
  readonly broken: string[]
  /** Evals so far. */
  asked: number
  /** Another bridge on the same port; one that is killed says no word before. */
  bounce(isKilled: boolean): Promise<void>
  end(): Promise<void>
}

async function setUp(): Promise<World> {
  const clientScript = readFileSync(new URL("../dist/client.js", import.meta.url), "utf8")
  const options = { heartbeatMs, clientScript, token: "soak".repeat(10) }
  let bridge: Bridge = await startBridge({ port: 0, ...options })
  const wire = await openWire(bridge.port)
  const html = `<title>soak</title><script>ran = {}</script><script src="${wire.url}/client.js"></script>`
  const pages: Pages = await servePages({ "/": html })
  const browsers: Browser[] = await Promise.all([openBrowser(), openBrowser()])
  const tabs = await Promise.all(
    browsers.flatMap((browser) => Array.from({ length: tabsPerBrowser }, () => openTab(browser, pages.origin))),
  )
  const frontEnds = await Promise.all(
    ["one", "two"].map((name) => connectFrontEnd({ url: wire.url, token: options.token, name, connectMs: 10_000 })),
  )
  return {
    tabs,
    wire,
    frontEnds,
    pending: new Set(),
    broken: [],
    asked: 0,
    async bounce(isKilled) {
      const { port } = bridge
      if (isKilled) await wire.refuse()
      await bridge.stop()
      bridge = await startBridge({ port, ...options })
      if (isKilled) await wire.accept()
    },
    async end() {
      await Promise.all(frontEnds.map((frontEnd) => frontEnd.close()))
      await Promise.all(browsers.map((browser) => browser.close()))
      await pages.close()
      await wire.close()
      await bridge.stop()
    },
  }
}

async function openTab(browser: Browser, origin: string): Promise<Tab> {
  const page = await (await browser.newContext()).newPage()
  await page.goto(origin)
  const number = await numberOf(page)
  return { page, number, reloads: 0, devtools: await page.context().newCDPSession(page) }
}

/** The number that the bridge gave, which the page keeps for its reloads. */
async function numberOf(page: Page): Promise<number> {
  await page.waitForFunction(isReady, undefined, patient)
  return page.evaluate("JSON.parse(sessionStorage.getItem('repl-bridge')).number")
}

type Tally = Map<string, number>

async function play(world: World, random: () => number, ms: number): Promise<Tally> {
  const tally: Tally = new Map()
  const count = (what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
  const end = Date.now() + ms
  while (Date.now() < end) {
    const dice = random()
    // A fault every two seconds or so: a link that is hurt more often only waits.
    if (dice < 0.99) {
      const asked = ask(world, pick(world.tabs), pick(world.frontEnds), `${world.asked++}`, random() < 0.3, count)
      world.pending.add(asked)
      void asked.finally(() => world.pending.delete(asked))
    } else if (dice < 0.993) {
      count("resets")
      world.wire.reset()
    } else if (dice < 0.995) {
      count("black holes")
      world.wire.flow("both", { kind: "swallow" })
    } else if (dice < 0.9975) {
      count("reloads")
      const tab = pick(world.tabs)
      tab.reloads++
      await tab.page.reload(patient)
    } else {
      const isKilled = random() < 0.5
      count(isKilled ? "kills" : "bounces")
      await world.bounce(isKilled)
    }
    if (world.pending.size > 40) await Promise.race(world.pending)
    await pause(random() * 40)
  }
  return tally
}

/** One eval, watched to its end. */
async function ask(
  { broken }: World,
  tab: Tab,
  frontEnd: FrontEnd,
  key: string,
  isSlow: boolean,
  count: (what: string) => void,
): Promise<void> {
  const { reloads } = tab
  const body = isSlow ? "await new Promise((done) => setTimeout(done, 300)); " : ""
  const code = `ran["${key}"] = (ran["${key}"] ?? 0) + 1; ${body}ran["${key}"]`
  const evaluation = await within(
    timeoutMs + waitMs + 10_000,
    frontEnd.evaluate(code, { runtime: String(tab.number), timeoutMs, waitMs }),
  )
  if (evaluation === undefined) {
    broken.push(`eval ${key} hung`)
    return
  }
  count(evaluation.outcome)
  const problem = judge(evaluation, tab.reloads > reloads)
  if (problem !== undefined) broken.push(`eval ${key}: ${problem}`)
}

function judge({ outcome, result }: Evaluation, wasReloaded: boolean): string | undefined {
  if (outcome === "value") return result.value === 1 ? undefined : `ran ${String(result.value)} times`
  // A page that takes long to come back counts as closed.
  if (outcome === "lost" && wasReloaded && /^page-(?:reloaded|closed)$/.test(result.code)) return undefined
  return `ended as ${outcome}: ${JSON.stringify(result)}`
}

/** Lets everything come to rest, and measures what is there. */
async function settle(world: World): Promise<{ heap: number; pages: number; handles: readonly string[] }> {
  await Promise.all(world.pending)
  await Promise.all(world.tabs.map(({ page }) => page.waitForFunction(isReady, undefined, patient)))
  for (const { page, number } of world.tabs) {
    const twice = await page.evaluate("Object.values(ran).filter((times) => times !== 1).length")
    if (twice !== 0) world.broken.push(`${String(twice)} evals ran twice in tab ${number}`)
    await page.evaluate("ran = {}; 0")
  }
  // Records of settled evals live for a minute; what is measured is what outlives them.
  await pause(65_000)
  for (let nth = 0; nth < 3; nth++) {
    globalThis.gc?.()
    await pause(200)
  }
  const { used_heap_size: heap } = getHeapStatistics()
  const pages = await Promise.all(world.tabs.map(({ devtools }) => heapOf(devtools)))
  return { heap, pages: pages.reduce((sum, one) => sum + one), handles: process.getActiveResourcesInfo() }
}

/** What is in the one list beyond the other. */
function surplus(list: readonly string[], other: readonly string[]): readonly string[] {
  const rest = [...other]
  return list.filter((name) => {
    const at = rest.indexOf(name)
    if (at >= 0) rest.splice(at, 1)
    return at < 0
  })
}

/** Collected twice: what waited for its finalizer goes the second time. */
async function heapOf(devtools: CDPSession): Promise<number> {
  await devtools.send("HeapProfiler.collectGarbage")
  await devtools.send("HeapProfiler.collectGarbage")
  return (await devtools.send("Runtime.getHeapUsage")).usedSize
}

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296
    return state / 4294967296
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((done) => {
    timer = setTimeout(() => done(undefined), ms)
  })
  const first = await Promise.race([promise, late])
  clearTimeout(timer)
  return first
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
