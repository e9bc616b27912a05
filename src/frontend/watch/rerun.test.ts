import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import type { Outcome } from "../../protocol/index.ts"
import type { Evaluation } from "../frontend.ts"
import { rerun, type Reran } from "./rerun.ts"

let cwd: string
let problems: string[]
/** What the page was given, but the question how it has them. */
let evaluated: string[]

beforeEach(async () => {
  cwd = await realpath(await mkdtemp(join(tmpdir(), "repl-bridge-rerun-")))
  problems = []
  evaluated = []
})
afterEach(() => rm(cwd, { recursive: true }))

const text = (value: string): Outcome => ({ outcome: "value", result: { type: "string", value } })
const done: Outcome = { outcome: "value", result: { type: "undefined" } }
const asScript = text('[{"as":"script"},{"as":"script"}]')
const asModule = text('[{"as":"module","url":"http://localhost/app.js"}]')
const lost = (code: string): Outcome =>
  ({ outcome: "lost", result: { code, reason: "lost", ran: "unknown" } }) as Outcome

async function save(file: string, content: string): Promise<string> {
  await writeFile(join(cwd, file), content)
  return join(cwd, file)
}

/** In a page that answers so: first, how it has them. */
function rerunIn(answers: readonly Outcome[], ...files: readonly string[]): Promise<Reran> {
  const left = [...answers]
  const evaluate = async (code: string, options?: { readonly runtime?: string }): Promise<Evaluation> => {
    expect(options?.runtime).toBe("r1")
    if (!code.includes("document.scripts")) evaluated.push(code)
    return { id: "e1", durationMs: 1, ...left.shift()! }
  }
  return rerun({ evaluate }, { runtime: "r1", files, cwd, failed: ({ message }) => problems.push(message) })
}

test("scripts are evaluated one after the other, as they are now", async () => {
  const files = [await save("a.js", "\uFEFFvar a = 1"), await save("b.js", "a + 1")]
  expect(await rerunIn([asScript, done, done], ...files)).toBe("done")
  expect(evaluated).toEqual(["var a = 1", "a + 1"])
  expect(problems).toEqual([])
})

test("a module is imported anew, unless somebody may hold what it exported", async () => {
  const file = await save("app.js", 'import "./a.js"')
  expect(await rerunIn([asModule, done], file)).toBe("done")
  expect(evaluated).toEqual([expect.stringMatching(/^await import\("http:\/\/localhost\/app\.js\?repl-bridge=\d+"\)$/)])
  await save("app.js", "export const a = 1")
  expect(await rerunIn([asModule], file)).toBe("reload")
})

test.each(["const a = 1", "let a", "class A {}", "{ 1 }; const { b } = {}"])(
  "what a page declared for good takes a reload: %s",
  async (code) => expect(await rerunIn([asScript], await save("a.js", code))).toBe("reload"),
)

test.each(["var a = 1", "function f() { const a = 1 }", "(() => { let a })()", "{ class A {} }"])(
  "what can be declared again does not: %s",
  async (code) => expect(await rerunIn([asScript, done], await save("a.js", code))).toBe("done"),
)

test("where one takes a reload, none is evaluated", async () => {
  const files = [await save("a.js", "1"), await save("b.js", "2")]
  expect(await rerunIn([text('[{"as":"script"},{"as":"unknown"}]')], ...files)).toBe("reload")
  expect(await rerunIn([], files[0]!, join(cwd, "removed.js"))).toBe("reload")
  expect(await rerunIn([], await save("large.js", "ü".repeat(500_000)))).toBe("reload")
  expect(evaluated).toEqual([])
})

test("what is wrong in a script is told with its place, and the next one is evaluated", async () => {
  const files = [await save("a.js", "nope()"), await save("b.js", "2")]
  const thrown: Outcome = {
    outcome: "thrown",
    result: {
      exception: { type: "object", subtype: "error", description: "ReferenceError" },
      name: "ReferenceError",
      message: "nope is not\u001b[2J defined",
      stack: "ReferenceError: nope is not\u001b[2J defined\n    at repl:1:3",
    },
  } as Outcome
  expect(await rerunIn([asScript, thrown, done], ...files)).toBe("done")
  expect(problems).toEqual([expect.stringMatching(/^a\.js:1:3: ReferenceError: nope is not.* defined$/)])
  expect(problems[0]).not.toContain("\u001b")
  expect(evaluated).toEqual(["nope()", "2"])
})

test("a syntax error is told, and a policy that forbids to evaluate takes a reload", async () => {
  const file = await save("a.js", "const")
  const refused = (name: string): Outcome =>
    ({
      outcome: "refused",
      result: { name, message: "no", line: 1, column: 6 },
    }) as Outcome
  expect(await rerunIn([asScript, refused("SyntaxError")], file)).toBe("done")
  expect(problems).toEqual(["a.js:1:6: SyntaxError: no"])
  expect(await rerunIn([asScript, refused("EvalError")], file)).toBe("reload")
})

test("a page that was reloaded meanwhile has what was saved; one that is away is owed it", async () => {
  const file = await save("a.js", "1")
  for (const answers of [[], [asScript]]) {
    expect(await rerunIn([...answers, lost("page-reloaded")], file)).toBe("done")
    expect(await rerunIn([...answers, lost("no-runtime")], file)).toBe("unheard")
  }
  expect(await rerunIn([{ outcome: "timeout", result: { reason: "busy", ran: "unknown" } } as Outcome], file)).toBe(
    "reload",
  )
  expect(problems).toEqual([])
})
