import { readdir } from "node:fs/promises"
import type { FrontEnd } from "../frontend.ts"
import type { Buffer } from "./buffer.ts"
import { codeIn, commandIn, commandNamed, commands } from "./commands.ts"
import type { Candidates } from "./menu.ts"

/** What the terminal must know about the code it takes. */
export interface Language {
  /** Whether the input asks for another line. */
  isIncomplete(code: string): boolean
  /** Ways to go on at an offset of the code. Without it only dot-commands complete. */
  complete?(code: string, offset: number, signal: AbortSignal): Promise<Candidates>
}

export function continues(input: string, language: Language): boolean {
  const code = codeIn(input)
  return code !== undefined && language.isIncomplete(code)
}

/** Candidates for what stands before the cursor: a dot-command, a runtime's name, or code. */
export async function candidatesFor(
  { text, cursor }: Buffer,
  { runtimes }: Pick<FrontEnd, "runtimes">,
  language: Language,
  signal: AbortSignal,
): Promise<Candidates> {
  const before = text.slice(0, cursor)
  const name = /^\s*\.(\p{L}*)$/u.exec(before)?.[1]
  if (name !== undefined) return startingWith(name, Object.keys(commands), cursor)

  const called = commandIn(before)
  const start = called === undefined ? 0 : /^\s*\.\p{L}+\s+/u.exec(before)![0].length
  const command = called && commandNamed(called.name)
  if (command?.takesRuntime) {
    const names = runtimes.map((runtime) => runtime.name)
    return startingWith(before.slice(start), called?.name === "reload" ? [...names, "all"] : names, cursor)
  }
  if (command?.takesFile) {
    const typed = before.slice(start)
    return startingWith(typed, await pathsLike(typed), cursor)
  }
  if (called !== undefined && !command?.takesCode) return startingWith("", [], cursor)
  const found = await language.complete?.(text.slice(start), cursor - start, signal)
  if (found === undefined) return startingWith("", [], cursor)
  return { from: found.from + start, to: found.to + start, items: found.items.filter((item) => !unfit.test(item.text)) }
}

/** Names are the page's, or a file's: one that would act on the terminal or break the line is not offered. */
const unfit = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** What is in the folder of a path that has only begun; folders end in a slash. */
async function pathsLike(typed: string): Promise<readonly string[]> {
  const folder = typed.slice(0, typed.lastIndexOf("/") + 1)
  try {
    const entries = await readdir(folder === "" ? "." : folder, { withFileTypes: true })
    return entries.map((entry) => `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`).sort()
  } catch {
    return []
  }
}

function startingWith(typed: string, names: readonly string[], to: number): Candidates {
  const items = names.filter((name) => name.startsWith(typed) && !unfit.test(name)).map((text) => ({ text }))
  return { from: to - typed.length, to, items }
}
