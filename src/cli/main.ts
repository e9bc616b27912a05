import { packageVersion } from "../protocol/index.ts"

/** Runs the command line; resolves with the exit code. */
export async function run(words: readonly string[]): Promise<number> {
  process.stdout.on("error", leaveWhenUnread)
  if (words.length === 1 && words[0] === "--version") {
    // Asked by tools again and again: answered before the command line is even read.
    process.stdout.write(`${packageVersion}\n`)
    return 0
  }
  const { runProgram } = await import("./program.ts")
  return runProgram(words)
}

/** Whoever read our output, such as `head`, has enough. */
function leaveWhenUnread(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error
  process.exit()
}
