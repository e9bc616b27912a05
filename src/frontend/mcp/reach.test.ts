import { expect, test } from "vitest"
import type { FrontEnd } from "../frontend.ts"
import { createReach } from "./reach.ts"

function frontEndIn(state: FrontEnd["state"]): FrontEnd & { state: FrontEnd["state"]; isClosed: boolean } {
  const frontEnd = { state, isClosed: false, close: async () => void (frontEnd.isClosed = true) }
  return frontEnd as unknown as FrontEnd & { state: FrontEnd["state"]; isClosed: boolean }
}

test("tools that are called at once share one front end, also one that takes the place of another", async () => {
  const connected: ReturnType<typeof frontEndIn>[] = []
  const reach = createReach(async () => {
    const frontEnd = frontEndIn("ready")
    connected.push(frontEnd)
    return frontEnd
  })
  await reach.frontEnd("mcp:a")
  connected[0]!.state = "refused"
  const [one, other] = await Promise.all([reach.frontEnd("mcp:a"), reach.frontEnd("mcp:a")])
  expect(one).toBe(other)
  await reach.close()
  expect(connected.map(({ isClosed }) => isClosed)).toEqual([false, true])
})

test("a bridge that was not there is looked for again by the next call", async () => {
  let calls = 0
  const reach = createReach(async () => {
    if (calls++ === 0) throw new Error("no bridge")
    return frontEndIn("ready")
  })
  await expect(reach.frontEnd("mcp:a")).rejects.toThrow("no bridge")
  expect((await reach.frontEnd("mcp:a")).state).toBe("ready")
})
