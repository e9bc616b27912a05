// `node scripts/values.mjs`: writes docs/values.md, hard values as we, Node and Chrome show them. Needs a browser.
import { readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { inspect } from "node:util"
import { runInThisContext } from "node:vm"
import { chromium } from "playwright-core"
import { rolldown } from "rolldown"
import { findBrowser } from "./browser.mjs"

const maxLines = 14
const maxLength = 700

const describing = await bundle("src/client/describe.ts", "iife")
const { formatValue } = await load("src/frontend/terminal/format.ts")
const { plainStyle } = await load("src/frontend/terminal/style.ts")
const { neutralise } = await load("src/frontend/neutralise.ts")
const { readSamples, withoutFrames } = await load("test/support/samples.ts")

// Before the browser is driven, which makes Node add ids to its promises.
const samples = readSamples("values").map(({ code }) => ({ code, node: inNode(code) }))
for (const { code } of readSamples("values-in-pages")) samples.push({ code, node: "–" })

const files = {
  "/": readFileSync("test/fixtures/values.html"),
  "/inner.html": "<!doctype html><p>inner</p>",
}
const server = createServer((request, response) => {
  response.setHeader("content-type", "text/html; charset=utf-8").end(files[request.url] ?? "")
})
await new Promise((listening) => server.listen(0, "127.0.0.1", listening))
const origin = `http://127.0.0.1:${server.address().port}`

const browser = await chromium.launch({ executablePath: findBrowser(), args: ["--headless", "--no-sandbox"] })
const page = await browser.newPage()
await page.goto(`${origin}/`)
await page.addScriptTag({ content: describing })
const devTools = await page.context().newCDPSession(page)

const rows = []
for (const { code, node } of samples) rows.push(await row(code, node))
const version = browser.version()
await browser.close()
server.close()

writeFileSync(
  "docs/values.md",
  `# Values

How hard values are shown: by repl-bridge, which looks at them from inside the page and runs none of its getters, by
\`util.inspect\` of Node ${process.version.slice(1)}, which sees more than a page can, and by the console of Chrome ${version}, through
its debugging protocol. Stack frames are left out. ⚠ marks text that a terminal would obey.

Written by \`node scripts/values.mjs\`; the values are those of the tests, \`test/fixtures/values*.txt\`.

<table>
<tr><th>code</th><th>repl-bridge</th><th>Node</th><th>Chrome</th></tr>
${rows.join("\n")}
</table>
`,
)
console.log(`docs/values.md: ${rows.length} values`)

async function row(code, node) {
  const expression = `(async () => [${code}])()`
  const described = await page.evaluate(`${expression}.then(([value]) => JSON.stringify(describing.describe(value)))`)
  const ours = withoutFrames(formatValue(JSON.parse(described), plainStyle, 80))
  return `<tr>${[code, ours, node, await inChrome(expression)].map(cell).join("")}</tr>`
}

function inNode(code) {
  try {
    return withoutFrames(inspect(runInThisContext(`(${code})`)))
  } catch (error) {
    return `(throws ${String(error)})`
  }
}

async function inChrome(expression) {
  const list = await devTools.send("Runtime.evaluate", { expression, awaitPromise: true })
  const { result } = await devTools.send("Runtime.callFunctionOn", {
    objectId: list.result.objectId,
    functionDeclaration: "function () { return this[0] }",
    generatePreview: true,
  })
  return withoutFrames(written(result))
}

/** One line, much as the console writes it. */
function written({ type, subtype, value, unserializableValue, description, preview }) {
  if (type === "string") return JSON.stringify(value)
  if (unserializableValue) return unserializableValue
  if (!preview || subtype === "error" || type === "function") return description ?? String(value)
  const { properties, entries = [], overflow } = preview
  const parts = entries.map((entry) =>
    entry.key ? `${written(entry.key)} => ${short(entry.value)}` : short(entry.value),
  )
  for (const { name, ...property } of properties) {
    const isPosition = subtype === "array" && /^\d+$/.test(name)
    parts.push(isPosition ? short(property) : `${name}: ${short(property)}`)
  }
  const [open, close] = subtype === "array" || subtype === "typedarray" ? "[]" : "{}"
  return `${description} ${open}${parts.join(", ")}${overflow ? ", …" : ""}${close}`
}

function short({ type, value, description }) {
  if (type === "string") return JSON.stringify(value ?? description)
  if (type === "accessor") return "(…)"
  return value || description || type
}

function cell(text) {
  const safe = neutralise(text.replaceAll(origin, "http://ORIGIN"))
  const lines = safe.split("\n")
  const kept = lines.slice(0, maxLines).join("\n").slice(0, maxLength)
  const shown = `${safe === text || text.includes(origin) ? "" : "⚠ "}${kept}${kept === safe ? "" : " ✂"}`
  const html = shown.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("\n", "<br>")
  return `<td><pre>${html}</pre></td>`
}

async function bundle(input, format) {
  const build = await rolldown({ input, platform: format === "iife" ? "browser" : "node" })
  const { output } = await build.generate({ format, name: "describing" })
  await build.close()
  return output[0].code
}

/** A module of ours, which is TypeScript. It may read files beside where it really is. */
async function load(input) {
  const code = await bundle(input, "esm")
  const url = JSON.stringify(new URL(`../${input}`, import.meta.url).href)
  return import(`data:text/javascript,${encodeURIComponent(code.replaceAll("import.meta.url", url))}`)
}
