import { mkdir, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { openDesk } from "../support/bridge-process.ts"
import { openBrowser } from "../support/browser.ts"

test("`--watch --on-change eval`: a saved script is evaluated where it is, and only what takes a reload reloads", async () => {
  const browser = await openBrowser()
  onTestFinished(() => browser.close())
  const desk = await openDesk()
  onTestFinished(() => desk.clear())
  /** At once: else it could be empty for a moment, and be evaluated so. */
  async function save(file: string, text: string): Promise<void> {
    const written = join(desk.folder, "site", `.${file}`)
    await writeFile(written, text)
    await rename(written, join(desk.folder, "site", file))
  }
  await mkdir(join(desk.folder, "site"))
  await save("index.html", `<script src="app.js"></script><script type="module" src="main.js"></script>`)
  await save("app.js", `var greeting = "hello"\nfunction greet() { return greeting }`)
  await save("main.js", `import { state } from "./state.js"\nglobalThis.runs = ++state.runs`)
  await save("state.js", `export const state = { runs: 0 }`)

  const child = desk.start("serve", "site", "--no-repl", "--port", "0", "--watch", "site", "--on-change", "eval")
  let said = ""
  let look = (): void => {}
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text
      look()
    })
  }
  /** Resolves once this was said, since the last time. */
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
  const evaluate = async (code: string) => JSON.parse((await desk.run("eval", code, "--json")).stdout).result

  // Its address is said once it watches.
  const url = await until(/http:\/\/localhost:\d+\/(?=\n)/)
  const page = await browser.newPage()
  await page.goto(url)
  await page.waitForFunction(() => (globalThis as any).replBridge?.state === "ready" && (globalThis as any).runs === 1)
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
  await page.waitForFunction(() => (globalThis as any).replBridge?.state === "ready")
  expect(await evaluate("[runs, typeof kept]")).toMatchObject({ value: [[11, "anew"], "undefined"] })
  const reloadedAgain = page.waitForEvent("load")
  await save("app.js", `const greeting = "good night"`)
  await reloadedAgain
  await page.waitForFunction(() => (globalThis as any).replBridge?.state === "ready")
  expect(await evaluate("greeting")).toMatchObject({ value: "good night" })
})
