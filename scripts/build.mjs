// `npm run build`: types and library by tsc, the script-tag client and the command line by rolldown.
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { brotliCompressSync } from "node:zlib"
import { rolldown } from "rolldown"

/** What the command line brings along. */
const bundled = [
  "@jridgewell/resolve-uri",
  "@jridgewell/sourcemap-codec",
  "@jridgewell/trace-mapping",
  "@modelcontextprotocol/core",
  "@modelcontextprotocol/server",
  "acorn",
  "chalk",
  "commander",
  "vscode-jsonrpc",
  "vscode-languageserver",
  "vscode-languageserver-protocol",
  "vscode-languageserver-textdocument",
  "vscode-languageserver-types",
  "uqr",
  "ws",
  "zod",
]

execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-b"], { stdio: "inherit" })
cpSync("src/demo", "dist/demo", { recursive: true })
await buildClient()
await buildCommandLine()

async function buildClient() {
  // It reads the client with our own parser, which has just been built.
  const { bundleClient, bundleModule } = await import("./client.mjs")
  const script = await bundleClient({ minify: true })
  writeFileSync("dist/client.js", script)
  // In place of what the compiler wrote, so that it takes its globals once, as the script does.
  writeFileSync("dist/client/index.js", await bundleModule())
  const core = await bundleClient({ input: "scripts/core.ts", minify: true })
  mkdirSync(".cache", { recursive: true })
  writeFileSync(".cache/core.js", core)
  console.log(`client.js: ${weight(script)}; its core: ${weight(core)}`)
}

function weight(script) {
  return `${script.length} bytes minified, ${brotliCompressSync(script).length} with brotli`
}

async function buildCommandLine() {
  rmSync("dist/cli", { recursive: true, force: true })
  const bundle = await rolldown({
    input: "src/cli/main.ts",
    platform: "node",
    // Loaded by few; the last two are optional parts of ws that it does without.
    external: ["chokidar", "picomatch", "sucrase", "bufferutil", "utf-8-validate"],
  })
  await bundle.write({ dir: "dist/cli", format: "esm", chunkFileNames: "[name].js", minify: "dce-only" })
  await bundle.close()
  writeFileSync("dist/cli/THIRD-PARTY.txt", licences(bundled))
}

/** The bundled packages' licence texts, which their licences ask to be passed on. */
function licences(packages) {
  return packages
    .map((name) => {
      const folder = `node_modules/${name}`
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
      return `${name}\n\n${readFileSync(`${folder}/${file}`, "utf8")}`
    })
    .join("\n\n")
}
