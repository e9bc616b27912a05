import { once } from "node:events"
import { mkdir, writeFile } from "node:fs/promises"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import type { Browser } from "playwright-core"
import { onTestFinished } from "vitest"
import { openDesk } from "./bridge-process.ts"
import { pageWith, servePages } from "./browser.ts"

export const bin = new URL("../../bin/repl-bridge.js", import.meta.url).pathname

/** What is open in the editor. The page has `cart`, with two items. */
export const shop = `const price = 20;

cart.items *
  price
price

missing()

cart.
`

export interface EditorStage {
  /** The folder that is open in the editor, with `shop.js` in it. */
  readonly project: string
  readonly port: number
  /** For the editor's process: where the bridge is found, and the address of the world outside. */
  readonly env: Readonly<Record<string, string>>
  /** `passed`, or what went wrong, once the test inside the editor has said so. */
  readonly verdict: Promise<string>
}

/**
 * A page in a real browser, a bridge, and a project. The test inside the editor asks for what happens outside by
 * `POST` to the world: `/reloaded` waits until the page has reloaded, `/bounce` kills the bridge and starts it again,
 * `/bridge-url`, and `/passed` or `/failed` in the end.
 */
export async function openEditorStage(
  browser: Browser,
  more: Readonly<Record<string, () => Promise<void>>> = {},
): Promise<EditorStage> {
  const desk = await openDesk()
  onTestFinished(() => desk.clear())
  let bridge = await desk.serve("--port", "0")
  const { url, port } = bridge
  const pages = await servePages({ "/": pageWith(url, { body: "<script>cart = { items: 2 }</script>" }) })
  onTestFinished(() => pages.close())
  const page = await browser.newPage()
  const ready = () => page.waitForFunction(() => (globalThis as any).replBridge?.state === "ready")
  await page.goto(pages.origin)
  await ready()
  const reloaded = page.waitForEvent("load", { timeout: 0 })
  reloaded.catch(() => undefined)

  let decide: (verdict: string) => void
  const verdict = new Promise<string>((decided) => (decide = decided))
  const wishes: Readonly<Record<string, (body: string) => Promise<string | void>>> = {
    ...more,
    async reloaded() {
      await reloaded
      await ready()
    },
    async bounce() {
      await bridge.end("SIGKILL")
      bridge = await desk.serve("--port", String(port))
    },
    "bridge-url": async () => url,
    passed: async () => decide("passed"),
    failed: async (body) => decide(body),
  }
  const server = createServer(async (request, response) => {
    let body = ""
    for await (const chunk of request) body += chunk
    try {
      response.end((await wishes[request.url!.slice(1)]!(body)) ?? "")
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  onTestFinished(() => void server.close())

  const project = join(desk.folder, "project")
  await mkdir(project)
  await writeFile(join(project, "shop.js"), shop)
  const env = { XDG_STATE_HOME: join(desk.folder, "state"), REPL_BRIDGE_TEST_WORLD: await listen(server) }
  return { project, port, env, verdict }
}

export async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
