import { mkdir, mkdtemp, realpath, rename, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { watchFiles, type Watching } from "./files.ts"
import { select } from "./match.ts"

let root: string
let watching: Watching | undefined
let seen: string[]
let arrived: () => void

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "repl-bridge-watch-")))
  seen = []
})
afterEach(async () => {
  await watching?.close()
  await rm(root, { recursive: true })
})

async function watchIn(...patterns: string[]): Promise<void> {
  const changed = (file: string): void => {
    seen.push(file.slice(root.length + 1))
    arrived?.()
  }
  watching = await watchFiles(select(patterns, root), changed, (error) => expect.unreachable(error.message))
}

const at = (file: string): string => join(root, file)

/** Acts, and waits until this file is said to have changed. */
async function change(file: string, act: () => Promise<void>): Promise<void> {
  const hasChanged = new Promise<void>((done) => {
    arrived = () => seen.includes(file) && done()
  })
  await act()
  await hasChanged
}

test("files that are written, renamed into place, made in new folders and removed are seen, others are not", async () => {
  await writeFile(at("app.js"), "1")
  await writeFile(at("app.css"), "a {}")
  await mkdir(at("node_modules"))
  await watchIn("**/*.css", "*.js")

  await change("app.js", () => writeFile(at("app.js"), "2"))
  await writeFile(at("app.txt"), "not chosen")
  await writeFile(at("node_modules/b.css"), "")
  await writeFile(at(".app.css.tmp"), "b {}")
  await change("app.css", () => rename(at(".app.css.tmp"), at("app.css")))
  await mkdir(at("new"))
  await change("new/c.css", () => writeFile(at("new/c.css"), ""))
  seen = []
  await change("app.js", () => rm(at("app.js")))
  expect(new Set(seen)).toEqual(new Set(["app.js"]))
})
