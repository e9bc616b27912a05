import { readFileSync } from "node:fs"
import { getHeapStatistics } from "node:v8"
import type { Evaluation, FrontEnd } from "../../src/frontend/index.ts"
import { connectFrontEnd } from "../../src/frontend/index.ts"
import { startBridge, type Bridge } from "../../src/server/index.ts"
import { servePages } from "../support/pages.ts"
import { openTabBrowser, type Tab } from "../support/tab-browser.ts"
import { openWire } from "../support/wire.ts"

/**
 * Random faults against the whole path, in two browsers of three tabs each:
 * evals, reloads, resets, black holes, bounces. What must hold whatever happens:
 *
 * - every eval ends in one outcome, in bounded time;
 * - no code runs twice in a session, and a `value` ran exactly once;
 * - only an eval whose page was reloaded is lost;
 * - memory, handles and timers do not grow.
 *
 * The heap is that of this process, in which are bridges and front ends, the
 * wire, and next to nothing that drives the browsers.
 */

const heartbeatMs = 500
const tabsPerBrowser = 3
const isReady = "globalThis.replBridge?.state === 'ready'"
/** What a page may take to load and to be ready again. */
const patienceMs = 120_000
/** Longer than the longest backoff, with room for what comes in between. */
const waitMs = 120_000
const timeoutMs = 120_000
/** Front ends and bridges remember so much, and no more: what is measured has its memory full. */
const remembered = { ids: 10_000, records: 1000 } as const
/** Longer than servers keep a connection that nobody uses. */
const restMs = 7000
/** What a page keeps of an eval that it ran, so that it runs none twice [L39]: measured, in bytes. */
const idBytes = 60

/** A runtime's page. */
interface Seat {
  readonly tab: Tab
  /** The runtime's number, which it keeps whatever happens. */
  readonly number: number
  reloads: number
}

export async function soak({ minutes, seed }: { minutes: number; seed: number }): Promise<number> {
  console.log(`soak: ${minutes} minutes, seed ${seed}`)
  const world = await setUp()
  try {
    const random = randomFrom(seed)
    await warmUp(world)
    const before = await settle(world)
    const askedBefore = world.asked
    const tally = await play(world, random, minutes * 60_000)
    const after = await settle(world)
    const remembering = (world.asked - askedBefore) * idBytes
    for (const [what, count] of tally) console.log(`${what}: ${count}`)
    console.log(`heap: ${megabytes(before.heap)} before, ${megabytes(after.heap)} after`)
    console.log(
      `pages' heaps: ${megabytes(before.pages)} before, ${megabytes(after.pages)} after, with ${megabytes(remembering)} of ids`,
    )
    console.log(`handles: ${before.handles.length} before, ${after.handles.length} after`)
    if (after.heap > before.heap * 1.1) world.broken.push("the heap grew by more than a tenth")
    if (after.pages - remembering > before.pages * 1.1) world.broken.push("the pages' heaps grew by more than a tenth")
    const left = surplus(after.handles, before.handles)
    // A link's heart has one timer or two, as it happens. Browsers keep connections in stock, for which there are three sockets here.
    const links = world.seats.length + world.frontEnds.length
    if (left.length > links + 3 * Math.max(0, world.connections - links))
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
  readonly seats: readonly Seat[]
  readonly frontEnds: readonly FrontEnd[]
  readonly pending: Set<Promise<void>>
  readonly broken: string[]
  /** Evals so far. */
  asked: number
  /** Through the wire, at this moment. */
  readonly connections: number
  reset(): void
  swallow(): void
  reload(seat: Seat): Promise<void>
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
  const pages = await servePages({ "/": html, "/favicon.ico": "" })
  const browsers = await Promise.all([openTabBrowser(), openTabBrowser()])
  const seats = await Promise.all(
    browsers.flatMap((browser) =>
      Array.from({ length: tabsPerBrowser }, async () =>
        takeSeat(await (await browser.openWindow()).open(pages.origin)),
      ),
    ),
  )
  const frontEnds = await Promise.all(
    ["one", "two"].map((name) => connectFrontEnd({ url: wire.url, token: options.token, name, connectMs: 10_000 })),
  )
  let isHoled = false
  const reset = (): void => {
    wire.reset()
    isHoled = false
  }
  return {
    seats,
    frontEnds,
    pending: new Set(),
    broken: [],
    asked: 0,
    get connections() {
      return wire.openConnections
    },
    reset,
    swallow() {
      wire.flow("both", { kind: "swallow" })
      isHoled = true
    },
    async reload(seat) {
      // A browser would wait for its script on a connection that is swallowed, for as long as it is open.
      if (isHoled) reset()
      seat.reloads++
      const reloaded = await within(
        patienceMs,
        seat.tab.reload().then(() => true),
      )
      if (reloaded === undefined) throw new Error("a page does not load")
    },
    async bounce(isKilled) {
      const { port } = bridge
      if (isKilled) {
        await wire.refuse()
        isHoled = false
      }
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

async function takeSeat(tab: Tab): Promise<Seat> {
  await ready(tab)
  return { tab, number: await tab.evaluate("JSON.parse(sessionStorage.getItem('repl-bridge')).number"), reloads: 0 }
}

/** Resolves once the page's runtime is ready; the page itself looks, so that nothing here piles up. */
async function ready(tab: Tab): Promise<void> {
  const looked = await within(
    patienceMs,
    tab.evaluate(`new Promise((ready) => {
      void function look() {
        if (${isReady}) ready(true)
        else setTimeout(look, 100)
      }()
    })`),
  )
  if (looked === undefined) throw new Error("a page is not ready")
}

/** Every kind of fault once, of which the kill is yet to come: what code needs that runs for the first time is there before anything is measured. */
async function warmUp(world: World): Promise<void> {
  await Promise.all(world.seats.map(world.reload))
  await Promise.all(world.seats.map(({ tab }) => ready(tab)))
  const faults: readonly (() => void | Promise<void>)[] = [world.swallow, world.reset, () => world.bounce(false)]
  for (const hurt of faults) {
    const evals = burst(world, 1500)
    await hurt()
    await evals
  }
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
      const asked = ask(world, pick(world.seats), pick(world.frontEnds), random() < 0.3, count)
      world.pending.add(asked)
      void asked.finally(() => world.pending.delete(asked))
    } else if (dice < 0.993) {
      count("resets")
      world.reset()
    } else if (dice < 0.995) {
      count("black holes")
      world.swallow()
    } else if (dice < 0.9975) {
      count("reloads")
      await world.reload(pick(world.seats))
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

/** So many evals, a few at a time. */
async function burst(world: World, evals: number): Promise<void> {
  const { seats, frontEnds } = world
  let left = evals
  const askOn = async (): Promise<void> => {
    for (; left > 0; left--) {
      await ask(world, seats[left % seats.length]!, frontEnds[left % frontEnds.length]!, false, () => undefined)
    }
  }
  await Promise.all(Array.from({ length: 20 }, askOn))
}

/** One eval, watched to its end. */
async function ask(
  world: World,
  seat: Seat,
  frontEnd: FrontEnd,
  isSlow: boolean,
  count: (what: string) => void,
): Promise<void> {
  const { broken } = world
  const { reloads, number } = seat
  const key = world.asked++
  const body = isSlow ? "await new Promise((done) => setTimeout(done, 300)); " : ""
  const code = `ran["${key}"] = (ran["${key}"] ?? 0) + 1; ${body}ran["${key}"]`
  const evaluation = await within(
    timeoutMs + waitMs + 10_000,
    frontEnd.evaluate(code, { runtime: String(number), timeoutMs, waitMs }),
  )
  if (evaluation === undefined) {
    broken.push(`eval ${key} hung`)
    return
  }
  count(evaluation.outcome)
  const problem = judge(evaluation, seat.reloads > reloads)
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
  const { seats, frontEnds, broken, pending } = world
  await Promise.all(pending)
  // Both measurements have a bridge as old, and connections that nothing has swallowed.
  await world.bounce(true)
  await Promise.all(seats.map(({ tab }) => ready(tab)))
  await burst(world, remembered.records)
  await Promise.all(frontEnds.map(fillMemory))
  for (const { tab, number } of seats) {
    const twice = await tab.evaluate("Object.values(ran).filter((times) => times !== 1).length")
    if (twice !== 0) broken.push(`${twice} evals ran twice in tab ${number}`)
    await tab.evaluate("ran = {}; 0")
  }
  await pause(restMs)
  for (let nth = 0; nth < 3; nth++) {
    globalThis.gc?.()
    await pause(200)
  }
  const { used_heap_size: heap } = getHeapStatistics()
  const pages = await Promise.all(seats.map(({ tab }) => tab.heap()))
  return { heap, pages: pages.reduce((sum, one) => sum + one), handles: process.getActiveResourcesInfo() }
}

/** With the ids of evals that are cancelled before anybody is told of them; twice, since what forgets takes room for what it forgot, too. */
async function fillMemory(frontEnd: FrontEnd): Promise<void> {
  const signal = AbortSignal.abort()
  for (let nth = 0; nth < 2 * remembered.ids; nth++) await frontEnd.evaluate("0", { signal })
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
