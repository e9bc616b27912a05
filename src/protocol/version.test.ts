import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { packageVersion } from "./version.ts"

test("the package's version is the same in the code and in package.json", () => {
  const file = new URL("../../package.json", import.meta.url)
  expect(packageVersion).toBe((JSON.parse(readFileSync(file, "utf8")) as { version: string }).version)
})
