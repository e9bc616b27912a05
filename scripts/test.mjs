// `npm test`: sets up what the tests need, checks the code, runs every test. The last line counts them.
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const node = (...words) => spawnSync(process.execPath, words, { stdio: "inherit" }).status ?? 1

if (node("scripts/setup.mjs") !== 0) process.exit(1)
const checked = node("scripts/check.mjs")

const folder = mkdtempSync(join(tmpdir(), "repl-bridge-test-"))
const report = join(folder, "report.json")
const tested = node(
  "node_modules/vitest/vitest.mjs",
  "run",
  "--reporter=dot",
  "--reporter=json",
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
)
const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, "utf8"))
rmSync(folder, { recursive: true })

const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : ""
process.exitCode = checked || tested
if (checked) console.log("the checks failed: see above")
if (tested && numFailedTests === 0) console.log("the tests did not run to their end: see above")
console.log(`${numPassedTests} passed, ${numFailedTests} failed${skipped}`)
