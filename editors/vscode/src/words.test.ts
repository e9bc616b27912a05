import { expect, test } from "vitest"
import { choiceOf, readListening, scriptTag, statusBarText, type Runtime } from "./words.ts"

const shop: Runtime = {
  id: "a",
  number: 1,
  name: "chrome·shop",
  state: "ready",
  origin: "http://localhost",
  title: "Shop",
}

test("the status bar tells a bridge that is away from one without pages and one with", () => {
  expect(statusBarText({ bridge: "away", url: null, runtime: null, text: "no bridge" })).toBe(
    "$(debug-disconnect) no bridge",
  )
  expect(statusBarText({ bridge: "refused", url: null, runtime: null, text: "not allowed" })).toBe(
    "$(error) not allowed",
  )
  expect(statusBarText({ bridge: "ready", url: null, runtime: null, text: "no runtime" })).toBe(
    "$(question) no runtime",
  )
  expect(statusBarText({ bridge: "ready", url: null, runtime: shop, text: "chrome·shop" })).toBe("$(zap) chrome·shop")
  expect(statusBarText({ bridge: "ready", url: null, runtime: { ...shop, state: "away" }, text: "x" })).toBe(
    "$(sync) x",
  )
})

test("a page cannot put icons into the status bar or the list", () => {
  expect(statusBarText({ bridge: "ready", url: null, runtime: shop, text: "$(error) shop" })).not.toContain("$(error)")
  expect(Object.values(choiceOf({ ...shop, name: "$(zap)", title: "$(zap)", origin: "$(zap)" })).join()).not.toContain(
    "$(zap)",
  )
})

test("the list says which runtimes are away", () => {
  expect(choiceOf(shop)).toEqual({ label: "1 chrome·shop", description: "http://localhost", detail: "Shop" })
  expect(choiceOf({ ...shop, state: "away" }).label).toBe("1 chrome·shop (away)")
})

test("the tag is made of the address that the bridge says first", () => {
  expect(readListening('{"event":"listening","url":"http://127.0.0.1:9001","port":9001,"pid":1}')).toBe(
    "http://127.0.0.1:9001",
  )
  for (const other of ['{"event":"runtime"}', "null", "port 9001 is taken", ""])
    expect(readListening(other)).toBeUndefined()
  expect(scriptTag("http://127.0.0.1:9001")).toBe('<script async src="http://127.0.0.1:9001/client.js"></script>')
})
