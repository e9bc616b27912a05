import { spawn, type ChildProcess } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"

const bin = new URL("../../bin/repl-bridge.js", import.meta.url).pathname

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A user's machine, as far as the command line sees one: a state folder and a working folder of its own. */
export interface Desk {
  readonly folder: string
  /** Starts `repl-bridge …` and leaves it running. */
  start(...words: string[]): ChildProcess
  /** Runs `repl-bridge …` to its end. */
  run(...words: string[]): Promise<Finished>
  /** Starts `repl-bridge serve --json` and waits until it listens. */
  serve(...words: string[]): Promise<Served>
  /** Ends what is still running and removes the folders. */
  clear(): Promise<void>
}

export type BridgeEvent = { readonly event: string } & Readonly<Record<string, any>>

export interface Served {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Resolves with the first event, past or future, that fits. */
  event(fits: (event: BridgeEvent) => boolean): Promise<BridgeEvent>
  /** Sends the signal and waits for the end of the process. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

export async function openDesk(): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), "repl-bridge-desk-"))
  const running = new Set<ChildProcess>()

  const start = (...words: string[]): ChildProcess => {
    const child = spawn(process.execPath, [bin, ...words], {
      cwd: folder,
      env: { ...process.env, XDG_STATE_HOME: join(folder, "state"), REPL_BRIDGE_URL: "", NO_COLOR: "1" },
      stdio: ["pipe", "pipe", "pipe"],
    })
    running.add(child)
    child.once("exit", () => running.delete(child))
    return child
  }

  return {
    folder,
    start,
    run: (...words) => finish(start(...words)),
    async serve(...words) {
      const child = start("serve", "--json", "--no-repl", ...words)
      return listen(child)
    },
    async clear() {
      await Promise.all([...running].map((child) => end(child, "SIGKILL")))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Everything a child says until it ends. */
export async function finish(child: ChildProcess): Promise<Finished> {
  let stdout = ""
  let stderr = ""
  child.stdin?.end()
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const code = await new Promise<number | null>((closed) => child.once("close", closed))
  return { code, stdout, stderr }
}

async function listen(child: ChildProcess): Promise<Served> {
  const seen: BridgeEvent[] = []
  const waiting = new Set<(event: BridgeEvent) => void>()
  let complaints = ""
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (complaints += text))
  createInterface({ input: child.stdout! }).on("line", (line) => {
    const event = JSON.parse(line) as BridgeEvent
    seen.push(event)
    for (const look of waiting) look(event)
  })

  const event = (fits: (event: BridgeEvent) => boolean): Promise<BridgeEvent> => {
    const past = seen.find(fits)
    if (past) return Promise.resolve(past)
    return new Promise((found, missed) => {
      const look = (next: BridgeEvent): void => {
        if (!fits(next)) return
        waiting.delete(look)
        found(next)
      }
      waiting.add(look)
      child.once("close", (code) => missed(new Error(`the bridge ended with ${code}: ${complaints}`)))
    })
  }

  const { url, port, pid } = await event(({ event: name }) => name === "listening")
  return { url, port, pid, event, end: (signal = "SIGTERM") => end(child, signal) }
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((ended) => {
    child.once("close", ended)
    child.kill(signal)
  })
}
