import { execFileSync } from "node:child_process"
import { readFileSync, statSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { WebSocket } from "ws"
import { connectFrontEnd } from "../../src/frontend/index.ts"
import { startBridge, type Bridge, type BridgeOptions } from "../../src/server/index.ts"
import { bearer, lines, raw, runtimeHello, upgrading } from "../support/attacks/attack.ts"
import { finish, openDesk, type Desk } from "../support/bridge-process.ts"
import { openRuntime } from "../support/node-runtime.ts"
import { runtimeIs, works } from "../support/stage.ts"

/** Only 127.0.0.1 and ::1 count as this machine's own. So 127.0.0.2 can stand for an address that others reach. */
const host = "127.0.0.2"

async function expose(options: BridgeOptions = {}): Promise<Bridge> {
  const demo = { "/demo": { type: "text/html", body: '<script async src="/client.js"></script>' } }
  const bridge = await startBridge({ port: 0, host, expose: true, clientScript: "client()", demo, ...options })
  onTestFinished(() => bridge.stop())
  return bridge
}

/** The status of an upgrade at the exposed address. */
async function knock({ port }: Bridge, path: string, ...headers: readonly string[]): Promise<number> {
  const request = lines(`GET ${path} HTTP/1.1`, `Host: ${host}:${port}`, ...headers, ...upgrading)
  return (await raw({ port, host, token: "", patienceMs: 30_000 }, request)).status
}

const origin = `http://${host}:3000`

test("a page elsewhere connects by the key in its tag, and front ends here evaluate in it", async () => {
  const bridge = await expose()
  expect(bridge.exposedUrls).toEqual([`http://${host}:${bridge.port}`])
  const page = openRuntime({ url: bridge.exposedUrls[0]!, token: bridge.runtimeKey }, { origin })
  onTestFinished(() => page.client.disconnect())
  const frontEnd = await connectFrontEnd({ url: bridge.url, token: bridge.token })
  onTestFinished(() => frontEnd.close())
  page.connect()
  await runtimeIs(frontEnd, "ready")
  await works(frontEnd)
})

test("[S-E01] without the key, or as a front end with the token, nobody comes in there", async () => {
  const bridge = await expose()
  const key = `Sec-WebSocket-Protocol: repl-bridge, repl-bridge.token.${bridge.runtimeKey}`
  expect(await knock(bridge, "/runtime", `Origin: ${origin}`, key)).toBe(101)
  expect(await knock(bridge, "/runtime", `Origin: ${origin}`)).toBe(401)
  expect(await knock(bridge, "/runtime", "Origin: https://evil.example", key)).toBe(403)
  expect(await knock(bridge, "/frontend", bearer(bridge))).toBe(403)
  expect(await knock(bridge, "/frontend", key)).toBe(403)
  const frontEnd = await connectFrontEnd({ url: bridge.url, token: bridge.token })
  await frontEnd.close()
})

test("a page of the bridge that was asked for with the key gives it on, and nothing but a key", async () => {
  const bridge = await expose()
  const [url] = bridge.exposedUrls
  const text = async (path: string): Promise<string> => (await fetch(url + path)).text()
  expect(await text(`/demo?key=${bridge.runtimeKey}`)).toBe(
    `<script async src="/client.js?key=${bridge.runtimeKey}"></script>`,
  )
  expect(await text("/demo?key='%3E%3Cscript%3E")).toBe('<script async src="/client.js"></script>')
  expect(await text(`/client.js?key=${bridge.runtimeKey}`)).toBe("client()")
})

/** A certificate for the address, made for one test. */
async function certificate(): Promise<{ readonly cert: string; readonly key: string }> {
  const folder = await mkdtemp(join(tmpdir(), "repl-bridge-tls-"))
  onTestFinished(() => rm(folder, { recursive: true }))
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")]
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=test"]
  const words = ["req", "-x509", ...curve, "-addext", `subjectAltName=IP:${host}`, "-keyout", key, "-out", cert]
  execFileSync("openssl", words, { stdio: "ignore" })
  return { cert, key }
}

test("with a certificate the exposed address speaks TLS and nothing else, and loopback stays as it is", async () => {
  const files = await certificate()
  const tls = { cert: readFileSync(files.cert, "utf8"), key: readFileSync(files.key, "utf8") }
  const bridge = await expose({ tls })
  expect(bridge.exposedUrls).toEqual([`https://${host}:${bridge.port}`])
  const socket = new WebSocket(
    `wss://${host}:${bridge.port}/runtime`,
    ["repl-bridge", `repl-bridge.token.${bridge.runtimeKey}`],
    { origin, ca: tls.cert },
  )
  const heard = new Promise<string>((resolve) => socket.once("message", (data: Buffer) => resolve(data.toString())))
  socket.once("open", () => socket.send(runtimeHello("secure")))
  expect(await heard).toContain("welcome")
  socket.terminate()
  expect(await knock(bridge, "/runtime", `Origin: ${origin}`)).toBe(0)
  const frontEnd = await connectFrontEnd({ url: bridge.url, token: bridge.token })
  await frontEnd.close()
})

async function openOwnDesk(): Promise<Desk> {
  const desk = await openDesk()
  onTestFinished(() => desk.clear())
  return desk
}

test("serve --host asks for --expose; with it, it prints the tag, a warning and a picture, and keeps the key", async () => {
  const desk = await openOwnDesk()
  const refused = await desk.run("serve", "--port", "0", "--host", host)
  expect([refused.code, refused.stderr]).toEqual([
    2,
    `repl-bridge: host "${host}" lets others than this machine reach the bridge: pass --expose if you mean that\n`,
  ])
  const words = ["serve", "--no-repl", "--port", "0", "--host", host, "--expose"]
  const said = async (): Promise<string> => {
    const child = desk.start(...words)
    const finished = finish(child)
    child.stdout!.on("data", (text: string) => text.includes("\u2580") && child.kill("SIGTERM"))
    return (await finished).stdout
  }
  const first = await said()
  const tag = /<script async src="http:\/\/127\.0\.0\.2:\d+\/client\.js\?key=([\w-]{43})"><\/script>/
  expect(first).toMatch(tag)
  expect(first).toContain("Exposed: whoever reaches these addresses")
  expect(first).toContain("the network can read")
  const file = join(desk.folder, "state", "repl-bridge", "runtime-key")
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(tag.exec(await said())?.[1]).toBe(tag.exec(first)![1])
})

test("front ends elsewhere come in by TLS and the token, where that is allowed", async () => {
  const desk = await openOwnDesk()
  const { cert, key } = await certificate()
  const tls = ["--host", host, "--expose", "--tls-cert", cert, "--tls-key", key]
  const bridge = await desk.serve("--port", "0", ...tls, "--remote-frontends")
  const { exposedUrls } = (await bridge.event(({ event }) => event === "listening")) as unknown as {
    exposedUrls: readonly string[]
  }
  process.env["NODE_EXTRA_CA_CERTS"] = cert
  onTestFinished(() => void delete process.env["NODE_EXTRA_CA_CERTS"])
  const { code, stderr } = await desk.run("runtimes", "--url", exposedUrls[0]!)
  expect([code, stderr]).toEqual([0, expect.stringContaining("no runtime is connected")])
})

test.each([
  [["--tls-cert", "x.pem"], "--tls-cert and --tls-key go together"],
  [["--tls-cert", "x.pem", "--tls-key", "y.pem"], "cannot read x.pem"],
  [["--expose"], "expose needs host"],
  [["--expose", "--host", "my-laptop"], 'host "my-laptop" is no address'],
  [["--host", host, "--expose", "--remote-frontends"], "remoteFrontEnds needs tls"],
  [["--host", "192.0.2.1", "--expose"], "192.0.2.1 is no address of this machine"],
])("serve %j says what is wrong", async (words, sentence) => {
  const desk = await openOwnDesk()
  const { code, stderr } = await desk.run("serve", "--port", "0", ...words)
  expect(code).not.toBe(0)
  expect(stderr).toContain(sentence)
})
