import { createContext, runInContext } from "node:vm"
import { describe, expect, test } from "vitest"
import { createEvaluator, type EvaluatorParts } from "./evaluator.ts"

/** An evaluator in a global scope of its own, in which `allows` says what may run. */
function createStage({ allows }: { readonly allows: "all" | "eval" | "scripts" | "nothing" }) {
  const context = createContext({ runs: 0 })
  const run = (text: string): unknown => runInContext(text, context)
  const parts: EvaluatorParts = {
    evalGlobally: allows === "all" || allows === "eval" ? (run("eval") as (text: string) => unknown) : forbid,
    scripts: { run: allows === "all" || allows === "scripts" ? run : () => undefined, haveBase: true },
    scope: run("globalThis") as typeof globalThis,
  }
  return { evaluator: createEvaluator(parts), run }
}

function forbid(): never {
  throw new EvalError("forbidden")
}

const body = (code: string): string => `__repl.f=$r=>{${code}}`

describe("an input runs once", () => {
  test.each(["all", "eval", "scripts"] as const)("where the page allows %s", async (allows) => {
    const { evaluator, run } = createStage({ allows })
    expect(await evaluator.evaluate("++runs", { form: "value" })).toMatchObject({ kind: "value", value: 1 })
    expect(
      await evaluator.evaluate(body("x=++runs;$r.i('x');$r.v=(x)"), { form: "sync", asScript: true, lets: ["x"] }),
    ).toMatchObject({ kind: "value", value: 2 })
    expect(await evaluator.evaluate("x", { form: "value", sites: [0] })).toMatchObject({ value: 2 })
    expect(run("runs")).toBe(2)
  })

  test("or not at all, where the page allows nothing", async () => {
    const { evaluator, run } = createStage({ allows: "nothing" })
    const refused = { kind: "refused", result: { name: "EvalError" } }
    expect(await evaluator.evaluate("++runs", { form: "value" })).toMatchObject(refused)
    expect(await evaluator.evaluate(body("++runs"), { form: "sync", asScript: true })).toMatchObject(refused)
    expect(run("runs")).toBe(0)
  })

  test("or not at all, where the page's engine does not know its syntax", async () => {
    const { evaluator, run } = createStage({ allows: "all" })
    const completion = await evaluator.evaluate(body("++runs; not syntax"), { form: "sync" })
    expect(completion).toMatchObject({ kind: "refused", result: { name: "SyntaxError" } })
    expect(run("runs")).toBe(0)
  })
})

test("code without a form is evaluated as it was typed", async () => {
  const { evaluator } = createStage({ allows: "all" })
  expect(await evaluator.evaluate("let a = 1; a + 1", {})).toMatchObject({ kind: "value", value: 2 })
})

test("what is thrown comes with the name that its stack has for the input", async () => {
  const { evaluator } = createStage({ allows: "all" })
  const completion = await evaluator.evaluate("null.x", { form: "value" })
  expect(completion).toMatchObject({ kind: "thrown", source: "repl-1" })
  const { stack } = (completion as { readonly error: Error }).error
  expect(evaluator.restorePositions(stack!, "repl-1").split("\n").slice(1)).toEqual(["    at eval (repl:1:6)"])
})

test("an input that cannot be made ready is refused, and the next one runs", async () => {
  const { evaluator } = createStage({ allows: "all" })
  const beyond = [8 * 100]
  expect(await evaluator.evaluate("x", { form: "value", sites: beyond })).toMatchObject({ kind: "refused" })
  expect(await evaluator.evaluate("1 + 1", { form: "value" })).toMatchObject({ kind: "value", value: 2 })
})

test("a promise is a value", async () => {
  const { evaluator } = createStage({ allows: "all" })
  const { value } = (await evaluator.evaluate("Promise.reject(1)", { form: "value" })) as { readonly value: unknown }
  await expect(value).rejects.toBe(1)
})

test("names that inputs declared are known and can be read", async () => {
  const { evaluator } = createStage({ allows: "all" })
  await evaluator.evaluate(body("x=1;$r.i('x');y=2;$r.i('y')"), {
    form: "sync",
    asScript: true,
    lets: ["x"],
    consts: ["y"],
  })
  expect(evaluator.declared).toEqual(["x", "y"])
  expect(evaluator.read("x + y")).toBe(3)
})
