// `npm run soak -- --minutes N --seed S`: see test/soak/soak.ts; `--hidden --minutes N`: see test/soak/hidden.ts.
// `npm run build` first: it runs what is built.
import { spawnSync } from "node:child_process"
import { mkdirSync } from "node:fs"
import { parseArgs } from "node:util"
import { rolldown } from "rolldown"

const { values } = parseArgs({
  options: { minutes: { type: "string" }, seed: { type: "string" }, hidden: { type: "boolean", default: false } },
})
const minutes = Number(values.minutes ?? (values.hidden ? 7 : 2))
const seed = Number(values.seed ?? Date.now() % 1_000_000)
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error("usage: npm run soak -- --minutes N --seed S, both numbers")
  process.exit(2)
}

const name = values.hidden ? "hidden" : "soak"
const file = new URL(`../.cache/${name}.mjs`, import.meta.url)
mkdirSync(new URL(".", file), { recursive: true })
const bundle = await rolldown({
  input: `test/soak/${name}.ts`,
  platform: "node",
  external: (id) => !id.startsWith(".") && !id.startsWith("/"),
})
await bundle.write({ file: file.pathname, format: "esm", codeSplitting: false })
// In a process of its own, whose heap holds nothing of the bundler.
const call = values.hidden ? `hide({ minutes: ${minutes} })` : `soak({ minutes: ${minutes}, seed: ${seed} })`
const program = `import { ${call.split("(", 1)[0]} } from ${JSON.stringify(file.href)}; process.exit(await ${call})`
const { status } = spawnSync(process.execPath, ["--expose-gc", "--input-type=module", "--eval", program], {
  stdio: "inherit",
})
process.exit(status ?? 1)
