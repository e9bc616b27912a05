import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { createFakeClock } from "../../../test/support/fake-clock.ts"
import { runtimeInfo } from "../../../test/support/fake-front-end.ts"
import type { RuntimeInfo } from "../../protocol/index.ts"
import type { FrontEnd } from "../frontend.ts"
import { followSaves, watch } from "./watch.ts"

type Reload = NonNullable<Parameters<FrontEnd["reload"]>[0]>

/** The pages as a front end knows them; `obey` decides whether the bridge passes a reload on. */
function fakePages(obey: (reload: Reload) => Promise<void> = async () => {}) {
  const reloads: Reload[] = []
  let listener: ((runtime: RuntimeInfo) => void) | undefined
  return {
    reloads,
    runtimes: [runtimeInfo()],
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

test("a save reaches the pages that are there, once the burst is over", () => {
  const pages = fakePages()
  const clock = createFakeClock()
  const saves = followSaves(pages, clock)
  saves.saved({ kind: "stylesheets", paths: ["/a.css"] })
  clock.advance(40)
  saves.saved({ kind: "stylesheets", paths: ["/b.css"] })
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
  const saves = followSaves(pages, clock)
  saves.saved({ kind: "page" })
  clock.advance(50)
  await new Promise((done) => setImmediate(done))
  pages.tell(runtimeInfo({ state: "away" }))
  pages.tell(runtimeInfo())
  expect(pages.reloads).toEqual([{ runtime: "r1" }, { runtime: "r1" }])
})

test("closing leaves no timer and no listener", () => {
  const pages = fakePages()
  const clock = createFakeClock()
  const saves = followSaves(pages, clock)
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
