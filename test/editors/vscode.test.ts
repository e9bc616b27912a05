import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import { buildExtension, installEditor, packageExtension } from "../../scripts/vscode.mjs"
import { openDesk } from "../support/bridge-process.ts"
import { openBrowser, pageWith, servePages } from "../support/browser.ts"

/** The extension in a real VS Code, whose window is a page and whose extension host is a process here. */

const bin = new URL("../../bin/repl-bridge.js", import.meta.url).pathname
const shop = `const price = 20;

cart.items *
  price
price

missing()

cart.
`

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

test("evals, results, problems, completion, hover; over a reload and a bounce", async () => {
  const extension = await buildExtension()
  const desk = await openDesk()
  onTestFinished(() => desk.clear())
  let bridge = await desk.serve("--port", "0")
  const pages = await servePages({ "/": pageWith(bridge.url, { body: "<script>cart = { items: 2 }</script>" }) })
  onTestFinished(() => pages.close())
  const page = await browser.newPage()
  const ready = () => page.waitForFunction(() => (globalThis as any).replBridge?.state === "ready")
  await page.goto(pages.origin)
  await ready()
  const reloaded = page.waitForEvent("load", { timeout: 0 })

  const window = await browser.newPage({ viewport: { width: 900, height: 500 } })
  const world = await openWorld({
    async reloaded() {
      await reloaded
      await ready()
    },
    async bounce() {
      await bridge.end("SIGKILL")
      bridge = await desk.serve("--port", String(bridge.port))
    },
    "bridge-url": async () => bridge.url,
    look: () => photograph(window),
  })
  onTestFinished(() => world.close())

  const project = join(desk.folder, "project")
  await mkdir(project)
  await writeFile(join(project, "shop.js"), shop)
  const vscode = await serveEditor({
    settings: { "replBridge.command": bin, "replBridge.port": bridge.port },
    env: { XDG_STATE_HOME: join(desk.folder, "state"), REPL_BRIDGE_TEST_WORLD: world.url },
  })
  onTestFinished(() => vscode.close())
  const remote = (path: string): string => `vscode-remote://${new URL(vscode.url).host}${path}`
  const payload = [
    ["extensionDevelopmentPath", remote(extension)],
    ["extensionTestsPath", remote(join(extension, "dist/test.cjs"))],
  ]
  await window.goto(`${vscode.url}/?folder=${project}&payload=${encodeURIComponent(JSON.stringify(payload))}`)
  expect(await world.verdict).toBe("passed")
})

test("it is packaged", async () => {
  expect(await packageExtension()).toMatch(/repl-bridge\.vsix$/)
})

/** For the pictures in the documentation, where they are asked for. */
async function photograph(window: Page): Promise<void> {
  const folder = process.env["REPL_BRIDGE_PICTURES"]
  if (!folder) return
  // This VS Code comes without its TypeScript, and says so.
  await window.addStyleTag({ content: ".notifications-toasts { display: none !important }" })
  await window.screenshot({ path: join(folder, `vscode.png`) })
}

interface World {
  readonly url: string
  /** `passed`, or what went wrong. */
  readonly verdict: Promise<string>
  close(): void
}

/** What the test inside the editor may ask for, and where it says how it ended. */
async function openWorld(wishes: Readonly<Record<string, (word: string) => Promise<string | void>>>): Promise<World> {
  let decide: (verdict: string) => void
  const verdict = new Promise<string>((decided) => (decide = decided))
  const server = createServer(async (request, response) => {
    const wish = request.url!.slice(1)
    let body = ""
    for await (const chunk of request) body += chunk
    try {
      if (wish === "passed" || wish === "failed") decide(body || wish)
      response.end((await wishes[wish]?.(body)) ?? "")
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  return { url: await listen(server), verdict, close: () => server.close() }
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

interface EditorServer {
  readonly url: string
  close(): Promise<void>
}

async function serveEditor({
  settings,
  env,
}: {
  readonly settings: object
  readonly env: Readonly<Record<string, string>>
}): Promise<EditorServer> {
  const folder = await mkdtemp(join(tmpdir(), "repl-bridge-vscode-"))
  await mkdir(join(folder, "data/Machine"), { recursive: true })
  await writeFile(
    join(folder, "data/Machine/settings.json"),
    JSON.stringify({
      "security.workspace.trust.enabled": false,
      "workbench.startupEditor": "none",
      "telemetry.telemetryLevel": "off",
      ...settings,
    }),
  )
  const port = await freePort()
  const words = ["--host", "127.0.0.1", "--port", String(port), "--without-connection-token"]
  const server = spawn(
    process.execPath,
    [installEditor(), ...words, "--accept-server-license-terms", "--server-data-dir", folder],
    { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"], detached: true },
  )
  const ended = once(server, "close")
  let said = ""
  await new Promise<void>((listening, failed) => {
    server.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text
      if (said.includes(`127.0.0.1:${port}`) || said.includes("Extension host agent listening")) listening()
    })
    server.once("close", () => failed(new Error(`VS Code ended: ${said}`)))
  })
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      process.kill(-server.pid!, "SIGKILL")
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  const url = await listen(server)
  server.close()
  await once(server, "close")
  return Number(new URL(url).port)
}
