import { expect, test } from "vitest"
import { changeFor, urlPaths } from "./change.ts"

test("a stylesheet may be served from any folder above it, up to the current one", () => {
  expect(urlPaths("/home/me/shop/public/css/app.css", "/home/me/shop")).toEqual([
    "/public/css/app.css",
    "/css/app.css",
    "/app.css",
  ])
})

test("of a file outside the current folder only the name is told", () => {
  expect(urlPaths("/home/me/shared/app.css", "/home/me/shop")).toEqual(["/app.css"])
})

test("paths are written as browsers write them", () => {
  expect(urlPaths("/shop/a b/100%/ü@1.css", "/shop")).toEqual([
    "/a%20b/100%25/%C3%BC@1.css",
    "/100%25/%C3%BC@1.css",
    "/%C3%BC@1.css",
  ])
})

test("stylesheets are swapped, and scripts evaluated where that is wished for", () => {
  const stylesheet = { kind: "parts", stylesheets: ["/a.css"], scripts: [] }
  for (const onChange of ["reload", "eval"] as const) {
    expect(changeFor("/shop/a.css", "/shop", onChange)).toEqual(stylesheet)
    expect(changeFor("/shop/a.scss", "/shop", onChange)).toEqual({ kind: "page" })
    expect(changeFor("/shop/a.json", "/shop", onChange)).toEqual({ kind: "page" })
  }
  expect(changeFor("/shop/a.mjs", "/shop", "reload")).toEqual({ kind: "page" })
  expect(changeFor("/shop/a.mjs", "/shop", "eval")).toEqual({
    kind: "parts",
    stylesheets: [],
    scripts: ["/shop/a.mjs"],
  })
})
