import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { createServer as createHolder, type AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest"
import { createServer as createVite } from "vite"
import { openDesk, type Desk } from "../support/bridge-process.ts"
import { openBrowser } from "../support/browser.ts"

/** `repl-bridge serve --proxy` before a dev server of the user's: the pages have no tag of their own. */

let browser: Browser
let desk: Desk
let page: Page

beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())
beforeEach(async () => {
  desk = await openDesk()
  page = await browser.newPage()
})
afterEach(async () => {
  await page.close()
  await desk.clear()
})

async function standBefore(upstream: string): Promise<string> {
  const bridge = await desk.serve("--proxy", upstream, "--port", "0")
  const { site } = await bridge.event(({ event }) => event === "listening")
  return site as string
}

const evaluate = async (code: string) => JSON.parse((await desk.run("eval", code, "--json")).stdout)

test("before Vite: its page comes once it is up, has the script, and is updated in place when a module is saved", async () => {
  const root = await realpath(await mkdtemp(join(tmpdir(), "repl-bridge-vite-")))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  const accept = `import.meta.hot.accept("./colour.js", ({ colour }) => (document.body.dataset.colour = colour))`
  await writeFile(
    join(root, "index.html"),
    `<!doctype html><head></head><body>shop<script type="module" src="/main.js"></script>`,
  )
  await writeFile(
    join(root, "main.js"),
    `import { colour } from "./colour.js"\ndocument.body.dataset.colour = colour\n${accept}`,
  )
  await writeFile(join(root, "colour.js"), `export const colour = "red"`)

  // It keeps the port until Vite takes it, and answers nobody.
  const holder = createHolder((wire) => wire.destroy())
  await new Promise<void>((listening) => holder.listen(0, "127.0.0.1", listening))
  const { port } = holder.address() as AddressInfo
  const url = await standBefore(`http://127.0.0.1:${port}`)
  expect((await page.goto(url))!.status()).toBe(502)
  expect(await page.textContent("p")).toBe(`http://127.0.0.1:${port} does not answer: it closed the connection.`)

  const sockets: string[] = []
  page.on("websocket", (socket) => sockets.push(new URL(socket.url()).host))
  await new Promise((closed) => holder.close(closed))
  const vite = await createVite({
    root,
    configFile: false,
    logLevel: "silent",
    cacheDir: join(root, ".vite"),
    server: { host: "127.0.0.1", port, strictPort: true },
  })
  onTestFinished(() => vite.close())
  const connected = page.waitForEvent("console", (line) => line.text().includes("[vite] connected"))
  await vite.listen()
  await connected

  await page.waitForSelector("body[data-colour=red]")
  expect(await evaluate("globalThis.kept = document.body.dataset.colour")).toMatchObject({
    outcome: "value",
    result: { value: "red" },
  })
  await writeFile(join(root, "colour.js"), `export const colour = "blue"`)
  // Whether Vite watches already is not what is tested here.
  vite.watcher.emit("change", join(root, "colour.js"))
  await page.waitForSelector("body[data-colour=blue]")
  expect(await evaluate("[kept, document.body.dataset.colour]")).toMatchObject({ result: { value: ["red", "blue"] } })
  expect(sockets).toContain(new URL(url).host)
  expect(sockets).not.toContain(`127.0.0.1:${port}`)
})

test("a page with a strict policy can be evaluated in, and its policy still forbids what it forbade", async () => {
  const meta = `<meta http-equiv="Content-Security-Policy" content="connect-src &#39;self&#39;">`
  const server = createServer((_, response) => {
    response.setHeader("content-security-policy", "default-src 'self'; script-src-attr 'none'; connect-src 'self'")
    response.setHeader("content-type", "text/html")
    response.end(`<!doctype html><html><head>${meta}<script>document.title = "ran"</script></head><body>shop`)
  })
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })
  await page.goto(await standBefore(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  expect(await evaluate("document.body.textContent")).toMatchObject({ result: { value: "shop" } })
  expect(await page.title()).toBe("")
  const names = `[() => Function("1"), () => setTimeout("1")].map((tried) => { try { return tried() } catch ({ name }) { return name } })`
  expect((await evaluate(names)).result.value[0]).toBe("EvalError")
  const elsewhere = `fetch("http://127.0.0.1:9/").catch(() => {}); await new Promise((seen) => document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => seen(effectiveDirective)))`
  expect(await evaluate(elsewhere)).toMatchObject({ result: { value: "connect-src" } })
})
