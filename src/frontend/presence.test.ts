import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { readDiscovery, writeDiscovery } from "../discovery/index.ts"
import { createClock } from "./clock.ts"
import { createPresence } from "./presence.ts"

const port = 9001
let folder: string
let ends: (() => void)[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "repl-bridge-presence-"))
  process.env["XDG_STATE_HOME"] = folder
  ends = []
})
afterEach(() => {
  for (const end of ends) end()
  rmSync(folder, { recursive: true })
})

function leaveRecord(token: string): () => void {
  const facts = { url: "http://127.0.0.1:9001", port, pid: process.pid, project: folder, protocol: 1, version: "0" }
  return writeDiscovery({ ...facts, token, startedAt: "" })
}

const unused = (): void => {}

/** Looks for another bridge than the one whose token this is; resolves with the first report. */
function look(dialled: string): Promise<boolean | undefined> {
  return new Promise((report) => {
    const presence = createPresence(
      () => readDiscovery(port)?.token,
      () => dialled,
      createClock(),
    )
    ends.push(presence("ws://127.0.0.1:9001", report, unused, false))
  })
}

test("[L19] the record of another bridge is found: left before the search, or during it", async () => {
  leaveRecord("first")
  expect(await look("none")).toBe(true)
  const found = look("first")
  leaveRecord("second")
  expect(await found).toBe(true)
})

test("[L19] the bridge that was dialled last is no news, also when its record goes", async () => {
  const forget = leaveRecord("first")
  const found = look("first")
  forget()
  leaveRecord("first")
  const isKnown = await Promise.race([found, look("none").then(() => "known")])
  expect(isKnown).toBe("known")
})

test("without a folder of records there is nothing to watch", () => {
  const end = createPresence(
    () => undefined,
    () => undefined,
    createClock(),
  )("ws://127.0.0.1:9001", unused, unused, false)
  end()
  end()
})
