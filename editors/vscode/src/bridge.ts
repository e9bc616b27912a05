import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import type { Program } from "./program.ts"
import { readListening } from "./words.ts"

export interface StartedBridge {
  readonly url: string
  end(): void
}

/**
 * Starts a bridge that ends with the editor.
 *
 * @param tell - what the bridge says of itself
 * @throws Error with the bridge's own last words, where it does not listen
 */
export function startBridge(
  { command, args }: Program,
  cwd: string | undefined,
  tell: (line: string) => void,
): Promise<StartedBridge> {
  return new Promise((resolve, reject) => {
    const bridge = spawn(command, args, {
      cwd,
      env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    })
    let lastWords = `${command} ended before it listened`
    createInterface(bridge.stderr).on("line", (line) => {
      lastWords = line
      tell(line)
    })
    createInterface(bridge.stdout).on("line", (line) => {
      const url = readListening(line)
      if (url !== undefined) resolve({ url, end: () => bridge.kill() })
    })
    bridge.once("error", reject)
    bridge.once("close", () => reject(new Error(lastWords)))
  })
}
