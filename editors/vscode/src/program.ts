import { join } from "node:path"

/** How to run the repl-bridge program. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
}

/** What is known of the surroundings. */
export interface Surroundings {
  /** The setting; empty where there is none. */
  readonly setting: string
  /** The folders of the project. */
  readonly folders: readonly string[]
  /** The program that runs JavaScript. */
  readonly node: string
  readonly exists: (path: string) => boolean
}

/** The program that was set, else the project's own, else the one on the PATH. */
export function findProgram({ setting, folders, node, exists }: Surroundings): Program {
  if (setting !== "")
    return setting.endsWith(".js") ? { command: node, args: [setting] } : { command: setting, args: [] }
  const own = folders.map((folder) => join(folder, "node_modules", "repl-bridge", "bin", "repl-bridge.js")).find(exists)
  return own === undefined ? { command: "repl-bridge", args: [] } : { command: node, args: [own] }
}

export function withWords({ command, args }: Program, words: readonly string[], port: number): Program {
  return { command, args: [...args, ...words, ...(port === 0 ? [] : ["--port", String(port)])] }
}
