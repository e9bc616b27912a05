import { spawn } from "node:child_process"

const openers: Partial<Record<NodeJS.Platform, readonly [command: string, ...words: string[]]>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
}

/** Opens a page in the user's browser. `failed` hears why that was not possible. */
export function openPage(url: string, failed: (error: Error) => void): void {
  const [command, ...words] = openers[process.platform] ?? ["xdg-open"]
  const opener = spawn(command, [...words, url], { stdio: "ignore", detached: true })
  opener.on("error", failed)
  opener.unref()
}
