import { describe, expect, test } from "vitest"
import { swapStylesheets } from "./stylesheets.ts"

/** A document that is nothing but a list of stylesheet links. */
function documentWith(...hrefs: string[]) {
  const links: FakeLink[] = []

  class FakeLink extends EventTarget {
    readonly attributes = new Set(["integrity"])
    href: string
    constructor(href: string) {
      super()
      this.href = href
    }
    cloneNode(): FakeLink {
      return new FakeLink(this.href)
    }
    removeAttribute(name: string): void {
      this.attributes.delete(name)
    }
    after(link: FakeLink): void {
      links.splice(links.indexOf(this) + 1, 0, link)
    }
    remove(): void {
      if (links.includes(this)) links.splice(links.indexOf(this), 1)
    }
  }

  for (const href of hrefs) links.push(new FakeLink(href))
  const document = { querySelectorAll: () => [...links] } as unknown as Document
  let swaps = 0
  return {
    swap: (...paths: string[]) => swapStylesheets(document, paths, ++swaps),
    fire: (href: string, type: "load" | "error") =>
      links.find((link) => link.href === href)?.dispatchEvent(new Event(type)),
    hrefs: () => links.map((link) => link.href),
    links,
  }
}

const site = "http://localhost:3000"

describe("a swap of stylesheets", () => {
  test("keeps the old one until the new one is there", () => {
    const { swap, fire, hrefs } = documentWith(`${site}/a.css`, `${site}/b.css`)
    swap("/a.css")
    expect(hrefs()).toEqual([`${site}/a.css`, `${site}/a.css?repl-bridge=1`, `${site}/b.css`])
    fire(`${site}/a.css?repl-bridge=1`, "load")
    expect(hrefs()).toEqual([`${site}/a.css?repl-bridge=1`, `${site}/b.css`])
  })

  test("finds the file under a prefix of the site, and no other that ends alike", () => {
    const { swap, hrefs } = documentWith(`${site}/shop/css/a.css`, `${site}/shop/ba.css`)
    swap("/css/a.css", "/a.css")
    expect(hrefs()).toEqual([`${site}/shop/css/a.css`, `${site}/shop/css/a.css?repl-bridge=1`, `${site}/shop/ba.css`])
  })

  test("keeps the old one for good if the new one does not come", () => {
    const { swap, fire, hrefs } = documentWith(`${site}/a.css`)
    swap("/a.css")
    fire(`${site}/a.css?repl-bridge=1`, "error")
    expect(hrefs()).toEqual([`${site}/a.css`])
  })

  test("keeps the rest of the address, and asks for no integrity", () => {
    const { swap, fire, links, hrefs } = documentWith(`${site}/a.css?theme=dark`)
    swap("/a.css")
    fire(`${site}/a.css?theme=dark&repl-bridge=1`, "load")
    swap("/a.css")
    expect(hrefs()[1]).toBe(`${site}/a.css?theme=dark&repl-bridge=2`)
    expect(links[1]?.attributes.size).toBe(0)
  })

  test("overtakes one that is still on its way", () => {
    const { swap, fire, hrefs } = documentWith(`${site}/a.css`)
    swap("/a.css")
    swap("/a.css")
    fire(`${site}/a.css?repl-bridge=2`, "load")
    expect(hrefs()).toEqual([`${site}/a.css?repl-bridge=2`])
  })

  test("passes by links that lead nowhere", () => {
    const { swap, hrefs } = documentWith("", "http://", `${site}/a.css`)
    swap("/a.css")
    expect(hrefs()).toEqual(["", "http://", `${site}/a.css`, `${site}/a.css?repl-bridge=1`])
  })

  test("leaves other stylesheets alone", () => {
    const { swap, hrefs } = documentWith(`${site}/a.css`, `${site}/lib/a.css`)
    swap("/b.css")
    expect(hrefs()).toEqual([`${site}/a.css`, `${site}/lib/a.css`])
  })
})
