import { mkdir, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest"
import { openDesk, type Desk } from "../support/bridge-process.ts"
import { openBrowser } from "../support/browser.ts"

let browser: Browser
let desk: Desk

beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())
beforeEach(async () => {
  desk = await openDesk()
  await mkdir(join(desk.folder, "site"))
})
afterEach(() => desk.clear())

/** At once: else it could be empty for a moment, and be evaluated so. */
async function save(file: string, text: string): Promise<void> {
  const written = join(desk.folder, "site", `.${file}`)
  await writeFile(written, text)
  await rename(written, join(desk.folder, "site", file))
}

/** Serves and watches the folder. `until` resolves once this was said, since the last time. */
async function serve(): Promise<{ readonly url: string; readonly until: (wanted: RegExp) => Promise<string> }> {
  const child = desk.start("serve", "site", "--no-repl", "--port", "0", "--watch", "site", "--on-change", "eval")
  let said = ""
  let look = (): void => {}
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text
      look()
    })
  }
  const until = (wanted: RegExp): Promise<string> =>
    new Promise((resolve) => {
      look = () => {
        const found = wanted.exec(said)
        if (!found) return
        said = said.slice(found.index + found[0].length)
        look = () => {}
        resolve(found[0])
      }
      look()
    })
  // Its address is said once it watches.
  return { url: await until(/http:\/\/localhost:\d+\/(?=\n)/), until }
}

async function open(url: string): Promise<Page> {
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  await page.goto(url)
  await ready(page)
  return page
}

const ready = (page: Page) => page.waitForFunction(() => (globalThis as any).replBridge?.state === "ready")
const evaluate = async (code: string) => JSON.parse((await desk.run("eval", code, "--json")).stdout).result

test("`--watch --on-change eval`: a saved script is evaluated where it is, and only what takes a reload reloads", async () => {
  await save("index.html", `<script src="app.js"></script><script type="module" src="main.js"></script>`)
  await save("app.js", `var greeting = "hello"\nfunction greet() { return greeting }`)
  await save("main.js", `import { state } from "./state.js"\nglobalThis.runs = ++state.runs`)
  await save("state.js", `export const state = { runs: 0 }`)
  const { url, until } = await serve()
  const page = await open(url)
  await page.waitForFunction(() => (globalThis as any).runs === 1)
  await page.evaluate("globalThis.kept = 'kept'")

  await save("app.js", `var greeting = "good evening"\nfunction greet() { return greeting + "!" }`)
  await until(/watch › var greeting = "good evening" \(value\)/)
  expect(await evaluate("[kept, greet()]")).toMatchObject({ value: ["kept", "good evening!"] })

  await save("main.js", `import { state } from "./state.js"\nglobalThis.runs = [++state.runs, "anew"]`)
  await until(/watch › await import\(.*\(value\)/)
  expect(await evaluate("[kept, ...runs]")).toMatchObject({ value: ["kept", 2, "anew"] })

  await save("app.js", `var greeting = "good evening"\n\nnope(greeting)`)
  await until(/app\.js:3:1: ReferenceError: nope is not defined/)
  await save("app.js", `var greeting =`)
  await until(/app\.js:1:\d+: SyntaxError: /)
  expect(await evaluate("[kept, greet()]")).toMatchObject({ value: ["kept", "good evening!"] })

  // What others hold of it cannot be replaced, nor what a page declared by const.
  await save("app.js", `var greeting = "hello"`)
  await until(/watch › var greeting = "hello" \(value\)/)
  const reloaded = page.waitForEvent("load")
  await save("state.js", `export const state = { runs: 10 }`)
  await reloaded
  await ready(page)
  expect(await evaluate("[runs, typeof kept]")).toMatchObject({ value: [[11, "anew"], "undefined"] })
  const reloadedAgain = page.waitForEvent("load")
  await save("app.js", `const greeting = "good night"`)
  await reloadedAgain
  await ready(page)
  expect(await evaluate("greeting")).toMatchObject({ value: "good night" })
})

test("a page that was away gets what was saved last, once, when it returns", async () => {
  await save("index.html", `<script src="app.js"></script>`)
  await save("app.js", "globalThis.runs = 1")
  const { url, until } = await serve()
  const away = await open(url)
  await away.goto("about:blank")
  await until(/ is here: 1,/)
  await open(url)
  // As soon as the other has it, it was saved for both.
  await save("app.js", "runs += 10")
  await until(/watch › runs \+= 10 \(value\)/)
  await save("app.js", "runs += 100")
  await until(/watch › runs \+= 100 \(value\)/)
  await away.goBack({ waitUntil: "commit" })
  await until(/watch › runs \+= 100 \(value\)/)
  expect(await away.evaluate("runs")).toBe(101)
})
