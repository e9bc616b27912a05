// Finds the browser that the tests drive, and installs one where there is none.
import { createRequire } from "node:module"
import { execFileSync, spawnSync } from "node:child_process"
import { accessSync, constants, existsSync } from "node:fs"
import { delimiter, join } from "node:path"

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
const places = {
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ],
  win32: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
  ],
}

/** @typedef {{ env: Record<string, string | undefined>, platform: string, isRoot: boolean, hasApt: boolean, isExecutable: (path: string) => boolean, playwrightPath: string }} Machine */
/** @typedef {{ step: "use", path: string, found: string } | { step: "apt" } | { step: "playwright" } | { step: "fail", message: string }} Plan */

/**
 * What to do to have a browser on this machine. Pure.
 * @param {Machine} machine
 * @returns {Plan}
 */
export function planBrowser(machine) {
  const { env, platform, isRoot, hasApt, isExecutable } = machine
  const chosen = env.CHROME_PATH
  if (chosen) {
    if (isExecutable(chosen)) return { step: "use", path: chosen, found: "CHROME_PATH" }
    return { step: "fail", message: `CHROME_PATH is ${chosen}, which cannot be run: correct it, or unset it` }
  }
  const onPath = (env.PATH ?? "").split(platform === "win32" ? ";" : delimiter).filter(Boolean)
  const candidates = onPath.flatMap((folder) => names.map((name) => join(folder, name))).concat(places[platform] ?? [])
  const installed = candidates.find(isExecutable)
  if (installed) return { step: "use", path: installed, found: "installed browser" }
  const { playwrightPath } = machine
  if (isExecutable(playwrightPath)) return { step: "use", path: playwrightPath, found: "playwright's browser" }
  if (hasApt && isRoot) return { step: "apt" }
  return { step: "playwright" }
}

/** @returns {Machine} */
function thisMachine() {
  return {
    env: process.env,
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    hasApt: existsSync("/etc/debian_version") && existsSync("/usr/bin/apt-get"),
    isExecutable: (path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    },
    // Read only where no other browser is: what it loads is large.
    get playwrightPath() {
      return createRequire(import.meta.url)("playwright-core").chromium.executablePath()
    },
  }
}

/**
 * The path of a Chrome or Chromium.
 * @throws when there is none: a browser test never skips
 */
export function findBrowser() {
  const plan = planBrowser(thisMachine())
  if (plan.step === "use") return plan.path
  throw new Error(plan.step === "fail" ? plan.message : "no Chrome or Chromium here: run `npm run setup` first")
}

/** Like {@link findBrowser}, but installs one first where there is none, and says what it does. */
export function ensureBrowser(say = console.log) {
  const plan = planBrowser(thisMachine())
  if (plan.step === "fail") throw new Error(plan.message)
  if (plan.step === "use") {
    say(`browser: ${plan.path} (${plan.found})`)
    return plan.path
  }
  const help = "install Chrome or Chromium yourself, or set CHROME_PATH to one"
  if (plan.step === "apt") {
    say("browser: none found, installing Debian's chromium")
    const apt = (...words) =>
      execFileSync("apt-get", ["-o", "DPkg::Lock::Timeout=600", "-qq", "-y", ...words], {
        stdio: ["ignore", "ignore", "inherit"],
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      })
    try {
      apt("update")
      apt("install", "--no-install-recommends", "chromium")
    } catch (cause) {
      throw new Error(`apt-get could not install chromium: ${help}`, { cause })
    }
  } else {
    say("browser: none found, installing playwright's chromium")
    const cli = new URL("../node_modules/playwright-core/cli.js", import.meta.url).pathname
    const { status } = spawnSync(process.execPath, [cli, "install", "chromium"], { stdio: "inherit" })
    if (status !== 0) throw new Error(`playwright could not install chromium: ${help}`)
  }
  return findBrowser()
}
