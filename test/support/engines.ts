import { spawn, type ChildProcess } from "node:child_process"
import { accessSync, constants } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer, type AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { createInterface } from "node:readline"
import { WebSocket } from "ws"

/** Browsers with other engines than Chrome's, driven without a package: by what each of them speaks itself. */

export interface EngineBrowser {
  readonly version: string
  goto(url: string): Promise<void>
  /** The value of an expression in the page, as JSON can say it; a promise is awaited. */
  evaluate(expression: string): Promise<any>
  close(): Promise<void>
}

export interface Engine {
  readonly name: "Firefox" | "WebKit"
  /** Its stacks tell where in what was evaluated. */
  readonly hasPlaces: boolean
  open(): Promise<EngineBrowser>
}

/** Those of this machine, and what to install for each of the others. */
export function findEngines(): { readonly found: readonly Engine[]; readonly missing: readonly string[] } {
  const found: Engine[] = []
  const missing: string[] = []
  const firefox = process.env["FIREFOX_PATH"] ?? onPath("firefox-esr") ?? onPath("firefox")
  if (firefox) found.push({ name: "Firefox", hasPlaces: true, open: () => openFirefox(firefox) })
  else missing.push("Firefox is not here: install firefox or firefox-esr, or set FIREFOX_PATH")
  const [driver, xvfb, browser] = [onPath("WebKitWebDriver"), onPath("Xvfb"), miniBrowser()]
  if (driver && xvfb && browser)
    found.push({ name: "WebKit", hasPlaces: false, open: () => openWebKit(driver, xvfb, browser) })
  else missing.push("WebKit is not here: install Debian's webkit2gtk-driver and xvfb")
  return { found, missing }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function onPath(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable)
}

function miniBrowser(): string | undefined {
  return ["4.1", "4.0", "6.0"]
    .flatMap((version) => [
      `/usr/lib/x86_64-linux-gnu/webkit2gtk-${version}/MiniBrowser`,
      `/usr/lib/aarch64-linux-gnu/webkit2gtk-${version}/MiniBrowser`,
    ])
    .find(isExecutable)
}

/** A process with all that it starts. */
function start(command: string, words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(command, words, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  })
  const closed = new Promise<void>((ended) => child.once("close", () => ended()))
  return {
    child,
    async end() {
      try {
        process.kill(-child.pid!, "SIGKILL")
      } catch {
        // It has ended by itself.
      }
      await closed
    },
  }
}

/** The first group of a pattern in what a process says. */
function said(child: ChildProcess, stream: "stdout" | "stderr", pattern: RegExp): Promise<string> {
  return new Promise((found, missed) => {
    createInterface({ input: child[stream]! }).on("line", (line) => {
      const match = pattern.exec(line)
      if (match) found(match[1]!)
    })
    child.once("error", missed)
    child.once("close", (code) => missed(new Error(`${child.spawnfile} ended with ${code}`)))
  })
}

/** By WebDriver BiDi. */
async function openFirefox(path: string): Promise<EngineBrowser> {
  const profile = await mkdtemp(join(tmpdir(), "repl-bridge-firefox-"))
  const { child, end } = start(path, ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile])
  child.stdout!.resume()
  const address = await said(child, "stderr", /WebDriver BiDi listening on (ws:\S+)/)
  const socket = new WebSocket(`${address}/session`)
  await new Promise((opened, failed) => socket.once("open", opened).once("error", failed))
  const pending = new Map<number, { resolve(result: any): void; reject(error: Error): void }>()
  let lastId = 0
  socket.on("message", (data: Buffer) => {
    const { id, result, error, message } = JSON.parse(data.toString())
    if (error) pending.get(id)?.reject(new Error(message))
    else pending.get(id)?.resolve(result)
    pending.delete(id)
  })
  const send = (method: string, params: object): Promise<any> => {
    const id = ++lastId
    socket.send(JSON.stringify({ id, method, params }))
    return new Promise((resolve, reject) => pending.set(id, { resolve, reject }))
  }
  const { capabilities } = await send("session.new", { capabilities: {} })
  const { contexts } = await send("browsingContext.getTree", {})
  const { context } = contexts[0]
  return {
    version: capabilities.browserVersion,
    goto: (url) => send("browsingContext.navigate", { context, url, wait: "complete" }),
    async evaluate(expression) {
      const { result, exceptionDetails } = await send("script.evaluate", {
        expression: `(async () => JSON.stringify(await (${expression})))()`,
        target: { context },
        awaitPromise: true,
      })
      if (exceptionDetails) throw new Error(exceptionDetails.text)
      return result.value === undefined ? undefined : JSON.parse(result.value)
    },
    async close() {
      socket.terminate()
      await end()
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Draws without a graphics card, and asks nobody on the desktop. */
const plainWebKit = {
  LIBGL_ALWAYS_SOFTWARE: "1",
  WEBKIT_DISABLE_DMABUF_RENDERER: "1",
  GDK_BACKEND: "x11",
  NO_AT_BRIDGE: "1",
  GSETTINGS_BACKEND: "memory",
}

/** By W3C WebDriver, on a screen of its own. */
async function openWebKit(driverPath: string, xvfbPath: string, browserPath: string): Promise<EngineBrowser> {
  const screen = start(xvfbPath, ["-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp"])
  screen.child.stderr!.resume()
  const display = await said(screen.child, "stdout", /^(\d+)$/)
  const port = await freePort()
  const driver = start(driverPath, [`--port=${port}`], { ...plainWebKit, DISPLAY: `:${display}` })
  driver.child.stdout!.resume()
  driver.child.stderr!.resume()
  const send = async (method: string, path: string, body?: object): Promise<any> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    })
    const { value } = (await response.json()) as { readonly value: any }
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`)
    return value
  }
  await listening(port)
  const { sessionId, capabilities } = await send("POST", "/session", {
    capabilities: {
      alwaysMatch: {
        "webkitgtk:browserOptions": { binary: browserPath, args: ["--automation"] },
        timeouts: { script: 120_000, pageLoad: 120_000 },
      },
    },
  })
  const session = `/session/${sessionId}`
  return {
    version: capabilities.browserVersion,
    goto: (url) => send("POST", `${session}/url`, { url }),
    async evaluate(expression) {
      const script = `const [answer] = arguments
        Promise.resolve().then(() => (${expression}))
          .then((value) => answer({ value }), (error) => answer({ error: String(error) }))`
      const { value, error } = await send("POST", `${session}/execute/async`, { script, args: [] })
      if (error) throw new Error(error)
      return value
    },
    async close() {
      await send("DELETE", session).catch(() => undefined)
      await driver.end()
      await screen.end()
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => found(port))
    })
  })
}

/** The driver does not say when it is ready. */
async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const is = await fetch(`http://127.0.0.1:${port}/status`).then(
      () => true,
      () => false,
    )
    if (is) return
    await new Promise((again) => setTimeout(again, 50))
  }
  throw new Error("WebKitWebDriver does not listen")
}
