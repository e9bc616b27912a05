import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { expect, test as base } from "vitest"
import { finish, openDesk, type Desk, type Served } from "../support/bridge-process.ts"
import { openBrowser, pageWith, servePages } from "../support/browser.ts"

/** The main job, as a user does it: the command line, a bridge in a process of its own, a real page. */

interface User {
  readonly context: BrowserContext
  readonly desk: Desk
  /** What `repl-bridge eval --json` says. */
  evaluate(code: string, ...words: string[]): Promise<any>
  openDemo(bridge: Served): Promise<Page>
  /** Another bridge on this one's port. */
  restart(bridge: Served): Promise<Served>
}

/** Each test is a user of their own, so that they may wait side by side. */
const test = base.extend<{ browser: Browser; user: User }>({
  browser: [
    // oxlint-disable-next-line no-empty-pattern -- vitest reads what a fixture needs from the pattern
    async ({}, use) => {
      const browser = await openBrowser()
      await use(browser)
      await browser.close()
    },
    { scope: "file" },
  ],
  user: async ({ browser }, use) => {
    const context = await browser.newContext()
    const desk = await openDesk()
    await use({
      context,
      desk,
      evaluate: async (code, ...words) => JSON.parse((await desk.run("eval", code, "--json", ...words)).stdout),
      async openDemo(bridge) {
        const page = await context.newPage()
        await page.goto(`${bridge.url}/demo`)
        await ready(page)
        return page
      },
      restart: (bridge) => desk.serve("--port", String(bridge.port)),
    })
    await context.close()
    await desk.clear()
  },
})

/** A process takes its time to start where others are busy. */
const patiently = ["--wait", "30000"] as const

const ready = (page: Page) => page.waitForFunction(() => (globalThis as any).replBridge?.state === "ready")

test.concurrent("the demo page answers `repl-bridge eval`", async ({ user }) => {
  const { desk, openDemo } = user
  const bridge = await desk.serve("--port", "0")
  await openDemo(bridge)
  const { code, stdout } = await desk.run("eval", "document.title")
  expect(stdout).toBe("'Orrery'\n")
  expect(code).toBe(0)
})

test.concurrent("[L41] a reloaded page is the same runtime in a new session", async ({ user }) => {
  const { desk, evaluate, openDemo } = user
  const bridge = await desk.serve("--port", "0")
  const page = await openDemo(bridge)
  const before = await evaluate("1")
  await page.reload()
  await ready(page)
  const after = await evaluate("2")
  expect(after.runtime).toEqual({ ...before.runtime, session: after.runtime.session })
  expect(after.runtime.session).not.toBe(before.runtime.session)
})

test.concurrent("[L11] twenty kills of the bridge in a row lose neither the page's globals nor an eval", async ({
  user,
}) => {
  const { desk, evaluate, openDemo, restart } = user
  let bridge = await desk.serve("--port", "0")
  const page = await openDemo(bridge)
  await evaluate("globalThis.bounces = 0; globalThis.loads = performance.timeOrigin")
  for (let bounce = 1; bounce <= 20; bounce++) {
    await bridge.end("SIGKILL")
    bridge = await restart(bridge)
    expect(await evaluate("[++bounces, loads === performance.timeOrigin]", ...patiently)).toMatchObject({
      outcome: "value",
      result: { value: [bounce, true] },
      runtime: { number: 1 },
    })
  }
  expect(await page.evaluate("bounces")).toBe(20)
}, 300_000)

test.concurrent("[L38] an eval that runs while the bridge is killed and started again is answered once and ran once", async ({
  user,
}) => {
  const { desk, openDemo, restart } = user
  const bridge = await desk.serve("--port", "0")
  const page = await openDemo(bridge)
  const asking = finish(
    desk.start(
      "eval",
      "globalThis.runs = (globalThis.runs ?? 0) + 1; await new Promise((done) => (globalThis.done = done))",
      "--json",
      ...patiently,
    ),
  )
  await page.waitForFunction(() => (globalThis as any).runs === 1)
  await bridge.end("SIGKILL")
  await restart(bridge)
  await ready(page)
  await page.evaluate("done('late')")
  const { code, stdout } = await asking
  expect(stdout.trim().split("\n")).toHaveLength(1)
  expect(JSON.parse(stdout)).toMatchObject({ outcome: "value", result: { type: "string", value: "late" } })
  expect(code).toBe(0)
  expect(await page.evaluate("runs")).toBe(1)
})

test.concurrent("[L38] an outcome reached while no bridge is there is delivered by the next one", async ({ user }) => {
  const { desk, openDemo, restart } = user
  const bridge = await desk.serve("--port", "0")
  const page = await openDemo(bridge)
  const asking = finish(
    desk.start(
      "eval",
      "globalThis.runs = 1; await new Promise((done) => (globalThis.done = done))",
      "--json",
      ...patiently,
    ),
  )
  await page.waitForFunction(() => (globalThis as any).runs === 1)
  await bridge.end("SIGKILL")
  await page.evaluate("done('meanwhile'); runs++")
  await restart(bridge)
  expect(JSON.parse((await asking).stdout)).toMatchObject({ outcome: "value", result: { value: "meanwhile" } })
  expect(await page.evaluate("runs")).toBe(2)
})

test.concurrent("[L41] a reload ends a running eval at once as lost", async ({ user }) => {
  const { desk, openDemo } = user
  const bridge = await desk.serve("--port", "0")
  const page = await openDemo(bridge)
  const asking = finish(desk.start("eval", "globalThis.started = true; await new Promise(() => {})", "--json"))
  await page.waitForFunction(() => (globalThis as any).started)
  await page.reload()
  const { code, stdout } = await asking
  expect(JSON.parse(stdout)).toMatchObject({
    outcome: "lost",
    result: { code: "page-reloaded", reason: "page reloaded", ran: "unknown" },
  })
  expect(code).toBe(4)
})

test.concurrent("[L19] a page is ready soon after a long outage, and its console shows no errors", async ({ user }) => {
  const { desk, openDemo, restart } = user
  const bridge = await desk.serve("--port", "0")
  const page = await openDemo(bridge)
  const errors: string[] = []
  page.on("console", (line) => line.type() === "error" && errors.push(line.text()))
  page.on("pageerror", (error) => errors.push(String(error)))
  await page.evaluate(() => {
    const { replBridge } = globalThis as any
    replBridge.on("reconnecting", ({ attempt }: { attempt: number }) => ((globalThis as any).attempt = attempt))
  })
  await bridge.end("SIGKILL")
  await page.waitForFunction(() => (globalThis as any).attempt >= 4)
  const next = await restart(bridge)
  const up = Date.now()
  await next.event(({ event, state }) => event === "runtime" && state === "ready")
  expect(errors.join("\n")).toBe("")
  console.info(`ready ${Date.now() - up} ms after the bridge's return`)
})

test.concurrent("[L32] with two tabs evals go to the chosen one, and an eval without a choice lists both", async ({
  user,
}) => {
  const { desk, evaluate, openDemo } = user
  const bridge = await desk.serve("--port", "0")
  await openDemo(bridge)
  const second = await openDemo(bridge)
  await second.evaluate("document.title = 'second'")
  expect(await evaluate("document.title", "--runtime", "2")).toMatchObject({ result: { value: "second" } })
  expect(await evaluate("document.title", "--runtime", "1")).toMatchObject({ result: { value: "Orrery" } })
  const { code, stdout } = await desk.run("eval", "1", "--json")
  expect(JSON.parse(stdout)).toMatchObject({ outcome: "lost", result: { code: "no-target", ran: "no" } })
  expect(code).toBe(3)
})

test.concurrent("[L41] a duplicated tab, which copies sessionStorage, is a runtime of its own", async ({ user }) => {
  const { context, desk, openDemo } = user
  const bridge = await desk.serve("--port", "0")
  const page = await openDemo(bridge)
  const [twin] = await Promise.all([context.waitForEvent("page"), page.evaluate("void open(location.href)")])
  await ready(twin)
  const { stdout } = await desk.run("runtimes", "--json")
  const runtimes = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
  expect(runtimes.map(({ number, state }) => [number, state])).toEqual([
    [1, "ready"],
    [2, "ready"],
  ])
  expect(await page.evaluate("replBridge.state")).toBe("ready")
})

test.concurrent("[L42] a page in the back/forward cache returns with its session and variables", async ({ user }) => {
  const { context, desk, evaluate } = user
  const bridge = await desk.serve("--port", "0")
  const pages = await servePages({ "/": pageWith(bridge.url), "/away": "<title>away</title>" })
  try {
    const page = await context.newPage()
    await page.goto(pages.origin)
    await ready(page)
    const before = await evaluate("globalThis.kept = 'kept'")
    await page.goto(`${pages.origin}/away`)
    await page.goBack({ waitUntil: "commit" })
    await ready(page)
    const after = await evaluate("kept")
    expect(after.result.value).toBe("kept")
    expect(after.runtime).toEqual(before.runtime)
  } finally {
    await pages.close()
  }
})

test.concurrent("`--watch` swaps a saved stylesheet without a reload, and reloads once for a saved script", async ({
  user,
}) => {
  const { context, desk } = user
  const css = join(desk.folder, "style.css")
  const js = join(desk.folder, "app.js")
  await writeFile(css, "body { color: rgb(1, 2, 3) }")
  await writeFile(js, "globalThis.app = 1")
  const bridge = await desk.serve("--port", "0", "--watch", "*.css", "*.js")
  const pages = await servePages({
    "/": pageWith(bridge.url, {
      head: '<link rel="stylesheet" href="/style.css">',
      body: '<script src="/app.js"></script>',
    }),
    "/style.css": await readFile(css, "utf8"),
    "/app.js": await readFile(js, "utf8"),
  })
  try {
    const page = await context.newPage()
    let loads = 0
    page.on("load", () => loads++)
    await page.goto(pages.origin)
    await ready(page)
    await page.evaluate("globalThis.untouched = true")

    pages.files.set("/style.css", "body { color: rgb(4, 5, 6) }")
    await writeFile(css, "body { color: rgb(4, 5, 6) }")
    await page.waitForFunction(() => getComputedStyle(document.body).color === "rgb(4, 5, 6)")
    expect(await page.evaluate("untouched")).toBe(true)
    expect(loads).toBe(1)

    pages.files.set("/app.js", "globalThis.app = 2")
    await writeFile(js, "globalThis.app = 2")
    await page.waitForFunction(() => (globalThis as any).app === 2)
    await ready(page)
    expect(await page.evaluate("globalThis.untouched")).toBe(undefined)
    expect(loads).toBe(2)
  } finally {
    await pages.close()
  }
})
