import { readdirSync, readFileSync } from "node:fs"
import { expect, test } from "vitest"

/** The catalogue of faults is whole: what is in it has a test that names it, and no test names what is not in it. */

const catalogue = readFileSync(new URL("../fixtures/faults.txt", import.meta.url), "utf8")
const ids = [...catalogue.matchAll(/^[A-I]\d\d/gm)].map(String)

const folder = new URL("../", import.meta.url)
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
  /^(?:integration|browser)\/.*\.test\.ts$/.test(path),
)
/** In a name, or in a table of names. */
const named = new Set(
  files
    .map((path) => readFileSync(new URL(path, folder), "utf8"))
    .flatMap((text) => [...text.matchAll(/\[([A-I]\d\d)\]|\["([A-I]\d\d)",|^ +"([A-I]\d\d)",$/gm)])
    .map(([, ...found]) => found.find(Boolean)),
)

test("each fault of the catalogue is the name of a test", () => {
  expect(ids.length).toBeGreaterThan(70)
  expect(ids.filter((id) => !named.has(id))).toEqual([])
})

test("each fault that a test names is in the catalogue", () => {
  expect([...named].filter((id) => id !== undefined && !ids.includes(id))).toEqual([])
})
