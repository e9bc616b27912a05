import { chromium, type Browser } from "playwright-core"
import { findBrowser } from "../../scripts/browser.mjs"
import { quietFlags } from "./quiet-flags.ts"

export * from "./pages.ts"

/** A real Chromium with a fresh profile. Close it when done. */
export function openBrowser(...flags: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: findBrowser(),
    args: [...quietFlags, ...flags],
    // Users' browsers keep pages they may return to.
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  })
}
