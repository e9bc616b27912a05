import { describe, expect, test } from "vitest"
import { lookAt, watchPage, type PageEvents } from "./page.ts"

/** As much of a window as a page needs. What is fired at the document passes the window first, as in a browser. */
function fakeWindow() {
  const document = { title: "shop", visibilityState: "visible" }
  const window = Object.assign(new EventTarget(), { document, location: { href: "http://localhost:3000/cart" } })
  return { document, window: window as EventTarget as Window }
}

function watched() {
  const { document, window } = fakeWindow()
  const seen: string[] = []
  const events: PageEvents = {
    changed: () => void seen.push("changed"),
    hint: () => void seen.push("hint"),
    left: (how) => void seen.push(`left ${how}`),
    returned: () => void seen.push("returned"),
  }
  const watch = watchPage(window, events)
  watch.start()
  watch.start()
  return {
    document,
    seen,
    watch,
    fire: (type: string, detail = {}) => window.dispatchEvent(Object.assign(new Event(type), detail)),
  }
}

describe("a page", () => {
  test("shows what front ends are to see of it, as it is now", () => {
    const { window, document } = fakeWindow()
    expect(lookAt(window)).toEqual({ url: "http://localhost:3000/cart", title: "shop", visible: true })
    Object.assign(document, { title: "paid", visibilityState: "hidden" })
    expect(lookAt(window)).toMatchObject({ title: "paid", visible: false })
  })

  test.each(["DOMContentLoaded", "load", "popstate", "hashchange"])("may look different after %s", (type) => {
    const { seen, fire } = watched()
    fire(type)
    expect(seen).toEqual(["changed"])
  })

  test.each(["online", "focus"])("[L17] gives a hint at %s", (type) => {
    const { seen, fire } = watched()
    fire(type)
    expect(seen).toEqual(["hint"])
  })

  test("[L17] gives a hint when it becomes visible, not when it is hidden", () => {
    const { document, seen, fire } = watched()
    document.visibilityState = "hidden"
    fire("visibilitychange")
    document.visibilityState = "visible"
    fire("visibilitychange")
    expect(seen).toEqual(["changed", "changed", "hint"])
  })

  test("[L42] leaves for the back/forward cache and returns", () => {
    const { seen, fire } = watched()
    fire("pagehide", { persisted: true })
    fire("pageshow", { persisted: true })
    expect(seen).toEqual(["left cached", "returned"])
  })

  test("[L42] leaves when it is frozen and returns when it is resumed", () => {
    const { seen, fire } = watched()
    fire("freeze")
    fire("resume")
    expect(seen).toEqual(["left frozen", "returned"])
  })

  test("leaves for good, and a first pageshow is but a hint", () => {
    const { seen, fire } = watched()
    fire("pageshow", { persisted: false })
    fire("pagehide", { persisted: false })
    expect(seen).toEqual(["hint", "left unload"])
  })

  test("[L24] is silent once nobody watches", () => {
    const { seen, watch, fire } = watched()
    watch.stop()
    watch.stop()
    for (const type of ["load", "online", "focus", "pagehide", "pageshow", "popstate"]) fire(type)
    for (const type of ["visibilitychange", "freeze", "resume"]) fire(type)
    expect(seen).toEqual([])
  })
})
