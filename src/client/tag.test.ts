import { describe, expect, test } from "vitest"
import { findTag, readTag } from "./tag.ts"

const tag = (src: string, dataset = {}) => ({ src, dataset })
const documentWith = (currentScript: unknown, ...scripts: unknown[]) =>
  ({ currentScript, scripts }) as unknown as Document

const chromium =
  "Error: where am I?\n    at x (http://127.0.0.1:9001/client.js?v=1:1:4711)\n    at http://shop.test/app.js:3:5"
const firefox = "x@http://127.0.0.1:9001/client.js?v=1:1:4711\n@http://shop.test/app.js:3:5\n"

describe("the tag", () => {
  test("is the current script, where there is one", () => {
    const current = tag("http://localhost:9001/client.js")
    expect(findTag(documentWith(current, tag("http://127.0.0.1:9001/client.js?v=1")), chromium)).toBe(current)
  })

  test.each([
    ["Chromium's", chromium],
    ["Firefox's", firefox],
  ])("of a module is the one whose URL stands in %s stack", (_, stack) => {
    const module = tag("http://127.0.0.1:9001/client.js?v=1", { name: "shop" })
    expect(findTag(documentWith(null, tag("http://shop.test/client.js"), module), stack)).toBe(module)
  })

  test("is made up where the script was imported", () => {
    expect(findTag(documentWith(null), firefox)).toEqual(tag("http://127.0.0.1:9001/client.js?v=1"))
  })

  test("is made up in a worker, which has no document", () => {
    expect(findTag(undefined, chromium)).toEqual(tag("http://127.0.0.1:9001/client.js?v=1"))
  })

  test("is unknown where nothing tells", () => {
    expect(findTag(documentWith(null), undefined)).toBeUndefined()
    expect(findTag(documentWith(tag("")), undefined)).toBeUndefined()
    expect(findTag(undefined, "Error: where am I?\n    at http://shop.test/app.js:3:5")).toBeUndefined()
  })
})

describe("what a tag says", () => {
  test("with a key in its address, that it is meant to be remote, and how it comes in [P49]", () => {
    expect(readTag(tag("https://192.168.1.20:9001/client.js?key=k3y"))).toMatchObject({
      url: "https://192.168.1.20:9001",
      token: "k3y",
      allowRemote: true,
    })
    expect(readTag(tag("http://localhost:9001/client.js"))).not.toHaveProperty("token")
  })

  test("is where it came from, and nothing else by itself", () => {
    expect(readTag(tag("https://localhost:9001/client.js?v=1"))).toEqual({
      url: "https://localhost:9001",
      backoff: {},
      heartbeat: true,
      allowRemote: false,
      frames: false,
    })
  })

  test("is read from its data attributes", () => {
    const dataset = {
      name: "shop",
      maxAttempts: "5",
      backoffBase: "500",
      backoffCap: "4000",
      heartbeat: "off",
      allowRemote: "",
      frames: "",
    }
    expect(readTag(tag("http://127.0.0.1:9001/client.js", dataset))).toEqual({
      url: "http://127.0.0.1:9001",
      name: "shop",
      maxAttempts: 5,
      backoff: { base: 500, cap: 4000 },
      heartbeat: false,
      allowRemote: true,
      frames: true,
    })
  })
})
