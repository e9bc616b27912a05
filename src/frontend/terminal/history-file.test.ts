import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { openHistory, type HistoryFile } from "./history-file.ts"

let folder: string
let path: string
let problems: string[]
const open = (): HistoryFile => openHistory(path, (problem) => problems.push(problem))

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "repl-bridge-history-"))
  path = join(folder, "state", "history")
  problems = []
})

afterEach(() => {
  rmSync(folder, { recursive: true })
  expect(problems).toEqual([])
})

const modeOf = (file: string): number => statSync(file).mode & 0o777

test("what one terminal added the next one loads, lines and all", () => {
  const first = open()
  expect(first.load()).toEqual([])
  first.add("let a = {\n  b: 'ü'\n}")
  first.add("a")
  expect(open().load()).toEqual(["let a = {\n  b: 'ü'\n}", "a"])
})

test.runIf(process.platform !== "win32")("nobody else can read it", () => {
  open().load()
  open().add("secret")
  expect(modeOf(path)).toBe(0o600)
  expect(modeOf(join(folder, "state"))).toBe(0o700)
})

test.runIf(process.platform !== "win32")("a file that others can read is closed to them", () => {
  open().load()
  writeFileSync(path, '"a"\n', { mode: 0o644 })
  open().load()
  expect(modeOf(path)).toBe(0o600)
})

test("two terminals write into one file", () => {
  const [one, two] = [open(), open()]
  one.load()
  two.load()
  one.add("1")
  two.add("2")
  one.add("3")
  expect(open().load()).toEqual(["1", "2", "3"])
})

test("an input that came again is there once, at its latest place", () => {
  const history = open()
  history.load()
  for (const input of ["a", "b", "a"]) history.add(input)
  expect(open().load()).toEqual(["b", "a"])
})

test("lines that are no entries are passed over", () => {
  open().load()
  writeFileSync(path, '"a"\nnonsense\n{}\n\n"half')
  appendFileSync(path, '\n"b"\n')
  expect(open().load()).toEqual(["a", "b"])
})

test("it does not grow without bound, and the latest inputs stay", () => {
  const line = "x".repeat(1000)
  for (let round = 0; round < 4; round++) {
    const history = open()
    history.load()
    for (let index = 0; index < 300; index++) history.add(`${round} ${index} ${line}`)
  }
  const entries = open().load()
  expect(entries.at(-1)).toMatch(/^3 299 /)
  const sizes = readdirSync(join(folder, "state")).map((file) => statSync(join(folder, "state", file)).size)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1024 * 1024)
})

test("a huge input is not kept", () => {
  const history = open()
  history.load()
  history.add("x".repeat(100_000))
  history.add("y")
  expect(readFileSync(path, "utf8")).toBe('"y"\n')
})

test("where nothing can be kept it says so, once, and goes on", () => {
  writeFileSync(join(folder, "state"), "a file where a folder should be")
  const history = open()
  expect(history.load()).toEqual([])
  history.add("a")
  expect(problems).toEqual([expect.stringMatching(/^inputs are not kept: /)])
  problems = []
})
