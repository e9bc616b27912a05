import { expect, test } from "vitest"
import type { RemoteObject } from "../../src/protocol/index.ts"
import { openFrontEnd, openStage, shortLink, stateIs, works, type Stage } from "../support/stage.ts"

/** Handles, with the real client in a runtime of this process. */

const code = `({ list: Array.from({ length: 1000 }, (_, n) => ({ n })), get now() { return "ran" } })`

async function handleOf({ frontEnd }: Stage): Promise<string> {
  const { result } = await frontEnd.evaluate(code)
  return (result as RemoteObject).objectId!
}

test("what an outcome does not show is asked for, by any front end and in pieces [P36] [P37]", async () => {
  const stage = await openStage()
  const objectId = await handleOf(stage)
  const other = openFrontEnd(stage.bridge.url)
  await stateIs(other, "ready")
  const { preview } = await other.expand(objectId, { chain: ["list"], offset: 998 })
  expect(preview).toMatchObject({
    kind: "array",
    size: 1000,
    items: [{ entries: [["n", 998]] }, { entries: [["n", 999]] }],
  })
  await expect(other.expand(objectId, { chain: ["now"] })).rejects.toThrow("a getter would have to run")
  expect(await other.expand(objectId, { chain: ["now"], runsGetters: true })).toMatchObject({ value: "ran" })
  expect(await other.look(["Math", "PI"])).toMatchObject({ value: Math.PI })
})

test("a handle outlives a bridge that was killed, and is gone when it was released [P38]", async () => {
  const stage = await openStage({ remote: shortLink })
  const { frontEnd } = stage
  const objectId = await handleOf(stage)
  await stage.kill()
  await stage.revive()
  await works(frontEnd)
  expect(await frontEnd.expand(objectId)).toMatchObject({ type: "object", objectId: expect.any(String) })
  frontEnd.release([objectId])
  await expect(frontEnd.expand(objectId)).rejects.toThrow("no longer kept")
})
