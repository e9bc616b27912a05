import { PassThrough } from "node:stream"
import { expect, test } from "vitest"
import { createFakeFrontEnd, runtimeInfo, valueOf, type FakeFrontEnd } from "../../../test/support/fake-front-end.ts"
import type { Outcome } from "../../protocol/index.ts"
import { plainStyle } from "./style.ts"
import { runTerminal } from "./terminal.ts"

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly asked: readonly string[]
}

interface Script {
  readonly frontEnd: FakeFrontEnd
  readonly input: PassThrough
  readonly stop: AbortController
  readonly ended: Promise<Ran>
}

const answers: Readonly<Record<string, Outcome>> = {
  "throw 1": { outcome: "thrown", result: { exception: { type: "number", value: 1, description: "1" } } },
  lost: { outcome: "lost", result: { code: "page-reloaded", reason: "page reloaded", ran: "unknown" } },
  none: { outcome: "lost", result: { code: "no-runtime", reason: "no runtime", ran: "no" } },
  "let a": valueOf("undefined"),
}

/** A program whose input is a pipe. */
function start(): Script {
  const frontEnd = createFakeFrontEnd(runtimeInfo())
  frontEnd.answer = (code) => (code === "forever()" ? undefined : (answers[code] ?? valueOf(code)))
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const stop = new AbortController()
  const ended = runTerminal({
    frontEnd,
    input: input as never,
    output: output as never,
    errors,
    style: plainStyle,
    language: { isIncomplete: (text) => text.split("{").length > text.split("}").length },
    banner: "not for scripts",
    signal: stop.signal,
  }).then((code): Ran => ({
    code,
    out: `${output.read() ?? ""}`,
    err: `${errors.read() ?? ""}`,
    asked: frontEnd.asked,
  }))
  return { frontEnd, input, stop, ended }
}

function run(script: string): Promise<Ran> {
  const { input, ended } = start()
  input.end(script)
  return ended
}

test("a script runs input by input, and prints the values", async () => {
  const { code, out, err, asked } = await run("1\nlet a\n[{\n  b\n}]\n2")
  expect(asked).toEqual(["1", "let a", "[{\n  b\n}]", "2"])
  expect(out).toMatch(/^1\n\[.*\]\n2\n$/)
  expect([code, err]).toEqual([0, ""])
})

test.each([
  ["throw 1\n1\n", 0],
  ["1\nthrow 1\n", 1],
  ["1\nthrow 1\n\n", 0],
  ["lost\n", 4],
  ["none", 3],
  [".use nobody\n", 2],
  ["", 0],
])("%j ends with the exit code of its last input: %i", async (script, code) => {
  expect((await run(script)).code).toBe(code)
})

test("what is no value goes to the errors", async () => {
  const { out, err } = await run("throw 1\n2\nlost\n")
  expect(out).toBe("2\n")
  expect(err).toMatch(/1.*\n.*page reloaded/)
})

test("an input is evaluated as soon as it is whole, not at the end", async () => {
  const { frontEnd, input, ended } = start()
  input.write("forever()\n2\n")
  await new Promise<void>((asked) => {
    frontEnd.answer = () => {
      asked()
      return undefined
    }
  })
  frontEnd.pending[0]!.settle(valueOf("1"))
  frontEnd.answer = valueOf
  input.end()
  expect((await ended).out).toBe("1\n2\n")
})

test("what is left unfinished at the end is evaluated all the same, so that it is not passed over", async () => {
  expect((await run("1\n{")).asked).toEqual(["1", "{"])
})

test("a block runs as one", async () => {
  expect((await run(".editor\n1\n2\n.\n3")).asked).toEqual(["1\n2", "3"])
})

test(".exit ends it before what follows", async () => {
  const { code, out } = await run("1\n.exit\n2\n")
  expect([code, out]).toEqual([0, "1\n"])
})

test("stopped from outside, it cancels what waits and ends with 130", async () => {
  const { frontEnd, input, stop, ended } = start()
  const asked = new Promise<void>((resolve) => {
    frontEnd.answer = () => {
      resolve()
      return undefined
    }
  })
  input.write("forever()\n2\n")
  await asked
  stop.abort()
  expect((await ended).code).toBe(130)
  expect(frontEnd.asked).toEqual(["forever()"])
})
