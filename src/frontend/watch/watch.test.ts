import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { createFakeClock } from "../../../test/support/fake-clock.ts"
import { runtimeInfo } from "../../../test/support/fake-front-end.ts"
import type { RuntimeInfo } from "../../protocol/index.ts"
import type { FrontEnd } from "../frontend.ts"
import type { Reran } from "./rerun.ts"
import type { Change } from "./saves.ts"
import { followSaves, watch } from "./watch.ts"

type Reload = NonNullable<Parameters<FrontEnd["reload"]>[0]>

/** The pages as a front end knows them; `obey` decides whether the bridge passes a reload on. */
function fakePages(obey: (reload: Reload) => Promise<void> = async () => {}) {
  const reloads: Reload[] = []
  let listener: ((runtime: RuntimeInfo) => void) | undefined
  return {
    reloads,
    runtimes: [runtimeInfo()],
    evaluate: () => expect.unreachable("nothing is evaluated unless that is wished for"),
    async reload(reload: Reload = {}) {
      reloads.push(reload)
      await obey(reload)
      return []
    },
    on(_: string, added: unknown) {
      listener = added as typeof listener
      return () => (listener = undefined)
    },
    tell: (runtime: RuntimeInfo) => listener?.(runtime),
    get isFollowed() {
      return listener !== undefined
    },
  }
}

const nothing = (): Promise<Reran> => expect.unreachable("no script was saved")
const css = (...stylesheets: readonly string[]): Change => ({ kind: "parts", stylesheets, scripts: [] })
const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

test("a save reaches the pages that are there, once the burst is over", () => {
  const pages = fakePages()
  const clock = createFakeClock()
  const saves = followSaves(pages, clock, nothing)
  saves.saved(css("/a.css"))
  clock.advance(40)
  saves.saved(css("/b.css"))
  clock.advance(49)
  expect(pages.reloads).toEqual([])
  clock.advance(1)
  expect(pages.reloads).toEqual([{ runtime: "r1", stylesheets: ["/a.css", "/b.css"] }])
  saves.saved({ kind: "page" })
  clock.advance(50)
  expect(pages.reloads.slice(1)).toEqual([{ runtime: "r1" }])
})

test("what the bridge did not pass on is done when the page is back", async () => {
  const pages = fakePages(() => Promise.reject(new Error("away")))
  const clock = createFakeClock()
  const saves = followSaves(pages, clock, nothing)
  saves.saved({ kind: "page" })
  clock.advance(50)
  await turn()
  pages.tell(runtimeInfo({ state: "away" }))
  pages.tell(runtimeInfo())
  expect(pages.reloads).toEqual([{ runtime: "r1" }, { runtime: "r1" }])
})

test.each<readonly [Reran, readonly Reload[], asked: number]>([
  ["done", [], 1],
  ["reload", [{ runtime: "r1" }], 1],
  // And again when the page is back.
  ["unheard", [], 2],
])("scripts that were saved are evaluated, and what then is needed is done: %s", async (reran, reloads, asked) => {
  const pages = fakePages()
  const clock = createFakeClock()
  const evaluated: unknown[] = []
  const saves = followSaves(pages, clock, async (...what) => {
    evaluated.push(what)
    return reran
  })
  saves.saved({ kind: "parts", stylesheets: ["/a.css"], scripts: ["/a.js"] })
  clock.advance(50)
  await turn()
  expect(pages.reloads).toEqual([{ runtime: "r1", stylesheets: ["/a.css"] }, ...reloads])
  pages.tell(runtimeInfo({ state: "away" }))
  pages.tell(runtimeInfo())
  expect(evaluated).toEqual(Array.from({ length: asked }, () => ["r1", ["/a.js"]]))
})

test("what an evaluation comes to after the end concerns nobody", async () => {
  const pages = fakePages()
  const clock = createFakeClock()
  let end: (reran: Reran) => void
  const saves = followSaves(pages, clock, () => new Promise((resolve) => (end = resolve)))
  saves.saved({ kind: "parts", stylesheets: [], scripts: ["/a.js"] })
  clock.advance(50)
  saves.close()
  end!("reload")
  await turn()
  expect(pages.reloads).toEqual([])
})

test("closing leaves no timer and no listener", () => {
  const pages = fakePages()
  const clock = createFakeClock()
  const saves = followSaves(pages, clock, nothing)
  saves.saved({ kind: "page" })
  saves.close()
  expect(clock.pending).toBe(0)
  expect(pages.isFollowed).toBe(false)
})

test("a saved file becomes one reload", async () => {
  const cwd = await realpath(await mkdtemp(join(tmpdir(), "repl-bridge-watch-")))
  let obeyed: (reload: Reload) => void
  const reloaded = new Promise<Reload>((resolve) => (obeyed = resolve))
  const pages = fakePages(async (reload) => obeyed(reload))
  const watching = await watch(pages, {
    patterns: ["*.css"],
    cwd,
    onChange: "reload",
    failed: (error) => expect.unreachable(error.message),
  })
  try {
    await writeFile(join(cwd, "a.css"), "a { color: red }")
    expect(await reloaded).toEqual({ runtime: "r1", stylesheets: ["/a.css"] })
    expect(pages.reloads).toHaveLength(1)
  } finally {
    await watching.close()
    await rm(cwd, { recursive: true })
  }
})
