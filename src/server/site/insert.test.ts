import { text } from "node:stream/consumers"
import { expect, test } from "vitest"
import { inserting } from "./insert.ts"

/** What comes out at once after each chunk, and at the end. */
async function flow(chunks: readonly string[], change?: (element: string) => string): Promise<readonly string[]> {
  const stream = inserting({ tag: "TAG", ...(change && { changeElement: change }) })
  const out: string[] = []
  stream.on("data", (chunk: Buffer) => out.push(`${out.pop()}${chunk.toString("latin1")}`))
  for (const chunk of chunks) {
    out.push("")
    await new Promise<void>((written) => stream.write(Buffer.from(chunk, "latin1"), () => written()))
  }
  out.push("")
  const ended = new Promise((end) => stream.once("end", end))
  stream.end()
  await ended
  return out
}

test("a page flows on as soon as it is known where its head begins", async () => {
  expect(await flow(["<!doctype html><ht", "ml lang=a><he", "ad a='>'><title>", "x</title>", "é"])).toEqual([
    "",
    "",
    "<!doctype html><html lang=a><head a='>'>TAG<title>",
    "x</title>",
    "é",
    "",
  ])
  expect(await flow(["<!-- <head> ", "--><p>a"])).toEqual(["", "<!-- <head> -->TAG<p>a", ""])
  expect(await flow(["a"])).toEqual(["TAGa", ""])
})

test("what ends before its head begins is a page all the same, and nothing stays nothing", async () => {
  expect(await flow(["<!doctype html><"])).toEqual(["", "<!doctype html>TAG<"])
  expect(await flow([])).toEqual([""])
})

test("a beginning without end is not held for ever", async () => {
  const long = `<!--${"x".repeat(70_000)}`
  expect(await flow([long])).toEqual([`TAG${long}`, ""])
})

test("elements of the head are changed, wherever they are cut, and those of the body are not", async () => {
  const page = "<head><meta a><script>1 < 2</script><meta b></head><body><meta c>"
  const expected = "<head>TAG<META><script>1 < 2</script><META></head><body><meta c>"
  for (let at = 0; at <= page.length; at++) {
    expect((await flow([page.slice(0, at), page.slice(at)], () => "<META>")).join("")).toBe(expected)
  }
})

test("bytes that are no text stay", async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, nth) => nth))
  const stream = inserting({ tag: "" })
  stream.end(bytes)
  stream.setEncoding("latin1")
  expect(await text(stream)).toBe(bytes.toString("latin1"))
})
