// `npm run soak -- --minutes N --seed S`: see test/soak/soak.ts. `npm run build` first: it runs what is built.
import { mkdirSync } from "node:fs"
import { parseArgs } from "node:util"
import { rolldown } from "rolldown"

const { values } = parseArgs({ options: { minutes: { type: "string", default: "2" }, seed: { type: "string" } } })
const minutes = Number(values.minutes)
const seed = Number(values.seed ?? Date.now() % 1_000_000)
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error("usage: npm run soak -- --minutes N --seed S, both numbers")
  process.exit(2)
}

const file = new URL("../.cache/soak.mjs", import.meta.url)
mkdirSync(new URL(".", file), { recursive: true })
const bundle = await rolldown({
  input: "test/soak/soak.ts",
  platform: "node",
  external: (id) => !id.startsWith(".") && !id.startsWith("/"),
})
await bundle.write({ file: file.pathname, format: "esm" })
const { soak } = await import(file.href)
process.exit(await soak({ minutes, seed }))
