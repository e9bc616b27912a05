// `node scripts/pictures.mjs [name…]`: takes the README's pictures, of the real thing: a terminal in tmux, pages in Chromium.
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { chromium } from "playwright-core"
import { rolldown } from "rolldown"
import { findBrowser } from "./browser.mjs"

const bin = new URL("../bin/repl-bridge.js", import.meta.url).pathname
const port = 9137
const bridge = `http://localhost:${port}`
const shop = "http://localhost:9138"
const editors = new URL("../editors", import.meta.url).pathname
const emacsSetup = `(progn (setq inhibit-startup-screen t repl-bridge-port ${port} repl-bridge-command (list "${process.execPath}" "${bin}")) (menu-bar-mode -1) (add-hook (quote js-mode-hook) (function repl-bridge-mode)))`
const palette = ["#5b6472", "#f07178", "#a5d6a7", "#ffd479", "#82aaff", "#c792ea", "#89ddff", "#d7dce6"]

const code = `const { earth } = planets

earth.speed * 365

planets.mars.moons.length

earth.
`

/**
 * By name: how many rows the terminal has, what runs in it instead of the bridge, and what happens before the picture
 * is taken; gives what stands beside the terminal.
 */
const scenes = {
  "first-minute": {
    rows: 27,
    async play(open) {
      const page = await open(`${bridge}/demo`, { width: 680, height: 560 })
      await shows("orrery ›")
      await answers("document.title", "'Orrery'")
      await answers("const { earth } = planets", "undefined")
      await answers('Object.assign(earth, { size: 26, colour: "deepskyblue" })', "deepskyblue")
      await answers('sun.colour = "tomato"', "'tomato'")
      await answers("await (await fetch('/demo')).text().then((t) => t.length)", "1")
      await page.waitForFunction("sun.colour === 'tomato'")
      return `<img src="data:image/png;base64,${(await page.screenshot()).toString("base64")}">`
    },
  },

  typing: {
    rows: 14,
    async play(open) {
      await open(`${bridge}/demo`)
      await shows("orrery ›")
      await press("C-l")
      await answers("const [fast, ...others] = Object.values(planets)", "undefined")
      await answers("others.length", "5")
      for (const line of [
        "for (const { speed, colour } of others) {",
        "if (/^#[d-f]/.test(colour)) {",
        "console.log(`${speed} rounds`, speed / fast.speed)",
      ]) {
        await type(line)
        await press("Enter")
      }
      await type("planets.")
      await press("Tab")
      await shows("mercury")
      await press("Tab", "Tab", "Tab")
      await shows("planets.earth")
    },
  },

  console: {
    rows: 8,
    async play(open) {
      const page = await open(shop)
      await shows("shop ›")
      await press("C-l")
      await type("cart.items.map(")
      await shows("cart.items.map(")
      await page.click("text=Add")
      await shows("TypeError")
    },
  },

  all: {
    rows: 12,
    async play(open) {
      await open(`${bridge}/demo`)
      await open(shop)
      await shows("shop is here")
      await type(".use shop")
      await press("Enter", "C-l")
      await answers(".runtimes", "Orrery")
      await answers(".all document.title", "'Shop'")
      await answers(".all navigator.onLine && 6 * 7", "42")
    },
  },

  neovim: {
    rows: 19,
    command: (file) =>
      `nvim -u NONE -i NONE --cmd 'set rtp+=${editors}/neovim noswapfile number laststatus=2 termguicolors background=dark completeopt=menu signcolumn=no' -c 'hi Pmenu guibg=#2a3140 guifg=#d7dce6' -c 'hi PmenuSel guibg=#82aaff guifg=#12161f' -c 'runtime plugin/repl-bridge.lua' -c 'syntax on' -c 'set filetype=javascript' ${file}`,
    async play() {
      await shows("planets.mars")
      const setup = `lua require("repl-bridge").setup({ cmd = { "${process.execPath}", "${bin}", "lsp", "--port", "${port}" }, attach = true })`
      await press("Escape")
      await type(`:${setup}`)
      await press("Enter")
      await type(`:let &statusline='%f%=%{luaeval("require([[repl-bridge]]).status().text")} '`)
      await press("Enter")
      await type(":ReplBridgeAttach")
      await press("Enter")
      await shows("·orrery")
      for (const [line, result] of [
        [1, "undefined"],
        [3, "=> 3"],
        [5, "TypeError"],
      ]) {
        await type(`:${line}`)
        await press("Enter")
        await type(":ReplBridgeEval")
        await press("Enter")
        await shows(result)
      }
      await press("G", "A")
      await press("C-x", "C-o")
      await shows("colour")
    },
  },

  emacs: {
    rows: 12,
    command: (file) => `emacs -nw -Q -L ${editors}/emacs -l repl-bridge --eval '${emacsSetup}' ${file}`,
    async play() {
      await shows("planets.mars")
      await shows("REPL[")
      await shows("orrery]")
      for (const [line, result] of [
        [1, "=> undefined"],
        [3, "=> 3"],
        [5, "TypeError"],
      ]) {
        await press("M-g", "g", String(line), "Enter", "C-c", "C-l")
        await shows(result)
      }
    },
  },
}

const columns = 76
const tmux = (...words) => execFileSync("tmux", ["-L", "repl-bridge-pictures", ...words], { encoding: "utf8" })
const screen = () => tmux("capture-pane", "-p", "-t", "repl")

async function shows(wanted) {
  const end = Date.now() + 60_000
  while (!screen().includes(wanted)) {
    if (Date.now() > end) throw new Error(`${wanted} did not come:\n${screen()}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

async function type(line) {
  tmux("send-keys", "-t", "repl", "-l", line)
  await shows(line.slice(-columns / 3))
}

async function press(...keys) {
  tmux("send-keys", "-t", "repl", ...keys)
}

async function answers(line, answer) {
  await type(line)
  await press("Enter")
  await shows(answer)
}

/** A page with types, a bundle and a source map, as a developer has it. */
async function buildShop(folder) {
  const source = `interface Item { name: string; price?: { amount: number } }
const cart: { items: Item[] } = { items: [{ name: "tea", price: { amount: 4.5 } }] }
Object.assign(globalThis, { cart })

function total(items: Item[]): number {
  return items.reduce((sum, item) => sum + item.price!.amount, 0)
}

document.querySelector("button")!.addEventListener("click", () => {
  cart.items.push({ name: "cup" })
  console.log("added", cart.items.at(-1), { inCart: cart.items.length })
  console.warn("%s has no price", "cup")
  console.log("total", total(cart.items))
})
`
  writeFileSync(join(folder, "shop.ts"), source)
  const bundle = await rolldown({ input: join(folder, "shop.ts") })
  await bundle.write({ file: join(folder, "shop.js"), sourcemap: true, minify: true })
  await bundle.close()
  const page = `<!doctype html><title>Shop</title><button>Add</button><script async src="${bridge}/client.js"></script><script type="module" src="/shop.js"></script>`
  const files = { "/": ["text/html", page] }
  for (const name of ["shop.js", "shop.js.map"]) {
    files[`/${name}`] = ["text/javascript", readFileSync(join(folder, name), "utf8")]
  }
  return createServer((request, response) => {
    const [kind, body] = files[request.url] ?? ["text/plain", ""]
    response.writeHead(200, { "content-type": kind }).end(body)
  }).listen(Number(new URL(shop).port), "localhost")
}

const browser = await chromium.launch({
  executablePath: findBrowser(),
  args: ["--headless", "--no-sandbox", "--disable-gpu"],
})
const folder = mkdtempSync(join(tmpdir(), "repl-bridge-pictures-"))
const server = await buildShop(folder)
try {
  const wanted = process.argv.slice(2)
  for (const name of wanted.length > 0 ? wanted : Object.keys(scenes)) await take(name, scenes[name])
} finally {
  server.close()
  server.closeAllConnections()
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
}

async function take(name, { rows, command, play }) {
  const context = await browser.newContext({ deviceScaleFactor: 1.5 })
  const open = async (url, viewport = { width: 680, height: 560 }) => {
    const page = await context.newPage({ viewport })
    await page.setViewportSize(viewport)
    await page.goto(url)
    return page
  }
  try {
    const size = ["-x", String(columns), "-y", String(rows)]
    const env = ["-e", `XDG_STATE_HOME=${join(folder, name)}`, "-e", "COLORTERM=truecolor", "-e", "LC_ALL=C.UTF-8"]
    const serve = `${process.execPath} ${bin} serve --port ${port}`
    tmux("-f", "/dev/null", "new-session", "-d", "-s", "repl", ...size, ...env, serve)
    await shows("client.js")
    if (command) {
      await open(`${bridge}/demo`)
      await shows("orrery ›")
      const file = join(folder, "orrery.js")
      writeFileSync(file, code)
      tmux("rename-session", "-t", "repl", "bridge")
      tmux("new-session", "-d", "-s", "repl", ...size, ...env, "-e", "TERM=screen-256color", command(file))
    }
    const beside = await play(open)
    const view = await browser.newPage({ viewport: { width: 1380, height: 640 }, deviceScaleFactor: 1.5 })
    await view.setContent(compose(tmux("capture-pane", "-p", "-e", "-t", "repl"), rows, beside))
    const path = new URL(`../docs/${name}.png`, import.meta.url)
    writeFileSync(path, await view.locator("#both").screenshot())
    await view.close()
  } finally {
    await context.close()
    spawnSync("tmux", ["-L", "repl-bridge-pictures", "kill-server"])
  }
}

function compose(ansi, rows, beside = "") {
  return `<style>
    body { margin: 0; background: #fff }
    #both { display: flex; gap: 16px; padding: 20px; width: max-content; background: #e9ecf2 }
    pre, img { border-radius: 8px; box-shadow: 0 4px 18px #0004; margin: 0 }
    pre { background: #12161f; color: #d7dce6; padding: 16px; font: 13px/1.5 "DejaVu Sans Mono", monospace; width: ${columns}ch; height: ${rows * 1.5}em }
    img { width: 680px; height: 560px }
  </style><div id="both"><pre>${toHtml(ansi)}</pre>${beside}</div>`
}

/** Colours and weights of terminal text as HTML. */
function toHtml(ansi) {
  let style = {}
  return ansi
    .split(/(\u001b\[[\d;]*m)/)
    .map((part) => {
      const codes = /^\u001b\[([\d;]*)m$/.exec(part)?.[1]
      if (codes !== undefined) {
        style = styled(style, codes.split(";").map(Number))
        return ""
      }
      const css = Object.entries(style).map(([name, value]) => `${name}:${value}`)
      const escaped = part.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
      return css.length > 0 ? `<span style="${css.join(";")}">${escaped}</span>` : escaped
    })
    .join("")
}

function styled(before, codes) {
  let style = { ...before }
  for (let at = 0; at < codes.length; at++) {
    const wanted = codes[at]
    if (wanted === 0 || wanted === 27) style = {}
    else if (wanted === 7) style = { ...style, color: "#12161f", background: "#d7dce6" }
    else if (wanted === 1) style["font-weight"] = "bold"
    else if (wanted === 2) style.opacity = 0.65
    else if (wanted === 3) style["font-style"] = "italic"
    else if (wanted === 4) style["text-decoration"] = "underline"
    else if (wanted === 22) style = { ...style, "font-weight": "normal", opacity: 1 }
    else if (wanted === 39) delete style.color
    else if (wanted === 49) delete style.background
    else if (wanted === 38 || wanted === 48) {
      const isPalette = codes[at + 1] === 5
      const colour = isPalette ? colour256(codes[at + 2]) : `rgb(${codes.slice(at + 2, at + 5).join()})`
      style[wanted === 38 ? "color" : "background"] = colour
      at += isPalette ? 2 : 4
    } else if (wanted >= 30 && wanted <= 37) style.color = palette[wanted - 30]
    else if (wanted >= 40 && wanted <= 47) style.background = palette[wanted - 40]
    else if (wanted >= 90 && wanted <= 97) style.color = palette[wanted - 90]
  }
  return style
}

/** Of the 256 colours of terminals: the palette twice, a cube of 6 × 6 × 6, greys. */
function colour256(number) {
  if (number < 16) return palette[number % 8]
  const grey = 8 + (number - 232) * 10
  if (number > 231) return `rgb(${grey} ${grey} ${grey})`
  const level = (step) => (step === 0 ? 0 : 55 + step * 40)
  const cube = number - 16
  const steps = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6]
  return `rgb(${steps.map(level).join(" ")})`
}
