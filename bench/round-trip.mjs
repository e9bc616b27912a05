// How much the bridge adds to an eval: round trips through it, against the same sockets with a relay that only copies bytes.
// Prints medians and their ratio, taken in turns within one run. `npm run build` first: it measures what is built.
import { once } from "node:events"
import { WebSocket, WebSocketServer } from "ws"
import { startBridge } from "repl-bridge"

const rounds = 15
const evalsPerRound = 400
const result = JSON.stringify({ type: "number", value: 2, description: "2" })

const bridge = await startBridge({ port: 0, log: () => {} })
const floor = await startRelay()

const viaBridge = await askThroughBridge()
const viaFloor = await askThroughRelay()

for (const [what, together] of [
  ["one at a time", 1],
  ["fifty at once", 50],
]) {
  const times = { bridge: [], floor: [] }
  for (let round = 0; round < rounds; round++) {
    times.floor.push(await measure(viaFloor, together))
    times.bridge.push(await measure(viaBridge, together))
  }
  const [ours, bare] = [median(times.bridge), median(times.floor)]
  console.log(
    `${what}: bridge ${ours.toFixed(1)} µs, bare sockets ${bare.toFixed(1)} µs, ratio ${(ours / bare).toFixed(2)}`,
  )
}

await bridge.stop()
floor.close()
process.exit(0)

async function measure(ask, together) {
  const start = performance.now()
  for (let done = 0; done < evalsPerRound; done += together) {
    await Promise.all(Array.from({ length: together }, () => ask("1 + 1")))
  }
  return ((performance.now() - start) * 1000) / evalsPerRound
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

function pending() {
  const waiting = new Map()
  let next = 0
  return {
    ask: (send) =>
      new Promise((resolve) => {
        const id = `e${next++}`
        waiting.set(id, resolve)
        send(id)
      }),
    settle: (id) => {
      waiting.get(id)?.()
      waiting.delete(id)
    },
  }
}

/** Every message of a frame, as a plain peer would read it. */
function* messages(frame) {
  const end = frame.indexOf("\n")
  const header = JSON.parse(end < 0 ? frame : frame.slice(0, end))
  if (header.op !== "batch") return yield header
  let at = end + 1
  for (const size of header.sizes) {
    yield* messages(frame.slice(at, at + size))
    at += size
  }
}

async function askThroughBridge() {
  const ws = bridge.url.replace("http", "ws")
  const runtime = new WebSocket(`${ws}/runtime`, { origin: "http://localhost" })
  await once(runtime, "open")
  runtime.on("message", (data) => {
    for (const { op, id } of messages(String(data))) {
      if (op === "eval") runtime.send(`{"op":"outcome","id":"${id}","outcome":"value","durationMs":0}\n${result}`)
    }
  })
  const common = { op: "hello", protocol: 1, version: "0" }
  runtime.send(
    JSON.stringify({
      ...common,
      runtime: "bench",
      session: "s",
      kind: "page",
      url: "http://localhost/",
      title: "bench",
    }),
  )

  const front = new WebSocket(`${ws}/frontend`, { headers: { authorization: `Bearer ${bridge.token}` } })
  await once(front, "open")
  const { ask, settle } = pending()
  front.send(JSON.stringify({ ...common, frontEnd: "bench", name: "bench" }))
  await new Promise((resolve) => {
    front.on("message", (data) => {
      for (const { op, id, runtime: info } of messages(String(data))) {
        if (op === "runtime" && info.state === "ready") resolve()
        if (op === "welcome") resolve()
        if (op === "outcome") {
          front.send(`{"op":"ack","ids":["${id}"]}`)
          settle(id)
        }
      }
    })
  })
  return (code) => ask((id) => front.send(`{"op":"eval","id":"${id}","runtime":"bench"}\n${code}`))
}

async function startRelay() {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false })
  await once(server, "listening")
  const ends = []
  server.on("connection", (socket) => {
    ends.push(socket)
    socket.on("message", (data) => ends.find((other) => other !== socket)?.send(data, { binary: false }))
  })
  return { url: `ws://127.0.0.1:${server.address().port}`, close: () => server.close() }
}

async function askThroughRelay() {
  const [runtime, front] = [new WebSocket(floor.url), new WebSocket(floor.url)]
  await Promise.all([once(runtime, "open"), once(front, "open")])
  const { ask, settle } = pending()
  runtime.on("message", (data) => {
    const id = String(data).split("\n", 1)[0]
    runtime.send(`${id}\n${result}`)
  })
  front.on("message", (data) => settle(String(data).split("\n", 1)[0]))
  return (code) => ask((id) => front.send(`${id}\n${code}`))
}
