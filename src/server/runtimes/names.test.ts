import * as fc from "fast-check"
import { expect, it } from "vitest"
import { isName, nameFor, type Named } from "./names.ts"

const page: Named = { kind: "page", userAgent: "", title: "", url: "http://localhost:3000/" }
const nobody = (): boolean => false

it.each([
  ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36", "chrome"],
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
    "chrome",
  ],
  [
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0",
    "edge",
  ],
  [
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 OPR/140.0",
    "opera",
  ],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", "firefox"],
  ["Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15", "safari"],
  ["curl/8", "browser"],
])("%s is called by its browser", (userAgent, browser) => {
  expect(nameFor({ ...page, userAgent, title: "Shop" }, nobody)).toBe(`${browser}·shop`)
})

it.each([
  [{ title: "Shop – Checkout (3)" }, "browser·shop-checkout-3"],
  [{ title: "The quick brown fox jumps over" }, "browser·the-quick-brown-fox"],
  [{ title: "Donaudampfschifffahrtsgesellschaft" }, "browser·donaudampf"],
  [{ title: "東京 店" }, "browser·東京-店"],
  [{ title: "🛒" }, "browser·localhost-3000"],
  [{ title: "", url: "about:blank" }, "browser·about-blank"],
  [{ kind: "node", title: "worker", url: "" }, "node·worker"],
  [{ kind: "deno", title: "", url: "file:///srv/job.ts" }, "deno·job-ts"],
  [{ kind: "worker", title: "", url: "http://localhost:3000/js/price-list.js?v=2" }, "browser·price-list"],
  [{ kind: "worker", title: "", url: "blob:http://localhost:3000/1-2" }, "browser·1-2"],
  [{ kind: "frame", title: "", url: "about:srcdoc" }, "browser·about-srcdoc"],
  [{ kind: "bun", title: "", url: "" }, "bun·bun"],
] satisfies [Partial<Named>, string][])("%j", (fields, name) => {
  expect(nameFor({ ...page, ...fields }, nobody)).toBe(name)
})

it("a name that is taken is counted up", () => {
  const taken = new Set(["browser·shop", "browser·shop-2"])
  expect(nameFor({ ...page, title: "shop" }, (name) => taken.has(name))).toBe("browser·shop-3")
})

it("whatever the page says, its name is one harmless word", () => {
  const texts = fc.oneof(fc.string({ unit: "binary-ascii", maxLength: 40 }), fc.string({ unit: "grapheme" }))
  fc.assert(
    fc.property(fc.record({ kind: texts, userAgent: texts, title: texts, url: texts }), (named) => {
      expect(isName(nameFor(named, nobody))).toBe(true)
    }),
  )
})

it("names that a runtime brings are taken only where they can stand for it alone", () => {
  for (const name of ["chrome·shop", "chrome·shop-2", "cart", "Warenkorb_2", "東京"]) expect(isName(name)).toBe(true)
  for (const name of ["", "7", "all", "two words", "a\u001b[2J", "a\u202eb", "-x", "x".repeat(49)])
    expect(isName(name)).toBe(false)
})
