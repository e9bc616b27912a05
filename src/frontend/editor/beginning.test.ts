import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { expect, test } from "vitest"
import { folderOf } from "./beginning.ts"

test.each([
  [pathToFileURL("/projects/my shop").href, resolve("/projects/my shop")],
  ["file://elsewhere/projects/shop", process.platform === "win32" ? "\\\\elsewhere\\projects\\shop" : undefined],
  ["file:///projects%2Fshop", undefined],
  ["vscode-vfs://github/shop", undefined],
  ["no uri", undefined],
  [null, undefined],
])("of the folder %s it looks in %s", (rootUri, folder) => {
  expect(folderOf({ rootUri })).toBe(folder)
})
