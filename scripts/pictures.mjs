// `node scripts/pictures.mjs`: takes the README's picture, of the real thing: a terminal in tmux beside a page in Chromium.
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { chromium } from "playwright-core"
import { findBrowser } from "./browser.mjs"

const folder = mkdtempSync(join(tmpdir(), "repl-bridge-pictures-"))
const bin = new URL("../bin/repl-bridge.js", import.meta.url).pathname
const port = "9137"
const columns = 76
const rows = 27
const palette = ["#5b6472", "#f07178", "#a5d6a7", "#ffd479", "#82aaff", "#c792ea", "#89ddff", "#d7dce6"]

const tmux = (...words) => execFileSync("tmux", ["-L", "repl-bridge-pictures", ...words], { encoding: "utf8" })
const screen = () => tmux("capture-pane", "-p", "-e", "-t", "repl")

async function until(what, isThere) {
  const end = Date.now() + 15_000
  while (!(await isThere())) {
    if (Date.now() > end) throw new Error(`${what} did not come:\n${screen()}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

const shows = (text) => until(text, () => tmux("capture-pane", "-p", "-t", "repl").includes(text))

async function type(line, answer) {
  tmux("send-keys", "-t", "repl", "-l", line)
  await shows(line)
  tmux("send-keys", "-t", "repl", "Enter")
  await shows(answer)
}

const browser = await chromium.launch({
  executablePath: findBrowser(),
  args: ["--headless", "--no-sandbox", "--disable-gpu"],
})
try {
  const size = ["-x", String(columns), "-y", String(rows)]
  const env = ["-e", `XDG_STATE_HOME=${folder}`, "-e", "COLORTERM=truecolor", "-e", "LC_ALL=C.UTF-8"]
  tmux(
    "-f",
    "/dev/null",
    "new-session",
    "-d",
    "-s",
    "repl",
    ...size,
    ...env,
    `${process.execPath} ${bin} serve --port ${port}`,
  )
  await shows("client.js")
  const page = await browser.newPage({ viewport: { width: 680, height: 560 }, deviceScaleFactor: 2 })
  await page.goto(`http://localhost:${port}/demo`)
  await shows("orrery")
  await type("document.title", "'Orrery'")
  await type("const { earth } = planets", "undefined")
  await type('Object.assign(earth, { size: 26, colour: "deepskyblue" })', "deepskyblue")
  await type('sun.colour = "tomato"', "'tomato'")
  await type("await (await fetch('/demo')).text().then((t) => t.length)", "1")
  await page.waitForFunction("sun.colour === 'tomato'")
  const pageImage = (await page.screenshot()).toString("base64")

  const view = await browser.newPage({ viewport: { width: 1380, height: 620 }, deviceScaleFactor: 1 })
  await view.setContent(compose(screen(), pageImage))
  const image = await view.locator("#both").screenshot()
  writeFileSync(new URL("../docs/first-minute.png", import.meta.url), image)
} finally {
  await browser.close()
  spawnSync("tmux", ["-L", "repl-bridge-pictures", "kill-server"])
  rmSync(folder, { recursive: true, force: true })
}

function compose(ansi, pageImage) {
  return `<style>
    body { margin: 0; background: #fff }
    #both { display: flex; gap: 16px; padding: 20px; width: max-content; background: #e9ecf2 }
    pre, img { border-radius: 8px; box-shadow: 0 4px 18px #0004; margin: 0 }
    pre { background: #12161f; color: #d7dce6; padding: 16px; font: 13px/1.5 "DejaVu Sans Mono", monospace; width: ${columns}ch }
    img { width: 680px; height: 560px }
  </style><div id="both"><pre>${toHtml(ansi)}</pre><img src="data:image/png;base64,${pageImage}"></div>`
}

/** Colours and weights of terminal text as HTML. */
function toHtml(text) {
  let style = {}
  return text
    .split(/(\u001b\[[\d;]*m)/)
    .map((part) => {
      const codes = /^\u001b\[([\d;]*)m$/.exec(part)?.[1]
      if (codes === undefined) {
        const css = Object.entries(style).map(([name, value]) => `${name}:${value}`)
        const escaped = part.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
        return css.length > 0 ? `<span style="${css.join(";")}">${escaped}</span>` : escaped
      }
      for (const code of codes.split(";").map(Number)) {
        if (code === 0) style = {}
        else if (code === 1) style["font-weight"] = "bold"
        else if (code === 2) style.opacity = 0.65
        else if (code === 3) style["font-style"] = "italic"
        else if (code === 4) style["text-decoration"] = "underline"
        else if (code === 22) style = { ...style, "font-weight": "normal", opacity: 1 }
        else if (code >= 30 && code <= 37) style.color = palette[code - 30]
        else if (code >= 90 && code <= 97) style.color = palette[code - 90]
        else if (code === 39) delete style.color
      }
      return ""
    })
    .join("")
}
