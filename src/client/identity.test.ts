import { describe, expect, test } from "vitest"
import { createIdentity } from "./identity.ts"
import { capturePlatform, type Platform } from "./platform.ts"

type Storage = NonNullable<Platform["storage"]>

function memory(): Storage & { readonly items: Map<string, string> } {
  const items = new Map<string, string>()
  return { items, getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) }
}

const identityIn = (storage: Storage | undefined, window?: object) =>
  createIdentity({ ...capturePlatform(), storage, window: window as Platform["window"] })

const given = { runtime: "r-1", number: 3, name: "chrome·shop" }

describe("a runtime's identity", () => {
  test("[L41] survives a reload, with the number and name that the bridge gave, in a new session", () => {
    const storage = memory()
    const before = identityIn(storage)
    before.keep({ ...given, runtime: before.offer().runtime })
    const after = identityIn(storage)
    expect(after.offer()).toEqual({ ...given, runtime: before.offer().runtime })
    expect(after.session).not.toBe(before.session)
  })

  test("[L41] survives a reload before a bridge has answered, from the first hello on", () => {
    const storage = memory()
    const before = identityIn(storage)
    expect(storage.items.size).toBe(0)
    const offered = before.offer()
    expect(identityIn(storage).offer()).toEqual(offered)
  })

  test("[L41] is another one from the moment on that the bridge gives another id", () => {
    const storage = memory()
    const duplicate = identityIn(storage)
    duplicate.keep(given)
    expect(duplicate.offer().runtime).toBe("r-1")
    expect(identityIn(storage).offer().runtime).toBe("r-1")
  })

  test("is random, and safe in a header", () => {
    const { offer, session } = identityIn(memory())
    const { runtime } = offer()
    expect(runtime).toMatch(/^\d+(-\d+){3}$/)
    expect(session).toMatch(/^\d+(-\d+){3}$/)
    expect(runtime).not.toBe(session)
  })

  test.each<[string, Storage | undefined]>([
    ["is not there", undefined],
    ["holds something else", { getItem: () => "<nonsense>", setItem: () => {} }],
    [
      "throws",
      {
        getItem: () => {
          throw new Error("forbidden")
        },
        setItem: () => {
          throw new Error("full")
        },
      },
    ],
  ])("lives in memory where storage %s", (_, storage) => {
    const identity = identityIn(storage)
    expect(identity.offer().runtime).toMatch(/^\d+(-\d+){3}$/)
    identity.keep(given)
    expect(identity.offer()).toEqual(given)
  })

  test("is one for each frame of a tab", () => {
    const top: Record<string, unknown> = { length: 2 }
    top["parent"] = top
    const first: Record<string, unknown> = { parent: top, length: 1 }
    const second = { parent: top, length: 0 }
    const inner = { parent: first, length: 0 }
    Object.assign(top, [first, second])
    Object.assign(first, [inner])
    const storage = memory()
    for (const window of [top, first, second, inner]) identityIn(storage, window).keep(given)
    expect([...storage.items.keys()]).toEqual(["repl-bridge", "repl-bridge.0", "repl-bridge.1", "repl-bridge.0.0"])
  })
})
