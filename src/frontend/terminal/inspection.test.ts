import { expect, test } from "vitest"
import { describe } from "../../client/describe.ts"
import { previewLimits, type RemoteObject } from "../../protocol/index.ts"
import type { ExpandOptions } from "../frontend.ts"
import { createInspection } from "./inspection.ts"
import { plainStyle } from "./style.ts"

const sent = (value: unknown, expansion?: ExpandOptions): RemoteObject =>
  JSON.parse(JSON.stringify(describe(value, { keep: () => "s1.1", ...(expansion && { expansion }) })))

/** All pages of a value that lives here. */
async function pages(value: unknown): Promise<readonly string[]> {
  const expand = async (_: string, wish: ExpandOptions = {}): Promise<RemoteObject> => sent(value, wish)
  const inspection = createInspection({ expand }, plainStyle, () => 80)
  const shown: string[] = []
  for (let page: string | undefined = await inspection.begin(sent(value)); page !== undefined;) {
    shown.push(page)
    page = await inspection.goOn()
  }
  return shown
}

test("shows at greater depth", async () => {
  const [page] = await pages({ a: { b: { c: { d: { e: { f: new Map([[1, { g: 1 }]]) } } } } } })
  expect(page).toContain("g: 1")
  const [exact] = await pages({ a: { b: { c: { d: { e: { f: [1] } } } } } })
  expect(exact).toContain("f: [ 1 ]")
})

test("a long text comes page by page, and each says how many lines are left", async () => {
  const shown = await pages(Array.from({ length: 250 }, (_, n) => ({ [`name${n}`]: new Date(n) })))
  expect(shown).toHaveLength(3)
  expect(shown[0]).toMatch(/\n… 152 more lines: \.more$/)
  expect(shown.join("\n").match(/name\d+/g)).toHaveLength(250)
})

test.each([
  ["list", Array.from({ length: 2500 }, (_, n) => new Date(n))],
  ["set", new Set(Array.from({ length: 2500 }, (_, n) => new Date(n)))],
  ["map", new Map(Array.from({ length: 2500 }, (_, n) => [n, new Date(n)]))],
  ["object", Object.fromEntries(Array.from({ length: 2500 }, (_, n) => [`key ${n}`, new Date(n)]))],
])("a long %s goes on where it was cut, to its end", async (_, value) => {
  const text = (await pages(value)).join("\n")
  for (const n of [0, 999, 1000, 1999, 2000, 2499]) {
    expect(text.split(new Date(n).toISOString()), String(n)).toHaveLength(2)
  }
  expect(text).toMatch(/… after the first [\d,]+\n/)
})

test("of what is gone it says so", async () => {
  const expand = async (): Promise<RemoteObject> => {
    throw new Error("its page was reloaded or is gone, and the value with it")
  }
  const inspection = createInspection({ expand }, plainStyle, () => 80)
  await expect(inspection.begin(sent(new Set([[[[[[1]]]]]])))).rejects.toThrow("its page was reloaded")
})

test("is never more than the length that was asked for", () => {
  expect(
    JSON.stringify(sent(globalThis, { depth: 10, count: 1000, length: 2 * previewLimits.length })).length,
  ).toBeLessThan(2.2 * previewLimits.length)
})
