import { execFileSync, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { onTestFinished, test } from "vitest"

/**
 * Real packets that are really lost: runtime and bridge each in a network
 * namespace, and between them a router that stops forwarding. Needs root.
 */

const built = new URL("../../dist/", import.meta.url).href
const address = "10.231.2.2"

const bridgeProgram = `
import { createConnection, createServer } from "node:net"
import { createInterface } from "node:readline"
import { connectFrontEnd, startBridge } from "${built}index.js"
const bridge = await startBridge({ port: 0, heartbeatMs: 300, token: "${"t".repeat(22)}", allowHosts: ["${address}"], clientScript: "" })
const frontEnd = await connectFrontEnd({ bridge })
// The bridge listens on loopback only.
const door = createServer((outside) => {
  const inside = createConnection(bridge.port, "127.0.0.1")
  outside.pipe(inside).pipe(outside)
  outside.on("error", () => inside.destroy()).on("close", () => inside.destroy())
  inside.on("error", () => outside.destroy()).on("close", () => outside.destroy())
})
frontEnd.on("runtime", ({ state }) => console.log(state))
createInterface({ input: process.stdin }).on("line", async (code) => {
  console.log(JSON.stringify(await frontEnd.evaluate(code)))
})
door.listen(9100, "${address}", () => console.log("listening"))
`

const runtimeProgram = `
import { WebSocket } from "ws"
import { createAbilities } from "${built}client/abilities.js"
import { createReplBridge } from "${built}client/repl-bridge.js"
import { capturePlatform } from "${built}client/platform.js"
class HeardWebSocket extends WebSocket {
  constructor(...given) {
    super(...given)
    this.on("message", (data) => String(data).includes('"pong"') && console.log("pong"))
  }
}
const options = { url: "http://${address}:9100", token: "${"t".repeat(22)}", WebSocket: HeardWebSocket, setupMs: 600 }
const client = createReplBridge({ ...capturePlatform(), debug: () => {} }, createAbilities, { ...options, backoff: { base: 50, cap: 200 } })
for (const event of ["ready", "heartbeatTimeout"]) client.on(event, () => console.log(event))
client.connect()
`

test("[C05] real packet loss both ways is noticed by both sides; the eval in it runs once", async ({ skip }) => {
  const problem = whyNot()
  if (problem) {
    console.warn(`\n[C05] DOES NOT RUN: ${problem}. Packet loss is not tested on this machine.\n`)
    skip(problem)
  }
  const net = layNet()
  const bridge = start(net.bridge, bridgeProgram)
  await bridge.says("listening")
  const runtime = start(net.runtime, runtimeProgram)
  await Promise.all([runtime.says("ready"), runtime.says("pong"), bridge.says("ready")])
  bridge.tell("globalThis.runs = 0")
  await bridge.says('"value":0')

  net.forward(false)
  bridge.tell("'lost? ' + ++runs")
  await Promise.all([runtime.says("heartbeatTimeout"), bridge.says("away")])
  net.forward(true)
  await Promise.all([runtime.says("ready", 2), bridge.says("lost? 1")])
  bridge.tell("'control ' + runs")
  await bridge.says("control 1")
})

function whyNot(): string | undefined {
  if (process.platform !== "linux") return "network namespaces are Linux's"
  if (process.getuid?.() !== 0) return "network namespaces need root"
  try {
    const probe = `rb-${process.pid}-probe`
    ip("netns", "add", probe)
    ip("netns", "del", probe)
    return undefined
  } catch (error) {
    return `network namespaces cannot be made: ${(error as Error).message.split("\n")[0]}`
  }
}

function ip(...words: string[]): void {
  execFileSync("ip", words, { stdio: "pipe" })
}

function layNet() {
  const [runtime, router, bridge] = ["a", "r", "b"].map((end) => `rb-${process.pid}-${end}`) as [string, string, string]
  // With a namespace go its interfaces.
  for (const name of [runtime, router, bridge]) {
    ip("netns", "add", name)
    onTestFinished(() => ip("netns", "del", name))
  }
  join(runtime, router, "10.231.1.2", "10.231.1.1")
  join(bridge, router, address, "10.231.2.1")
  ip("-n", bridge, "link", "set", "lo", "up")
  const forward = (isOn: boolean): void =>
    void execFileSync("ip", [...inside(router), "sh", "-c", `echo ${isOn ? 1 : 0} > /proc/sys/net/ipv4/ip_forward`])
  forward(true)
  return { runtime, bridge, forward }
}

const inside = (namespace: string): readonly string[] => ["netns", "exec", namespace]

function join(namespace: string, router: string, own: string, gateway: string): void {
  const link = `eth-${namespace.at(-1)}`
  ip("-n", namespace, "link", "add", "eth", "type", "veth", "peer", "name", link, "netns", router)
  ip("-n", namespace, "addr", "add", `${own}/30`, "dev", "eth")
  ip("-n", namespace, "link", "set", "eth", "up")
  ip("-n", router, "addr", "add", `${gateway}/30`, "dev", link)
  ip("-n", router, "link", "set", link, "up")
  ip("-n", namespace, "route", "add", "default", "via", gateway)
}

function start(namespace: string, program: string) {
  const words = [...inside(namespace), process.execPath, "--input-type=module", "--eval", program]
  const child = spawn("ip", words, { stdio: ["pipe", "pipe", "pipe"] })
  onTestFinished(async () => {
    const closed = new Promise((ended) => child.once("close", ended))
    child.kill("SIGKILL")
    await closed
  })
  const lines: string[] = []
  const looks = new Set<() => void>()
  const heard = (line: string): void => {
    lines.push(line)
    for (const look of looks) look()
  }
  createInterface({ input: child.stdout }).on("line", heard)
  createInterface({ input: child.stderr }).on("line", (line) => console.warn(line))
  return {
    tell: (line: string) => void child.stdin.write(`${line}\n`),
    /** Resolves with the `nth` line, past or future, that contains the text. */
    says: (text: string, nth = 1) =>
      new Promise<void>((said) => {
        const look = (): void => {
          if (lines.filter((line) => line.includes(text)).length < nth) return
          looks.delete(look)
          said()
        }
        looks.add(look)
        look()
      }),
  }
}
