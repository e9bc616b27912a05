import { spawn, type ChildProcess } from "node:child_process"
import { accessSync, constants } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import type { Readable, Writable } from "node:stream"

/** A Chrome or Chromium that is installed here, driven by its DevTools protocol over a pipe, which nobody else can reach. */
export interface Chrome {
  send(method: string, params?: object, session?: string): Promise<any>
  /** Calls for each event of a session. */
  listen(hear: (method: string, params: any) => void): void
  /** Ends it with all its processes, and removes its profile. */
  close(): Promise<void>
}

const names = ["google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "chrome", "msedge"]
const places: Readonly<Record<string, readonly string[]>> = {
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  ],
  win32: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
  ],
}

/** The path of one: `CHROME_PATH`, else the first that is where they are. */
export function findChrome(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const chosen = env["CHROME_PATH"]
  if (chosen) return isExecutable(chosen) ? chosen : undefined
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "")
  const onPath = folders.flatMap((folder) => names.map((name) => join(folder, name)))
  return [...onPath, ...(places[process.platform] ?? [])].find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const flags = [
  "--headless",
  "--remote-debugging-pipe",
  "--no-first-run",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--ignore-certificate-errors",
]

/** Starts it with a profile of its own, that nothing of the user's is in. */
export async function openChrome(path: string): Promise<Chrome> {
  const profile = await mkdtemp(join(tmpdir(), "repl-bridge-doctor-"))
  // Its sandbox does not work for root, who has chosen to do without.
  const more = process.getuid?.() === 0 ? ["--no-sandbox"] : []
  const child = spawn(path, [...flags, ...more, `--user-data-dir=${profile}`, "about:blank"], {
    detached: process.platform !== "win32",
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
  })
  const closed = new Promise<void>((ended) => {
    child.once("close", () => ended())
    child.once("error", () => ended())
  })
  const end = (): void => kill(child)
  process.once("exit", end)
  return {
    ...speak(child),
    async close() {
      process.off("exit", end)
      end()
      await closed
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function kill(child: ChildProcess): void {
  try {
    // With the group go the processes that it started.
    if (process.platform === "win32") child.kill("SIGKILL")
    else process.kill(-child.pid!, "SIGKILL")
  } catch {
    // It has ended, or was never there.
  }
}

function speak(child: ChildProcess): Pick<Chrome, "send" | "listen"> {
  const [, , , to, from] = child.stdio as unknown as readonly [null, null, null, Writable, Readable]
  const pending = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  const ears = new Set<(method: string, params: unknown) => void>()
  let lastId = 0
  let rest = ""
  to.on("error", () => undefined)
  from.setEncoding("utf8").on("data", (text: string) => {
    const messages = (rest + text).split("\0")
    rest = messages.pop()!
    for (const message of messages) {
      const { id, method, params, result, error } = JSON.parse(message)
      if (id === undefined) for (const hear of ears) hear(method, params)
      else if (error) pending.get(id)?.reject(new Error(error.message))
      else pending.get(id)?.resolve(result)
      pending.delete(id)
    }
  })
  let isOver = false
  const over = (): Error => new Error(`${child.spawnfile} ended by itself`)
  from.on("close", () => {
    isOver = true
    for (const { reject } of pending.values()) reject(over())
  })
  return {
    listen: (hear) => void ears.add(hear),
    send(method, params = {}, sessionId) {
      if (isOver) return Promise.reject(over())
      const id = ++lastId
      to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
      return new Promise((resolve, reject) => pending.set(id, { resolve, reject }))
    },
  }
}
