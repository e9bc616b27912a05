import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { createFakeFrontEnd, runtimeInfo } from "../../../test/support/fake-front-end.ts"
import { bufferOf } from "./buffer.ts"
import { candidatesFor, continues, type Language } from "./completing.ts"

const frontEnd = createFakeFrontEnd(runtimeInfo(), runtimeInfo({ number: 2, name: "firefox·shop" }))
const asked: string[] = []
const language: Language = {
  isIncomplete: (code) => code.endsWith("{"),
  async complete(code, offset) {
    asked.push(`${code.slice(0, offset)}|${code.slice(offset)}`)
    const items = ["title", "ti\x1b[2Jtle", "ti\u202etle"].map((text) => ({ text }))
    return { from: offset - 2, to: offset, items }
  },
}

async function complete(text: string): Promise<{ readonly from: number; readonly names: readonly string[] }> {
  const { from, to, items } = await candidatesFor(bufferOf(text), frontEnd, language, new AbortController().signal)
  expect(to).toBe(text.length)
  return { from, names: items.map((item) => item.text) }
}

test.each([
  [".r", 1, ["runtimes", "reload"]],
  [".use ch", 5, ["chrome·shop"]],
  [".reload ", 8, ["chrome·shop", "firefox·shop", "all"]],
  [".exit no", 8, []],
  [".nope no", 8, []],
])("%j", async (text, from, names) => {
  expect(await complete(text)).toEqual({ from, names })
})

test("code is completed by the page, and behind .all too", async () => {
  expect(await complete("document.ti")).toEqual({ from: 9, names: ["title"] })
  expect(await complete(".all document.ti")).toEqual({ from: 14, names: ["title"] })
  expect(asked).toEqual(["document.ti|", "document.ti|"])
})

test("files complete, folders with a slash", async () => {
  const folder = mkdtempSync(join(tmpdir(), "repl-bridge-completing-"))
  writeFileSync(join(folder, "shop.js"), "")
  mkdirSync(join(folder, "shoes"))
  const { names } = await complete(`.load ${folder}/sho`)
  expect(names).toEqual([`${folder}/shoes/`, `${folder}/shop.js`])
  expect(await complete(`.load ${folder}/none/x`)).toMatchObject({ names: [] })
  rmSync(folder, { recursive: true })
})

test.each([
  ["f() {", true],
  [".all f() {", true],
  [".load {", false],
  [".nope {", false],
  ["f()", false],
])("whether %j goes on: %s", (text, goesOn) => {
  expect(continues(text, language)).toBe(goesOn)
})
