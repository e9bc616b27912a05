import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { select } from "./match.ts"

const root = realpathSync(mkdtempSync(join(tmpdir(), "repl-bridge-match-")))
for (const folder of ["src/css", "public", "[odd]"]) mkdirSync(join(root, folder), { recursive: true })
writeFileSync(join(root, "style.css"), "")
afterAll(() => rmSync(root, { recursive: true }))

const chosen = (patterns: readonly string[], ...files: readonly string[]): readonly string[] => {
  const selection = select(patterns, root)
  return files.filter((file) => selection.includes(join(root, file)))
}

const holds = (patterns: readonly string[], folder: string): boolean =>
  select(patterns, root).mayHold(join(root, folder))

test("globs choose files below the current folder", () => {
  const files = ["style.css", "src/css/a.css", "src/a.js", "public/index.html"]
  expect(chosen(["*.css"], ...files)).toEqual(["style.css"])
  expect(chosen(["**/*.css"], ...files)).toEqual(["style.css", "src/css/a.css"])
  expect(chosen(["./src/**/*.{css,js}"], ...files)).toEqual(["src/css/a.css", "src/a.js"])
  expect(chosen([join(root, "public/*")], ...files)).toEqual(["public/index.html"])
})

test("a file is itself, and a folder all that is in it", () => {
  expect(chosen(["style.css"], "style.css", "src/style.css")).toEqual(["style.css"])
  expect(chosen(["new.css"], "new.css")).toEqual(["new.css"])
  expect(chosen(["src"], "src/a.js", "src/css/a.css", "style.css")).toEqual(["src/a.js", "src/css/a.css"])
})

test("what begins with ! is left out", () => {
  expect(chosen(["src", "!**/*.css", "!src/gen/**"], "src/a.js", "src/css/a.css", "src/gen/b.js")).toEqual(["src/a.js"])
  expect(() => select(["!src/**"], root)).toThrow("nothing to watch: !src/** only takes away")
})

test("hidden files and node_modules are meant only by a glob that names them", () => {
  const files = [".env", "src/.swp", ".git/index", "node_modules/a/b.js", "src/node_modules/b.js", "src/b.js"]
  expect(chosen(["**", "src"], ...files)).toEqual(["src/b.js"])
  expect(chosen([".env", "**/node_modules/**/*.js"], ...files)).toEqual([
    ".env",
    "node_modules/a/b.js",
    "src/node_modules/b.js",
  ])
})

test("only folders that may hold a chosen file are looked into", () => {
  expect(holds(["*.css"], ".")).toBe(true)
  expect(holds(["*.css"], "src")).toBe(false)
  expect(holds(["*/*.css"], "src")).toBe(true)
  expect(holds(["*/*.css"], "src/css")).toBe(false)
  expect(holds(["**/*.css"], "src/css")).toBe(true)
  expect(holds(["**/*.css"], "node_modules")).toBe(false)
  expect(holds(["**/*.css"], ".git")).toBe(false)
  expect(holds(["*.css", "src/css/*.css"], "src")).toBe(true)
})

test("the folders do not overlap", () => {
  expect(select(["src/**/*.css", "src/css/*.css", "public/*"], root).folders).toEqual([
    join(root, "src"),
    join(root, "public"),
  ])
  expect(select(["src/*", "*.html"], root).folders).toEqual([root])
})

test("a folder that is not there is named", () => {
  expect(() => select(["srcc/**/*.css"], root)).toThrow(
    `cannot watch srcc/**/*.css: there is no folder ${join(root, "srcc")}`,
  )
})
