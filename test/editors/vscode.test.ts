import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import { buildExtension, installEditor, packageExtension } from "../../scripts/vscode.mjs"
import { openBrowser } from "../support/browser.ts"
import { bin, listen, openEditorStage } from "../support/editor-stage.ts"

/** The extension in a real VS Code, whose window is a page and whose extension host is a process here. */

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

test("evals, results, problems, completion; over a reload and a bounce", async () => {
  const extension = await buildExtension()
  const window = await browser.newPage({ viewport: { width: 900, height: 500 } })
  const { project, port, env, verdict } = await openEditorStage(browser, { look: () => photograph(window) })
  const vscode = await serveEditor({ settings: { "replBridge.command": bin, "replBridge.port": port }, env })
  onTestFinished(() => vscode.close())
  const remote = (path: string): string => `vscode-remote://${new URL(vscode.url).host}${path}`
  const payload = [
    ["extensionDevelopmentPath", remote(extension)],
    ["extensionTestsPath", remote(join(extension, "dist/test.cjs"))],
  ]
  await window.goto(`${vscode.url}/?folder=${project}&payload=${encodeURIComponent(JSON.stringify(payload))}`)
  expect(await verdict).toBe("passed")
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
