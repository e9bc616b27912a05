import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { expect, onTestFinished, test } from "vitest"
import { openDesk } from "../support/bridge-process.ts"
import { openRuntime } from "../support/node-runtime.ts"
import { shortLink } from "../support/stage.ts"

/** docs/editor-protocol.md, held to what `repl-bridge rpc` takes and says. */

const doc = readFileSync(new URL("../../docs/editor-protocol.md", import.meta.url), "utf8")
const examples = Array.from(doc.matchAll(/```jsonrpc\n([^`]*)```/g), ([, block]) => block!.trim().split("\n"))
  .flat()
  .map((line) => ({ isSaid: line.startsWith("→"), text: line.slice(2), message: JSON.parse(line.slice(2)) as any }))

/** An example as a pattern: what is `…` or a time may be any text or number, all else is as written. */
function pattern(value: unknown, key = ""): unknown {
  if (value === "…") return expect.any(String)
  if (key === "durationMs") return expect.any(Number)
  if (Array.isArray(value)) return value.map((item) => pattern(item))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, pattern(member, name)]))
}

test("every example in the document is what the server takes and says", async () => {
  const desk = await openDesk()
  onTestFinished(() => desk.clear())
  const { url } = await desk.serve("--port", "0")
  Object.assign(globalThis, { cart: { items: 2, total: 9.5 } })
  onTestFinished(() => void delete (globalThis as any).cart)
  const runtime = openRuntime({ url, name: "shop", ...shortLink }, { origin: "http://localhost" })
  onTestFinished(() => runtime.client.disconnect())
  runtime.connect()
  await runtime.event("ready")

  const child = desk.start("rpc")
  const heard: any[] = []
  let look = (): void => {}
  createInterface({ input: child.stdout! }).on("line", (line) => {
    heard.push(JSON.parse(line))
    look()
  })
  const hear = (fits: (message: any) => boolean): Promise<any> =>
    new Promise((found) => {
      look = () => {
        const message = heard.find(fits)
        if (message !== undefined) found(message)
      }
      look()
    })

  expect(examples.length).toBeGreaterThan(30)
  for (const { isSaid, text, message } of examples) {
    if (isSaid) child.stdin!.write(`${text}\n`)
    else if (message.method === undefined) {
      expect(await hear(({ id, method }) => id === message.id && method === undefined)).toEqual(pattern(message))
    } else {
      const expected = pattern(message)
      const said = await hear((each) => each.method === message.method && equals(each, expected))
      expect(said).toEqual(expected)
    }
  }
  child.stdin!.end()
  expect(await new Promise((ended) => child.once("close", ended))).toBe(0)
})

function equals(one: unknown, other: unknown): boolean {
  try {
    expect(one).toEqual(other)
    return true
  } catch {
    return false
  }
}

test("every method and command that the server has stands in the document", () => {
  const folder = new URL("../../src/frontend/editor/", import.meta.url)
  const source = ["server.ts", "commands.ts"].map((file) => readFileSync(new URL(file, folder), "utf8")).join("")
  const names = new Set(source.match(/replBridge[./]\w+/g))
  expect(names.size).toBeGreaterThan(10)
  for (const name of names) expect(doc).toContain(name)
})
