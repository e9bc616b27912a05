// The VS Code extension: `node scripts/vscode.mjs` builds it, `node scripts/vscode.mjs package` makes its .vsix.
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

const root = fileURLToPath(new URL("..", import.meta.url))
const extension = join(root, "editors/vscode")
/** What only these need is not among the project's own packages: both bring install scripts, which are not run. */
const cache = join(root, ".cache/vscode")
const tools = { "code-server": "4.100.3", "@vscode/vsce": "3.9.2" }

/** Makes the extension, and its test, one script each, as VS Code loads them. */
export async function buildExtension() {
  for (const [input, file] of [
    ["src/extension.ts", "extension.cjs"],
    ["test/in-editor.ts", "test.cjs"],
  ]) {
    const bundle = await rolldown({ input: join(extension, input), platform: "node", external: ["vscode"] })
    await bundle.write({ file: join(extension, "dist", file), format: "cjs", minify: true })
    await bundle.close()
  }
  return extension
}

/** Installs a VS Code that runs in Node, unless it is there. Returns the script that serves it. */
export function installEditor() {
  const server = join(installTool("code-server"), "lib/vscode")
  if (!existsSync(join(server, "node_modules"))) npm(server, "install", "--omit=dev")
  return join(server, "out/server-main.js")
}

/** Makes the .vsix file. Returns its path. */
export async function packageExtension() {
  await buildExtension()
  const vsce = join(installTool("@vscode/vsce"), "vsce")
  const file = join(extension, "dist/repl-bridge.vsix")
  execFileSync(process.execPath, [vsce, "package", "--no-dependencies", "--allow-missing-repository", "--out", file], {
    cwd: extension,
    stdio: ["ignore", "inherit", "inherit"],
  })
  return file
}

function installTool(name) {
  const folder = join(cache, "node_modules", name)
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  if (!existsSync(join(cache, "package.json"))) writeFileSync(join(cache, "package.json"), '{ "private": true }\n')
  npm(cache, "install", `${name}@${tools[name]}`)
  return folder
}

function npm(folder, ...words) {
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund"]
  execFileSync("npm", [...words, ...flags], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === "package") console.log(`made ${resolve(await packageExtension())}`)
  else console.log(`made ${await buildExtension()}/dist`)
}
