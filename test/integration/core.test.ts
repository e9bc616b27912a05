import { readFileSync } from "node:fs"
import { runInThisContext } from "node:vm"
import { expect, test } from "vitest"
import { WebSocket } from "ws"
import type { SocketConstructor } from "../../src/client/index.ts"
import { connectFrontEnd } from "../../src/frontend/index.ts"
import { startBridge } from "../../src/server/index.ts"

/** The build weighs it, so it has to be worth its weight. */
test("the core of the client answers evals by itself, also over a bounce", async () => {
  let bridge = await startBridge({ port: 0 })
  const { port, token } = bridge
  runInThisContext(readFileSync(new URL("../../.cache/core.js", import.meta.url), "utf8"))
  const { replBridge } = globalThis
  await replBridge!.connect({
    url: `http://127.0.0.1:${port}`,
    token,
    WebSocket: WebSocket as unknown as SocketConstructor,
  })
  const readyAgain = new Promise((ready) => replBridge!.on("ready", ready))
  await bridge.stop()
  bridge = await startBridge({ port, token })
  await readyAgain

  const frontEnd = await connectFrontEnd({ bridge, name: "test" })
  expect(await frontEnd.evaluate("40 + 2")).toMatchObject({ outcome: "value", result: { description: "42" } })
  expect(await frontEnd.evaluate("null.x")).toMatchObject({
    outcome: "thrown",
    result: { exception: { description: expect.stringMatching(/^TypeError/) } },
  })
  await replBridge!.disconnect()
  await frontEnd.close()
  await bridge.stop()
})
