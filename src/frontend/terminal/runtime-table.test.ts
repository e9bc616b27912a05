import { expect, test } from "vitest"
import { runtimeInfo } from "../../../test/support/fake-front-end.ts"
import { runtimeTable } from "./runtime-table.ts"

test("columns line up, whatever the names", () => {
  const runtimes = [
    runtimeInfo(),
    runtimeInfo({ number: 12, name: "firefox·日本", state: "away", visible: false, title: "" }),
    runtimeInfo({ number: 13, busyMs: 125_900 }),
  ]
  expect(runtimeTable(runtimes)).toEqual([
    "1   chrome·shop   ready           http://localhost:3000/  shop",
    "12  firefox·日本  away            http://localhost:3000/    (hidden)",
    "13  chrome·shop   busy 2 min 5 s  http://localhost:3000/  shop",
  ])
})

test("a URL that is not of the verified origin is not believed", () => {
  const [row] = runtimeTable([runtimeInfo({ url: "http://localhost:3000.evil.example/", title: "\x1b[2J" })])
  expect(row).toBe(
    "1  chrome·shop  ready  http://localhost:3000 (it says http://localhost:3000.evil.example/)  \\x1B[2J",
  )
})
