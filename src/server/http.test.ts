import { request as openRequest, type IncomingHttpHeaders } from "node:http"
import { connect } from "node:net"
import { afterEach, describe, expect, it } from "vitest"
import { FakeRuntime } from "../../test/support/fake-runtime.ts"
import { startBridge, type Bridge, type BridgeOptions } from "./index.ts"

let bridge: Bridge

afterEach(() => bridge.stop())

async function start(options: BridgeOptions = {}): Promise<Bridge> {
  const demo = { "/demo": { type: "text/html; charset=utf-8", body: "<h1>demo</h1>" } }
  bridge = await startBridge({ port: 0, clientScript: "client()", demo, ...options })
  return bridge
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

function ask(path: string, { method = "GET", headers = {}, body = "" } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = openRequest(
      { port: bridge.port, host: "127.0.0.1", path, method, headers, agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("end", () => {
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks).toString() })
        })
      },
    )
    request.on("error", reject)
    request.end(body)
  })
}

/** Sends exactly these lines; resolves with all that comes back until the server closes. */
function raw(...lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const wire = connect(bridge.port, "127.0.0.1", () => wire.write(`${lines.join("\r\n")}\r\n\r\n`))
    let text = ""
    wire.on("data", (chunk: Buffer) => (text += chunk.toString()))
    wire.on("close", () => resolve(text))
    wire.on("error", reject)
  })
}

const withToken = (): { authorization: string } => ({ authorization: `Bearer ${bridge.token}` })

describe("a script that a page asked for [P44, P45]", () => {
  const origin = "http://localhost:3000"

  async function keep(text: string): Promise<string> {
    const { talk } = await new FakeRuntime({ origin }).connect(bridge.port)
    talk.say({ op: "chunk", id: "c1" }, text)
    const { header } = await talk.hear("chunk")
    expect(header["id"]).toBe("c1")
    return `/chunk/${String(header["chunk"])}`
  }

  it("is served to it, once", async () => {
    await start()
    const path = await keep("run()")
    const { status, headers, body } = await ask(path, { headers: { origin } })
    expect([status, body]).toEqual([200, "run()"])
    expect(headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "access-control-allow-origin": origin,
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
      vary: "Origin",
    })
    expect((await ask(path, { headers: { origin } })).status).toBe(404)
  })

  it("is served to no page of another origin, and stays for its own", async () => {
    await start()
    const path = await keep("run()")
    for (const other of ["http://localhost:3001", "http://127.0.0.1:3000"]) {
      expect(await ask(path, { headers: { origin: other } })).toMatchObject({ status: 404 })
    }
    expect((await ask(path, { headers: { origin: "https://evil.example" } })).status).toBe(403)
    expect((await ask(path)).status).toBe(401)
    expect((await ask(path, { headers: { origin } })).body).toBe("run()")
  })

  it("gives way to the next one of the same page", async () => {
    await start()
    const { talk } = await new FakeRuntime({ origin }).connect(bridge.port)
    talk.say({ op: "chunk", id: "c1" }, "one")
    talk.say({ op: "chunk", id: "c2" }, "two")
    const [first, second] = await Promise.all(
      ["c1", "c2"].map(async (id) => (await talk.hear("chunk", (said) => said["id"] === id)).header["chunk"]),
    )
    expect((await ask(`/chunk/${String(first)}`, { headers: { origin } })).status).toBe(404)
    expect((await ask(`/chunk/${String(second)}`, { headers: { origin } })).body).toBe("two")
  })
})

describe("what is public", () => {
  it("is the client script, for everyone, to be read by those who may be runtimes", async () => {
    await start()
    const { status, headers, body } = await ask("/client.js")
    expect([status, body]).toEqual([200, "client()"])
    expect(headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "cross-origin-resource-policy": "cross-origin",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
      vary: "Origin",
    })
    expect(headers["access-control-allow-origin"]).toBeUndefined()
    const local = await ask("/client.js", { headers: { origin: "http://localhost:3000" } })
    expect(local.headers["access-control-allow-origin"]).toBe("http://localhost:3000")
    const foreign = await ask("/client.js", { headers: { origin: "https://evil.example" } })
    expect([foreign.status, foreign.headers["access-control-allow-origin"]]).toEqual([200, undefined])
  })

  it("is the demo", async () => {
    await start()
    const { status, headers, body } = await ask("/demo")
    expect([status, headers["content-type"], body]).toEqual([200, "text/html; charset=utf-8", "<h1>demo</h1>"])
    expect(headers["x-frame-options"]).toBe("DENY")
  })

  it("has no body for HEAD", async () => {
    await start()
    const { headers, body } = await ask("/client.js", { method: "HEAD" })
    expect([headers["content-length"], body]).toEqual(["8", ""])
  })

  it("is nothing else, and nothing of it may be framed or read from elsewhere", async () => {
    await start()
    const { status, headers } = await ask("/secret", { headers: { origin: "http://localhost:3000" } })
    expect(status).toBe(404)
    expect(headers["x-frame-options"]).toBe("DENY")
    expect(headers["access-control-allow-origin"]).toBeUndefined()
  })

  it("says why when there is no client script", async () => {
    await start({
      clientScript: () => {
        throw new Error("not built")
      },
    })
    expect(await ask("/client.js")).toMatchObject({
      status: 500,
      body: "there is no client script: Error: not built\n",
    })
  })
})

describe("refusals", () => {
  it("[A09] can be asked for by the page that was refused, and by nobody else", async () => {
    await start()
    const headers = { origin: "https://shop.example" }
    const told = await ask("/runtime", { method: "POST", headers })
    expect(told).toMatchObject({ status: 403, headers: { "access-control-allow-origin": "*" } })
    expect(told.body).toBe(
      'pages of "https://shop.example" may not connect: pass --allow-origin with the exact origin to allow them\n',
    )
    expect((await ask("/eval", { method: "POST", headers })).headers["access-control-allow-origin"]).toBeUndefined()
    expect(await ask("/runtime", { method: "POST", headers: { origin: "http://localhost:3000" } })).toMatchObject({
      status: 426,
    })
    expect(bridge.runtimes).toEqual([])
  })

  it("say what is wrong and which option would allow it", async () => {
    await start()
    const { status, body } = await ask("/client.js", { headers: { host: "dev.example" } })
    expect(status).toBe(403)
    expect(body).toBe('the Host "dev.example" is not a loopback name: pass --allow-host to allow it\n')
  })

  it("meet requests and upgrades alike, and raise an event each", async () => {
    await start()
    const refused: number[] = []
    bridge.on("refused", ({ status }) => refused.push(status))
    const upgrade = [
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    const answers = [
      await raw("GET /client.js HTTP/1.1", "Host: localhost", "Host: localhost"),
      await raw("GET /client.js HTTP/1.1"),
      await raw("GET /runtime HTTP/1.1", "Host: localhost", ...upgrade, "Origin: https://evil.example"),
      await raw(
        "GET /runtime HTTP/1.1",
        "Host: localhost",
        ...upgrade,
        "Origin: http://localhost",
        "Origin: http://localhost",
      ),
      await raw("GET /runtime HTTP/1.1", "Host: evil.example", ...upgrade, "Origin: http://localhost"),
      await raw("GET /frontend HTTP/1.1", "Host: localhost", ...upgrade),
      await raw("GET //frontend HTTP/1.1", "Host: localhost", ...upgrade),
    ]
    const statuses = answers.map((answer) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]))
    expect(statuses).toEqual([403, 403, 403, 403, 403, 401, 400])
    expect(refused).toEqual(statuses)
    expect((await ask("/client.js")).status).toBe(200)
  })

  it("meet headers that are too long", async () => {
    await start()
    expect(await raw("GET /client.js HTTP/1.1", "Host: localhost", `X: ${"x".repeat(9000)}`)).toMatch(/^HTTP\/1\.1 431/)
  })

  it("meet an upgrade to anything but a WebSocket", async () => {
    await start()
    const answer = await raw(
      "GET /runtime HTTP/1.1",
      "Host: localhost",
      "Origin: http://localhost",
      "Connection: Upgrade",
      "Upgrade: h2c",
    )
    expect(answer).toMatch(/^HTTP\/1\.1 400/)
  })
})

describe("GET /status", () => {
  it("tells front ends what there is", async () => {
    await start({ version: "1.2.3" })
    const page = await new FakeRuntime().connect(bridge.port)
    const { status, headers, body } = await ask("/status", { headers: withToken() })
    expect([status, headers["content-type"]]).toEqual([200, "application/json"])
    expect(JSON.parse(body)).toMatchObject({
      url: bridge.url,
      port: bridge.port,
      pid: process.pid,
      bridge: bridge.instance,
      protocol: 1,
      version: "1.2.3",
      runtimes: [{ number: 1, name: "chrome·shop", session: page.session, state: "ready" }],
      frontEnds: [],
    })
  })

  it("tells nobody else", async () => {
    await start()
    expect((await ask("/status")).status).toBe(401)
    expect((await ask("/status", { headers: { ...withToken(), origin: "http://localhost" } })).status).toBe(403)
    expect((await ask("/status", { headers: { ...withToken(), "sec-fetch-site": "none" } })).status).toBe(403)
  })
})

const post = (query: string, body: string): Promise<Answer> =>
  ask(`/eval${query}`, { method: "POST", headers: withToken(), body })

describe("POST /eval", () => {
  it("answers the object that eval --json prints, in ASCII", async () => {
    await start()
    const page = await new FakeRuntime().connect(bridge.port)
    const { status, body } = await post("", "'größer 🛒'")
    expect(status).toBe(200)
    expect(body).toMatch(/^[ -~]+\n$/)
    expect(JSON.parse(body)).toEqual({
      id: page.ran[0],
      outcome: "value",
      runtime: { id: page.id, number: 1, name: "chrome·shop", session: page.session },
      durationMs: 1,
      result: { type: "string", value: "'größer 🛒'" },
    })
  })

  it("has its result acknowledged to the runtime", async () => {
    await start()
    const page = await new FakeRuntime().connect(bridge.port)
    await post("", "1")
    await page.talk.hear("ack")
    expect(page.unacked).toEqual([])
  })

  it("takes a runtime, a wait and a timeout, in milliseconds", async () => {
    await start()
    expect(JSON.parse((await post("?wait=1", "1")).body)).toMatchObject({
      outcome: "lost",
      result: { code: "no-runtime" },
    })
    await new FakeRuntime({ evaluate: () => undefined }).connect(bridge.port)
    expect(JSON.parse((await post("?timeout=1&runtime=chrome%C2%B7shop", "1")).body)).toMatchObject({
      outcome: "timeout",
    })
    expect(await post("?timeout=soon", "1")).toMatchObject({ status: 400 })
  })

  it("does not send what cannot be parsed", async () => {
    await start()
    const page = await new FakeRuntime().connect(bridge.port)
    const answer = JSON.parse((await post("", "1 +* 2")).body)
    expect(answer).toMatchObject({ outcome: "refused", result: { name: "SyntaxError", line: 1, column: 4 } })
    expect(page.ran).toEqual([])
  })

  it("does not pass on a result that is not JSON", async () => {
    await start()
    await new FakeRuntime({ evaluate: () => "},{" }).connect(bridge.port)
    expect((await post("", "1")).status).toBe(502)
  })

  it("takes a result that is written over several lines", async () => {
    await start()
    await new FakeRuntime({ evaluate: () => '{\r\n\t"type": "undefined"\n}' }).connect(bridge.port)
    const { body } = await post("", "1")
    expect(body).toMatch(/^[ -~]+\n$/)
    expect(JSON.parse(body)).toMatchObject({ result: { type: "undefined" } })
  })

  it("refuses code that is too long", async () => {
    await start()
    expect((await post("", "x".repeat(1024 * 1024 + 1))).status).toBe(413)
  })

  it("withdraws what nobody waits for any more", async () => {
    await start()
    const page = await new FakeRuntime({ evaluate: () => undefined }).connect(bridge.port)
    const options = { port: bridge.port, host: "127.0.0.1", path: "/eval", method: "POST", headers: withToken() }
    const request = openRequest(options)
    request.on("error", () => undefined)
    request.end("await forever")
    await page.talk.hear("eval")
    request.destroy()
    await page.talk.hear("cancel")
  })

  it("is told when the bridge stops", async () => {
    await start()
    const page = await new FakeRuntime({ evaluate: () => undefined }).connect(bridge.port)
    const answer = post("", "1")
    await page.talk.hear("eval")
    await bridge.stop()
    expect(await answer).toMatchObject({ status: 503, body: '{"error":"the bridge is stopping"}\n' })
  })
})
