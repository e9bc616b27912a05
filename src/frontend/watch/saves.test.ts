import { expect, test } from "vitest"
import { noSaves, step, type Change, type SavesEffect, type SavesEvent } from "./saves.ts"

const css = (...stylesheets: readonly string[]): Change => ({ kind: "parts", stylesheets, scripts: [] })
const js = (...scripts: readonly string[]): Change => ({ kind: "parts", stylesheets: [], scripts })
const page: Change = { kind: "page" }
const saved = (change: Change): SavesEvent => ({ type: "saved", change })
const due: SavesEvent = { type: "due" }
const runtime = (id: string, state: "ready" | "away" | "gone", session = `${id}-1`): SavesEvent => ({
  type: "runtime",
  runtime: { id, session, state },
})

/** The effects of the last of these events, each at its time. */
function play(...events: readonly (SavesEvent | readonly [at: number, SavesEvent])[]): readonly SavesEffect[] {
  let state = noSaves
  let effects: readonly SavesEffect[] = []
  for (const entry of events) {
    const [at, event] = "type" in entry ? [0, entry] : entry
    ;({ state, effects } = step(state, event, at))
  }
  return effects
}

const tell = (id: string, change: Change, session = `${id}-1`): SavesEffect => ({
  do: "tell",
  runtime: id,
  session,
  change,
})

test("a save is acted upon once all is quiet for 50 ms", () => {
  expect(play(runtime("a", "ready"), saved(page))).toEqual([{ do: "arm", ms: 50 }])
  expect(play(runtime("a", "ready"), saved(page), [40, saved(page)])).toEqual([{ do: "arm", ms: 50 }])
  expect(play(runtime("a", "ready"), saved(page), [40, saved(page)], [90, due])).toEqual([tell("a", page)])
  expect(play(runtime("a", "ready"), saved(page), [50, due], [60, due])).toEqual([])
})

test("a burst that does not end is acted upon every second", () => {
  expect(play(saved(page), [980, saved(page)])).toEqual([{ do: "arm", ms: 20 }])
  expect(play(saved(page), [1500, saved(page)])).toEqual([{ do: "arm", ms: 0 }])
})

test("stylesheets of one burst are swapped together, in every page that is ready", () => {
  const events = [runtime("a", "ready"), runtime("b", "ready"), saved(css("/x.css")), saved(css("/y.css"))]
  const both = css("/x.css", "/y.css")
  expect(play(...events, due)).toEqual([tell("a", both), tell("b", both)])
})

test("anything else in the burst makes it one reload", () => {
  expect(play(runtime("a", "ready"), saved(css("/x.css")), saved(page), saved(css("/y.css")), due)).toEqual([
    tell("a", page),
  ])
})

test("scripts and stylesheets of one burst go together, each once; anything else makes it one reload", () => {
  const events = [
    runtime("a", "ready"),
    saved(js("/x.js")),
    saved(css("/x.css")),
    saved(js("/y.js")),
    saved(js("/x.js")),
  ]
  expect(play(...events, due)).toEqual([
    tell("a", { kind: "parts", stylesheets: ["/x.css"], scripts: ["/x.js", "/y.js"] }),
  ])
  expect(play(...events, saved(page), due)).toEqual([tell("a", page)])
})

test("a page in which evaluating is not enough reloads, once, and not if it did so in the meantime", () => {
  const unable: SavesEvent = { type: "unable", runtime: "a", session: "a-1" }
  const told = [runtime("a", "ready"), saved(js("/x.js")), due]
  expect(play(...told, unable)).toEqual([tell("a", page)])
  expect(play(...told, unable, unable)).toEqual([])
  expect(play(...told, runtime("a", "ready", "a-2"), unable)).toEqual([])
  expect(play(...told, runtime("a", "gone"), unable)).toEqual([])
  expect(play(...told, runtime("a", "away"), unable)).toEqual([])
  expect(play(...told, runtime("a", "away"), unable, runtime("a", "ready"))).toEqual([tell("a", page)])
})

test("a page that is away is told nothing, and catches up once when it is back", () => {
  const away = [runtime("a", "ready"), runtime("a", "away"), saved(css("/x.css")), due, saved(css("/y.css")), due]
  expect(play(...away)).toEqual([])
  expect(play(...away, runtime("a", "ready"))).toEqual([tell("a", css("/x.css", "/y.css"))])
  expect(play(...away, runtime("a", "ready"), runtime("a", "ready"))).toEqual([])
  expect(play(...away, runtime("a", "ready"), runtime("a", "away"), runtime("a", "ready"))).toEqual([])
  expect(play(...away, saved(page), due, runtime("a", "ready"))).toEqual([tell("a", page)])
})

test("a save while a page reloads is not lost: the page may have loaded what was there before", () => {
  const reloading = [runtime("a", "ready"), saved(page), due]
  expect(play(...reloading, saved(page), due)).toEqual([tell("a", page)])
  expect(play(...reloading, saved(page), due, runtime("a", "away"), runtime("a", "ready", "a-2"))).toEqual([
    tell("a", page, "a-2"),
  ])
  expect(play(...reloading, runtime("a", "away"), runtime("a", "ready", "a-2"))).toEqual([])
})

test("what the bridge could not pass on is owed", () => {
  const unheard: SavesEvent = { type: "unheard", runtime: "a", change: page }
  const events = [runtime("a", "ready"), saved(page), due, unheard, runtime("a", "away")]
  expect(play(...events, runtime("a", "ready"))).toEqual([tell("a", page)])
})

test("a page that is gone, or was never there, is owed nothing", () => {
  expect(play(runtime("a", "away"), saved(page), due, runtime("a", "gone"), runtime("a", "ready"))).toEqual([])
  expect(play(saved(page), due, runtime("a", "ready"))).toEqual([])
})
