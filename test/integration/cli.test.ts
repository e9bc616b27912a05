import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync, statSync } from "node:fs"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { afterEach, beforeEach, expect, test } from "vitest"
import { finish, openDesk, type Desk, type Finished, type Served } from "../support/bridge-process.ts"
import { FakeRuntime } from "../support/fake-runtime.ts"

/** The command line as its users see it: processes, their output and exit codes. The page is a fake. */

let desk: Desk
let runtimes: FakeRuntime[]

beforeEach(async () => {
  desk = await openDesk()
  runtimes = []
})
afterEach(async () => {
  for (const runtime of runtimes) runtime.talk.socket.terminate()
  await desk.clear()
})

const serve = (...words: string[]): Promise<Served> => desk.serve("--port", "0", ...words)

type Ending = readonly [outcome: string, result: unknown]

const text = (value: string): Ending => ["value", { type: "string", value, description: value }]
const error = { type: "object", subtype: "error", className: "TypeError", description: "TypeError: no" }

/** What the fake page makes of these codes; of all others, strings with the code in them. Of `pending` it makes nothing. */
const endings: Readonly<Record<string, Ending>> = {
  "1 + 1": ["value", { type: "number", value: 2, description: "2" }],
  odd: text("\u001b[31mré\n2"),
  fails: ["thrown", { exception: error, name: "TypeError", message: "no", stack: "TypeError: no\n    at repl:1:1" }],
  forbidden: ["refused", { name: "EvalError", message: "the page's policy forbids it" }],
}

/** A page on the bridge; resolves once the bridge shows it. */
async function openPage(bridge: Served, hello: Readonly<Record<string, unknown>> = {}): Promise<FakeRuntime> {
  const runtime = new FakeRuntime({
    hello,
    evaluate(code) {
      if (code.startsWith("pending")) return undefined
      const [outcome, result] = endings[code] ?? text(code)
      runtime.finish(runtime.ran.at(-1)!, JSON.stringify(result), outcome)
      return undefined
    },
  })
  runtimes.push(await runtime.connect(bridge.port))
  await bridge.event(({ event, id, state }) => event === "runtime" && id === runtime.id && state === "ready")
  return runtime
}

const json = ({ stdout }: Finished): any => JSON.parse(stdout)
const lines = ({ stdout }: Finished): any[] =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))

interface RunningEval {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
  readonly id: string
}

/** Starts an eval and waits until it runs in the page. */
async function evalThatRuns(page: FakeRuntime, ...words: string[]): Promise<RunningEval> {
  const child = desk.start("eval", "pending", ...words)
  const finished = finish(child)
  const { header } = await page.talk.hear("eval")
  return { child, finished, id: String(header["id"]) }
}

test("a value goes to stdout, with exit code 0", async () => {
  await openPage(await serve())
  expect(await desk.run("eval", "1 + 1")).toEqual({ code: 0, stdout: "2\n", stderr: "" })
})

test("`--json` prints one object of printable ASCII, named as the contract names it", async () => {
  const page = await openPage(await serve())
  const number = await desk.run("eval", "1 + 1", "--json")
  expect(Object.keys(json(number))).toEqual(["id", "outcome", "runtime", "durationMs", "result"])
  expect(json(number)).toEqual({
    id: expect.stringMatching(/^[\w-]+$/),
    outcome: "value",
    runtime: { id: page.id, number: 1, name: "chrome·shop", session: page.session },
    durationMs: 1,
    result: { type: "number", value: 2, description: "2" },
  })
  const { stdout } = await desk.run("eval", "odd", "--json")
  expect(stdout).toMatch(/^[ -~]+\n$/)
  expect(JSON.parse(stdout).result.value).toBe("\u001b[31mré\n2")
})

test("`--raw` prints a string as it is", async () => {
  await openPage(await serve())
  expect(await desk.run("eval", "odd", "--raw")).toEqual({ code: 0, stdout: "\u001b[31mré\n2\n", stderr: "" })
  expect(await desk.run("eval", "1 + 1", "--raw")).toMatchObject({ code: 0, stdout: "2\n" })
})

test("code comes from an argument, stdin or a file", async () => {
  await openPage(await serve())
  await writeFile(join(desk.folder, "code.js"), "a +\nfile")
  const child = desk.start("eval", "-", "--raw")
  child.stdin!.end("b +\nstdin")
  expect(await finish(child)).toMatchObject({ code: 0, stdout: "b +\nstdin\n" })
  expect(await desk.run("eval", "--file", "code.js", "--raw")).toMatchObject({ code: 0, stdout: "a +\nfile\n" })
})

test("what was thrown goes to stderr, with exit code 1", async () => {
  await openPage(await serve())
  const plain = await desk.run("eval", "fails")
  expect(plain).toMatchObject({ code: 1, stdout: "" })
  expect(plain.stderr).toContain("1 │ fails\n    ^\nUncaught TypeError: no\n")
  const object = await desk.run("eval", "fails", "--json")
  expect(object.code).toBe(1)
  expect(json(object)).toMatchObject({ outcome: "thrown", result: endings["fails"]![1] })
})

test("what was not run is refused, with exit code 7", async () => {
  await openPage(await serve())
  const refused = await desk.run("eval", "forbidden", "--json")
  expect(refused.code).toBe(7)
  expect(json(refused)).toMatchObject({ outcome: "refused", result: endings["forbidden"]![1] })
  expect(await desk.run("eval", "forbidden")).toMatchObject({ code: 7, stdout: "" })
})

test("[L41] a reload ends a running eval as lost, with exit code 4", async () => {
  const bridge = await serve()
  const page = await openPage(bridge)
  const { finished } = await evalThatRuns(page, "--json")
  page.talk.socket.terminate()
  await page.reload(bridge.port)
  const lost = await finished
  expect(lost.code).toBe(4)
  expect(json(lost)).toMatchObject({
    outcome: "lost",
    result: { code: "page-reloaded", reason: "page reloaded", ran: "unknown" },
  })
})

test("an eval that takes longer than `--timeout` ends with exit code 5", async () => {
  await openPage(await serve())
  const timeout = await desk.run("eval", "pending", "--timeout", "50", "--json")
  expect(timeout.code).toBe(5)
  expect(json(timeout)).toMatchObject({
    outcome: "timeout",
    result: { reason: "no outcome within 50 ms", ran: "unknown" },
  })
})

test("[L34] without a runtime it says what it waits for, and ends after `--wait` with exit code 3", async () => {
  await serve()
  const lost = await desk.run("eval", "1", "--wait", "50", "--json")
  expect(lost.code).toBe(3)
  expect(lost.stderr).toMatch(/^waiting: no runtime: add <script.*client\.js"><\/script> to a page\n$/)
  expect(json(lost)).toMatchObject({ outcome: "lost", result: { code: "no-runtime", ran: "no" } })
  expect(json(lost).runtime).toBeUndefined()
  expect(await desk.run("eval", "1", "--wait", "0", "--quiet", "--json")).toMatchObject({ code: 3, stderr: "" })
})

test("[L32] several runtimes and none chosen: exit code 3 and a list; `--runtime` chooses", async () => {
  const bridge = await serve()
  await openPage(bridge)
  await openPage(bridge, { title: "Cart" })
  const lost = await desk.run("eval", "1", "--json")
  expect(lost.code).toBe(3)
  expect(json(lost).result).toMatchObject({
    code: "no-target",
    reason: expect.stringMatching(/^2 runtimes and none chosen: 1 chrome·shop, 2 \S+ — choose one with --runtime/),
    ran: "no",
  })
  expect(json(await desk.run("eval", "1", "--runtime", "2", "--json")).runtime.number).toBe(2)
})

test("`--runtime all` prints an object for each runtime, and exits with the worst code", async () => {
  const bridge = await serve()
  await openPage(bridge)
  await openPage(bridge)
  const all = await desk.run("eval", "fails", "--runtime", "all", "--json")
  expect(all.code).toBe(1)
  expect(lines(all).map(({ outcome, runtime }) => [outcome, runtime.number])).toEqual([
    ["thrown", 1],
    ["thrown", 2],
  ])
  const { stdout } = await desk.run("eval", "1 + 1", "--runtime", "all")
  expect(stdout).toMatch(/^1 \S+: 2\n2 \S+: 2\n$/)
})

test("^C cancels, says what became of it, and exits with 130", async () => {
  const bridge = await serve()
  const page = await openPage(bridge)
  const { child, finished, id } = await evalThatRuns(page, "--json")
  child.kill("SIGINT")
  const cancelled = await finished
  expect(cancelled.code).toBe(130)
  expect(json(cancelled)).toMatchObject({ id, outcome: "cancelled", result: { ran: "unknown" } })
  await page.talk.hear("cancel")

  page.talk.socket.terminate()
  await bridge.event(({ event, state }) => event === "runtime" && state === "away")
  const waiting = desk.start("eval", "never", "--json")
  await once(waiting.stderr!, "data")
  waiting.kill("SIGINT")
  expect(json(await finish(waiting))).toMatchObject({ outcome: "cancelled", result: { ran: "no" } })
})

test("[L38] an eval that runs while the bridge is killed is answered by the next one, once", async () => {
  const bridge = await serve()
  const page = await openPage(bridge)
  const { finished, id } = await evalThatRuns(page, "--json")
  await bridge.end("SIGKILL")
  await desk.serve("--port", String(bridge.port))
  page.finish(id, JSON.stringify({ type: "string", value: "late" }))
  await page.connect(bridge.port)
  const value = await finished
  expect(value.code).toBe(0)
  expect(lines(value)).toMatchObject([{ id, outcome: "value", result: { value: "late" } }])
  expect(page.ran).toEqual([id])
})

test("no bridge there, and one that does not let us in, are exit code 6 and one sentence", async () => {
  const bridge = await serve()
  const record = join(desk.folder, "state/repl-bridge", `${bridge.port}.json`)
  await writeFile(record, (await readFile(record, "utf8")).replace(/"token":"[^"]+"/, '"token":"wrong"'))
  const unwelcome = await desk.run("eval", "1", "--port", String(bridge.port), "--json")
  expect(unwelcome).toMatchObject({ code: 6, stdout: "" })
  expect(unwelcome.stderr).toMatch(
    /^repl-bridge: the bridge at \S+ does not take the token in its discovery file: .*\n$/,
  )
  await bridge.end("SIGKILL")
  const absent = await desk.run("runtimes", "--url", bridge.url)
  expect(absent).toMatchObject({ code: 6, stdout: "" })
  expect(absent.stderr).toMatch(/^repl-bridge: no bridge at \S+ \(.*\): start one with "repl-bridge serve"\n$/)
})

const wrongUsage = [
  "eval",
  "eval 1 --file x.js",
  "eval --file missing.js",
  "eval 1 --timeout soon",
  "eval 1 --port 70000",
  "eval 1 --port 9001 --url http://127.0.0.1:9001",
  "eval 1 --url nowhere",
  "eval 1 --no-such-option",
  "attach --max-reconnect-delay 999",
  "logs --follow --max-reconnect-delay 999",
  "serve --host 0.0.0.0",
  "serve --allow-origin *",
  "serve --port 0 --watch missing/**",
  "serve --port 0 --on-change eval",
  "serve --port 0 --watch . --on-change guess",
  "fly",
  "",
]

test.each(wrongUsage)("wrong usage is exit code 2: repl-bridge %s", async (words) => {
  const { code, stdout, stderr } = await desk.run(...words.split(" ").filter((word) => word !== ""))
  expect(code).toBe(2)
  expect(stdout).toBe("")
  expect(stderr).not.toBe("")
})

test("`--wait`, when it is given, is also for the bridge", async () => {
  const bridge = await serve()
  await bridge.end("SIGKILL")
  const waiting = finish(desk.start("eval", "1 + 1", "--port", String(bridge.port), "--wait", "15s"))
  await openPage(await desk.serve("--port", String(bridge.port)))
  expect(await waiting).toMatchObject({ code: 0, stdout: "2\n" })
})

test("`runtimes` lists them for people and for programs", async () => {
  const bridge = await serve()
  expect(await desk.run("runtimes")).toMatchObject({ code: 0, stdout: "" })
  const page = await openPage(bridge)
  expect(await desk.run("runtimes")).toMatchObject({
    code: 0,
    stdout: "1  chrome·shop  ready  http://localhost:3000/  Shop\n",
  })
  expect(lines(await desk.run("runtimes", "--json"))).toMatchObject([
    { id: page.id, number: 1, name: "chrome·shop", session: page.session, state: "ready" },
  ])
})

test("`reload` reloads the pages", async () => {
  const bridge = await serve()
  expect(await desk.run("reload")).toMatchObject({ code: 3, stderr: "no runtime to reload\n" })
  const page = await openPage(bridge)
  const { code, stdout } = await desk.run("reload", "--json")
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ id: page.id, number: 1 })
  await page.talk.hear("reload")
})

test("`serve --json` says where it listens, leaves a record for its user alone, and takes it away at the end", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const bridge = await serve()
    const record = join(desk.folder, "state/repl-bridge", `${bridge.port}.json`)
    expect(statSync(record).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(record, "utf8"))).toMatchObject({
      url: `http://127.0.0.1:${bridge.port}`,
      port: bridge.port,
      pid: bridge.pid,
      project: desk.folder,
    })
    expect(await bridge.end(signal)).toBe(0)
    expect(existsSync(record)).toBe(false)
  }
})

test("`serve --json` tells of runtimes and of everybody's evals", async () => {
  const bridge = await serve()
  const page = await openPage(bridge)
  await desk.run("eval", "1 + 1")
  expect(await bridge.event(({ event }) => event === "eval")).toMatchObject({
    from: "cli",
    outcome: "value",
    runtime: { id: page.id },
  })
  page.talk.socket.terminate()
  await bridge.event(({ event, state, id }) => event === "runtime" && state === "away" && id === page.id)
})

test("the first screen says what to paste and what to open", async () => {
  const child = desk.start("serve", "--port", "0")
  let screen = ""
  for await (const chunk of child.stdout!.setEncoding("utf8")) {
    screen += chunk as string
    if (screen.includes("/demo\n")) break
  }
  const [, port] = /http:\/\/localhost:(\d+)\/demo\n/.exec(screen)!
  expect(screen).toContain(`<script async src="http://localhost:${port}/client.js"></script>`)
  const demo = await fetch(`http://127.0.0.1:${port}/demo`)
  expect(await demo.text()).toContain("<title>Orrery</title>")
})

test("a port that is taken is named with the remedy", async () => {
  const bridge = await serve()
  const second = await desk.run("serve", "--port", String(bridge.port))
  expect(second).toMatchObject({ code: 1, stdout: "" })
  expect(second.stderr).toBe(
    `repl-bridge: port ${bridge.port} is taken by another bridge (pid ${bridge.pid}): stop it, or pass --port\n`,
  )
})

test("`--idle-exit` ends a bridge that nobody uses", async () => {
  expect(await desk.run("serve", "--port", "0", "--quiet", "--idle-exit", "50")).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  })
})

test("`attach` runs what comes through a pipe, input by input", async () => {
  await openPage(await serve())
  const child = desk.start("attach")
  child.stdin!.end("1 + 1\nfails\n")
  const { code, stdout, stderr } = await finish(child)
  expect(stdout).toBe("2\n")
  expect(stderr).toContain("TypeError: no")
  expect(code).toBe(1)
})

test("`attach --no-reconnect` ends at the first drop with exit code 8", async () => {
  const bridge = await serve()
  await openPage(bridge)
  const child = desk.start("attach", "--no-reconnect")
  child.stdin!.write("1 + 1\n")
  await once(child.stdout!, "data")
  const ended = once(child, "exit")
  await bridge.end("SIGKILL")
  expect(await ended).toEqual([8, null])
})

const say = (page: FakeRuntime, seq: number, word: string, level = "log"): void =>
  page.talk.say({ op: "console", seq, level, time: seq }, JSON.stringify([{ type: "string", value: word }]))

/** Reads the lines of a child one by one. */
function linesOf(child: ChildProcess): AsyncIterator<string> {
  return createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
}

test("`logs` prints what is remembered of the pages' consoles, or of one", async () => {
  const bridge = await serve()
  expect(await desk.run("logs")).toEqual({ code: 0, stdout: "", stderr: "" })
  const page = await openPage(bridge)
  say(page, 1, "first")
  say(page, 2, "wrong", "error")
  await bridge.event(({ event, seq }) => event === "console" && seq === 2)
  expect(await desk.run("logs")).toEqual({ code: 0, stdout: "│ first\n│ error: wrong\n", stderr: "" })
  const other = await openPage(bridge)
  say(other, 1, "other")
  await bridge.event(({ event, runtime }) => event === "console" && runtime.id === other.id)
  const { stdout } = await desk.run("logs")
  expect(stdout).toBe("│ chrome·shop: first\n│ chrome·shop-2: other\n│ chrome·shop: error: wrong\n")
  expect(await desk.run("logs", "--runtime", "2")).toMatchObject({ code: 0, stdout: "│ other\n" })
  const [, wrong] = lines(await desk.run("logs", "--runtime", "1", "--json"))
  expect(wrong).toMatchObject({
    ...{ level: "error", seq: 2, number: 2, dropped: 0, args: [{ type: "string", value: "wrong" }] },
    runtime: { id: page.id, number: 1, name: "chrome·shop", session: page.session },
  })
  expect(await desk.run("logs", "--runtime", "9")).toMatchObject({ code: 3, stdout: "" })
})

test("`logs --follow` goes on after the bridge was killed, with each line once", async () => {
  const bridge = await serve()
  const page = await openPage(bridge)
  say(page, 1, "before")
  const child = desk.start("logs", "--follow")
  const printed = linesOf(child)
  expect((await printed.next()).value).toBe("│ before")
  say(page, 2, "live")
  expect((await printed.next()).value).toBe("│ live")
  await bridge.end("SIGKILL")
  await desk.serve("--port", String(bridge.port))
  await page.connect(bridge.port)
  // The page was not told that the line arrived.
  say(page, 2, "live")
  say(page, 3, "after")
  expect((await printed.next()).value).toBe("│ after")
  child.kill("SIGINT")
  expect(await once(child, "exit")).toEqual([130, null])
})

test("`logs --follow --no-reconnect` ends at the first drop with exit code 8", async () => {
  const bridge = await serve()
  const child = desk.start("logs", "--follow", "--no-reconnect")
  const page = await openPage(bridge)
  say(page, 1, "here")
  await once(child.stdout!, "data")
  const ended = once(child, "exit")
  await bridge.end("SIGKILL")
  expect(await ended).toEqual([8, null])
})

test.each([
  ["mcp", 0],
  ["rpc", 0],
  // The editor went without a word.
  ["lsp", 1],
])("`%s` ends with an input that is empty, and no pipe", async (word, code) => {
  const bin = new URL("../../bin/repl-bridge.js", import.meta.url).pathname
  const child = spawn(process.execPath, [bin, word, "--port", "1"], { stdio: ["ignore", "pipe", "pipe"] })
  expect(await finish(child)).toEqual({ code, stdout: "", stderr: "" })
})

test("`--version` is the package's", async () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))
  expect(await desk.run("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" })
  expect(await desk.run("--help")).toMatchObject({ code: 0, stderr: "" })
})
