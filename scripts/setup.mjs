// `npm run setup`: what the tests need beside the npm packages.
import { ensureBrowser } from "./browser.mjs"

try {
  ensureBrowser()
} catch (error) {
  console.error(`setup: ${error.message}`)
  process.exitCode = 1
}
