import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { brotliCompressSync } from "node:zlib"
import { expect, test } from "vitest"

/** Who may import whom. To allow an import, change the line of the folder that imports. */
const mayImport: Record<string, readonly string[]> = {
  protocol: [],
  link: ["protocol"],
  language: ["protocol"],
  client: ["link", "protocol"],
  discovery: [],
  server: ["discovery", "language", "protocol"],
  frontend: ["discovery", "language", "link", "protocol"],
  cli: ["discovery", "frontend", "protocol", "server"],
  ".": ["frontend", "server"],
}

/** One door per package: the only file that imports it. */
const doors: Record<string, string> = {
  "@jridgewell/trace-mapping": "server/console/open-map.ts",
  "@modelcontextprotocol/server": "frontend/mcp/server.ts",
  acorn: "language/parse.ts",
  chalk: "cli/colour.ts",
  chokidar: "frontend/watch/files.ts",
  commander: "cli/program.ts",
  picomatch: "frontend/watch/match.ts",
  sucrase: "server/erase-types.ts",
  uqr: "cli/qr.ts",
  zod: "frontend/mcp/schemas.ts",
  "vscode-languageserver-textdocument": "frontend/editor/documents.ts",
  "vscode-languageserver": "frontend/editor/connection.ts",
  "vscode-languageserver/node": "frontend/editor/connection.ts",
}

const source = fileURLToPath(new URL("../../src/", import.meta.url))
const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))

const imports = files.flatMap((file) =>
  [...readFileSync(join(source, file), "utf8").matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map((match) => ({
    file,
    what: match[1]!,
  })),
)

const folderOf = (file: string): string => (file.includes("/") ? file.split("/", 1)[0]! : ".")

test("folders import only those below them, through their index", () => {
  const wrong = imports
    .filter(({ what }) => what.startsWith("."))
    .map(({ file, what }) => ({ file, to: relative(source, join(source, dirname(file), what)) }))
    .filter(({ file, to }) => {
      const [from, into] = [folderOf(file), folderOf(to)]
      return from !== into && !(mayImport[from]?.includes(into) && to === `${into}/index.ts`)
    })
    .map(({ file, to }) => `src/${file} imports src/${to}: change mayImport["${folderOf(file)}"], or the import`)
  expect(wrong).toEqual([])
})

test("each package is imported by one file", () => {
  const packages = imports.filter(({ what }) => !what.startsWith(".") && !what.startsWith("node:"))
  const wrong = packages
    .filter(({ file, what }) => what in doors && doors[what] !== file)
    .map(({ file, what }) => `src/${file} imports ${what}, whose door is src/${doors[what]}`)
  expect(wrong).toEqual([])
})

/** A chunk of the command line and those that it loads at once. */
function loadedWith(chunk: string, loaded: Map<string, string> = new Map()): ReadonlyMap<string, string> {
  if (loaded.has(chunk)) return loaded
  const text = readFileSync(new URL(`../../dist/cli/${chunk}`, import.meta.url), "utf8")
  loaded.set(chunk, text)
  for (const [, next] of text.matchAll(/^import .*?"\.\/([^"]+)";$/gm)) loadedWith(next!, loaded)
  return loaded
}

test("`serve` loads the language server only for whoever speaks with it", () => {
  const speaks = (text: string): boolean => text.includes("createProtocolConnection")
  const loaded = [...loadedWith("main.js"), ...loadedWith("serve.js")]
  expect(loaded.length).toBeGreaterThan(10)
  expect(loaded.filter(([, text]) => speaks(text)).map(([name]) => name)).toEqual([])
  const all = readdirSync(new URL("../../dist/cli/", import.meta.url)).filter((name) => name.endsWith(".js"))
  expect(all.filter((name) => [...loadedWith(name).values()].some(speaks))).not.toEqual([])
})

/** In bytes with brotli. What weighs how much stands in ARCHITECTURE.md; to allow more, change both. */
const limits = { "dist/client.js": 20_650, ".cache/core.js": 10_100 }

test.each(Object.entries(limits))("%s stays small", (file, limit) => {
  const bundle = readFileSync(new URL(`../../${file}`, import.meta.url))
  expect(bundle.length).toBeGreaterThan(0)
  expect(brotliCompressSync(bundle).length).toBeLessThanOrEqual(limit)
})
