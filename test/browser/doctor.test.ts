import { chmod, readdir, readFile, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest"
import { findBrowser } from "../../scripts/browser.mjs"
import { finish, openDesk, type Desk, type Served } from "../support/bridge-process.ts"

/** `repl-bridge doctor` with the browser of this machine, at pages that do not connect for all sorts of reasons. */

let desk: Desk
let bridge: Served
let site: Site

beforeEach(async () => {
  vi.stubEnv("CHROME_PATH", findBrowser())
  desk = await openDesk()
  bridge = await desk.serve("--port", "0")
  site = await openSite()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await desk.clear()
})

interface Site {
  readonly origin: string
  readonly port: number
  body: string
  policy: string
  readonly files: Map<string, string>
}

async function openSite(): Promise<Site> {
  const files = new Map<string, string>()
  const server = createServer((request, response) => {
    const script = files.get(request.url!)
    response.setHeader("content-type", script === undefined ? "text/html" : "text/javascript")
    if (site.policy) response.setHeader("content-security-policy", site.policy)
    response.end(script ?? `<!doctype html><title>shop</title>${site.body}`)
  })
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, port, body: tag(bridge.url), policy: "", files }
}

const tag = (url: string, more = ""): string => `<script async ${more} src="${url}/client.js"></script>`

interface Finding {
  readonly cause: string
  readonly message: string
  readonly next?: string
}

async function doctor(...words: string[]): Promise<{ readonly code: number | null; readonly findings: Finding[] }> {
  const { code, stdout } = await desk.run("doctor", "--json", "--wait", "1s", ...words)
  const lines = stdout.split("\n").filter((line) => line !== "")
  return { code, findings: lines.map((line) => JSON.parse(line) as Finding) }
}

const examine = (...words: string[]) => doctor(`${site.origin}/`, "--url", bridge.url, ...words)

test("a page that connects is well", async () => {
  expect(await examine()).toEqual({
    code: 0,
    findings: [{ cause: "connected", message: `${site.origin}/ connected, as chrome·shop` }],
  })
})

describe("a page does not connect", () => {
  test("because it has no script tag", async () => {
    site.body = `<!-- ${tag(bridge.url)} -->`
    expect(await examine()).toMatchObject({
      code: 1,
      findings: [{ cause: "no-tag", next: expect.stringContaining(`src="${bridge.url}/client.js"`) }],
    })
  })

  test("because nobody serves it", async () => {
    await bridge.end()
    expect(await doctor(`${site.origin}/`)).toMatchObject({
      code: 1,
      findings: [{ cause: "no-bridge", message: `no bridge listens at ${bridge.url}` }],
    })
  })

  test("because its policy forbids the script", async () => {
    site.policy = "default-src 'self'"
    const { port } = bridge
    expect(await examine()).toMatchObject({
      code: 1,
      findings: [
        {
          cause: "content-security-policy",
          message: `the page's Content-Security-Policy forbids ${bridge.url}/client.js by its script-src-elem`,
          next: `in development add ${bridge.url} to script-src, and ws://127.0.0.1:${port} to connect-src`,
        },
      ],
    })
  })

  test("because its policy forbids the socket", async () => {
    site.policy = "script-src *; connect-src 'self'"
    expect(await examine()).toMatchObject({
      code: 1,
      findings: [
        { cause: "content-security-policy", message: expect.stringMatching(/ws:.*\/runtime by its connect-src$/) },
      ],
    })
  })

  test("because another program has the bridge's port", async () => {
    site.body = tag(site.origin)
    expect(await doctor(`${site.origin}/`, "--url", site.origin)).toMatchObject({
      code: 1,
      findings: [{ cause: "not-a-bridge", message: `what answers at ${site.origin} is no bridge` }],
    })
  })

  test("because its tag is of a bridge that is not there any more", async () => {
    const other = await desk.serve("--port", "0")
    await other.end()
    site.body = tag(other.url)
    const { code, findings } = await examine()
    expect([code, findings.map(({ cause }) => cause)]).toEqual([1, ["other-bridge", "not-reached"]])
  })

  test("because the bridge does not go by the name in the tag", async () => {
    site.body = tag(`http://localhost.:${bridge.port}`)
    expect(await examine()).toMatchObject({
      code: 1,
      findings: [{ cause: "refused", next: "pass --allow-host to allow it" }],
    })
  })

  test("because the browser keeps public pages from this machine", async () => {
    const wrapper = join(desk.folder, "chrome")
    const flag = `--ip-address-space-overrides=127.0.0.1:${site.port}=public`
    await writeFile(wrapper, `#!/bin/sh\nexec ${findBrowser()} ${flag} "$@"\n`)
    await chmod(wrapper, 0o755)
    vi.stubEnv("CHROME_PATH", wrapper)
    expect(await examine()).toMatchObject({ code: 1, findings: [{ cause: "local-network-access" }] })
  })

  test("because nobody told it to", async () => {
    site.body = tag(bridge.url, "data-manual")
    expect(await examine()).toMatchObject({ code: 1, findings: [{ cause: "not-started" }] })
  })

  test("because it does not load", async () => {
    expect(await doctor("http://127.0.0.1:1/", "--url", bridge.url)).toMatchObject({
      code: 1,
      findings: [{ cause: "page-not-loaded" }],
    })
  })
})

test("a client that is not the bridge's own is told of", async () => {
  const client = await readFile(new URL("../../dist/client.js", import.meta.url), "utf8")
  site.files.set("/client.js", client.replace(/(["'`])0\.1\.0\1/, "$10.0.9$1"))
  site.files.set("/start.js", `replBridge.connect({ url: "${bridge.url}" })`)
  site.body = `<script data-manual src="/client.js"></script><script src="/start.js"></script>`
  const { code, findings } = await examine()
  expect([code, findings.map(({ cause }) => cause)]).toEqual([0, ["connected", "stale-client"]])
})

test("a line says what is the case and what to do, and a page's words do nothing to the terminal", async () => {
  site.body = `<script src="/start.js"></script>${tag(bridge.url)}`
  site.files.set("/start.js", `console.warn("repl-bridge: \\u001b]52;c;AAAA\\u0007 hello")`)
  const { code, stdout } = await desk.run("doctor", "--wait", "1s", `${site.origin}/`, "--url", bridge.url)
  expect(code).toBe(0)
  expect(stdout).toContain(`✓ ${site.origin}/ connected, as chrome·shop\n`)
  expect(stdout).toMatch(/✗ the client in the page says: .* hello\n/)
  expect(stdout).not.toContain("\u001b")
})

test("what is no URL of a page is wrong usage", async () => {
  const { code, stderr } = await desk.run("doctor", "shop")
  expect([code, stderr]).toEqual([2, expect.stringContaining(`must be like http://localhost:3000/, not "shop"`)])
})

test("who has seen enough ends it by ^C, and nothing of the browser stays", async () => {
  vi.stubEnv("TMPDIR", desk.folder)
  const profiles = async (): Promise<string[]> =>
    (await readdir(desk.folder)).filter((name) => name.startsWith("repl-bridge-doctor-"))
  let visited: () => void
  const visit = new Promise<void>((done) => (visited = done))
  const server = createServer((request, response) => {
    response.end("<!doctype html><p>no tag</p>")
    if (request.headers["user-agent"] !== undefined) visited()
  })
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  onTestFinished(() => void server.close())
  const page = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const child = desk.start("doctor", page, "--url", bridge.url, "--wait", "10m")
  const finished = finish(child)
  await visit
  expect(await profiles()).toHaveLength(1)
  child.kill("SIGINT")
  expect(await finished).toMatchObject({ code: 130, stdout: "" })
  expect(await profiles()).toEqual([])
})
