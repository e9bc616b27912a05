import { join } from "node:path"
import { expect, test } from "vitest"
import { findProgram, withWords } from "./program.ts"

const own = join("/projects/shop", "node_modules/repl-bridge/bin/repl-bridge.js")
const bare = { setting: "", folders: ["/projects/notes", "/projects/shop"], node: "/bin/node", exists: () => false }

test("the program that was set wins, and a script is run by node", () => {
  const exists = (): boolean => true
  expect(findProgram({ ...bare, exists, setting: "/opt/repl-bridge" })).toEqual({
    command: "/opt/repl-bridge",
    args: [],
  })
  expect(findProgram({ ...bare, exists, setting: "/src/bin/repl-bridge.js" })).toEqual({
    command: "/bin/node",
    args: ["/src/bin/repl-bridge.js"],
  })
})

test("a project's own program comes before the one on the PATH", () => {
  expect(findProgram({ ...bare, exists: (path) => path === own })).toEqual({ command: "/bin/node", args: [own] })
  expect(findProgram(bare)).toEqual({ command: "repl-bridge", args: [] })
})

test("a port is passed on where one is set", () => {
  const program = findProgram(bare)
  expect(withWords(program, ["lsp"], 0).args).toEqual(["lsp"])
  expect(withWords(program, ["lsp"], 9002).args).toEqual(["lsp", "--port", "9002"])
})
