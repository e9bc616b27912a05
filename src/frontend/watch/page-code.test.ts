import { runInNewContext } from "node:vm"
import { expect, test } from "vitest"
import { askFor, importAnew, readFound, type SavedScript } from "./page-code.ts"

const script = (text: string, ...paths: readonly string[]): SavedScript => ({ paths, text })

/** What a runtime answers in which these are served, and where its document, if it has one, has these elements. */
async function ask(
  served: Readonly<Record<string, string>>,
  surroundings: object,
  ...scripts: readonly SavedScript[]
): Promise<unknown> {
  const fetch = async (url: string) => {
    if (served[url] === undefined) throw new TypeError("Failed to fetch")
    return { text: async () => served[url] }
  }
  const code = askFor(scripts, "app.js */ alert(1)")
  const performance = { getEntriesByType: () => [] }
  const answer: unknown = await runInNewContext(`(async () => { return ${code} })()`, {
    performance,
    fetch,
    URL,
    ...surroundings,
  })
  return readFound(String(answer), scripts.length)
}

const at = "http://localhost:3000"
const tagged = (...scripts: readonly (readonly [src: string, type?: string])[]) => ({
  document: { scripts: scripts.map(([src, type = ""]) => ({ src, type })) },
})

test("a page has a script by a script element whose URL serves what was saved", async () => {
  const served = { [`${at}/shop/app.js?v=1`]: "1", [`${at}/main.js`]: "2" }
  const page = tagged([""], [`${at}/shop/app.js?v=1`], [`${at}/main.js`, "module"])
  expect(await ask(served, page, script("1", "/app.js"), script("2", "/src/main.js", "/main.js"))).toEqual([
    { as: "script" },
    { as: "module", url: `${at}/main.js` },
  ])
})

test.each<readonly [string, Readonly<Record<string, string>>, object]>([
  ["another script of that name", { [`${at}/app.js`]: "other" }, tagged([`${at}/app.js`])],
  ["one that cannot be read", {}, tagged([`${at}/app.js`])],
  ["a name that ends like it", { [`${at}/myapp.js`]: "1" }, tagged([`${at}/myapp.js`])],
  ["one that another imports", { [`${at}/app.js`]: "1" }, tagged()],
  ["what is no JavaScript yet", { [`${at}/app.js`]: "1" }, tagged([`${at}/app.js`, "text/babel"])],
  ["one without a server", { "file:///app.js": "1" }, tagged(["file:///app.js"])],
  ["a program without pages", { [`${at}/app.js`]: "1" }, {}],
])("it is not taken for what it may not be: %s", async (_, served, surroundings) => {
  expect(await ask(served, surroundings, script("1", "/app.js"))).toEqual([{ as: "unknown" }])
})

test("of two scripts of one name it is the one that was saved", async () => {
  const served = { [`${at}/a/app.js`]: "1", [`${at}/b/app.js`]: "2" }
  const page = tagged([`${at}/a/app.js`], [`${at}/b/app.js`, "module"])
  expect(await ask(served, page, script("2", "/app.js"))).toEqual([{ as: "module", url: `${at}/b/app.js` }])
})

test("a worker has what it is and what it loaded", async () => {
  const served = { [`${at}/worker.js`]: "1", [`${at}/lib.js`]: "2" }
  const worker = {
    location: { href: `${at}/worker.js` },
    performance: { getEntriesByType: () => [{ name: `${at}/lib.js` }] },
  }
  expect(await ask(served, worker, script("1", "/worker.js"), script("2", "/lib.js"))).toEqual([
    { as: "script" },
    { as: "script" },
  ])
})

test.each(["", "null", "3", '[{"as":"module","url":7}]', '[{"as":"other"}]', "[null]"])(
  "an answer that is none counts as not loaded: %s",
  (answer) => expect(readFound(answer, 1)).toEqual([{ as: "unknown" }]),
)

test("a module is imported by a URL of its own", () => {
  expect(importAnew(`${at}/a.js`, 7)).toBe(`await import("${at}/a.js?repl-bridge=7")`)
  expect(importAnew(`${at}/a.js?b#c`, 7)).toBe(`await import("${at}/a.js?b&repl-bridge=7")`)
})
