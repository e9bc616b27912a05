import { expect, test } from "vitest"
import { planBrowser } from "../../scripts/browser.mjs"

const machine = {
  env: { PATH: "/usr/local/bin:/usr/bin" } as Record<string, string | undefined>,
  platform: "linux",
  isRoot: true,
  hasApt: true,
  isExecutable: (_path: string): boolean => false,
  playwrightPath: "/cache/chrome",
}
const only = (path: string) => (asked: string) => asked === path

test("CHROME_PATH comes first", () => {
  const plan = planBrowser({ ...machine, env: { ...machine.env, CHROME_PATH: "/my/chrome" }, isExecutable: () => true })
  expect(plan).toEqual({ step: "use", path: "/my/chrome", found: "CHROME_PATH" })
})

test("a wrong CHROME_PATH fails loudly, even where another browser is installed", () => {
  const plan = planBrowser({
    ...machine,
    env: { ...machine.env, CHROME_PATH: "/my/chrome" },
    isExecutable: only("/usr/bin/chromium"),
  })
  expect(plan).toEqual({
    step: "fail",
    message: "CHROME_PATH is /my/chrome, which cannot be run: correct it, or unset it",
  })
})

test.each(["/usr/bin/chromium", "/usr/local/bin/google-chrome"])("an installed browser at %s is used", (path) => {
  expect(planBrowser({ ...machine, isExecutable: only(path) })).toMatchObject({ step: "use", path })
})

test("a browser that playwright installed earlier is used", () => {
  expect(planBrowser({ ...machine, isExecutable: only("/cache/chrome") })).toMatchObject({ path: "/cache/chrome" })
})

test("with none, root on Debian installs by apt-get and everyone else by playwright", () => {
  expect(planBrowser(machine)).toEqual({ step: "apt" })
  expect(planBrowser({ ...machine, isRoot: false })).toEqual({ step: "playwright" })
  expect(planBrowser({ ...machine, hasApt: false })).toEqual({ step: "playwright" })
})
