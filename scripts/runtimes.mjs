// The runtimes that `npm run test:engines` tries the client in, beside the Node that runs it.
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** As with the tools of the VS Code extension, no install scripts are run. */
const cache = fileURLToPath(new URL("../.cache/runtimes", import.meta.url))
const { platform, arch } = process
const libc = platform === "linux" ? "-glibc" : ""
const packages = [
  { name: "Node 24", from: `node-${platform}-${arch}`, version: "24.21.0", file: "bin/node", words: [] },
  { name: "Deno", from: `@deno/${platform}-${arch}${libc}`, version: "2.9.6", file: "deno", words: ["run", "-A"] },
  {
    name: "Bun",
    from: `@oven/bun-${platform}-${arch.replace("arm64", "aarch64")}`,
    version: "1.4.5",
    file: "bin/bun",
    words: [],
  },
]

/** Installs them, unless they are there. Returns what to write before the name of a script. */
export function installRuntimes() {
  const missing = packages.filter(({ from }) => !existsSync(join(cache, "node_modules", from)))
  if (missing.length > 0) {
    mkdirSync(cache, { recursive: true })
    writeFileSync(join(cache, "package.json"), '{ "private": true }\n')
    const wanted = packages.map(({ from, version }) => `${from}@${version}`)
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund"]
    execFileSync("npm", ["install", ...wanted, ...flags], { cwd: cache, stdio: ["ignore", "ignore", "inherit"] })
  }
  return packages.map(({ name, from, file, words }) => ({
    name,
    command: [join(cache, "node_modules", from, file), ...words],
  }))
}
