import { expect, test } from "vitest"
import { decodeFromFrontEnd, decodeFromRuntime, decodeToRuntime } from "./decode.ts"
import { FrameError } from "./frame.ts"

const hello = {
  op: "hello",
  protocol: 1,
  version: "0.1.0",
  runtime: "r1",
  session: "s1",
  kind: "page",
  url: "http://localhost/",
  title: "shop",
}

test("a message that fits its table comes out typed, with its body", () => {
  expect(decodeToRuntime('{"op":"eval","id":"e1"}\n1 + 1')).toEqual([
    { message: { op: "eval", id: "e1" }, body: "1 + 1" },
  ])
  expect(decodeFromRuntime(JSON.stringify(hello))).toEqual([{ message: hello, body: undefined }])
})

test("[P7] an op that is in no table is left out, those beside it are not", () => {
  expect(decodeToRuntime('{"op":"dance"}')).toEqual([])
  expect(decodeToRuntime('{"op":"constructor"}')).toEqual([])
  expect(decodeToRuntime('{"op":"batch","sizes":[14,13]}\n{"op":"dance"}{"op":"ping"}')).toHaveLength(1)
})

test("[P7] a role hears only what is said to it", () => {
  expect(decodeFromRuntime('{"op":"eval","id":"e1"}\nalert()')).toEqual([])
  expect(decodeFromFrontEnd('{"op":"outcome","id":"e1","outcome":"value","durationMs":1}')).toEqual([])
})

test("[P7] an unknown field is left alone", () => {
  expect(decodeFromRuntime(JSON.stringify({ ...hello, mood: "good" }))).toHaveLength(1)
})

test.each([
  [{ ...hello, runtime: undefined }, "hello.runtime"],
  [{ ...hello, runtime: "a b" }, "hello.runtime"],
  [{ ...hello, runtime: "x".repeat(129) }, "hello.runtime"],
  [{ ...hello, session: 7 }, "hello.session"],
  [{ ...hello, title: null }, "hello.title"],
  [{ ...hello, visible: "yes" }, "hello.visible"],
  [{ op: "outcome", id: "e1", outcome: "won", durationMs: 1 }, "outcome.outcome"],
  [{ op: "console", seq: -1, level: "log", time: 1 }, "console.seq"],
])("[P8] a field of the wrong kind is named: %o", (header, name) => {
  expect(() => decodeFromRuntime(JSON.stringify(header))).toThrow(
    new FrameError("bad-field", `${name} is missing or of the wrong kind`),
  )
})
