import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { expect, test } from "vitest"

const root = new URL("../../", import.meta.url)

interface Packed {
  readonly path: string
  readonly mode: number
}

const files = (
  JSON.parse(
    execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: root,
      stdio: ["ignore", "pipe", "ignore"],
      encoding: "utf8",
    }),
  ) as readonly { readonly files: readonly Packed[] }[]
)[0]!.files

/** All that a user needs. */
const allowed = [
  /^(?:CHANGELOG|PROTOCOL|README|SECURITY)\.md$|^LICENSE$|^package\.json$/,
  /^bin\/repl-bridge\.js$/,
  /^dist\/(?:index|client)\.(?:js|d\.ts)$/,
  /^dist\/(?:client|discovery|frontend|language|link|protocol|server)\/[\w/-]+\.(?:js|d\.ts)$/,
  /^dist\/cli\/[\w-]+\.js$|^dist\/cli\/THIRD-PARTY\.txt$/,
  /^dist\/demo\/[\w-]+\.(?:html|css|js)$/,
  /^docs\/[\w-]+\.md$/,
  /^editors\/emacs\/(?:README\.md|repl-bridge\.el)$|^editors\/neovim\/[\w/-]+\.lua$/,
]

test("the package holds what its users need, and nothing else", () => {
  expect(files.filter(({ path }) => !allowed.some((form) => form.test(path)))).toEqual([])
  const paths = files.map(({ path }) => path)
  expect(paths).toEqual(
    expect.arrayContaining([
      "LICENSE",
      "SECURITY.md",
      "dist/client.js",
      "dist/cli/main.js",
      "dist/demo/index.html",
      "docs/agents.md",
    ]),
  )
})

test("nothing in it comes from tests, names a folder of the machine that built it, or holds a key", () => {
  for (const { path } of files) {
    expect(path).not.toMatch(/test|\.map$|\.tsbuildinfo$|\.env|\.pem$/)
    const text = readFileSync(new URL(path, root), "utf8")
    expect(text.includes(decodeURIComponent(root.pathname)), path).toBe(false)
    expect(text, path).not.toMatch(/-----BEGIN [A-Z ]*PRIVATE KEY-----|_authToken/)
  }
})

test("only the command may be executed, and nothing runs when it is installed", () => {
  expect(files.filter(({ mode }) => (mode & 0o111) !== 0).map(({ path }) => path)).toEqual(["bin/repl-bridge.js"])
  const { scripts } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>
  }
  for (const name of ["preinstall", "install", "postinstall"]) expect(scripts).not.toHaveProperty(name)
})

test("what the package depends on runs nothing when it is installed", () => {
  const lock = JSON.parse(readFileSync(new URL("package-lock.json", root), "utf8")) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly hasInstallScript?: boolean }>>
  }
  const running = Object.entries(lock.packages).filter(([, { dev, hasInstallScript }]) => !dev && hasInstallScript)
  expect(running).toEqual([])
})
