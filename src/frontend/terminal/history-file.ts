import { appendFileSync, chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { historyOf, type History } from "./history.ts"

/**
 * Earlier inputs, one JSON string a line, only ever appended to, so that two
 * terminals can write at once. Past `maxBytes` the file becomes `<path>.old`.
 */
export interface HistoryFile {
  load(): History
  add(input: string): void
}

const maxBytes = 256 * 1024
const maxEntry = 32 * 1024

/** `report` hears once why inputs cannot be kept; the terminal works without. */
export function openHistory(path: string, report: (problem: string) => void): HistoryFile {
  let isReported = false
  const attempt = (act: () => void): void => {
    try {
      act()
    } catch (error) {
      if (!isReported) report(`inputs are not kept: ${(error as Error).message}`)
      isReported = true
    }
  }
  return {
    load() {
      let entries: History = []
      attempt(() => {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
        rotate(path)
        if (sizeOf(path) !== undefined) chmodSync(path, 0o600)
        entries = historyOf([...entriesOf(`${path}.old`), ...entriesOf(path)])
      })
      return entries
    },
    add(input) {
      if (input.length > maxEntry) return
      attempt(() => appendFileSync(path, `${JSON.stringify(input)}\n`, { mode: 0o600 }))
    },
  }
}

/**
 * The file is taken aside before it is looked at: if another terminal has just
 * put a fresh one in its place, that one goes back by appending, and nothing is lost.
 */
function rotate(path: string): void {
  if ((sizeOf(path) ?? 0) <= maxBytes) return
  const aside = `${path}.${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return
    throw error
  }
  if (sizeOf(aside)! > maxBytes) {
    renameSync(aside, `${path}.old`)
  } else {
    appendFileSync(path, readFileSync(aside), { mode: 0o600 })
    rmSync(aside)
  }
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size
}

function entriesOf(path: string): readonly string[] {
  if (sizeOf(path) === undefined) return []
  return readFileSync(path, "utf8").split("\n").flatMap(entryOf)
}

/** A line that is no entry, half written or edited by hand, is passed over. */
function entryOf(line: string): readonly string[] {
  try {
    const entry: unknown = JSON.parse(line)
    return typeof entry === "string" ? [entry] : []
  } catch {
    return []
  }
}
